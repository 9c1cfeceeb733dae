//! What a path leads to: an archive, perhaps in a wrapper, a directory with a
//! descriptor, or a descriptor. Told by content; the name says nothing.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::feed::{Positional, Stream, explain};
use super::header::BLOCK;
use super::reader::ArchiveReader;
use super::role::Role;
use super::wrapper::{Content, Wrapper, WrapperFault, content_of, unwrap};
use super::zip::{self, ZipFault};
use crate::base::stdin::Input;
use crate::base::storage::{FileStorage, is_block_device};
use crate::base::{Error, Result};

/// How standard input is called on the command line.
pub const STANDARD_INPUT: &str = "-";

/// What was found.
pub enum Opened {
    /// An archive.
    Archive(OpenArchive),
    /// A file that is no archive, so that it may be a descriptor.
    Text {
        /// The file, unless it is standard input.
        path: Option<PathBuf>,
        /// Whether the directory around it was named and not the file.
        by_directory: bool,
        /// What is in it.
        content: Box<dyn Read>,
    },
}

/// An archive that was opened.
pub struct OpenArchive {
    /// Reads it from the front.
    pub reader: ArchiveReader,
    /// What is around it.
    pub wrapper: Option<Wrapper>,
    /// The file, if any place in it can be read at once.
    pub storage: Option<Arc<FileStorage>>,
}

/// The path for people.
pub fn shown(path: &Path) -> &Path {
    if path == Path::new(STANDARD_INPUT) {
        Path::new("(standard input)")
    } else {
        path
    }
}

/// Opens what is at `path`; `-` is standard input.
pub fn open(path: &Path) -> Result<Opened> {
    if path == Path::new(STANDARD_INPUT) {
        return from_stream(Box::new(Input), path, None);
    }
    let cannot = |error| Error::io("cannot open", path, error);
    let about = std::fs::metadata(path).map_err(cannot)?;
    if about.is_dir() {
        let descriptor = descriptor_in(path)?;
        let content = File::open(&descriptor)
            .map_err(|error| Error::io("cannot open", &descriptor, error))?;
        return Ok(Opened::Text {
            path: Some(descriptor),
            by_directory: true,
            content: Box::new(content),
        });
    }
    let file = File::open(path).map_err(cannot)?;
    let storage = if about.is_file() || is_block_device(&about) {
        Some(Arc::new(FileStorage::open(path)?))
    } else {
        None
    };
    from_stream(Box::new(file), path, storage)
}

/// The one descriptor in a directory.
fn descriptor_in(directory: &Path) -> Result<PathBuf> {
    let cannot = |error| Error::io("cannot look into this directory", directory, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        if Role::of(&entry.file_name().to_string_lossy()) == Role::Descriptor {
            found.push(entry.path());
        }
    }
    found.sort();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Error::usage("no descriptor (`*.ovf`) is in this directory")
            .at(directory)
            .help("name the package itself: an OVA, a descriptor, or the directory it is in")),
        several => Err(Error::usage(format!(
            "{} descriptors (`*.ovf`) are in this directory",
            several.len()
        ))
        .at(directory)
        .help("name the one you mean")),
    }
}

/// What `inner`, which is called `path`, begins with decides what it is.
fn from_stream(
    inner: Box<dyn Read>,
    path: &Path,
    storage: Option<Arc<FileStorage>>,
) -> Result<Opened> {
    let name = shown(path).to_path_buf();
    let cannot = |error| Error::io("cannot read", &name, error);
    let (front, whole) = peek(inner).map_err(cannot)?;
    match content_of(&front) {
        Content::Tar => {
            let reader = match &storage {
                Some(storage) => ArchiveReader::new(Box::new(Positional::new(Arc::clone(storage)))),
                None => ArchiveReader::new(Box::new(Stream::new(whole, name, None))),
            };
            Ok(Opened::Archive(OpenArchive {
                reader,
                wrapper: None,
                storage,
            }))
        }
        Content::Wrapped(wrapper) => {
            let inside = unwrap(wrapper, whole).map_err(cannot)?;
            within(wrapper, inside, name)
        }
        Content::Zip => {
            let Some(storage) = storage else {
                return Err(Error::from(ZipFault::Pipe).at(&name));
            };
            match zip::open(storage, &name)? {
                zip::Inside::Ova(inside) => within(Wrapper::Zip, inside, name),
                zip::Inside::Files(files) => Ok(Opened::Archive(OpenArchive {
                    reader: ArchiveReader::of_files(files),
                    wrapper: Some(Wrapper::Zip),
                    storage: None,
                })),
            }
        }
        Content::Foreign(what, help) => {
            Err(Error::from(WrapperFault::Foreign { what, help }).at(&name))
        }
        Content::Unknown => Ok(Opened::Text {
            path: (path != Path::new(STANDARD_INPUT)).then(|| path.to_path_buf()),
            by_directory: false,
            content: whole,
        }),
    }
}

/// The archive that comes out of `wrapper`, which is called `name`.
fn within(wrapper: Wrapper, inside: Box<dyn Read>, name: PathBuf) -> Result<Opened> {
    let (front, inside) = peek(inside).map_err(|error| explain(error, &name, Some(wrapper)))?;
    if content_of(&front) != Content::Tar {
        return Err(Error::from(WrapperFault::NoArchive { wrapper }).at(&name));
    }
    Ok(Opened::Archive(OpenArchive {
        reader: ArchiveReader::new(Box::new(Stream::new(inside, name, Some(wrapper)))),
        wrapper: Some(wrapper),
        storage: None,
    }))
}

/// The first block of `inner`, and all of it.
fn peek(mut inner: Box<dyn Read>) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut front = Vec::with_capacity(BLOCK);
    (&mut *inner).take(BLOCK as u64).read_to_end(&mut front)?;
    let whole = Cursor::new(front.clone()).chain(inner);
    Ok((front, Box::new(whole)))
}
