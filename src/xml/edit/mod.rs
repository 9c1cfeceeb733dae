//! Changing the text of a document where something is said, and nowhere else: what no edit names
//! stays byte for byte.
//!
//! ```text
//! patch   changes of a text, made at once   tag     start and end tags as they are written
//! page    a document with its text          place   putting in, taking out, ordering
//! insert  elements of other documents       declaration  the encoding
//! ```

mod declaration;
mod insert;
mod page;
mod patch;
mod place;
mod tag;

pub(crate) use declaration::declare_utf8;
pub(crate) use insert::Inserter;
pub(crate) use page::{Page, placed};
pub(crate) use patch::{Edit, Patch};
pub(crate) use place::Where;
pub(crate) use tag::{Tag, Written, split};
