//! What changed in one element, changed in the original.

use std::fmt::Write as _;

use crate::xml::edit::{Edit, Inserter, Page, Where, placed, split};
use crate::xml::names::{ENVELOPE_1, VMW};
use crate::xml::{Element, Name, escape_attribute, escape_text};

use super::coupled;
use super::groups::{Key, Three, is_device, paired};

/// Changes of an original in the making.
pub(super) struct Change<'p, 'd> {
    page: &'p Page<'d>,
    inserter: Inserter<'p, 'd>,
    edits: Vec<Edit>,
    /// New attributes of the root, as they stand in its start tag.
    on_root: String,
}

impl<'p, 'd> Change<'p, 'd> {
    pub(super) fn new(page: &'p Page<'d>) -> Self {
        Self {
            page,
            inserter: Inserter::new(page),
            edits: Vec::new(),
            on_root: String::new(),
        }
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Vec<Edit> {
        self.edits.extend(self.inserter.on_root(&self.on_root));
        self.edits
    }

    /// Makes `original` say what is new in `after` since `before`.
    pub(super) fn element(&mut self, original: &'d Element, before: &Element, after: &Element) {
        if before == after {
            return;
        }
        self.attributes(original, before, after);
        if has_children(before) || has_children(after) {
            self.children(original, before, after);
        } else if before.text() != after.text() {
            self.text(original, after);
        }
    }

    fn text(&mut self, original: &'d Element, after: &Element) {
        let text = after.text();
        if original.text() == text {
            return;
        }
        // Blanks around a text may be part of it.
        let edit = match self.page.content(original) {
            Some(content) => Some(Edit::replace(content, escape_text(&text))),
            None => self.page.open(original, &escape_text(&text)),
        };
        self.edits.extend(edit);
    }

    fn attributes(&mut self, original: &'d Element, before: &Element, after: &Element) {
        let names = before.attributes.iter().chain(&after.attributes);
        let mut changed: Vec<&Name> = Vec::new();
        for (name, _) in names {
            let differs = before.attribute(name) != after.attribute(name);
            if differs && !changed.contains(&name) {
                changed.push(name);
            }
        }
        let coupled = coupled::attributes(original);
        let together: Vec<Name> = (coupled.iter())
            .map(|local| Name::known(ENVELOPE_1, local))
            .collect();
        if changed.iter().any(|name| together.contains(name)) {
            changed.retain(|name| !together.contains(name));
            changed.extend(&together);
        }
        let mut added = String::new();
        for name in changed {
            let written = self.written(original, name);
            match (after.attribute(name), written) {
                (Some(value), Some(written)) => {
                    let value = escape_attribute(value);
                    self.edits.push(Edit::replace(written.value, value));
                }
                (Some(value), None) => {
                    let name = self.inserter.attribute(original, name);
                    // Writing to a String cannot fail.
                    let _ = write!(added, " {name}=\"{}\"", escape_attribute(value));
                }
                (None, Some(written)) => self.edits.push(Edit::delete(written.whole)),
                (None, None) => {}
            }
        }
        if added.is_empty() {
            return;
        }
        if original.span == self.page.root.span {
            self.on_root.push_str(&added);
        } else if let Some(tag) = self.page.tag(original) {
            self.edits.push(Edit::insert(tag.attributes_end(), added));
        }
    }

    /// The attribute `name` of `original` as it is written.
    fn written(&self, original: &Element, name: &Name) -> Option<crate::xml::edit::Written> {
        if name.ns == ENVELOPE_1 {
            return self.page.written(original, &name.local);
        }
        let tag = self.page.tag(original)?;
        let prefixes = self.page.prefixes(original, &name.ns);
        let mut all = tag.attributes.into_iter();
        all.find(|one| {
            let (prefix, local) = split(self.page.slice(&one.key));
            let fits = match &*name.ns {
                "" => prefix.is_empty(),
                crate::xml::names::XML => prefix == "xml",
                _ => !prefix.is_empty() && prefixes.contains(&prefix),
            };
            local == name.local && fits
        })
    }

    fn children(&mut self, original: &'d Element, before: &Element, after: &Element) {
        let three = Three::new(original, before, after);
        let together = is_device(original) && coupled::quantity_differs(before, after);
        let is_coupled = |key: &Key| together && coupled::is_quantity(key.name());
        for (key, own) in &three.original {
            let was = three.before.contains_key(key) || is_coupled(key);
            if was && !three.after.contains_key(key) {
                self.take_out(own);
            }
        }
        self.take_out(&three.gone);
        let mut new: Vec<(Where<'d>, Vec<&Element>)> = Vec::new();
        let mut behind: Option<&'d Element> = None;
        for (index, (key, wanted)) in three.after.iter().enumerate() {
            let was = three.before.get(key);
            let Some(own) = three.original.get(key) else {
                if was != Some(wanted) || is_coupled(key) {
                    let anchor = self.anchor(original, behind, wanted[0], &three, index);
                    match new.last_mut() {
                        Some((last, elements)) if same(&anchor, last) => elements.extend(wanted),
                        _ => new.push((anchor, wanted.clone())),
                    }
                }
                continue;
            };
            behind = own.last().copied();
            match (own.as_slice(), was.map(Vec::as_slice), wanted.as_slice()) {
                ([own], _, [wanted]) if is_coupled(key) => self.text(own, wanted),
                (_, Some(was), wanted) if was == wanted => {}
                ([own], Some([was]), [wanted]) => self.element(own, was, wanted),
                (own, was, wanted) => match paired(own, was.unwrap_or_default(), wanted) {
                    Some(all) => {
                        for (own, was, wanted) in all {
                            self.element(own, was, wanted);
                        }
                    }
                    None => self.replace(original, own, wanted),
                },
            }
        }
        for (anchor, elements) in new {
            self.insert(original, anchor, &elements);
        }
    }

    /// Where the child `wanted` goes: behind what it stands behind in its own document, in front
    /// of what comes next there, or behind all.
    fn anchor(
        &self,
        parent: &'d Element,
        behind: Option<&'d Element>,
        wanted: &Element,
        three: &Three<'d, '_>,
        index: usize,
    ) -> Where<'d> {
        // What vendors add stands behind the standard's members, which may be more than those
        // that are known.
        let is_added = |element: &Element| element.name.ns == VMW;
        if is_added(wanted) && behind.is_none_or(|behind| !is_added(behind)) {
            let of_vendors = |child: &&&Element| self.is_of_vendor(parent, child);
            let children = placed(parent);
            return match children.iter().rev().find(|child| !of_vendors(child)) {
                Some(last) => Where::Behind(last),
                None => Where::Last,
            };
        }
        if let Some(behind) = behind {
            return Where::Behind(behind);
        }
        let mut later = three.after.keys().skip(index + 1);
        match later.find_map(|key| three.original.get(key)?.first()) {
            Some(next) => Where::Before(next),
            None => Where::Last,
        }
    }

    /// Whether `child` of `parent` is neither the standard's nor of the classes of its items.
    fn is_of_vendor(&self, parent: &Element, child: &Element) -> bool {
        use crate::xml::names::{RASD, VSSD};
        let standard = [ENVELOPE_1, RASD, VSSD];
        let name = self.page.written_name(child).unwrap_or(&child.name);
        name.ns != parent.name.ns && !standard.contains(&&*child.name.ns)
    }

    /// Takes `elements` out.
    fn take_out(&mut self, elements: &[&'d Element]) {
        let edits = elements.iter().map(|element| self.page.take_out(element));
        self.edits.extend(edits);
    }

    /// Puts `wanted` in the place of `own`, children of `parent`.
    fn replace(&mut self, parent: &'d Element, own: &[&'d Element], wanted: &[&Element]) {
        let Some((first, rest)) = own.split_first() else {
            return;
        };
        let line = self.page.indent(first.span.start);
        let text = self.written_as(parent, wanted, line);
        self.edits.push(Edit::replace(first.span.clone(), text));
        self.take_out(rest);
    }

    /// Puts `wanted` among the children of `parent`.
    fn insert(&mut self, parent: &'d Element, place: Where<'d>, wanted: &[&Element]) {
        let neighbour = match place {
            Where::Behind(one) | Where::Before(one) => Some(one),
            Where::First | Where::Last => placed(parent).last().copied(),
        };
        let line = neighbour.map_or("", |one| self.page.indent(one.span.start));
        let text = self.written_as(parent, wanted, line);
        self.edits.extend(self.page.put(parent, place, &text));
    }

    /// `wanted` as they are written within `parent`, each on a line that begins with `line`.
    fn written_as(&mut self, parent: &Element, wanted: &[&Element], line: &str) -> String {
        let texts = wanted
            .iter()
            .map(|element| self.inserter.element(parent, element, line));
        texts.collect::<Vec<_>>().join(line)
    }
}

/// Whether two places are the same.
fn same(one: &Where<'_>, other: &Where<'_>) -> bool {
    match (one, other) {
        (Where::Behind(one), Where::Behind(other)) | (Where::Before(one), Where::Before(other)) => {
            one.span == other.span
        }
        (Where::Last, Where::Last) => true,
        _ => false,
    }
}

fn has_children(element: &Element) -> bool {
    element.elements().next().is_some()
}
