//! A first definition of a `.vmx` file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::base::bounded::read_up_to;
use crate::base::{Error, Result};
use crate::vm::vmx::{Around, Dictionary, Found, MAX_BYTES, define, looks_like};

use super::{Begun, below, has_ending, path_from};

/// The endings of such files: of machines, and of templates on a host.
const ENDINGS: [&str; 2] = ["vmx", "vmtx"];
/// The ending of the directory in which VMware Fusion keeps a machine, as one file for people.
const BUNDLE: &str = "vmwarevm";
/// How many bytes are looked at to tell what a file is.
const FRONT: u64 = 4096;

/// The `.vmx` file that `from` is, or is the directory of; nothing if it is something else.
pub(super) fn find(from: &Path) -> Result<Option<PathBuf>> {
    if from == Path::new("-") {
        return Ok(None);
    }
    if from.is_dir() {
        return if has_ending(from, &[BUNDLE]) {
            inside(from).map(Some)
        } else {
            Ok(None)
        };
    }
    if has_ending(from, &ENDINGS) {
        return Ok(Some(from.to_path_buf()));
    }
    if !from.is_file() {
        return Ok(None);
    }
    let mut front = Vec::new();
    let file = File::open(from).map_err(|error| Error::io("cannot open", from, error))?;
    let read = file.take(FRONT).read_to_end(&mut front);
    read.map_err(|error| Error::io("cannot read", from, error))?;
    Ok(looks_like(&front).then(|| from.to_path_buf()))
}

/// The one `.vmx` file in the directory `bundle`.
fn inside(bundle: &Path) -> Result<PathBuf> {
    let cannot = |error| Error::io("cannot read", bundle, error);
    let mut found = None;
    for entry in std::fs::read_dir(bundle).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if !has_ending(&path, &ENDINGS[..1]) {
            continue;
        }
        if found.is_some() {
            return Err(
                Error::usage("there are several `.vmx` files in the directory")
                    .at(bundle)
                    .help("name the one that is meant"),
            );
        }
        found = Some(path);
    }
    found.ok_or_else(|| {
        Error::usage("there is no `.vmx` file in the directory")
            .at(bundle)
            .help("name the file of the machine")
    })
}

/// What the `.vmx` file `from` describes, for a definition in `directory`.
pub(super) fn begin(from: &Path, directory: &Path) -> Result<Begun> {
    let file = File::open(from).map_err(|error| Error::io("cannot open", from, error))?;
    let bytes = read_up_to(file, MAX_BYTES as u64);
    let bytes = bytes.map_err(|error| Error::io("cannot read", from, error))?;
    let located = |error: Error| Error::all(error.each().into_iter().map(|one| one.at(from)));
    let dictionary = Dictionary::parse(&bytes).map_err(located)?;
    let here = from.parent().unwrap_or(Path::new(""));
    let written = path_from(directory, here)?;
    let name = from.file_stem().and_then(|stem| stem.to_str());
    let file = |name: &str| locate(here, &written, name);
    let around = Around {
        name: name.unwrap_or("machine"),
        file: &file,
    };
    let recovered = define(&dictionary, &around).map_err(located)?;
    Ok(Begun {
        definition: recovered.definition,
        remarks: recovered.remarks,
        ..Begun::default()
    })
}

/// The file a `.vmx` file in the directory `here`, which the definition calls `written`, calls
/// `name`. A path of another computer leads to a file of that name beside the `.vmx` file, if
/// there is one.
fn locate(here: &Path, written: &str, name: &str) -> Found {
    let as_written = |name: &str| {
        if is_absolute(name) {
            name.to_owned()
        } else {
            below(written, name)
        }
    };
    let found = |name: &str| Found {
        path: as_written(name),
        exists: true,
        moved: false,
    };
    if here.join(name).exists() {
        return found(name);
    }
    // As Windows writes paths.
    let slashes = name.replace('\\', "/");
    if here.join(&slashes).exists() {
        return found(&slashes);
    }
    let last = slashes.rsplit('/').next().unwrap_or_default();
    let beside = is_absolute(&slashes) && !last.is_empty() && here.join(last).exists();
    if beside {
        return Found {
            moved: true,
            ..found(last)
        };
    }
    Found {
        path: as_written(&slashes),
        exists: false,
        moved: false,
    }
}

/// Whether `name` is a path from the root, or on a drive of Windows.
fn is_absolute(name: &str) -> bool {
    let bytes = name.as_bytes();
    let on_drive =
        matches!(bytes, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    on_drive || name.starts_with(['/', '\\']) || Path::new(name).is_absolute()
}
