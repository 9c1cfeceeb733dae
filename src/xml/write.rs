//! An element as text again, for content that is kept as it was found.

use std::fmt::Write as _;

use super::names::XMLNS;
use super::scope::Scope;
use super::{Element, Name, Node, escape_attribute, escape_text};

/// Writes `element` so that it reads back the same inside a document that
/// declares the prefixes of [`CARRIED_PREFIXES`](super::names::CARRIED_PREFIXES); it declares all others itself.
pub fn write_element(element: &Element) -> String {
    let mut writer = Writer::default();
    writer.element(element);
    writer.text
}

/// Writes attributes as they stand in a start tag, each with a blank before it,
/// after the declarations they need.
pub fn write_attributes(attributes: &[(Name, String)]) -> String {
    let mut writer = Writer::default();
    writer.attributes(None, attributes);
    writer.text
}

/// The text so far, and the prefixes in force at the place it has reached.
#[derive(Default)]
struct Writer {
    text: String,
    scope: Scope,
}

impl Writer {
    fn element(&mut self, element: &Element) {
        let outer = self.scope.depth();
        self.text.push('<');
        let tag_at = self.text.len();
        self.attributes(Some(&element.name), &element.attributes);
        let tag = self.qualified(&element.name);
        self.text.insert_str(tag_at, &tag);
        if element.children.is_empty() {
            self.text.push_str("/>");
        } else {
            self.text.push('>');
            for child in &element.children {
                match child {
                    Node::Element(child) => self.element(child),
                    Node::Text(text) => self.text.push_str(&escape_text(text)),
                }
            }
            // Writing to a String cannot fail.
            let _ = write!(self.text, "</{tag}>");
        }
        self.scope.leave(outer);
    }

    /// The declarations and attributes of a start tag, of the element `name`
    /// where there is one.
    fn attributes(&mut self, name: Option<&Name>, attributes: &[(Name, String)]) {
        // First those that are kept, so that no other takes their prefixes.
        for (name, ns) in attributes.iter().filter(|(name, _)| name.ns == XMLNS) {
            self.scope.bind(&name.local, ns);
            self.declaration(&name.local, ns);
        }
        let attributes = attributes.iter().filter(|(name, _)| name.ns != XMLNS);
        let element = name.into_iter();
        for name in element.chain(attributes.clone().map(|(name, _)| name)) {
            self.declare(&name.ns);
        }
        // An element in no namespace must not fall into the default one.
        if name.is_some_and(|name| name.ns.is_empty()) {
            self.text.push_str(" xmlns=\"\"");
        }
        for (name, value) in attributes {
            let (name, value) = (self.qualified(name), escape_attribute(value));
            let _ = write!(self.text, " {name}=\"{value}\"");
        }
    }

    /// Declares a prefix for the namespace `ns`, unless one is in force.
    fn declare(&mut self, ns: &str) {
        if !ns.is_empty() && self.scope.prefix(ns).is_none() {
            let prefix = self.scope.bind_any(ns);
            self.declaration(&prefix, ns);
        }
    }

