//! A first definition: of a disk image, of a package there is, or of what another program
//! makes packages of.

pub(super) mod compose;
mod vmx;

use std::fmt::Display;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::base::storage::FileStorage;
use crate::base::units::human;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::kind::Kind;
use crate::disk::open::OpenOptions;
use crate::disk::{self, alone};
use crate::ova::open::{Opened, open};
use crate::vm::definition::{Brief, Disk, Os, Placeholder};
use crate::vm::reverse::{Around, reverse};
use crate::vm::{Definition, os};

use super::descriptor::{self, Origin};
use super::unpack::default_output;

/// The endings of descriptors and packages, whatever is in them.
const PACKAGES: [&str; 2] = ["ovf", "ova"];

/// A definition that was begun.
#[derive(Debug, Default)]
pub struct Begun {
    /// The definition.
    pub definition: Definition,
    /// The values in it that parameters stand for.
    pub placeholders: Vec<Placeholder>,
    /// What is to be known of the value of a key.
    pub notes: Vec<(&'static str, String)>,
    /// What the definition does not say of what it was made from.
    pub remarks: Vec<String>,
    /// What to do before it can be packed.
    pub next: Option<String>,
}

/// Begins a definition with the disk image, descriptor, package, `.vmx` file or file for
/// ova-compose `from`; `-` is a descriptor or package in standard input. Paths in it are from
/// `directory`, where the definition will be.
pub fn begin(from: &Path, directory: &Path) -> Result<Begun> {
    if let Some(file) = vmx::find(from)? {
        vmx::begin(&file, directory)
    } else if is_package(from)? {
        package(from, directory)
    } else if let Some(begun) = compose::begin(from, directory)? {
        Ok(begun)
    } else {
        image(from, directory)
    }
}

/// Whether `from` is a descriptor or a package, and not a disk.
fn is_package(from: &Path) -> Result<bool> {
    if has_ending(from, &PACKAGES) || from == Path::new("-") || from.is_dir() {
        return Ok(true);
    }
    match open(from)? {
        Opened::Archive(_) => Ok(true),
        Opened::Text { content, .. } => {
            let mut front = Vec::new();
            let read = content.take(512).read_to_end(&mut front);
            read.map_err(|error| Error::io("cannot read", from, error))?;
            // A document in UTF-8, or in UTF-16 with a zero beside each character.
            let text = front.iter().filter(|byte| **byte != 0);
            let mut text = text.skip_while(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, 0xEF | 0xBB | 0xBF | 0xFE | 0xFF)
            });
            // The text for people in front of a VDI begins so, too.
            Ok(text.next() == Some(&b'<') && Kind::of(&front).is_none())
        }
    }
}

/// Whether `path` has one of these endings.
fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let own = path.extension().and_then(|ending| ending.to_str());
    let own = own.unwrap_or_default();
    endings
        .iter()
        .any(|ending| ending.eq_ignore_ascii_case(own))
}

/// A machine with the disk `from`.
fn image(from: &Path, directory: &Path) -> Result<Begun> {
    let stem = from
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let guessed = os::guess(stem);
    let mut notes = Vec::new();
    match disk::open::open(from, &OpenOptions::default()) {
        Ok(disk) => notes.push(about(disk.format, disk.source.capacity(), "")),
        // What it rests on, and its secret, are matters of packing it.
        Err(error) if error.kind() == ErrorKind::Denied => notes.extend(looked_at_alone(from)?),
        Err(error) => return Err(error),
    }
    if guessed.is_some() {
        notes.push(("os", "It is what the name of the image tells.".to_owned()));
    }
    let os = guessed.map(|os| {
        Brief(Os {
            name: Some(os.name),
            ..Os::default()
        })
    });
    Ok(Begun {
        definition: Definition {
            name: (!stem.is_empty()).then(|| stem.to_owned()),
            os,
            disks: vec![Brief(Disk {
                image: Some(path_from(directory, from)?),
                ..Disk::default()
            })],
            ..Definition::default()
        },
        notes,
        ..Begun::default()
    })
}

