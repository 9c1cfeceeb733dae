//! The tree a document becomes.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;
use quick_xml::name::PrefixDeclaration;

use super::Name;
use super::read::normalised;
use crate::base::position::place_of;

/// An element: its name, attributes and children.
///
/// Namespace declarations are resolved into the names and not kept, save that of a prefix
/// in the value of `xsi:type`: it is the last attribute, named in [`XMLNS`](super::names::XMLNS).
/// Comments and processing instructions are dropped. Attributes and children stay in document
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

impl Element {
    /// The value of the attribute `name`, if it is given.
    pub fn attribute(&self, name: &Name) -> Option<&str> {
        let (_, value) = self.attributes.iter().find(|(given, _)| given == name)?;
        Some(value)
    }

    /// The child elements, in document order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|child| match child {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The element's own text, without that of its children.
    pub fn text(&self) -> String {
        let own = self.children.iter().filter_map(|child| match child {
            Node::Text(text) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        own.collect()
    }
}

/// Where the value of the attribute `name` of `element` stands in `text`, between the
/// quotes. `text` is the document the element was read from, with its attributes
/// as they were; for anything else the answer is `None` or means nothing.
pub fn attribute_span(text: &str, element: &Element, name: &Name) -> Option<Range<usize>> {
    let index = element
        .attributes
        .iter()
        .position(|(given, _)| given == name)?;
    let mut reader = Reader::from_str(text.get(element.span.clone())?);
    let (Event::Start(tag) | Event::Empty(tag)) = reader.read_event().ok()? else {
        return None;
    };
    // Prefixes mean nothing without the elements around, but the order is kept.
    let attribute = tag
        .attributes()
        .with_checks(false)
        .map_while(Result::ok)
        .filter(|attribute| attribute.key.as_namespace_binding().is_none())
        .nth(index)?;
    if attribute.key.local_name().into_inner() != name.local {
        return None;
    }
    let start = place_of(&attribute.value, text)?;
    Some(start..start + attribute.value.len())
}

/// The prefixes the start tag of `element` declares, each with its namespace; the default
/// namespace has the prefix "". `text` is the document the element was read from.
pub fn declarations(text: &str, element: &Element) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(text.get(element.span.clone()).unwrap_or_default());
    let Ok(Event::Start(tag) | Event::Empty(tag)) = reader.read_event() else {
        return Vec::new();
    };
    let mut attributes = tag.attributes();
    let attributes = attributes.with_checks(false).map_while(Result::ok);
    let declared = attributes.filter_map(|attribute| {
        let prefix = match attribute.key.as_namespace_binding()? {
            PrefixDeclaration::Default => "",
            PrefixDeclaration::Named(prefix) => prefix,
        };
        let uri = normalised(&attribute).ok()?;
        Some((prefix.to_owned(), uri.into_owned()))
    });
    declared.collect()
}

/// Two elements are equal when they say the same, wherever they stand.
impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.attributes == other.attributes
            && self.children == other.children
    }
}

#[cfg(test)]
mod tests {
    use super::super::{names, read};
    use super::*;

    #[test]
    fn parts_are_found() {
        let text = "<a xmlns:p='urn:p'>1<b p:x='v' xmlns:q='urn:q' x = \"&lt;w\" q:x=''/>2<c/></a>";
        let root = read(text).expect("fine");
        assert_eq!(root.text(), "12");
        let children: Vec<_> = root.elements().map(|child| &*child.name.local).collect();
        assert_eq!(children, ["b", "c"]);
        let b = root.elements().next().expect("b");
        for (namespace, value, written) in
            [("urn:p", "v", "v"), ("", "<w", "&lt;w"), ("urn:q", "", "")]
        {
            let name = Name::new(namespace, "x");
            assert_eq!(b.attribute(&name), Some(value));
            let span = attribute_span(text, b, &name).expect("it is there");
            assert_eq!(&text[span], written);
        }
        assert_eq!(b.attribute(&names::ovf("x")), None);
        assert_eq!(attribute_span(text, b, &names::ovf("x")), None);
        assert_eq!(attribute_span("", b, &Name::new("", "x")), None);
    }
}
