//! A document with its text, and the ways to change that.

use std::collections::HashMap;
use std::ops::Range;

use super::patch::Edit;
use super::tag::{Tag, Written, end_tag, split};
use crate::xml::names::usual_prefix;
use crate::xml::{Element, Name, escape_attribute, escape_text};

/// A document, and what is known of its elements by where they begin.
pub(crate) struct Page<'d> {
    pub(crate) text: &'d str,
    /// The tree in the names of the model.
    pub(crate) root: &'d Element,
    /// The tree as it was written.
    written_root: &'d Element,
    /// The elements in the names of the model, with what they are in.
    known: HashMap<usize, (&'d Element, Option<&'d Element>)>,
    /// The names as they were written, of those elements whose model has another one.
    written: HashMap<usize, &'d Name>,
}

impl<'d> Page<'d> {
    /// The document `text`, whose tree was read as `written`; `root` is the same in the names of
    /// a model, which may have other ones.
    pub(crate) fn new(text: &'d str, root: &'d Element, written: &'d Element) -> Self {
        let mut page = Self {
            text,
            root,
            written_root: written,
            known: HashMap::new(),
            written: HashMap::new(),
        };
        page.note(root, None);
        page.note_written(written);
        page
    }

    fn note(&mut self, element: &'d Element, parent: Option<&'d Element>) {
        // Some dialects make one element stand for two members; the one as written is first.
        self.known
            .entry(element.span.start)
            .or_insert((element, parent));
        for child in element.elements() {
            self.note(child, Some(element));
        }
    }

    fn note_written(&mut self, element: &'d Element) {
        self.written.insert(element.span.start, &element.name);
        for child in element.elements() {
            self.note_written(child);
        }
    }

