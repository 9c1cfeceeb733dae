//! The tree a file becomes.

use std::ops::Range;

use super::Path;
use super::path::Step;

/// A part of one of a document's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub(super) file: u16,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// The bytes of the file's text.
    pub fn bytes(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and where it was written.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Where it was written. What came through an alias was written at its anchor.
    pub span: Span,
}

/// What a node can be.
#[derive(Debug, Clone)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// Values in a row.
    List(Vec<Node>),
    /// Values by their keys, in the order of the file. No key is there twice.
    Map(Vec<Entry>),
}

/// A key of a map and its value.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// A key and where it was written.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key; for one that is no text, how it was written.
    pub text: String,
    /// Where it was written.
    pub span: Span,
}

/// A single value: how it was written, and what it is taken for.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text, without quotes and with escapes replaced. A number keeps its form, so
    /// that `1.10` as a version does not lose its end.
    pub text: String,
    /// What the text is taken for.
    pub kind: Kind,
    /// How it was written.
    pub style: Style,
}

/// What a single value is taken for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Another number.
    Float(f64),
    /// A text.
    Text,
    /// A text that stands for what a parameter was set to, and is as good as what that
    /// looks like.
    Filled,
}

/// How a single value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In quotes, or as a block, in a format where it could have been without.
    Quoted,
    /// As the only form of text the format has.
    OnlyForm,
}

impl Node {
    /// The entries, if it is a map.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of `key`, if it is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let mut entries = self.entries()?.iter();
        entries
            .find(|entry| entry.key.text == key)
            .map(|entry| &entry.value)
    }

    /// The values, if it is a list.
    pub fn items(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            _ => None,
        }
    }

    /// The single value, if it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|one| one.kind == Kind::Null)
    }

    /// The last node on the way to `path` that there is.
    pub fn nearest(&self, path: &Path) -> &Self {
        let mut node = self;
        for step in path.steps() {
            let next = match step {
                Step::Key(key) => node.get(key),
                Step::Index(index) => node.items().and_then(|items| items.get(*index)),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// How many values and keys it holds, itself included, and bytes of text.
    pub(super) fn size(&self) -> (usize, usize) {
        match &self.value {
            Value::Scalar(scalar) => (1, scalar.text.len()),
            Value::List(items) => items.iter().fold((1, 0), |sum, item| {
                let (nodes, text) = item.size();
                (sum.0 + nodes, sum.1 + text)
            }),
            Value::Map(entries) => entries.iter().fold((1, 0), |sum, entry| {
                let (nodes, text) = entry.value.size();
                (sum.0 + 1 + nodes, sum.1 + entry.key.text.len() + text)
            }),
        }
    }

    /// How many levels it has.
    pub(super) fn depth(&self) -> usize {
        let below = match &self.value {
            Value::Scalar(_) => None,
            Value::List(items) => items.iter().map(Self::depth).max(),
            Value::Map(entries) => entries.iter().map(|entry| entry.value.depth()).max(),
        };
        1 + below.unwrap_or_default()
    }

    /// What it is, in words.
    pub(super) fn what(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) => match scalar.kind {
                Kind::Null => "nothing",
                Kind::Bool(_) => "`true` or `false`",
                Kind::Integer(_) | Kind::Float(_) => "a number",
                Kind::Text | Kind::Filled => "a text",
            },
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}
