//! Where the bytes of new files come from.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

use crate::base::digest::{Algorithm, Digests};
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// A file that comes into a package.
pub struct NewFile<'f> {
    /// What the descriptor calls it.
    pub href: String,
    /// Its bytes.
    pub source: Box<dyn FileSource + 'f>,
}

/// Bytes for a file of a package.
pub trait FileSource {
    /// How many there are, if that is known before.
    fn length(&self) -> Option<u64> {
        None
    }

    /// Writes all of them to `output`, and tells `observer` how far it is.
    fn write(&self, output: &mut dyn Write, observer: &mut dyn Observer) -> Result<()>;
}

impl FileSource for Vec<u8> {
    fn length(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    fn write(&self, output: &mut dyn Write, _observer: &mut dyn Observer) -> Result<()> {
        output.write_all(self).map_err(Error::write)
    }
}

/// The bytes of a file.
#[derive(Debug)]
pub struct FromFile {
    path: PathBuf,
    length: u64,
}

impl FromFile {
    /// Those of the regular file or block device at `path`.
    pub fn new(path: &Path) -> Result<Self> {
        let length = FileStorage::open(path)?.length();
        let path = path.to_path_buf();
        Ok(Self { path, length })
    }
}

impl FileSource for FromFile {
    fn length(&self) -> Option<u64> {
        Some(self.length)
    }

    fn write(&self, output: &mut dyn Write, observer: &mut dyn Observer) -> Result<()> {
        let file = File::open(&self.path);
        let file = file.map_err(|error| Error::io("cannot open", &self.path, error))?;
        let mut file = file.take(self.length);
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = match file.read(&mut chunk) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::io("cannot read", &self.path, error)),
            };
            output.write_all(&chunk[..count]).map_err(Error::write)?;
            if observer.advanced(count as u64).is_break() {
                return Err(cancelled());
            }
        }
    }
}

/// Bytes that are made while they are written, such as the stream of a disk.
pub struct Made<F> {
    /// How many there will be, if that is known.
    pub length: Option<u64>,
    /// Writes them.
    pub make: F,
}

impl<F> FileSource for Made<F>
where
    F: Fn(&mut dyn Write, &mut dyn Observer) -> Result<()>,
{
    fn length(&self) -> Option<u64> {
        self.length
    }

    fn write(&self, output: &mut dyn Write, observer: &mut dyn Observer) -> Result<()> {
        (self.make)(output, observer)
    }
}

/// A new file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What the descriptor calls it.
    pub href: String,
    /// Bytes it has.
    pub size: u64,
}

impl NewFile<'_> {
    /// Writes the file to `output`; tells its size and its digests by `algorithms`.
    pub(super) fn write(
        &self,
        output: &mut dyn Write,
        algorithms: &[Algorithm],
        observer: &mut dyn Observer,
    ) -> Result<(u64, HashMap<Algorithm, String>)> {
        let told = self.source.length();
        observer.begin(&self.href, told.unwrap_or(0));
        let mut passing = Passing {
            output,
            digests: Digests::new(algorithms),
            size: 0,
        };
        self.source.write(&mut passing, observer)?;
        let size = passing.size;
        if told.is_some_and(|told| told != size) {
            return Err(Error::new(
                ErrorKind::Invalid,
                format!(
                    "the file has {size} bytes, and {} were announced",
                    told.unwrap_or(0)
                ),
            )
            .in_member(&self.href)
            .why("it was changed while it was copied")
            .help("try again when nothing writes to it"));
        }
        // A file of no bytes would pass by without a look at the observer.
        if observer.advanced(0).is_break() {
            return Err(cancelled());
        }
        Ok((size, passing.digests.finish()))
    }
}

/// Counts and digests what is written.
struct Passing<'p> {
    output: &'p mut dyn Write,
    digests: Digests,
    size: u64,
}

impl Write for Passing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.digests.update(&bytes[..count]);
        self.size += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
