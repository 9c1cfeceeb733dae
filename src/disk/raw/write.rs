//! Writing a raw image: a file of the disk's size that is only there where the disk
//! holds data.

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::base::placed::Placed;
use crate::base::progress::Observer;
use crate::base::room::Room;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::copy::{self, Block, Encoder, pieces};
use crate::disk::runs::runs;

/// Bytes read at a time where the source does not ask for more.
const UNIT: u64 = 64 << 10;

/// Writes all of `source` to `output`, a file of the disk's capacity that is nothing but a
/// hole, and leaves holes for zeros. Answers how many bytes were written.
pub fn write(
    source: &dyn DiskSource,
    output: &dyn Placed,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let encoders = copy::encoders(threads, || RunWriter {
        output,
        data: Room::default(),
    });
    let mut written = 0;
    copy::copy(source, encoders, observer, |window| {
        written += window.written;
        Ok(())
    })?;
    Ok(written)
}

/// A window that was written: every byte has its place before it is known, so there is
/// nothing to put in order.
#[derive(Debug, Default)]
struct Window {
    /// Bytes of it that were written.
    written: u64,
}

impl Block for Window {
    fn is_empty(&self) -> bool {
        self.written == 0
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Finds runs of data and writes them; every thread has its own.
struct RunWriter<'w> {
    output: &'w dyn Placed,
    data: Room,
}

impl RunWriter<'_> {
    /// Writes the bytes of the data at `place`, which stand at `offset` of the disk,
    /// without what is all zero of them. Answers how many were written.
    fn write(&self, offset: u64, place: Range<usize>) -> Result<u64> {
        let data = self.data.at(place);
        let mut written = 0;
        for run in runs(data) {
            written += run.len() as u64;
            let place = offset + run.start as u64;
            let put = self.output.write_all_at(&data[run], place);
            put.map_err(Error::write)?;
        }
        Ok(written)
    }
}

impl Encoder for RunWriter<'_> {
    type Block = Window;

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        done: &mut Window,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, UNIT) {
            let piece = piece?;
            stored += piece.stored;
            let length = to_usize(piece.range.end - piece.range.start);
            self.data.clear();
            let (place, data) = self.data.take(length);
            source.read_at(piece.range.start, data)?;
            done.written += self.write(piece.range.start, place)?;
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
            file.set_len(disk.capacity()).expect("a hole");
            let written = write(&disk, &file, threads, &mut Unobserved).expect("written");
            // Two blocks, 70,000 bytes in whole blocks, and what is left at the end.
            assert_eq!(written, 2 * 4096 + 18 * 4096 + 700);
            let mut read = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut read).expect("read");
            assert!(read == content);
        }
    }
}