/// The note about an image of this `format` and `capacity`.
fn about(format: impl Display, capacity: u64, besides: &str) -> (&'static str, String) {
    let capacity = human(capacity);
    let text = format!("The image is a {format} disk of {capacity}{besides}.");
    ("disks", text)
}

/// The note about the image `from`, without what it rests on and without its secret.
fn looked_at_alone(from: &Path) -> Result<Option<(&'static str, String)>> {
    let storage = FileStorage::open(from)?;
    let Some(kind) = Kind::in_storage(&storage)? else {
        return Ok(None);
    };
    let disk = alone::open(kind, Arc::new(storage), from, None)?;
    Ok(disk.map(|disk| {
        let besides = match disk.encryption {
            Some(encryption) => format!(", encrypted with {encryption}"),
            None => String::new(),
        };
        about(kind, disk.source.capacity(), &besides)
    }))
}

/// What the descriptor or package `from` describes.
fn package(from: &Path, directory: &Path) -> Result<Begun> {
    let descriptor = descriptor::read(from)?;
    let envelope = &descriptor.reading.envelope;
    let mut remarks = Vec::new();
    let bundles = descriptor.place.bundles(envelope).unwrap_or_else(|error| {
        remarks.push(error.message().to_owned());
        Vec::new()
    });
    let mut next = None;
    let files = match &descriptor.place.origin {
        Origin::Alone => PathBuf::new(),
        Origin::Beside { path, .. } => path.parent().unwrap_or(Path::new("")).to_path_buf(),
        Origin::Archive { path, .. } => {
            let unpacked = default_output(from).unwrap_or_default();
            next = Some(format!(
                "the files are named as in `{}`; unpack them before packing: ovfkit unpack {}",
                unpacked.display(),
                crate::base::shell::word(from),
            ));
            match Path::new(path.as_str()).parent() {
                Some(inside) if !inside.as_os_str().is_empty() => unpacked.join(inside),
                _ => unpacked,
            }
        }
    };
    let files = path_from(directory, &files)?;
    let path = |href: &str| below(&files, href);
    let around = Around {
        bundles: &bundles,
        path: &path,
    };
    let recovered = reverse(envelope, &around).map_err(|error| descriptor.place.locate(error))?;
    remarks.extend(recovered.remarks);
    Ok(Begun {
        definition: recovered.definition,
        remarks,
        next,
        ..Begun::default()
    })
}

/// The path of `name` in `directory`, as a definition writes it.
fn below(directory: &str, name: &str) -> String {
    match directory {
        "" | "." => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

/// The path from `directory` to `path`, as a definition in `directory` writes it.
fn path_from(directory: &Path, path: &Path) -> Result<String> {
    let found = relative(directory, path).unwrap_or_else(|| path.to_path_buf());
    found.to_str().map(str::to_owned).ok_or_else(|| {
        Error::usage("the path is not UTF-8, as a definition is")
            .at(path)
            .help("rename it, or a directory it is in")
    })
}

/// `path` from `directory`; nothing if `path` can stay as it is.
fn relative(directory: &Path, path: &Path) -> Option<PathBuf> {
    let here = directory.as_os_str().is_empty() || directory == Path::new(".");
    if here || path.is_absolute() {
        return None;
    }
    let whole = |path: &Path| {
        let path = std::path::absolute(path).ok()?;
        let dotted = path.components().any(|part| part == Component::ParentDir);
        // What `..` leads to depends on links.
        if dotted {
            path.canonicalize().ok()
        } else {
            Some(path)
        }
    };
    let (from, to) = (whole(directory)?, whole(path)?);
    let mut to = to.components().peekable();
    let mut from = from.components().peekable();
    while let (Some(a), Some(b)) = (from.peek(), to.peek()) {
        if a != b {
            break;
        }
        from.next();
        to.next();
    }
    let mut found = PathBuf::new();
    for part in from {
        match part {
            Component::Normal(_) => found.push(".."),
            _ => return None,
        }
    }
    found.extend(to);
    Some(found)
}
