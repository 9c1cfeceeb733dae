//! Definitions as files.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Definition, schema};
use crate::base::Result;
use crate::data::{Tree, fields_of};

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

impl Definition {
    /// As a file in YAML: every key with what it is, common ones that are not used as comments,
    /// below the lines of the comment `head`. `notes` are further lines about the value of a
    /// key.
    pub fn to_yaml(&self, head: &[String], notes: &[(&str, String)]) -> Result<String> {
        let schema = schema();
        let tree = Tree::of(self)?.escaped();
        tree.check()?;
        let Tree::Map(entries) = tree else {
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

    /// As a file in JSON.
    pub fn to_json(&self) -> Result<String> {
        let tree = Tree::of(self)?.escaped();
        tree.check()?;
        Ok(tree.json()? + "\n")
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
