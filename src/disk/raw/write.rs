//! Writing a raw image: a file of the disk's size that is only there where the disk
//! holds data.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::num::NonZeroUsize;
use std::ops::Range;

use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::copy::{self, Block, Encoder, pieces};
use crate::disk::{DiskSource, is_zero};

/// Zeros shorter than this are written: file systems allocate blocks of 4 KiB.
const HOLE: usize = 4 << 10;

/// Bytes read at a time where the source does not ask for more.
const UNIT: u64 = 64 << 10;

/// Writes all of `source` to `output`, an empty file, and leaves holes for zeros.
/// Answers how many bytes were written.
pub fn write(
    source: &dyn DiskSource,
    output: &mut File,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<u64> {
    output.set_len(source.capacity()).map_err(Error::write)?;
    let encoders = copy::encoders(threads, RunEncoder::default);
    let mut written = 0;
    copy::copy(source, encoders, observer, |block| {
        block.write_to(output).map_err(Error::write)?;
        written += block.bytes.len() as u64;
        Ok(())
    })?;
    Ok(written)
}

/// Runs of data of one window, in ascending order.
#[derive(Debug, Default)]
struct RunBlock {
    /// The runs, one behind the other.
    bytes: Vec<u8>,
    /// Where on the disk each is, and its length.
    runs: Vec<(u64, usize)>,
}

impl Block for RunBlock {
    fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.runs.clear();
    }
}

impl RunBlock {
    /// Adds `data`, which is at `offset`, without what is all zero of it.
    fn add(&mut self, offset: u64, data: &[u8]) {
        for (at, piece) in (offset..).step_by(HOLE).zip(data.chunks(HOLE)) {
            if is_zero(piece) {
                continue;
            }
            self.bytes.extend_from_slice(piece);
            match self.runs.last_mut() {
                Some((start, length)) if *start + *length as u64 == at => *length += piece.len(),
                _ => self.runs.push((at, piece.len())),
            }
        }
    }

    fn write_to(&self, output: &mut File) -> std::io::Result<()> {
        let mut bytes = self.bytes.as_slice();
        for (offset, length) in &self.runs {
            let (run, rest) = bytes.split_at(*length);
            output.seek(SeekFrom::Start(*offset))?;
            output.write_all(run)?;
            bytes = rest;
        }
        Ok(())
    }
}

/// Finds the runs; every thread has its own.
#[derive(Default)]
struct RunEncoder {
    data: Vec<u8>,
}

impl Encoder for RunEncoder {
    type Block = RunBlock;

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        block: &mut RunBlock,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, UNIT) {
            let piece = piece?;
            stored += piece.stored;
            let length = to_usize(piece.range.end - piece.range.start);
            self.data.resize(self.data.len().max(length), 0);
            let data = &mut self.data[..length];
            source.read_at(piece.range.start, data)?;
            block.add(piece.range.start, data);
        }
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Unobserved;
    use crate::disk::raw::RawDisk;

    #[test]
    fn zeros_become_holes_and_the_rest_is_the_same() {
        let mut content = vec![0_u8; (3 << 20) + 700];
        content[5] = 1;
        content[8191] = 2;
        content[1 << 20..(1 << 20) + 70_000].fill(3);
        *content.last_mut().expect("not empty") = 4;
        let disk = RawDisk::new(content.clone()).expect("a disk");
        for threads in [1, 3] {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut file = tempfile::tempfile().expect("a file");
            let written = write(&disk, &mut file, threads, &mut Unobserved).expect("written");
            // Two blocks, 70,000 bytes in whole blocks, and what is left at the end.
            assert_eq!(written, 2 * 4096 + 18 * 4096 + 700);
            let mut read = Vec::new();
            file.seek(SeekFrom::Start(0)).expect("seek");
            std::io::Read::read_to_end(&mut file, &mut read).expect("read");
            assert!(read == content);
        }
    }
}
