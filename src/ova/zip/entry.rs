//! A file as the list at the end of a zip archive tells of it.

use std::io::{BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipFileHeaderRecord};

use super::super::role::Role;
use super::checked::Checked;
use super::fault::{ZipFault, damaged};
use crate::base::Result;
use crate::base::sequential::Sequential;
use crate::base::slice::Slice;
use crate::base::storage::Storage;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Directory,
    SymbolicLink,
}

/// How a file is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Store,
    Deflate,
    Zstd,
}

/// An entry of the list.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Its name as stored.
    pub(super) name: Vec<u8>,
    pub(super) kind: EntryKind,
    /// Bytes that come out.
    pub(super) size: u64,
    /// Where its bytes are.
    pub(super) place: Range<u64>,
    crc: u32,
    method: Method,
}

impl Entry {
    /// The entry `record` of `archive`.
    pub(super) fn read<R: ReaderAt>(
        archive: &ZipArchive<R>,
        record: &ZipFileHeaderRecord<'_>,
    ) -> Result<Self> {
        let name = record.file_path().as_bytes().to_vec();
        let shown = || String::from_utf8_lossy(&name).into_owned();
        let flags = record.flags();
        if flags.is_encrypted() || flags.has_strong_encryption() {
            return Err(ZipFault::Encrypted { name: shown() }.into());
        }
        let kind = if record.is_dir() {
            EntryKind::Directory
        } else if record.mode().is_symlink() {
            EntryKind::SymbolicLink
        } else {
            EntryKind::File
        };
        let method = match record.compression_method() {
            CompressionMethod::STORE => Method::Store,
            CompressionMethod::DEFLATE => Method::Deflate,
            CompressionMethod::ZSTD => Method::Zstd,
            other => {
                let (name, method) = (shown(), other.to_string());
                return Err(ZipFault::Method { name, method }.into());
            }
        };
        let located = archive.get_entry(record.wayfinder());
        let (start, end) = located.map_err(damaged)?.compressed_data_range();
        Ok(Self {
            kind,
            size: if kind == EntryKind::File {
                record.uncompressed_size_hint()
            } else {
                0
            },
            place: start..end,
            crc: record.crc32(),
            method,
            name,
        })
    }

    /// Its name for people.
    pub(super) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.name).into_owned()
    }

    /// What part it has in a package.
    pub(super) fn role(&self) -> Role {
        Role::of(&self.shown())
    }

    /// Whether it is called as an OVA is.
    pub(super) fn is_ova(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        name.ends_with(b".ova") && self.role() != Role::Noise
    }

    /// What is in it, compared with what the list says of it.
    pub(super) fn open(&self, storage: &Arc<dyn Storage>) -> Result<Box<dyn Read>> {
        const AHEAD: usize = 1 << 17;
        let length = self.place.end - self.place.start;
        let stored = Slice::new(Arc::clone(storage), self.place.start, length)?;
        let stored = BufReader::with_capacity(AHEAD, Sequential::new(Arc::new(stored)));
        let inside: Box<dyn Read> = match self.method {
            Method::Store => Box::new(stored),
            Method::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(stored)),
            Method::Zstd => Box::new(zstd::Decoder::with_buffer(stored).map_err(|error| {
                let (name, says) = (self.shown(), error.to_string());
                ZipFault::File { name, says }
            })?),
        };
        Ok(Box::new(Checked::new(
            inside,
            self.shown(),
            self.size,
            self.crc,
        )))
    }
}