    fn declaration(&mut self, prefix: &str, ns: &str) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, " xmlns:{prefix}=\"{}\"", escape_attribute(ns));
    }

    fn qualified(&self, name: &Name) -> String {
        match self.scope.prefix(&name.ns) {
            Some(prefix) => format!("{prefix}:{}", name.local),
            None => name.local.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::names::{CARRIED_PREFIXES, ENVELOPE_1, VMW, XSI};
    use super::super::read;
    use super::*;

    /// `inside` as kept from one document and written into another.
    fn carried(inside: &str) -> (Element, Element) {
        let declarations =
            CARRIED_PREFIXES.map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\""));
        let declared = declarations.concat();
        let open = format!("<root xmlns=\"{ENVELOPE_1}\"{declared}>");
        let first = |text: &str| {
            let root = read(text).expect(text);
            match root.children.into_iter().next() {
                Some(Node::Element(element)) => element,
                other => panic!("{other:?}"),
            }
        };
        let kept = first(&format!("{open}{inside}</root>"));
        let again = first(&format!("{open}{}</root>", write_element(&kept)));
        (kept, again)
    }

    #[test]
    fn what_is_kept_reads_back_the_same() {
        for inside in [
            "<Info a='1'> x &amp; y\n</Info>",
            "<vmw:A ovf:required='false'><rasd:B/><C xmlns=''><D/></C></vmw:A>",
            "<x:a xmlns:x='urn:x' x:b='1' c='2'><y:a xmlns:y='urn:y' xml:lang='de' x:z=''/></x:a>",
            "<a xmlns='' xmlns:q='http://ovf/ovf' q:b='&#10;\"'/>",
            "<p:a xmlns:p='http://x/1/x' xmlns:r='http://x/2/x' r:b='' p:c=''/>",
            "<ovf:a xmlns:o='http://x/ovf2' o:b=''/>",
            "<d:a xmlns:d='http://www.w3.org/2000/09/xmldsig#'/>",
        ] {
            let (kept, again) = carried(inside);
            assert_eq!(kept, again, "{inside} became {}", write_element(&kept));
        }
    }

    #[test]
    fn the_prefix_of_a_type_keeps_its_meaning() {
        const TYPE: &str = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type";
        for (inside, declared) in [
            (
                format!("<a {TYPE}=' p:T ' xmlns:p='urn:p' p:x='1'><p:b/></a>"),
                "urn:p",
            ),
            (
                format!("<x:a xmlns:x='urn:1/p' xmlns:p='urn:p' {TYPE}='p:T'><x:b/></x:a>"),
                "urn:p",
            ),
            // The inner meaning hides the outer one, not for good.
            (
                format!(
                    "<p:a xmlns:p='urn:p' {TYPE}='p:T'><b xmlns:o='urn:p' xmlns:p='urn:q' \
                     {TYPE}='p:T'><o:c/></b><p:d/></p:a>"
                ),
                "urn:p",
            ),
        ] {
            let (kept, again) = carried(&inside);
            assert_eq!(kept, again, "{inside} became {}", write_element(&kept));
            assert_eq!(kept.attribute(&Name::known(XMLNS, "p")), Some(declared));
        }
        // What every document declares needs no declaration, and what none does has none.
        for inside in [format!("<a {TYPE}='vmw:T'/>"), format!("<a {TYPE}='q:T'/>")] {
            let (kept, again) = carried(&inside);
            assert_eq!((kept.attributes.len(), &kept), (1, &again));
        }
    }

    #[test]
    fn prefixes_are_told_from_the_uri() {
        let (kept, _) = carried("<q:a xmlns:q='http://www.vmware.com/vcloud/v1.5'/>");
        assert_eq!(
            write_element(&kept),
            "<vcloud:a xmlns:vcloud=\"http://www.vmware.com/vcloud/v1.5\"/>"
        );
    }

    /// Namespaces whose prefixes are at odds with one another or with those in use.
    const ODD: [&str; 10] = [
        "",
        ENVELOPE_1,
        VMW,
        "urn:1/pp",
        "urn:2/pp",
        "urn:3/p",
        "http://x/ovf2",
        "http://x/oe",
        "http://x/vmw",
        "http://x/xmldsig#",
    ];

    fn name() -> impl Strategy<Value = Name> {
        (select(ODD.to_vec()), select(vec!["a", "b", "c"]))
            .prop_map(|(ns, local)| Name::new(ns, local))
    }

    /// A start tag, with a type whose prefix it declares or none.
    fn tag() -> impl Strategy<Value = Element> {
        let kind = (
            select(vec!["pp", "pp2", "urn", "q"]),
            select(ODD[3..].to_vec()),
        );
        (name(), vec(name(), 0..4), option::of(kind)).prop_map(|(name, given, kind)| {
            let mut attributes: Vec<(Name, String)> = Vec::new();
            for name in given {
                if attributes.iter().all(|(known, _)| *known != name) {
                    attributes.push((name, "v".to_owned()));
                }
            }
            if let Some((prefix, ns)) = kind {
                attributes.push((Name::new(XSI, "type"), format!("{prefix}:T")));
                attributes.push((Name::new(XMLNS, prefix), ns.to_owned()));
            }
            Element {
                name,
                attributes,
                children: Vec::new(),
                span: 0..0,
            }
        })
    }

    fn tree() -> impl Strategy<Value = Element> {
        tag().prop_recursive(4, 24, 3, |inner| {
            (tag(), vec(inner, 0..3)).prop_map(|(mut element, children)| {
                element.children = children.into_iter().map(Node::Element).collect();
                element
            })
        })
    }

    proptest! {
        #[test]
        fn any_tree_reads_back_the_same(element in tree()) {
            let (again, _) = carried(&write_element(&element));
            prop_assert_eq!(again, element);
        }
    }

    #[test]
    fn many_namespaces_of_one_word_take_no_time() {
        let mut attributes = Vec::new();
        for number in 0..5_000 {
            attributes.push((Name::new(&format!("urn:{number}/pp"), "a"), String::new()));
        }
        assert!(write_attributes(&attributes).contains(" xmlns:pp5000=\"urn:4999/pp\""));
    }
}
