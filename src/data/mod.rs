//! Files in YAML, TOML or JSON: read with places, included, merged, filled in, and turned
//! into serde's types.
//!
//! A [`Loader`] makes a [`Document`] of one or more files: one tree of [`Node`]s, each of
//! which knows the file and the bytes it was written at. [`Document::read`] makes a type of
//! it and collects every error on the way; [`Document::blame`] puts one that is found
//! later, in what was read, to its place.
//!
//! Whose `Deserialize` goes by `FromStr` hands its errors on with [`custom`] or
//! [`parsed`], which keep the advice a [`base::Error`](crate::base::Error) has.

mod collect;
mod de;
mod declaration;
mod document;
mod fault;
mod files;
mod fill;
mod format;
mod include;
mod json;
mod limits;
mod merge;
mod node;
mod parameters;
mod path;
mod scalar;
mod template;
mod toml;
mod variant;
mod wording;
mod write;

mod yaml;

pub use document::{Document, Loader};
pub use fault::{custom, parsed};
pub use files::Location;
pub use format::Format;
pub use limits::{
    MAX_DEPTH, MAX_ERRORS, MAX_FILE_BYTES, MAX_FILES, MAX_INCLUDE_DEPTH, MAX_NODES,
    MAX_PARAMETER_DEPTH, MAX_TEXT_BYTES,
};
pub use node::{Entry, Key, Kind, Node, Scalar, Span, Style, Value};
pub use path::{Path, Step};
pub use write::{LOOSE, Tree, fields_of};

#[cfg(test)]
mod tests;
