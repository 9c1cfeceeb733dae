//! A descriptor as fixes see it: what rules see, with the text around and the ways to change it.

use std::ops::{Deref, Range};

use super::{FileFacts, Options};
use crate::validate::document::{Document, attr};
use crate::validate::rules::references;
use crate::validate::sink;
use crate::xml::edit::{Edit, Page};
use crate::xml::names::ENVELOPE_1;
use crate::xml::{Element, Node};

/// A document, and the ways to change its text.
pub(super) struct Scene<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) options: &'d Options<'d>,
    page: Page<'d>,
}

/// Edits that belong together: all of them are made, or none.
#[derive(Debug, Clone)]
pub(super) struct Fix {
    /// Where what was wrong stands.
    pub(super) at: usize,
    pub(super) edits: Vec<Edit>,
    /// What was done, in words.
    pub(super) what: String,
}

impl Fix {
    pub(super) fn new(at: usize, edits: Vec<Edit>, what: impl Into<String>) -> Self {
        let what = what.into();
        Self { at, edits, what }
    }
}

/// What a rule found.
pub(super) struct Spot<'d> {
    pub(super) span: Range<usize>,
    /// The element it is about, if it is about one.
    pub(super) element: Option<&'d Element>,
    /// The attribute, by its local name.
    pub(super) attribute: Option<String>,
}

impl<'d> Deref for Scene<'d> {
    type Target = Page<'d>;

    fn deref(&self) -> &Page<'d> {
        &self.page
    }
}

impl<'d> Scene<'d> {
    pub(super) fn new(document: &'d Document<'d>, options: &'d Options<'d>) -> Self {
        Self {
            document,
            options,
            page: Page::new(document.text, document.root, document.written),
        }
    }

    /// Whether the start tag of `element` has places where a build puts values.
    pub(super) fn is_template(&self, element: &Element) -> bool {
        let tag = self.tag(element);
        tag.is_some_and(|tag| sink::is_placeholder(self.slice(&(element.span.start..tag.end))))
    }

    /// The facts about the file of `reference`, an element that has an `ovf:href`.
    pub(super) fn facts(&self, reference: &Element) -> Option<FileFacts> {
        let files = self.options.files?;
        let name = references::plain(attr(reference, "href")?);
        files(&name).or_else(|| files(&references::decoded(&name)))
    }
}

/// Whether `element` is in the namespace of the envelope.
pub(super) fn is_standard(element: &Element) -> bool {
    element.name.ns == ENVELOPE_1
}

/// Whether there is nothing but blanks in `element`.
pub(super) fn is_blank(element: &Element) -> bool {
    element.children.iter().all(|node| match node {
        Node::Text(text) => text.trim_ascii().is_empty(),
        Node::Element(_) => false,
    })
}
