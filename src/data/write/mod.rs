//! Values written as files of data, so that they read back the same.

mod fields;
mod tree;
mod yaml;

pub use fields::fields_of;
pub use tree::{LOOSE, Tree};

use crate::base::{Error, ErrorKind, Result};

use super::template::OPEN;

/// What ends a key that appends to a list, so that no other key can end with it.
const APPENDS: char = '+';

impl Tree {
    /// As YAML, without a line end.
    ///
    /// `indent` is the column it begins in.
    pub fn yaml(&self, indent: usize) -> String {
        yaml::value(self, indent)
    }

    /// As a value behind `key` in YAML, with its line ends.
    pub fn yaml_entry(key: &str, value: &Self) -> String {
        yaml::entry(key, value, 0)
    }

    /// As JSON.
    pub fn json(&self) -> Result<String> {
        let text = serde_json::to_string_pretty(self);
        text.map_err(|error| Error::new(ErrorKind::Internal, format!("no JSON: {error}")))
    }

    /// With `$${` for each `${` in texts, which would stand for a parameter.
    #[must_use]
    pub fn escaped(self) -> Self {
        let escape = |text: String| text.replace(OPEN, "$${");
        match self {
            Self::Text(text) => Self::Text(escape(text)),
            Self::Loose(text) => Self::Loose(escape(text)),
            Self::List(items) => Self::List(items.into_iter().map(Self::escaped).collect()),
            Self::Map(entries) => {
                let entries = entries
                    .into_iter()
                    .map(|(key, value)| (key, value.escaped()));
                Self::Map(entries.collect())
            }
            other => other,
        }
    }

    /// Refuses a key that a file cannot have, since it means to append there.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::List(items) => items.iter().try_for_each(Self::check),
            Self::Map(entries) => entries.iter().try_for_each(|(key, value)| {
                if key.ends_with(APPENDS) {
                    return Err(Error::new(
                        ErrorKind::Unsupported,
                        format!("the key `{key}` cannot be written"),
                    )
                    .why("a key that ends with `+` appends to a list"));
                }
                value.check()
            }),
            _ => Ok(()),
        }
    }
}
