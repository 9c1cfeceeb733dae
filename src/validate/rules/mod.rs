//! The rules, a file a family.

mod collections;
pub(super) mod content;
mod deployment;
pub(super) mod devices;
pub(super) mod disks;
pub(super) mod envelope;
pub(super) mod extensions;
pub(super) mod hardware;
mod networks;
mod numbers;
mod package;
pub(super) mod parents;
mod placement;
pub(super) mod product;
mod properties;
pub(super) mod references;
pub(super) mod refusal;
mod schema;
pub(super) mod strings;
mod systems;

use std::collections::HashSet;
use std::hash::Hash;

use super::document::{Document, attr};
use super::rule::{Editions, Rule};
use super::sink::Sink;
use crate::envelope::EnvelopeError;
use crate::xml::Element;

/// The elements that hold text for people, which may be translated.
const TEXTS: [&str; 10] = [
    "Info",
    "Name",
    "Description",
    "Label",
    "Category",
    "License",
    "Annotation",
    "Product",
    "Vendor",
    "Msg",
];

/// The table.
pub(super) const FAMILIES: &[&[Rule]] = &[
    refusal::RULES,
    envelope::RULES,
    content::RULES,
    placement::RULES,
    references::RULES,
    disks::RULES,
    networks::RULES,
    hardware::RULES,
    devices::RULES,
    parents::RULES,
    numbers::RULES,
    systems::RULES,
    product::RULES,
    properties::RULES,
    deployment::RULES,
    collections::RULES,
    strings::RULES,
    extensions::RULES,
    package::archive::RULES,
    package::members::RULES,
    package::manifest::RULES,
    package::certificate::RULES,
    package::disks::RULES,
    package::streams::RULES,
    schema::RULES,
];

/// The most characters of a value that a label repeats.
const SHOWN: usize = 60;

/// As much of `text` as a label repeats.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Tells of each of `elements` that lacks the attribute `local` or has it empty.
fn require<'d>(elements: impl IntoIterator<Item = &'d Element>, local: &str, sink: &mut Sink<'_>) {
    for element in elements {
        match attr(element, local) {
            None => sink.at(element, format!("has no `ovf:{local}`")),
            Some("") => sink.on(element, local, "is empty"),
            Some(_) => {}
        }
    }
}

/// Those of `elements` whose key an earlier one has; `None` is no key.
fn repetitions<T: Copy, K: Eq + Hash>(
    elements: impl IntoIterator<Item = T>,
    key: impl Fn(T) -> Option<K>,
) -> Vec<T> {
    let mut known = HashSet::new();
    let mut again = |element: &T| key(*element).is_some_and(|key| !known.insert(key));
    elements
        .into_iter()
        .filter(|element| again(element))
        .collect()
}

/// Tells of the values that do not have their type, of those `wanted` by the element they
/// are in, or are the text of, and the local name of the attribute or the element.
fn wrong_values(
    document: &Document<'_>,
    sink: &mut Sink<'_>,
    wanted: impl Fn(&Element, &str, &str) -> bool,
) {
    for fault in document.faults {
        if let EnvelopeError::WrongValue {
            name,
            value,
            expected,
            offset,
        } = fault
            && let Some(element) = document.element_at(*offset)
        {
            let local = local(name);
            if wanted(element, local, value) {
                let label = if *expected == "text alone" {
                    "holds elements, not text alone".to_owned()
                } else {
                    format!("`{}` is not {expected}", shown(value.trim_ascii()))
                };
                sink.on(element, local, label);
            }
        }
    }
}

/// Tells of elements that are there more often than they may, of those `wanted` by the
/// local names of the parent and their own.
fn repeated(document: &Document<'_>, sink: &mut Sink<'_>, wanted: impl Fn(&str, &str) -> bool) {
    for fault in document.faults {
        if let EnvelopeError::RepeatedElement {
            element,
            parent,
            offset,
        } = fault
            && wanted(local(parent), local(element))
            && let Some(found) = document.element_at(*offset)
        {
            sink.at(found, format!("one more `{element}` in `{parent}`"));
        }
    }
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
#[path = "tests.rs"]
pub(super) mod tests;
