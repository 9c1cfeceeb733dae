//! TOML with places.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use crate::base::{Error, ErrorKind, Result};

use super::files::Source;
use super::limits::{Budget, MAX_DEPTH, too_deep};
use super::node::{Entry, Key, Kind, Node, Scalar, Style, Value};

/// Reads a `source` of TOML.
pub(super) fn read(source: Source<'_>, budget: &mut Budget) -> Result<Node> {
    let text = source.text();
    let root = DeTable::parse(text).map_err(|error| wrong(source, &error))?;
    let mut reader = Reader { source, budget };
    let value = Value::Map(reader.map(root.get_ref(), 1)?);
    let span = source.span(0..text.len());
    Ok(Node { value, span })
}

/// What the library says against the text.
fn wrong(source: Source<'_>, error: &::toml::de::Error) -> Error {
    // Its bound on nesting is a little above ours, and has no place for dotted keys.
    if error.message().contains("recur") {
        let error_at = error.span().unwrap_or_default();
        return source.blame(error_at, too_deep());
    }
    let range = error.span().unwrap_or_default();
    if error.message() == "duplicate key" {
        let key = source.text().get(range.clone()).unwrap_or_default();
        let key = key.trim_matches(['"', '\'']);
        return source
            .invalid(range.clone(), format!("the key `{key}` is given twice"))
            .help("remove one of them");
    }
    source.invalid(range, format!("this is not TOML: {}", error.message()))
}

struct Reader<'a, 'b> {
    source: Source<'a>,
    budget: &'b mut Budget,
}

impl Reader<'_, '_> {
    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node> {
        let range = value.span();
        if depth > MAX_DEPTH {
            return Err(self.source.blame(range, too_deep()));
        }
        self.nodes(1, &range)?;
        let written = &self.source.text()[range.clone()];
        let plain = |kind| {
            Value::Scalar(Scalar {
                text: written.to_owned(),
                kind,
                style: Style::Plain,
            })
        };
        let value = match value.get_ref() {
            DeValue::String(text) => {
                self.text(text, &range)?;
                Value::Scalar(Scalar::text(text.as_ref(), Style::OnlyForm))
            }
            DeValue::Integer(number) => {
                let size = i128::from_str_radix(number.as_str(), number.radix()).map_err(|_| {
                    self.source
                        .invalid(range.clone(), "the number is out of range")
                })?;
                plain(Kind::Integer(size))
            }
            DeValue::Float(number) => {
                plain(Kind::Float(number.as_str().parse().map_err(|_| {
                    Error::new(
                        ErrorKind::Internal,
                        format!("`{written}` is a number to TOML"),
                    )
                })?))
            }
            DeValue::Boolean(yes) => plain(Kind::Bool(*yes)),
            DeValue::Datetime(_) => plain(Kind::Text),
            DeValue::Array(items) => {
                let nodes = items.iter().map(|item| self.node(item, depth + 1));
                Value::List(nodes.collect::<Result<_>>()?)
            }
            DeValue::Table(table) => Value::Map(self.map(table, depth)?),
        };
        let span = self.source.span(range);
        Ok(Node { value, span })
    }

    fn map(&mut self, table: &DeTable<'_>, depth: usize) -> Result<Vec<Entry>> {
        let mut pairs: Vec<_> = table.iter().collect();
        // The library has them by the alphabet.
        pairs.sort_by_key(|(key, _)| key.span().start);
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let range = key.span();
            self.nodes(1, &range)?;
            self.text(key.get_ref(), &range)?;
            entries.push(Entry {
                key: Key {
                    text: key.get_ref().clone().into_owned(),
                    span: self.source.span(range),
                },
                value: self.node(value, depth + 1)?,
            });
        }
        Ok(entries)
    }

    fn nodes(&mut self, count: usize, range: &Range<usize>) -> Result<()> {
        let taken = self.budget.nodes(count);
        taken.map_err(|error| self.source.blame(range.clone(), error))
    }

    fn text(&mut self, text: &str, range: &Range<usize>) -> Result<()> {
        let taken = self.budget.text(text.len());
        taken.map_err(|error| self.source.blame(range.clone(), error))
    }
}
