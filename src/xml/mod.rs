//! XML as OVF uses it: a small namespaced tree with byte spans.
//!
//! serde alone cannot carry an envelope: two attributes of one local name in
//! two namespaces may meet on one element, and the order of different children
//! carries meaning. So a document becomes a tree of [`Element`]s first, and the
//! envelope is a typed view over it.
//!
//! Descriptors come from strangers. Documents are bounded in size, depth and
//! number of elements, and a DOCTYPE is refused outright, which leaves the five
//! predefined entities and character references.

mod chars;
mod decode;
pub(crate) mod edit;
mod element;
mod error;
mod escape;
pub mod names;
mod position;
mod read;
mod scope;
mod write;

pub use crate::base::position::line_column;
pub use chars::is_xml_char;
pub use decode::{DecodeError, decode, read_bytes};
pub use element::{Element, Node, attribute_span, declarations};
pub use error::{XmlError, XmlFault};
pub use escape::{escape_attribute, escape_text};
pub use names::Name;
pub use position::locate;

pub use read::{
    MAX_ATTRIBUTES, MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_ELEMENTS, MAX_NAMESPACE_BYTES, UNDECLARED,
    read, read_lenient,
};
pub use write::{write_attributes, write_element};
