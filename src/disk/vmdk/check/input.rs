//! Bytes in order, a sector at a time.

use std::io::{BufReader, ErrorKind as IoErrorKind, Read};

use super::super::format::{SECTOR, SECTOR_BYTES, Sector};
use crate::base::{Error, ErrorKind, Result};

/// Bytes asked for at a time.
const BUFFER_BYTES: usize = 1 << 20;

/// A stream, and how far it was read.
pub(super) struct Input<R> {
    reader: BufReader<R>,
    position: u64,
}

impl<R: Read> Input<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            reader: BufReader::with_capacity(BUFFER_BYTES, input),
            position: 0,
        }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Fills `buf`; answers with how many bytes there were.
    pub(super) fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.reader.read(&mut buf[done..]) {
                Ok(0) => break,
                Ok(count) => {
                    done += count;
                    self.position += count as u64;
                }
                Err(error) if error.kind() == IoErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::Io,
                        format!("cannot read the disk: {error}"),
                    )
                    .at_offset(self.position));
                }
            }
        }
        Ok(done)
    }

    /// The next sector, if a whole one is left.
    pub(super) fn sector(&mut self) -> Result<Option<Sector>> {
        let mut sector = [0; SECTOR_BYTES];
        let count = self.read(&mut sector)?;
        Ok((count == SECTOR_BYTES).then_some(sector))
    }

    /// Reads `sectors` sectors that matter to nobody; answers whether they were
    /// there.
    pub(super) fn skip(&mut self, sectors: u64) -> Result<bool> {
        for _ in 0..sectors {
            if self.sector()?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Appends the `u32`s of `sectors` sectors to `entries`, as far as there
    /// are any; answers whether all were there.
    pub(super) fn entries(&mut self, sectors: u64, entries: &mut Vec<u32>) -> Result<bool> {
        for _ in 0..sectors {
            let Some(sector) = self.sector()? else {
                return Ok(false);
            };
            let (words, _) = sector.as_chunks::<4>();
            entries.extend(words.iter().map(|word| u32::from_le_bytes(*word)));
        }
        Ok(true)
    }

    /// The number of the sector that comes next.
    pub(super) fn next_sector(&self) -> u64 {
        self.position / SECTOR
    }

    /// Reads to the end; answers with how many bytes there were.
    pub(super) fn drain(&mut self) -> Result<u64> {
        let start = self.position;
        while self.sector()?.is_some() {}
        Ok(self.position - start)
    }
}
