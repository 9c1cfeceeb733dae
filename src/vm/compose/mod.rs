//! From a file of ova-compose, of VMware's open-vmdk, to a definition of the same machine.
//!
//! What the program adds by itself is written out. What a definition cannot say is told. A
//! parameter (`!param name=default`) becomes one of the definition's.

mod drives;
mod given;
mod hardware;
mod kind;
mod machine;
mod model;
mod others;
mod product;
mod sizes;
mod work;

#[cfg(test)]
mod tests;

pub use given::TAG;

use crate::base::{Error, Result};
use crate::data::{Document, Node, Value};

use super::definition::{Definition, Placeholder};
use model::Compose;
use work::Work;

/// The keys that such a file has, and a definition has not, as maps.
const KEYS: [&str; 2] = ["system", "hardware"];

/// A definition made from such a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Composed {
    /// The definition.
    pub definition: Definition,
    /// The values in it that parameters stand for.
    pub placeholders: Vec<Placeholder>,
    /// What it does not say.
    pub remarks: Vec<String>,
}

/// What is around the file.
pub struct Around<'a> {
    /// The path to write for a file it names.
    pub path: &'a dyn Fn(&str) -> String,
    /// Whether there is such a file.
    pub exists: &'a dyn Fn(&str) -> bool,
    /// The text in it.
    pub read: &'a dyn Fn(&str) -> Result<String>,
}

/// Whether `root` is that of such a file.
pub fn is_compose(root: &Node) -> bool {
    let Value::Map(entries) = &root.value else {
        return false;
    };
    entries
        .iter()
        .any(|entry| KEYS.contains(&&*entry.key.text) && matches!(entry.value.value, Value::Map(_)))
}

/// Makes a definition of the machine that `document`, which was read with [`TAG`], describes.
/// All that is wrong is told at once.
pub fn compose(document: &Document, around: &Around<'_>) -> Result<Composed> {
    let file: Compose = document.read()?;
    let mut work = Work {
        document,
        around,
        definition: Definition::default(),
        placeholders: Vec::new(),
        remarks: Vec::new(),
        errors: Vec::new(),
    };
    machine::machine(&mut work, &file);
    sizes::configurations(&mut work, &file);
    hardware::hardware(&mut work, &file);
    product::about(&mut work, &file);
    if !work.errors.is_empty() {
        return Err(Error::all(work.errors));
    }
    Ok(Composed {
        definition: work.definition,
        placeholders: work.placeholders,
        remarks: work.remarks,
    })
}
