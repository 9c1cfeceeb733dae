//! Texts that a definition keeps in files.

use std::path::Path;

use super::Defined;
use crate::base::bounded::read_up_to;
use crate::base::{Error, Result};
use crate::vm::definition::LocalText;
use crate::vm::{At, Definition, Problem};

/// Bytes of a licence text; the descriptor holds it, and importers read no descriptor of many
/// megabytes.
const EULA_LIMIT: u64 = 1 << 20;

/// The definition of `defined` with the texts it keeps in files. All that cannot be read is
/// told at once.
pub(in crate::ops) fn inline(defined: &Defined) -> Result<Definition, Vec<Problem>> {
    let mut definition = defined.definition.clone();
    let mut problems = Vec::new();
    eulas(defined, &mut definition, &At::default(), &mut problems);
    if problems.is_empty() {
        Ok(definition)
    } else {
        Err(problems)
    }
}

fn eulas(defined: &Defined, definition: &mut Definition, at: &At, problems: &mut Vec<Problem>) {
    for (index, eula) in definition.eula.iter_mut().enumerate() {
        let at = at.key("eula").index(index);
        let mut read = |at: At, file: &str| {
            let path = defined.path(&at, file);
            read_text(&path, "the licence text")
                .map_err(|error| problems.push(Problem { at, error }))
                .ok()
        };
        if let Some(file) = eula.file.take() {
            let text = read(at.key("file"), &file).unwrap_or_default();
            let mut local = LocalText::from(text);
            for (lang, file) in std::mem::take(&mut eula.translations) {
                let text = read(at.key("translations").key(&lang), &file).unwrap_or_default();
                local.translations.insert(lang, text);
            }
            eula.text = Some(local);
        }
    }
    let list = at.key("machines");
    for (index, member) in definition.machines.iter_mut().enumerate() {
        eulas(defined, member, &list.index(index), problems);
    }
}

/// The text in the file `path`, which is `what` to people.
pub(in crate::ops) fn read_text(path: &Path, what: &str) -> Result<String> {
    let cannot = |error| Error::io(&format!("cannot read {what}"), path, error);
    let file = std::fs::File::open(path);
    let bytes = file.and_then(|file| read_up_to(file, EULA_LIMIT));
    let bytes = bytes.map_err(cannot)?;
    if bytes.len() as u64 > EULA_LIMIT {
        return Err(Error::usage(format!(
            "{what} has more than the {EULA_LIMIT} bytes that fit a descriptor"
        ))
        .at(path)
        .help("shorten it, or pack a text that says where the whole is found"));
    }
    String::from_utf8(bytes).map_err(|_| {
        Error::usage(format!("{what} is not UTF-8"))
            .at(path)
            .help("convert it first: iconv -f ISO-8859-1 -t UTF-8 FILE")
    })
}
