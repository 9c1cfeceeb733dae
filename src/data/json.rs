//! JSON with places.
//!
//! `serde_json` hands out the text of each value as a slice of the whole, which tells where
//! it stands. So a value is passed over once for each level it is in, which the bound on
//! nesting bounds as well.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::base::position::place_of;
use crate::base::{Error, Result};

use super::files::Source;
use super::limits::{Budget, MAX_DEPTH, too_deep};
use super::node::{Entry, Key, Kind, Node, Scalar, Style, Value};

/// Reads a `source` of JSON.
pub(super) fn read(source: Source<'_>, budget: &mut Budget) -> Result<Node> {
    let text = source.text();
    let root: &RawValue = serde_json::from_str(text).map_err(|error| {
        let at = offset(text, &error);
        source.invalid(at..at + 1, format!("this is not JSON: {}", told(&error)))
    })?;
    Reader { source, budget }.node(root.get(), 1)
}

struct Reader<'a, 'b> {
    source: Source<'a>,
    budget: &'b mut Budget,
}

impl<'a> Reader<'a, '_> {
    fn node(&mut self, raw: &'a str, depth: usize) -> Result<Node> {
        let range = self.range(raw);
        let refused = |error| self.source.blame(range.clone(), error);
        if depth > MAX_DEPTH {
            return Err(refused(too_deep()));
        }
        self.budget.nodes(1).map_err(refused)?;
        let value = match raw.as_bytes().first() {
            Some(b'{') => Value::Map(self.map(raw, depth)?),
            Some(b'[') => {
                let items: Vec<&RawValue> = self.parsed(raw)?;
                let nodes = items
                    .into_iter()
                    .map(|item| self.node(item.get(), depth + 1));
                Value::List(nodes.collect::<Result<_>>()?)
            }
            Some(b'"') => Value::Scalar(Scalar::text(self.string(raw)?, Style::OnlyForm)),
            _ => {
                let scalar = Scalar::plain(raw);
                if matches!(scalar.kind, Kind::Float(number) if !number.is_finite()) {
                    return Err(self.source.invalid(range, "the number is out of range"));
                }
                Value::Scalar(scalar)
            }
        };
        let span = self.source.span(range);
        Ok(Node { value, span })
    }

    fn map(&mut self, raw: &'a str, depth: usize) -> Result<Vec<Entry>> {
        let pairs = Deserializer::from_str(raw)
            .deserialize_map(Pairs)
            .map_err(|error| self.failed(raw, &error))?;
        let mut entries = Vec::new();
        let mut first: HashMap<String, Range<usize>> = HashMap::new();
        for (key, value) in pairs {
            let range = self.range(key.get());
            let text = self.string(key.get())?;
            self.budget
                .nodes(1)
                .map_err(|error| self.source.blame(range.clone(), error))?;
            match first.entry(text.clone()) {
                Slot::Occupied(first) => {
                    return Err(given_twice(self.source, &text, first.get().start, range));
                }
                Slot::Vacant(slot) => slot.insert(range.clone()),
            };
            entries.push(Entry {
                key: Key {
                    text,
                    span: self.source.span(range),
                },
                value: self.node(value.get(), depth + 1)?,
            });
        }
        Ok(entries)
    }

    fn string(&mut self, raw: &'a str) -> Result<String> {
        let text: String = self.parsed(raw)?;
        self.budget
            .text(text.len())
            .map_err(|error| self.source.blame(self.range(raw), error))?;
        Ok(text)
    }

    fn parsed<T: serde::Deserialize<'a>>(&self, raw: &'a str) -> Result<T> {
        serde_json::from_str(raw).map_err(|error| self.failed(raw, &error))
    }

    /// What passing over a value does not see, as an escape that is no character.
    fn failed(&self, raw: &str, error: &serde_json::Error) -> Error {
        let message = format!("this is not JSON: {}", told(error));
        self.source.invalid(self.range(raw), message)
    }

    fn range(&self, raw: &str) -> Range<usize> {
        let start = place_of(raw, self.source.text()).unwrap_or_default();
        start..start + raw.len()
    }
}

/// A key is there again.
pub(super) fn given_twice(
    source: Source<'_>,
    key: &str,
    first: usize,
    again: Range<usize>,
) -> Error {
    let line = source.line(first);
    source
        .invalid(again, format!("the key `{key}` is given twice"))
        .why(format!("it is there already in line {line}"))
        .help("remove one of them")
}

/// The message of `error` without the place.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The byte of `text` that `error` is about.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let line: usize = before.map(str::len).sum();
    // It counts the bytes up to the one it stumbled over; at the end there is none.
    (line + error.column().saturating_sub(1)).min(text.len())
}

/// The keys and values of a map, in order, and twice if they are there twice.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
