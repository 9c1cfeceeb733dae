//! A file of a user's, in memory.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::base::bounded::read_up_to;
use crate::base::{Error, Result};

use super::fault::SeedFault;

/// What a file holds, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Document {
    /// Reads the file at `path`, which is to hold a `what` of at most `limit` bytes. A pipe is
    /// read too: a shell makes one of `<(command)`.
    pub(super) fn read(path: &Path, what: &'static str, limit: u64) -> Result<Self> {
        let cannot = |error| Error::io("cannot read", path, error);
        let metadata = std::fs::metadata(path).map_err(cannot)?;
        if metadata.is_dir() {
            return Err(Error::from(SeedFault::Directory { what }).at(path));
        }
        let file = File::open(path).map_err(cannot)?;
        let bytes = read_up_to(file, limit).map_err(cannot)?;
        Self::new(path, bytes, what, limit)
    }

    /// `bytes`, which came from `path`.
    pub(super) fn new(path: &Path, bytes: Vec<u8>, what: &'static str, limit: u64) -> Result<Self> {
        let document = Self {
            path: path.to_path_buf(),
            bytes,
        };
        if document.bytes.len() as u64 > limit {
            return Err(document.fault(SeedFault::TooLarge { what, limit }));
        }
        if document.bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(document.fault(SeedFault::Empty { what }));
        }
        Ok(document)
    }

    /// Where it came from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it holds as text.
    pub(super) fn text(&self, what: &'static str) -> Result<&str> {
        str::from_utf8(&self.bytes).map_err(|error| {
            self.fault(match self.bytes[..] {
                [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => SeedFault::Utf16 { what },
                _ => SeedFault::NotUtf8 {
                    what,
                    offset: error.valid_up_to() as u64,
                },
            })
        })
    }

    /// The error for `fault` of it.
    pub(super) fn fault(&self, fault: SeedFault) -> Error {
        Error::from(fault).at(&self.path)
    }
}