    /// The element that begins at `start`.
    pub(crate) fn element(&self, start: usize) -> Option<&'d Element> {
        self.known.get(&start).map(|(element, _)| *element)
    }

    /// What `element` is in.
    pub(crate) fn parent(&self, element: &Element) -> Option<&'d Element> {
        self.known.get(&element.span.start)?.1
    }

    /// The name of `element` as it was written.
    pub(crate) fn written_name(&self, element: &Element) -> Option<&'d Name> {
        self.written.get(&element.span.start).copied()
    }

    pub(crate) fn tag(&self, element: &Element) -> Option<Tag> {
        Tag::of(self.text, element)
    }

    /// The name of `element` with its prefix.
    pub(crate) fn tag_name(&self, element: &Element) -> &'d str {
        let tag = self.tag(element);
        tag.and_then(|tag| self.text.get(tag.name))
            .unwrap_or_default()
    }

    pub(crate) fn slice(&self, span: &Range<usize>) -> &'d str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The namespace `prefix` stands for at `element`.
    pub(crate) fn bound(&self, element: &Element, prefix: &str) -> Option<&'d str> {
        let key = match prefix {
            "" => "xmlns".to_owned(),
            prefix => format!("xmlns:{prefix}"),
        };
        let mut at = self.element(element.span.start);
        while let Some(one) = at {
            let tag = self.tag(one)?;
            let mut all = tag.attributes.iter();
            if let Some(found) = all.find(|written| self.slice(&written.key) == key) {
                return Some(self.slice(&found.value));
            }
            at = self.parent(one);
        }
        None
    }

    /// The prefixes, one of which may be empty, that stand for `ns` at `element`: those of the
    /// outermost elements first.
    pub(crate) fn prefixes(&self, element: &Element, ns: &str) -> Vec<&'d str> {
        let mut found = Vec::new();
        let mut at = self.element(element.span.start);
        while let Some(one) = at {
            let declared = self.tag(one).map(|tag| tag.attributes).unwrap_or_default();
            for written in declared.iter().rev() {
                let key = self.slice(&written.key);
                let prefix = match key.strip_prefix("xmlns:") {
                    Some(prefix) => prefix,
                    None if key == "xmlns" => "",
                    None => continue,
                };
                let value = self.slice(&written.value);
                if value == ns && self.bound(element, prefix) == Some(value) {
                    found.insert(0, prefix);
                }
            }
            at = self.parent(one);
        }
        found
    }

    /// The namespace of the envelope, as it was written.
    pub(crate) fn envelope(&self) -> &str {
        &self.written_root.name.ns
    }

    /// How an attribute of the standard begins at `element`: the prefix, and its declaration if
    /// there is none yet.
    pub(crate) fn ovf(&self, element: &Element) -> Option<(String, Option<Edit>)> {
        self.attribute_prefix(element, self.envelope())
    }

    /// How an attribute in `ns` begins at `element`.
    pub(crate) fn attribute_prefix(
        &self,
        element: &Element,
        ns: &str,
    ) -> Option<(String, Option<Edit>)> {
        let known = self.prefixes(element, ns);
        if let Some(prefix) = known.into_iter().find(|prefix| !prefix.is_empty()) {
            return Some(((*prefix).to_owned(), None));
        }
        let usual = usual_prefix(ns)?;
        let declaration = self.declare(usual, ns)?;
        self.bound(element, usual)
            .is_none()
            .then(|| (usual.to_owned(), Some(declaration)))
    }

    /// What an element in `ns` is called within `parent`: `local` with a prefix that is in force,
    /// and the declaration of one if none is.
    pub(crate) fn name_within(
        &self,
        parent: &Element,
        ns: &str,
        local: &str,
    ) -> Option<(String, Option<Edit>)> {
        let known = self.prefixes(parent, ns);
        // As its siblings and parents are written: with or without.
        let parents = split(self.tag_name(parent)).0;
        let like = known.iter().find(|prefix| **prefix == parents);
        let (prefix, declaration) = match like.or(known.first()) {
            Some(prefix) => ((*prefix).to_owned(), None),
            None => self.attribute_prefix(parent, ns)?,
        };
        let name = if prefix.is_empty() {
            local.to_owned()
        } else {
            format!("{prefix}:{local}")
        };
        Some((name, declaration))
    }

    /// What an element of the standard is called within `parent`.
    pub(crate) fn ovf_within(
        &self,
        parent: &Element,
        local: &str,
    ) -> Option<(String, Option<Edit>)> {
        self.name_within(parent, self.envelope(), local)
    }

    /// Declares `prefix` on the root, unless it is declared there.
    pub(crate) fn declare(&self, prefix: &str, ns: &str) -> Option<Edit> {
        let tag = self.tag(self.root)?;
        let key = if prefix.is_empty() {
            "xmlns".to_owned()
        } else {
            format!("xmlns:{prefix}")
        };
        let taken = tag.attributes.iter().any(|one| self.slice(&one.key) == key);
        (!taken).then(|| {
            let text = format!(" {key}=\"{}\"", escape_attribute(ns));
            Edit::insert(tag.attributes_end(), text)
        })
    }

    /// Whether a prefix is declared on an element from `parent` of `element` up to below the
    /// root, so that `element` could not be moved there as it is.
    pub(crate) fn declares_between(&self, parent: &Element) -> bool {
        let mut at = self.element(parent.span.start);
        while let Some(one) = at.filter(|one| self.parent(one).is_some()) {
            let declared = self.tag(one).map(|tag| tag.attributes).unwrap_or_default();
            let mut keys = declared.iter().map(|written| self.slice(&written.key));
            if keys.any(|key| key.starts_with("xmlns")) {
                return true;
            }
            at = self.parent(one);
        }
        false
    }

    /// The attribute `local` of `element` as it is written: that of the standard before one of
    /// another namespace.
    pub(crate) fn written(&self, element: &Element, local: &str) -> Option<Written> {
        let all = self.tag(element)?.attributes;
        let mut named = all.into_iter().filter(|one| {
            let (prefix, own) = split(self.slice(&one.key));
            own == local && prefix != "xmlns"
        });
        let first = named.next()?;
        let of_standard = |one: &Written| {
            let (prefix, _) = split(self.slice(&one.key));
            !prefix.is_empty() && self.bound(element, prefix) == Some(self.envelope())
        };
        if of_standard(&first) {
            return Some(first);
        }
        Some(named.find(of_standard).unwrap_or(first))
    }

    /// Gives the attribute `local` of `element` the `value`; where there is none, one of the
    /// standard is written.
    pub(crate) fn set(&self, element: &Element, local: &str, value: &str) -> Option<Vec<Edit>> {
        let value = escape_attribute(value);
        if let Some(written) = self.written(element, local) {
            return Some(vec![Edit::replace(written.value, value)]);
        }
        let (prefix, declaration) = self.ovf(element)?;
        let tag = self.tag(element)?;
        let text = format!(" {prefix}:{local}=\"{value}\"");
        // On the root it is part of one insertion with the declaration.
        Some(match declaration {
            Some(declaration) if declaration.span.start == tag.attributes_end() => {
                vec![Edit::insert(
                    declaration.span.start,
                    declaration.text + &text,
                )]
            }
            declaration => {
                let own = Edit::insert(tag.attributes_end(), text);
                declaration.into_iter().chain([own]).collect()
            }
        })
    }

    /// Takes the attribute `local` away.
    pub(crate) fn unset(&self, element: &Element, local: &str) -> Option<Edit> {
        Some(Edit::delete(self.written(element, local)?.whole))
    }

    /// What stands between the tags of `element`; `None` if it is closed in its start tag.
    pub(crate) fn content(&self, element: &Element) -> Option<Range<usize>> {
        let start = self.tag(element)?.end;
        let end = end_tag(self.text, element)?.start;
        (start <= end).then_some(start..end)
    }

    /// Makes `text` the text of `element`, which holds no elements. The blanks around it stay.
    pub(crate) fn set_text(&self, element: &Element, text: &str) -> Option<Edit> {
        let text = escape_text(text);
        let Some(content) = self.content(element) else {
            return self.open(element, &text);
        };
        let inside = self.slice(&content);
        let start = content.start + (inside.len() - inside.trim_ascii_start().len());
        let end = content.end - (inside.len() - inside.trim_ascii_end().len());
        Some(Edit::replace(start.min(end)..end, text))
    }

    /// Gives `element`, which is closed in its start tag, the content `inside`.
    pub(crate) fn open(&self, element: &Element, inside: &str) -> Option<Edit> {
        let tag = self.tag(element).filter(|tag| tag.empty)?;
        let start = tag.attributes_end();
        let name = self.slice(&tag.name);
        Some(Edit::replace(start..tag.end, format!(">{inside}</{name}>")))
    }

    /// Renames `element` to `name`, which has a prefix that is in force.
    pub(crate) fn rename(&self, element: &Element, name: &str) -> Option<Vec<Edit>> {
        let tag = self.tag(element)?;
        let mut edits = vec![Edit::replace(tag.name, name)];
        if !tag.empty {
            let end = end_tag(self.text, element)?;
            edits.push(Edit::replace(end, format!("</{name}>")));
        }
        Some(edits)
    }
}

/// The children as they stand in the text, each once.
pub(crate) fn placed(element: &Element) -> Vec<&Element> {
    let mut behind = element.span.start;
    let mut found = Vec::new();
    for child in element.elements() {
        if child.span.start > behind {
            behind = child.span.end - 1;
            found.push(child);
        }
    }
    found
}
