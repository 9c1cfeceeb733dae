//! The files that come into a package.

use std::cell::Cell;
use std::io::Write;
use std::path::PathBuf;

use super::text::Texts;
use super::{Package, Revise};
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::open::{OpenedDisk, open};
use crate::disk::vmdk::{self, AdapterType, StreamOptions};
use crate::ops::define::plan::{adapter_of, how};
use crate::ops::edit::{FileSource, FromFile, NewFile};
use crate::ops::pack::WIDEST_FILE_SIZE;
use crate::vm::amend::Fate;
use crate::vm::{self, FileFacts};

/// All of them.
pub(super) struct Content {
    files: Vec<Incoming>,
}

/// One of them.
struct Incoming {
    href: String,
    /// Whether the package has no file of the name.
    is_new: bool,
    bytes: Bytes,
}

enum Bytes {
    Disk(Box<Stream>),
    File(FromFile),
    Made(Vec<u8>),
}

/// A disk that is compressed on the way.
struct Stream {
    path: PathBuf,
    opened: OpenedDisk,
    name: String,
    adapter: AdapterType,
    encode: vmdk::EncodeOptions,
    threads: std::num::NonZeroUsize,
    /// What was measured while it was written.
    facts: Cell<Option<FileFacts>>,
}

impl Content {
    /// Opens what comes into `package`.
    pub(super) fn open(package: &Package, request: &Revise<'_>, texts: &Texts<'_>) -> Result<Self> {
        let mut files = Vec::new();
        let planned = texts.after.files.iter().zip(&texts.files.fates);
        for (planned, fate) in planned {
            let (href, is_new) = match fate {
                Fate::Kept(_) => continue,
                Fate::Replaced(href) => (href.clone(), false),
                Fate::New => (planned.href.clone(), true),
            };
            let bytes = match &planned.content {
                vm::Content::Disk(content) => {
                    let path = package.defined.path(&planned.at, &content.image);
                    let (format, snapshot) = (content.format.as_deref(), content.snapshot.as_ref());
                    let opened = open(&path, &how(format, snapshot, request.open)?)?;
                    let opened = opened.grown(content.size);
                    let opened = opened.map_err(|error| error.at(&path))?;
                    Bytes::Disk(Box::new(Stream {
                        path,
                        opened,
                        name: href.clone(),
                        adapter: adapter_of(&planned.content),
                        encode: request.encode,
                        threads: request.threads,
                        facts: Cell::new(None),
                    }))
                }
                vm::Content::File(path) => {
                    let path = package.defined.path(&planned.at, path);
                    Bytes::File(FromFile::new(&path)?)
                }
                vm::Content::Bytes(bytes) => Bytes::Made(bytes.clone()),
            };
            files.push(Incoming {
                href,
                is_new,
                bytes,
            });
        }
        Ok(Self { files })
    }

    /// What a descriptor tells of them, with every number that is not known yet at its widest.
    pub(super) fn widest(&self) -> Result<Vec<FileFacts>> {
        let files = self.files.iter();
        files
            .map(|file| match &file.bytes {
                Bytes::Disk(disk) => disk.widest(),
                Bytes::File(_) | Bytes::Made(_) => Ok(file.plain()),
            })
            .collect()
    }

    /// What it tells of them once they were written.
    pub(super) fn measured(&self) -> Result<Vec<FileFacts>> {
        let files = self.files.iter();
        files
            .map(|file| match &file.bytes {
                Bytes::Disk(disk) => disk.facts.get().ok_or_else(|| {
                    let kind = crate::base::ErrorKind::Internal;
                    Error::new(kind, "a disk was not written").in_member(&file.href)
                }),
                Bytes::File(_) | Bytes::Made(_) => Ok(file.plain()),
            })
            .collect()
    }

    /// Whether all is known of them before they are written.
    pub(super) fn is_known(&self) -> bool {
        let is_disk = |file: &Incoming| matches!(file.bytes, Bytes::Disk(_));
        !self.files.iter().any(is_disk)
    }

    /// The files for the package, and whether each is new in it.
    pub(super) fn files(&self) -> impl Iterator<Item = (NewFile<'_>, bool)> {
        self.files.iter().map(|file| {
            let new = NewFile {
                href: file.href.clone(),
                source: Box::new(&file.bytes),
            };
            (new, file.is_new)
        })
    }
}

impl Incoming {
    /// What is known of it, if it is no disk.
    fn plain(&self) -> FileFacts {
        FileFacts {
            size: FileSource::length(&&self.bytes).unwrap_or_default(),
            ..FileFacts::default()
        }
    }
}

impl FileSource for &Bytes {
    fn length(&self) -> Option<u64> {
        match self {
            Bytes::Disk(_) => None,
            Bytes::File(file) => file.length(),
            Bytes::Made(bytes) => bytes.length(),
        }
    }

    fn write(&self, output: &mut dyn Write, observer: &mut dyn Observer) -> Result<()> {
        match self {
            Bytes::Disk(disk) => disk.write(output, observer),
            Bytes::File(file) => file.write(output, observer),
            Bytes::Made(bytes) => bytes.write(output, observer),
        }
    }
}

impl Stream {
    fn widest(&self) -> Result<FileFacts> {
        let capacity = vmdk::capacity_of(self.opened.source.capacity());
        let capacity = capacity.map_err(|error| error.at(&self.path))?;
        Ok(FileFacts {
            size: WIDEST_FILE_SIZE,
            capacity: Some(capacity),
            populated: Some(capacity),
        })
    }

    fn write(&self, output: &mut dyn Write, observer: &mut dyn Observer) -> Result<()> {
        let options = StreamOptions {
            name: &self.name,
            adapter: self.adapter,
            encode: self.encode,
            threads: self.threads,
        };
        let summary = vmdk::write(&*self.opened.source, output, &options, observer)?;
        self.facts.set(Some(FileFacts {
            size: summary.file_size,
            capacity: Some(summary.capacity),
            populated: Some(summary.populated),
        }));
        Ok(())
    }
}
