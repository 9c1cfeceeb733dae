//! One of the files on their way.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::PathBuf;

use crate::base::placed::Placed;
use crate::base::reserve::reserve;
use crate::base::writeback::{Durability, Writeback};
use crate::base::{Error, Result};

/// A file of a [`Staging`](super::Staging).
#[derive(Debug)]
pub struct StagedFile {
    file: File,
    durability: Durability,
    /// None if nobody waits for the disk, as long as the file is small, or where the system
    /// grants no thread or handle for it.
    writeback: Option<Writeback>,
    /// Where the next byte is written in turn.
    position: u64,
    /// Bytes it has.
    length: u64,
    /// Where it is to be.
    place: PathBuf,
}

/// Files smaller than this are not worth a thread that sends them to the disk.
const SMALL_BYTES: u64 = 4 << 20;

impl StagedFile {
    /// The empty `file`, which is to be at `place`.
    pub(super) fn new(file: File, durability: Durability, place: PathBuf) -> Self {
        Self {
            file,
            durability,
            writeback: None,
            position: 0,
            length: 0,
            place,
        }
    }

    /// Gives the file `length` bytes; those that are new are zeros that take no room.
    pub fn set_len(&mut self, length: u64) -> Result<()> {
        let set = self.file.set_len(length);
        set.map_err(|error| Error::write(error).at(&self.place))?;
        self.grow(length);
        Ok(())
    }

    /// Asks the system for room for the first `length` bytes, at the least, which are zeros where
    /// nothing was written.
    pub fn reserve(&mut self, length: u64) -> Result<()> {
        reserve(&self.file, length).map_err(|error| error.at(&self.place))?;
        self.grow(length);
        Ok(())
    }

    /// The file has at least `length` bytes now.
    fn grow(&mut self, length: u64) {
        let was_small = self.length < SMALL_BYTES;
        self.length = self.length.max(length);
        let waits = self.durability == Durability::Synced;
        if waits && was_small && self.length >= SMALL_BYTES {
            self.writeback = Writeback::begin(&self.file).ok();
        }
    }

    /// Has `body` put all `length` bytes of the file there in its own way.
    pub fn fill(&mut self, length: u64, body: &mut dyn FnMut(&File) -> Result<()>) -> Result<()> {
        self.grow(length);
        body(&self.file).map_err(|error| error.at(&self.place))
    }

    /// Ends the file; tells of bytes that could not be sent to the disk.
    pub fn finish(self) -> Result<()> {
        let Some(writeback) = self.writeback else {
            return Ok(());
        };
        let sent = writeback.finish();
        sent.map_err(|error| Error::write(error).at(&self.place))
    }
}

impl Write for StagedFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let count = self.file.write(buf)?;
        self.position += count as u64;
        self.grow(self.position);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for StagedFile {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.position = self.file.seek(place)?;
        Ok(self.position)
    }
}

impl Placed for StagedFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }
}
