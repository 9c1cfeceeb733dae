//! Reading a descriptor from where the user says it is, and writing a document there.

use std::fs::File;
use std::io::{Read as _, Write as _, stdin};
use std::path::{Component, Path, PathBuf};

use crate::base::output::{OutputFile, Overwrite, directory_of, is_stream, open_stream};
use crate::base::storage::is_directory;
use crate::base::{Error, ErrorKind, Result};
use crate::envelope::{self, Envelope, Reading, Strings};
use crate::xml::{self, MAX_DOCUMENT_BYTES};

/// A descriptor with its text, which tells the line of what is at fault.
#[derive(Debug)]
pub struct Descriptor {
    /// The text, decoded.
    pub text: String,
    /// What it says.
    pub reading: Reading,
}

/// Reads the descriptor at `path`, or from standard input if that is `-`.
pub fn read(path: &Path) -> Result<Descriptor> {
    of_bytes(&bytes_of(path)?).map_err(|error| error.at(shown(path)))
}

/// Reads a descriptor that is in memory.
pub fn of_bytes(bytes: &[u8]) -> Result<Descriptor> {
    let text = xml::decode(bytes)?;
    let reading = envelope::read(&text)?;
    let text = text.into_owned();
    Ok(Descriptor { text, reading })
}

/// The path for people.
pub fn shown(path: &Path) -> &Path {
    if path == Path::new("-") {
        Path::new("(standard input)")
    } else {
        path
    }
}

/// What is at `path`, as far as a descriptor can be long: one more byte tells the
/// decoder that there is too much.
fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let refused = |error| Error::io("cannot read", shown(path), error);
    let most = MAX_DOCUMENT_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        stdin()
            .take(most)
            .read_to_end(&mut bytes)
            .map_err(refused)?;
        return Ok(bytes);
    }
    let file = File::open(path).map_err(|error| Error::io("cannot open", path, error))?;
    if file.metadata().map_err(refused)?.is_dir() {
        return Err(is_directory(path, "a descriptor"));
    }
    file.take(most).read_to_end(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

/// The translations that are in files beside the descriptor at `path`. Only a file
/// that is named without a scheme and lies below the descriptor's directory is opened;
/// one of a descriptor from standard input has no place.
pub fn bundles(envelope: &Envelope, path: &Path) -> Result<Vec<Strings>> {
    let references = envelope.strings.iter().filter_map(|strings| {
        let id = strings.file_ref.as_deref().filter(|id| !id.is_empty())?;
        let file = envelope
            .references
            .files
            .iter()
            .find(|file| file.id == id)?;
        Some((strings, file.href.as_str()))
    });
    let mut bundles = Vec::new();
    for (strings, href) in references {
        let beside = beside(path, href)?;
        let bytes = bytes_of(&beside)?;
        let read = xml::decode(&bytes).and_then(|text| envelope::read_strings(&text));
        let mut bundle = read.map_err(|error| error.at(&beside))?;
        if bundle.lang.is_none() {
            bundle.lang.clone_from(&strings.lang);
        }
        bundles.push(bundle);
    }
    Ok(bundles)
}

/// Writes `text` to the file, pipe or device `output`, or hands it back where there is
/// none.
pub fn deliver(
    text: String,
    output: Option<&Path>,
    overwrite: Overwrite,
) -> Result<Option<String>> {
    let Some(path) = output else {
        return Ok(Some(text));
    };
    let refused = |error| Error::write(error).at(path);
    if is_stream(path) {
        let mut stream = open_stream(path, overwrite)?;
        stream.write_all(text.as_bytes()).map_err(refused)?;
        return Ok(None);
    }
    let mut output = OutputFile::create(path, overwrite)?;
    output
        .file_mut()
        .write_all(text.as_bytes())
        .map_err(refused)?;
    output.commit()?;
    Ok(None)
}

/// Where the file `href` of the descriptor at `path` is.
fn beside(path: &Path, href: &str) -> Result<PathBuf> {
    if path == Path::new("-") || !lies_below(href) {
        return Err(Error::new(
            ErrorKind::Denied,
            format!("the translations in `{href}` are not read"),
        )
        .at(path)
        .why("only files below the directory of a descriptor are opened")
        .help("copy the file there and change its `ovf:href`"));
    }
    Ok(directory_of(path).join(href))
}

/// Whether `href` names a file below the directory it stands in, without a scheme.
pub(super) fn lies_below(href: &str) -> bool {
    let mut parts = Path::new(href).components();
    parts.all(|part| matches!(part, Component::Normal(_))) && !href.contains(':')
}
