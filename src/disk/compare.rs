//! Whether two disks are the same to a guest.

use std::num::NonZeroUsize;
use std::ops::Range;

use super::copy::{self, Block, Encoder, pieces};
use super::{DiskSource, Extent, ExtentKind};
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// Bytes read of each disk at a time where none asks for more.
const UNIT: u64 = 64 << 10;

/// The first byte in which `one` and `other` differ; none if they are the same. A shorter
/// disk is taken to go on with zeros. Where both have zeros that are not stored, nothing is
/// read.
pub fn first_difference(
    one: &dyn DiskSource,
    other: &dyn DiskSource,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<Option<u64>> {
    let pair = Pair { one, other };
    let comparers = copy::encoders(threads, || Comparer {
        pair: &pair,
        bytes: Default::default(),
    });
    let mut found = None;
    let compared = copy::copy(&pair, comparers, observer, |difference| {
        found = difference.0;
        // Nothing behind the first difference is of interest.
        Err(Error::new(ErrorKind::Mismatch, "the disks differ"))
    });
    match found {
        Some(offset) => Ok(Some(offset)),
        None => compared.map(|()| None),
    }
}

/// Two disks beside each other: all that is of interest in either.
struct Pair<'p> {
    one: &'p dyn DiskSource,
    other: &'p dyn DiskSource,
}

impl DiskSource for Pair<'_> {
    fn capacity(&self) -> u64 {
        self.one.capacity().max(self.other.capacity())
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let of = |disk: &dyn DiskSource| match disk.capacity().checked_sub(offset) {
            None | Some(0) => Ok((self.capacity() - offset, true)),
            Some(_) => {
                let extent = disk.extent_at(offset)?;
                Ok::<_, Error>((extent.length, extent.kind == ExtentKind::Zero))
            }
        };
        let ((one, one_is_zero), (other, other_is_zero)) = (of(self.one)?, of(self.other)?);
        Ok(Extent {
            length: one.min(other),
            kind: if one_is_zero && other_is_zero {
                ExtentKind::Zero
            } else {
                ExtentKind::Data
            },
        })
    }

    fn read_at(&self, offset: u64, _buf: &mut [u8]) -> Result<()> {
        let what = "a pair of disks has no bytes of its own";
        Err(Error::new(ErrorKind::Internal, what).at_offset(offset))
    }

    fn granularity(&self) -> u64 {
        self.one.granularity().max(self.other.granularity())
    }
}

/// The first difference in a window.
#[derive(Debug, Default)]
struct Difference(Option<u64>);

impl Block for Difference {
    fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

/// Reads both disks and compares them; every thread has its own.
struct Comparer<'p> {
    pair: &'p Pair<'p>,
    bytes: [Vec<u8>; 2],
}

impl Comparer<'_> {
    /// The first byte of `range` that is not the same in both.
    fn compare(&mut self, range: &Range<u64>) -> Result<Option<u64>> {
        let length = to_usize(range.end - range.start);
        let [one, other] = &mut self.bytes;
        for (disk, bytes) in [(self.pair.one, &mut *one), (self.pair.other, &mut *other)] {
            bytes.resize(length, 0);
            let there = disk.capacity().saturating_sub(range.start);
            let (read, behind) = bytes.split_at_mut(to_usize(there.min(length as u64)));
            behind.fill(0);
            if !read.is_empty() {
                read_or_clear(disk, range.start, read)?;
            }
        }
        if one == other {
            return Ok(None);
        }
        let mut pairs = (range.start..).zip(one.iter().zip(other));
        Ok(pairs
            .find(|(_, (one, other))| one != other)
            .map(|(at, _)| at))
    }
}

/// Fills `bytes` with what `disk` has from `offset` on, and spares it a read where it holds
/// nothing.
fn read_or_clear(disk: &dyn DiskSource, offset: u64, bytes: &mut [u8]) -> Result<()> {
    let extent = disk.extent_at(offset)?;
    if extent.kind == ExtentKind::Zero && extent.length >= bytes.len() as u64 {
        bytes.fill(0);
        return Ok(());
    }
    disk.read_at(offset, bytes)
}

impl Encoder for Comparer<'_> {
    type Block = Difference;

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        difference: &mut Difference,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, UNIT) {
            let piece = piece?;
            stored += piece.stored;
            if let Some(offset) = self.compare(&piece.range)? {
                difference.0 = Some(offset);
                break;
            }
        }
        Ok(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Unobserved;
    use crate::disk::raw::RawDisk;

    fn difference(one: &[u8], other: &[u8]) -> Option<u64> {
        let disk = |bytes: &[u8]| RawDisk::new(bytes.to_vec()).expect("a disk");
        let threads = NonZeroUsize::new(3).expect("not zero");
        first_difference(&disk(one), &disk(other), threads, &mut Unobserved).expect("compared")
    }

    #[test]
    fn the_first_byte_that_differs_is_found_on_any_thread() {
        let mut bytes = vec![7; 5 << 20];
        let same = bytes.clone();
        assert_eq!(difference(&bytes, &same), None);
        for at in [(5 << 20) - 1, (4 << 20) + 70_000, 1 << 20, 65_536, 3] {
            bytes[at] = 8;
            assert_eq!(difference(&bytes, &same), Some(at as u64));
            assert_eq!(difference(&same, &bytes), Some(at as u64));
        }
    }

    #[test]
    fn a_shorter_disk_goes_on_with_zeros() {
        let short = vec![1; 1000];
        let mut long = short.clone();
        long.resize(200_000, 0);
        assert_eq!(difference(&short, &long), None);
        long[150_000] = 1;
        assert_eq!(difference(&short, &long), Some(150_000));
        assert_eq!(difference(&long, &short), Some(150_000));
    }
}
