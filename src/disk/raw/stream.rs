//! Writing a raw disk front to back, zeros and all: to a pipe, or over what a device holds.

use std::io::{Seek as _, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::ops::Range;

use crate::base::forward::Forward;
use crate::base::progress::Observer;
use crate::base::room::Room;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::copy::{self, Block, Encoder, pieces};

/// Bytes read at a time where the source does not ask for more.
const UNIT: u64 = 64 << 10;

/// Writes all of `source` to `output`, every byte of it in its order.
pub fn pour<W: Write>(
    source: &dyn DiskSource,
    output: W,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let readers = copy::encoders(threads, || Reader);
    // What is passed over becomes zeros.
    let mut output = Forward::new(output);
    copy::copy(source, readers, observer, |run| {
        for (offset, place) in &run.pieces {
            let bytes = run.bytes.at(place.clone());
            let put = output.seek(SeekFrom::Start(*offset));
            put.and_then(|_| output.write_all(bytes))
                .map_err(Error::write)?;
        }
        Ok(())
    })?;
    let capacity = source.capacity();
    let end = output.seek(SeekFrom::Start(capacity));
    end.and_then(|_| output.flush()).map_err(Error::write)?;
    Ok(capacity)
}

/// What a window holds.
#[derive(Debug, Default)]
struct Run {
    bytes: Room,
    /// Where each piece is on the disk, and in the bytes.
    pieces: Vec<(u64, Range<usize>)>,
}

impl Block for Run {
    fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.pieces.clear();
    }
}

struct Reader;

impl Encoder for Reader {
    type Block = Run;

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        run: &mut Run,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, UNIT) {
            let piece = piece?;
            stored += piece.stored;
            let (place, room) = run
                .bytes
                .take(to_usize(piece.range.end - piece.range.start));
            source.read_at(piece.range.start, room)?;
            run.pieces.push((piece.range.start, place));
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
    fn every_byte_comes_in_its_order() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(9 << 20).expect("a hole");
        let mut expected = vec![0; 9 << 20];
        for (at, byte) in [
            (0, 1),
            (3 << 20, 2),
            ((5 << 20) + 77, 3),
            ((9 << 20) - 1, 4),
        ] {
            expected[at] = byte;
        }
        file.write_all(&expected[..1]).expect("written");
        for at in [3 << 20, (5 << 20) + 77, (9 << 20) - 1] {
            use crate::base::placed::Placed as _;
            let written = file.as_file().write_all_at(&expected[at..=at], at as u64);
            written.expect("written");
        }
        let storage = crate::base::storage::FileStorage::open(file.path()).expect("opened");
        let disk = RawDisk::new(storage).expect("a disk");
        for threads in [1, 3] {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut poured = Vec::new();
            pour(&disk, &mut poured, threads, &mut Unobserved).expect("poured");
            assert!(poured == expected);
        }
    }
}
