//! A first definition of a file for ova-compose.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::{Begun, below, path_from};
use crate::base::shell::word;
use crate::base::{Error, ErrorKind, Result};
use crate::data::{Document, Format, MAX_FILE_BYTES, Node, Value, fields_of};
use crate::ops::define::read_text;
use crate::vm::Definition;
use crate::vm::compose::{Around, TAG, compose, is_compose};

/// The endings of files that are definitions, or files for ova-compose, and no images.
const ENDINGS: [&str; 4] = ["yaml", "yml", "json", "toml"];

/// Begins a definition with the file `from`, if it is one for ova-compose. Paths in it are from
/// `directory`.
pub(super) fn begin(from: &Path, directory: &Path) -> Result<Option<Begun>> {
    let ending = from.extension().and_then(|ending| ending.to_str());
    let ending = ending.unwrap_or_default().to_ascii_lowercase();
    let named = ENDINGS.contains(&&*ending);
    let Some(text) = text(from)? else {
        return Ok(None);
    };
    let read = if ending == "toml" {
        Document::foreign(from, &text, Format::Toml)
    } else {
        Document::python(from, &text, TAG)
    };
    let document = match read {
        Ok(document) => document,
        Err(error) if named => return Err(error),
        Err(_) => return Ok(None),
    };
    if is_compose(document.root()) {
        return translate(&document, from, directory).map(Some);
    }
    if is_definition(document.root()) {
        let error = Error::usage("the file is a definition already").at(from);
        return Err(error.help(format!("pack it: ovfkit pack --definition {}", word(from))));
    }
    if named {
        let error = Error::new(ErrorKind::Unsupported, "this is no file for ova-compose").at(from);
        return Err(error
            .why("such a file has the keys `system` and `hardware`, with maps")
            .help("name a disk image, a descriptor, a package, or a file for ova-compose"));
    }
    Ok(None)
}

/// Whether the file `path` is one for ova-compose.
pub(in crate::ops) fn is_one(path: &Path) -> bool {
    let text = text(path).ok().flatten();
    let document = text.and_then(|text| Document::python(path, &text, TAG).ok());
    document.is_some_and(|document| is_compose(document.root()))
}

/// What is in the file `path`, unless it is no text, or larger than any that is read here.
fn text(path: &Path) -> Result<Option<String>> {
    let cannot = |error| Error::io("cannot read", path, error);
    let file = File::open(path).map_err(cannot)?;
    let about = file.metadata().map_err(cannot)?;
    if !about.is_file() || about.len() > MAX_FILE_BYTES as u64 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let read = file.take(MAX_FILE_BYTES as u64).read_to_end(&mut bytes);
    read.map_err(cannot)?;
    if bytes.contains(&0) {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes).ok())
}

/// Whether all keys of `root` are those of a definition.
fn is_definition(root: &Node) -> bool {
    let Value::Map(entries) = &root.value else {
        return false;
    };
    let known = fields_of::<Definition>();
    let is_known = |key: &str| known.contains(&key.strip_suffix('+').unwrap_or(key));
    !entries.is_empty() && entries.iter().all(|entry| is_known(&entry.key.text))
}

fn translate(document: &Document, from: &Path, directory: &Path) -> Result<Begun> {
    let own = from.parent().unwrap_or(Path::new(""));
    let files = path_from(directory, own)?;
    let around = Around {
        path: &|path| {
            if Path::new(path).is_absolute() {
                path.to_owned()
            } else {
                below(&files, path)
            }
        },
        exists: &|path| own.join(path).exists(),
        read: &|path| read_text(&own.join(path), "the text"),
    };
    let made = compose(document, &around)?;
    Ok(Begun {
        definition: made.definition,
        placeholders: made.placeholders,
        remarks: made.remarks,
        ..Begun::default()
    })
}
