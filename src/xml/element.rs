//! The tree a document becomes.

use std::ops::Range;

use super::Name;

/// An element: its name, attributes and children.
///
/// Namespace declarations are resolved into the names and not kept; comments and
/// processing instructions are dropped. Attributes and children stay in document
/// order.
#[derive(Debug, Clone)]
pub struct Element {
    /// Namespace and local name.
    pub name: Name,
    /// Attributes with their normalised values, each name once.
    pub attributes: Vec<(Name, String)>,
    /// Child elements and text.
    pub children: Vec<Node>,
    /// Where the element stands in the document, in bytes, from the `<` of its
    /// start tag to behind its end tag.
    pub span: Range<usize>,
}

/// What an element may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Character data with references resolved; never empty, and never next to
    /// another text.
    Text(String),
}

/// Two elements are equal when they say the same, wherever they stand.
impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.attributes == other.attributes
            && self.children == other.children
    }
}
