//! Elements of another document, as they are written into this one.

use std::fmt::Write as _;

use super::page::Page;
use super::patch::Edit;
use crate::xml::names::{XML, XMLNS, usual_prefix};
use crate::xml::{Element, Name, Node, escape_attribute, escape_text};

/// Writes elements with the prefixes and the indents of a document.
pub(crate) struct Inserter<'p, 'd> {
    page: &'p Page<'d>,
    /// The prefixes that have to be declared on the root, each with its namespace.
    declared: Vec<(String, String)>,
    /// What one level more is indented by.
    unit: String,
}

impl<'p, 'd> Inserter<'p, 'd> {
    pub(crate) fn new(page: &'p Page<'d>) -> Self {
        Self {
            page,
            declared: Vec::new(),
            unit: unit(page),
        }
    }

    /// `element` as it is written within `parent` on a line that begins with `line`; that is
    /// empty where elements do not stand on lines of their own.
    pub(crate) fn element(&mut self, parent: &Element, element: &Element, line: &str) -> String {
        let mut text = String::new();
        self.write(parent, element, line, false, &mut text);
        text
    }

    /// The name of an attribute of `element`, which is in the document.
    pub(crate) fn attribute(&mut self, element: &Element, name: &Name) -> String {
        self.named(element, name, true)
    }

    /// The edit that declares what is not declared yet, and gives the root the attributes
    /// `more`, as they stand in a start tag.
    pub(crate) fn on_root(&self, more: &str) -> Option<Edit> {
        let mut text = String::new();
        for (prefix, ns) in &self.declared {
            // Writing to a String cannot fail.
            let _ = write!(text, " xmlns:{prefix}=\"{}\"", escape_attribute(ns));
        }
        text.push_str(more);
        let tag = self.page.tag(self.page.root)?;
        (!text.is_empty()).then(|| Edit::insert(tag.attributes_end(), text))
    }

    /// Writes `element`. Within what is `bare`, the default namespace is none.
    fn write(
        &mut self,
        parent: &Element,
        element: &Element,
        line: &str,
        bare: bool,
        text: &mut String,
    ) {
        let default = self.page.bound(parent, "").unwrap_or_default();
        let unbinds = element.name.ns.is_empty() && !default.is_empty() && !bare;
        let bare = bare || unbinds;
        let name = self.named(parent, &element.name, bare);
        let _ = write!(text, "<{name}");
        if unbinds {
            text.push_str(" xmlns=\"\"");
        }
        for (name, value) in &element.attributes {
            let name = if name.ns == XMLNS {
                format!("xmlns:{}", name.local)
            } else {
                self.named(parent, name, true)
            };
            let _ = write!(text, " {name}=\"{}\"", escape_attribute(value));
        }
        if element.children.is_empty() {
            text.push_str("/>");
            return;
        }
        text.push('>');
        let mixed = element.children.iter().any(|child| match child {
            Node::Text(text) => !text.trim_ascii().is_empty(),
            Node::Element(_) => false,
        });
        let lines = !mixed && !line.is_empty() && element.elements().next().is_some();
        let inner = format!("{line}{}", self.unit);
        for child in &element.children {
            match child {
                Node::Element(child) if lines => {
                    text.push_str(&inner);
                    self.write(parent, child, &inner, bare, text);
                }
                Node::Element(child) => self.write(parent, child, "", bare, text),
                Node::Text(own) if mixed => text.push_str(&escape_text(own)),
                Node::Text(_) => {}
            }
        }
        if lines {
            text.push_str(line);
        }
        let _ = write!(text, "</{name}>");
    }

    /// `name` with a prefix that is in force at `at`, or will be. A name that has to be
    /// `prefixed` is not in the default namespace.
    fn named(&mut self, at: &Element, name: &Name, prefixed: bool) -> String {
        if name.ns.is_empty() {
            return name.local.to_string();
        }
        match self.prefix(at, &name.ns, prefixed) {
            prefix if prefix.is_empty() => name.local.to_string(),
            prefix => format!("{prefix}:{}", name.local),
        }
    }

