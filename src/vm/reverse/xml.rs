//! Sections as XML.

use crate::envelope::{Content, Envelope, Section, VirtualSystem};
use crate::template;
use crate::xml::{Element, Node, read, write_element};

/// `section` as text that reads back the same inside an envelope.
pub(super) fn of(section: &Section) -> Option<String> {
    if let Section::Other(kept) = section {
        return Some(write_element(&kept.0));
    }
    let envelope = Envelope {
        contents: vec![Content::VirtualSystem(VirtualSystem {
            sections: vec![section.clone()],
            ..VirtualSystem::default()
        })],
        ..Envelope::default()
    };
    let tree = read(&template::render(&envelope).ok()?).ok()?;
    let system = tree.elements().last()?;
    let element = system.elements().last()?.clone();
    Some(write_element(&without_indentation(element)))
}

/// `element` without the blanks a template puts between elements.
fn without_indentation(mut element: Element) -> Element {
    let between = element.elements().next().is_some();
    let children = element
        .children
        .into_iter()
        .filter_map(|child| match child {
            Node::Element(child) => Some(Node::Element(without_indentation(child))),
            Node::Text(text) if between && text.trim().is_empty() => None,
            Node::Text(text) => Some(Node::Text(text)),
        });
    element.children = children.collect();
    element
}
