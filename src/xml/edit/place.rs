//! Putting elements in, taking them out, and putting them in order. What is between them,
//! blanks and comments, stays where it is.

use super::page::{Page, placed};
use super::patch::Edit;
use crate::xml::Element;

/// Where an element is to stand.
#[derive(Clone, Copy)]
pub(crate) enum Where<'d> {
    First,
    Before(&'d Element),
    Behind(&'d Element),
    Last,
}

impl<'d> Page<'d> {
    /// The blanks in front of `at`, if they begin a line; else nothing.
    pub(crate) fn indent(&self, at: usize) -> &'d str {
        let before = self.slice(&(0..at));
        let blanks = &before[before.trim_ascii_end().len()..];
        match blanks.rfind('\n') {
            Some(newline) => {
                let line = newline - usize::from(blanks[..newline].ends_with('\r'));
                &blanks[line..]
            }
            None => "",
        }
    }

    /// Puts `xml` into `parent`, with the indent of its new neighbours.
    pub(crate) fn put(&self, parent: &'d Element, place: Where<'d>, xml: &str) -> Option<Edit> {
        let children = placed(parent);
        let place = match place {
            Where::First => children.first().map(|first| Where::Before(first)),
            Where::Last => children.last().map(|last| Where::Behind(last)),
            other => Some(other),
        };
        match place {
            Some(Where::Before(next)) => {
                let indent = self.indent(next.span.start);
                Some(Edit::insert(next.span.start, format!("{xml}{indent}")))
            }
            Some(Where::Behind(last)) => {
                let indent = self.indent(last.span.start);
                Some(Edit::insert(last.span.end, format!("{indent}{xml}")))
            }
            _ => {
                let around = self.indent(parent.span.start);
                let indent = if around.is_empty() {
                    String::new()
                } else {
                    format!("{around}  ")
                };
                let inside = format!("{indent}{xml}{around}");
                let Some(content) = self.content(parent) else {
                    return self.open(parent, &inside);
                };
                let blank = self.slice(&content).trim_ascii().is_empty();
                Some(if blank {
                    Edit::replace(content, inside)
                } else {
                    Edit::insert(content.end, format!("{indent}{xml}"))
                })
            }
        }
    }

    /// Takes `element` out, with the blanks in front of it.
    pub(crate) fn take_out(&self, element: &Element) -> Edit {
        let before = self.slice(&(0..element.span.start));
        Edit::delete(before.trim_ascii_end().len()..element.span.end)
    }

    /// Puts `elements`, siblings in the order of the text, in the order of their keys. Those of
    /// one key stay as they are to each other.
    pub(crate) fn sort<K: Ord>(
        &self,
        elements: &[&'d Element],
        key: impl Fn(&'d Element) -> K,
    ) -> Vec<Edit> {
        let mut sorted = elements.to_vec();
        sorted.sort_by_key(|element| key(element));
        self.arrange(elements, &sorted)
    }

    /// Puts `wanted` in the places of `elements`, which are the same in another order.
    pub(crate) fn arrange(&self, elements: &[&'d Element], wanted: &[&'d Element]) -> Vec<Edit> {
        let pairs = elements.iter().zip(wanted);
        let moved = pairs.filter(|(here, there)| here.span != there.span);
        moved
            .map(|(here, there)| Edit::replace(here.span.clone(), self.slice(&there.span)))
            .collect()
    }
}