    fn prefix(&mut self, at: &Element, ns: &str, prefixed: bool) -> String {
        if ns == XML {
            return "xml".to_owned();
        }
        let known = self.page.prefixes(at, ns);
        let fits = |prefix: &&&str| !(prefixed && prefix.is_empty());
        // As what is around is written: with or without.
        let around = super::tag::split(self.page.tag_name(at)).0;
        let like = known.iter().filter(fits).find(|prefix| **prefix == around);
        if let Some(prefix) = like.or(known.iter().find(fits)) {
            return (*prefix).to_owned();
        }
        if let Some((prefix, _)) = self.declared.iter().find(|(_, known)| known == ns) {
            return prefix.clone();
        }
        let usual = usual_prefix(ns).into_iter().map(str::to_owned);
        let mut words = usual.chain((1..).map(|number| format!("ns{number}")));
        let free = |prefix: &String| {
            let taken = self.declared.iter().any(|(taken, _)| taken == prefix);
            !taken
                && self.page.bound(at, prefix).is_none()
                && self.page.bound(self.page.root, prefix).is_none()
        };
        // Of endless numbers one is free.
        let prefix = words.find(free).unwrap_or_default();
        self.declared.push((prefix.clone(), ns.to_owned()));
        prefix
    }
}

/// What the elements in the root are indented by.
fn unit(page: &Page<'_>) -> String {
    const USUAL: &str = "  ";
    let Some(first) = page.root.elements().next() else {
        return USUAL.to_owned();
    };
    let inner = page
        .indent(first.span.start)
        .trim_start_matches(['\r', '\n']);
    let outer = page
        .indent(page.root.span.start)
        .trim_start_matches(['\r', '\n']);
    match inner.strip_prefix(outer) {
        Some(unit) if !unit.is_empty() => unit.to_owned(),
        _ => USUAL.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::edit::{Patch, Where};

    /// `element`, read from a document of its own, put behind the first element in `text`.
    fn put(text: &str, element: &str) -> String {
        let root = crate::xml::read(text).expect("fine");
        let page = Page::new(text, &root, &root);
        let new = crate::xml::read(element).expect("fine");
        let first = root.elements().next().expect("one");
        let mut inserter = Inserter::new(&page);
        let written = inserter.element(&root, &new, page.indent(first.span.start));
        let edit = page
            .put(&root, Where::Behind(first), &written)
            .expect("put");
        let mut patch = Patch::default();
        assert!(patch.take(text, &[edit]));
        if let Some(edit) = inserter.on_root("") {
            assert!(patch.take(text, &[edit]));
        }
        let made = patch.apply(text);
        let again = crate::xml::read(&made).expect(&made);
        let read = again.elements().nth(1).expect("it is there");
        let says = crate::xml::read(&crate::xml::write_element(&new)).expect("fine");
        let stripped =
            |element: &Element| crate::xml::write_element(element).replace(['\n', '\t'], "");
        assert_eq!(
            stripped(read).replace("  ", ""),
            stripped(&says).replace("  ", "")
        );
        made
    }

    #[test]
    fn it_is_written_as_what_is_around_it() {
        let new = "<x:a xmlns:x='urn:1' xmlns:y='urn:2' y:k='1' l='2'><x:b>t</x:b><y:c/></x:a>";
        assert_eq!(
            put("<r xmlns='urn:1' xmlns:q='urn:2'>\r\n\t<f/>\r\n</r>", new),
            "<r xmlns='urn:1' xmlns:q='urn:2'>\r\n\t<f/>\r\n\t<a q:k=\"1\" l=\"2\">\r\n\t\t<b>t</b>\
             \r\n\t\t<q:c/>\r\n\t</a>\r\n</r>"
        );
        // On one line it stays on one.
        assert_eq!(
            put("<p:r xmlns:p='urn:1'><p:f/></p:r>", new),
            "<p:r xmlns:p='urn:1' xmlns:ns1=\"urn:2\"><p:f/><p:a ns1:k=\"1\" l=\"2\"><p:b>t</p:b>\
             <ns1:c/></p:a></p:r>"
        );
    }

    #[test]
    fn names_in_no_namespace_stay_there() {
        let made = put(
            "<r xmlns='urn:1' xmlns:ns1='urn:2'>\n  <f/>\n</r>",
            "<a><x:b xmlns:x='urn:1'/><y:c xmlns:y='urn:3'> t <d/></y:c></a>",
        );
        assert!(made.contains("<a xmlns=\"\">"), "{made}");
        assert!(made.contains("<ns3:c> t <d/></ns3:c>"), "{made}");
    }
}
