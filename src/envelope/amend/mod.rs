//! What changed from one descriptor to another, changed in a third that says the same as the
//! first in its own way.
//!
//! Somebody wrote the third: it has comments, an order, elements of other vendors. What the
//! change does not touch stays as it is, byte for byte. Two elements are one if they have the
//! same name and the same id, such as the key of a property or the `InstanceID` of an item.
//!
//! ```text
//! mod       the documents           groups    which elements are one
//! change    what is changed how     coupled   what is only right together
//! ```

mod change;
mod coupled;
mod groups;

use crate::base::{Error, ErrorKind, Result};
use crate::xml::edit::{Page, Patch, declare_utf8};
use crate::xml::names::{ENVELOPE_1, ovf};
use crate::xml::{self, Element};

use super::normalise;

use change::Change;

/// The text of the descriptor `original` with what changed from `before` to `after`, two
/// descriptors of OVF 1.x of which the first says what `original` says.
pub fn amend(original: &str, before: &str, after: &str) -> Result<String> {
    let written = xml::read(original)?;
    check_edition(&written)?;
    let mut root = written.clone();
    normalise(&mut root)?;
    let page = Page::new(original, &root, &written);
    let (before, after) = (xml::read(before)?, xml::read(after)?);
    let mut change = Change::new(&page);
    change.element(&root, &before, &after);
    let mut patch = Patch::default();
    for edit in change.finish() {
        let same = original.get(edit.span.clone()) == Some(&*edit.text);
        if !same && !patch.take(original, &[edit]) {
            return Err(Error::new(
                ErrorKind::Internal,
                "two changes of the descriptor are in each other's way",
            ));
        }
    }
    let text = patch.apply(original);
    // It is written as UTF-8, whatever it was.
    Ok(declare_utf8(&text).unwrap_or(text))
}

/// Refuses the descriptor `text` if it has other names for its elements than OVF 1.x, in which
/// [`amend`] makes changes.
pub fn check_amendable(text: &str) -> Result<()> {
    check_edition(&xml::read(text)?)
}

/// Refuses what has other names for its elements than OVF 1.x.
fn check_edition(root: &Element) -> Result<()> {
    let named = |element: &Element| element.name.ns == ENVELOPE_1;
    let references = root.elements().find(|one| one.name.local == "References");
    if named(root) && references.is_none_or(named) && !has_old_sections(root) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        "the descriptor is none of OVF 1.x, in which changes are made",
    )
    .why("other editions have other elements for the same")
    .help("write it anew first: `ovfkit rewrite --ovf-version 1.1`"))
}

/// Whether sections are told apart by a type, as before the standard.
fn has_old_sections(root: &Element) -> bool {
    root.elements().any(|one| one.name == ovf("Section"))
}

#[cfg(test)]
mod tests;
