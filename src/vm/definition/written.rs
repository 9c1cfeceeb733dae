//! Definitions as files.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Definition, schema};
use crate::base::Result;
use crate::data::{Path, Tree, fields_of};

/// The keys of a first definition, which stand as comments where they are not used.
const COMMON: [&str; 14] = [
    "os",
    "cpus",
    "memory",
    "firmware",
    "disks",
    "nics",
    "hardware",
    "product",
    "properties",
    "annotation",
    "eula",
    "configurations",
    "cloud-init",
    "target",
];
/// The widest comment.
const WIDTH: usize = 96;

/// A value that a definition leaves to its parameters. What stands in the definition there is
/// as good as any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeholder {
    /// Where the value is.
    pub at: Path,
    /// What is written, such as `${memory} MiB`.
    pub text: String,
}

impl Definition {
    /// Leaves of `placeholders` those whose values are still what they were in `before`, and of
    /// the parameters those that are used.
    pub fn settle(&mut self, before: &Self, placeholders: &mut Vec<Placeholder>) -> Result<()> {
        let (old, new) = (Tree::of(before)?, Tree::of(self)?);
        placeholders.retain(|one| old.get(&one.at) == new.get(&one.at));
        self.parameters.retain(|name, _| {
            let used = format!("${{{name}}}");
            placeholders.iter().any(|one| one.text.contains(&used))
        });
        Ok(())
    }

    /// As a tree to write.
    fn tree(&self, placeholders: &[Placeholder]) -> Result<Tree> {
        let mut tree = Tree::of(self)?.escaped();
        for one in placeholders {
            tree.put(&one.at, Tree::Text(one.text.clone()));
        }
        tree.check()?;
        Ok(tree)
    }

    /// As a file in YAML: every key with what it is, common ones that are not used as comments,
    /// below the lines of the comment `head`. `notes` are further lines about the value of a
    /// key, and `placeholders` go over what is written.
    pub fn to_yaml(
        &self,
        head: &[String],
        notes: &[(&str, String)],
        placeholders: &[Placeholder],
    ) -> Result<String> {
        let schema = schema();
        let Tree::Map(entries) = self.tree(placeholders)? else {
            return Ok(String::new());
        };
        let mut text = String::new();
        for line in head {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# {line}");
        }
        for key in fields_of::<Self>() {
            let own = entries.iter().find(|(name, _)| name == key);
            let property = &schema["properties"][*key];
            let example = &property["examples"][0];
            let shown = match own {
                Some((key, value)) => Some(Tree::yaml_entry(key, value)),
                None if COMMON.contains(key) && !example.is_null() => {
                    let example = Tree::of_json(example).escaped();
                    Some(commented(&Tree::yaml_entry(key, &example)))
                }
                None => None,
            };
            let Some(shown) = shown else { continue };
            text.push('\n');
            comment(&mut text, &first_sentence(property));
            for (_, note) in notes.iter().filter(|(name, _)| name == key) {
                comment(&mut text, note);
            }
            text.push_str(&shown);
        }
        Ok(text)
    }

    /// As a file in JSON, in which `placeholders` go over what is written.
    pub fn to_json(&self, placeholders: &[Placeholder]) -> Result<String> {
        Ok(self.tree(placeholders)?.json()? + "\n")
    }
}

/// Adds `line` to `text` as a comment, in several lines if it is long.
fn comment(text: &mut String, line: &str) {
    let mut width = 0;
    for word in line.split_whitespace() {
        if width > 0 && width + 1 + word.chars().count() > WIDTH {
            text.push('\n');
            width = 0;
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{} {word}", if width == 0 { "#" } else { "" });
        width += 1 + word.chars().count() + usize::from(width == 0);
    }
    text.push('\n');
}

/// `lines` as comments.
fn commented(lines: &str) -> String {
    let mut text = String::new();
    for line in lines.lines() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# {line}");
    }
    text
}

/// The first sentence of the description of `property`.
fn first_sentence(property: &Value) -> String {
    let description = property["description"].as_str().unwrap_or_default();
    let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    match description.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => description,
    }
}
