//! Values written as files of data, so that they read back the same.

mod fields;
mod tree;
mod yaml;

pub use fields::fields_of;
pub use tree::{LOOSE, Tree};

use crate::base::{Error, ErrorKind, Result};

use super::path::{Path, Step};
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

    /// What `path` leads to. A value that stands for a map, or for a list of one, is all there
    /// is on the way into that.
    pub fn get(&self, path: &Path) -> Option<&Self> {
        path.steps()
            .iter()
            .try_fold(self, |tree, step| match (tree, step) {
                (Self::Map(entries), Step::Key(key)) => {
                    let found = entries.iter().find(|(name, _)| name == key);
                    found.map(|(_, value)| value)
                }
                (Self::List(items), Step::Index(index)) => items.get(*index),
                (Self::List(_), Step::Key(_)) | (Self::Map(_), Step::Index(1..)) => None,
                (short, _) => Some(short),
            })
    }

    /// Puts `value` where `path` leads to, by the rules of [`get`](Self::get). A key that is
    /// missing is added.
    pub fn put(&mut self, path: &Path, value: Self) {
        let mut tree = self;
        for step in path.steps() {
            tree = match (tree, step) {
                (Self::Map(entries), Step::Key(key)) => {
                    let place = entries.iter().position(|(name, _)| name == key);
                    let place = place.unwrap_or_else(|| {
                        entries.push((key.clone(), Self::Map(Vec::new())));
                        entries.len() - 1
                    });
                    &mut entries[place].1
                }
                (Self::List(items), Step::Index(index)) => match items.get_mut(*index) {
                    Some(item) => item,
                    None => return,
                },
                (short, _) => short,
            };
        }
        *tree = value;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let value = serde_json::json!({ "a": { "b": 1 }, "c": [{ "d": 2 }, 3] });
        Tree::of_json(&value)
    }

    #[test]
    fn values_are_found_where_maps_and_lists_are_written_short() {
        let at = |key: &str| Path::new().key(key);
        let tree = tree();
        let found = |path: Path| tree.get(&path).map(|tree| tree.json().expect("JSON"));
        assert_eq!(found(at("a").key("b")).as_deref(), Some("1"));
        // What stands for a map is the value of whichever key says it all.
        assert_eq!(found(at("a").key("b").key("x")).as_deref(), Some("1"));
        assert_eq!(found(at("a").index(0).key("b")).as_deref(), Some("1"));
        assert_eq!(found(at("c").index(0).key("d")).as_deref(), Some("2"));
        for nowhere in [
            at("x"),
            at("a").index(1),
            at("c").key("d"),
            at("c").index(2),
        ] {
            assert_eq!(found(nowhere.clone()), None, "{nowhere}");
        }
    }

    #[test]
    fn values_are_put_where_they_would_be_found() {
        let at = |key: &str| Path::new().key(key);
        let put = |path: Path| {
            let mut tree = tree();
            tree.put(&path, Tree::Text("new".to_owned()));
            serde_json::to_value(&tree).expect("JSON")
        };
        assert_eq!(put(at("a").key("b").key("x"))["a"]["b"], "new");
        assert_eq!(put(at("a").index(0).key("b"))["a"]["b"], "new");
        assert_eq!(put(at("c").index(1).key("d"))["c"][1], "new");
        assert_eq!(put(at("x").key("y"))["x"]["y"], "new");
        let whole = serde_json::to_value(tree()).expect("JSON");
        assert_eq!(put(at("c").index(2)), whole);
    }
}
