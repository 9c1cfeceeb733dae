//! Several disks, one behind the other.

use super::{DiskSource, Extent, ExtentKind};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// A disk that begins with the first of several and ends with the last.
pub struct Row {
    /// Each with where it begins.
    disks: Vec<(u64, Box<dyn DiskSource>)>,
    capacity: u64,
}

impl Row {
    /// `disks` in their order.
    pub fn new(disks: impl IntoIterator<Item = Box<dyn DiskSource>>) -> Result<Self> {
        let mut row = Self {
            disks: Vec::new(),
            capacity: 0,
        };
        for disk in disks {
            let start = row.capacity;
            let end = start.checked_add(disk.capacity());
            row.capacity = end.ok_or_else(|| {
                Error::new(
                    ErrorKind::LimitExceeded,
                    "the disks have more bytes together than can be counted",
                )
                .why("an image tells of a size it cannot have")
            })?;
            if row.capacity > start {
                row.disks.push((start, disk));
            }
        }
        Ok(row)
    }

    /// The disk that has `offset`, where it begins and where it ends.
    fn at(&self, offset: u64) -> Result<(&dyn DiskSource, u64, u64)> {
        let after = self.disks.partition_point(|(start, _)| *start <= offset);
        let (start, disk) = after
            .checked_sub(1)
            .and_then(|number| self.disks.get(number))
            .ok_or_else(|| {
                Error::new(ErrorKind::Internal, "a read behind the last disk").at_offset(offset)
            })?;
        Ok((&**disk, *start, start + disk.capacity()))
    }
}

impl DiskSource for Row {
    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let (disk, start, _) = self.at(offset)?;
        let extent = disk.extent_at(offset - start)?;
        Ok(match extent.kind {
            // Blocks of a disk stand at their multiples in it, not in the row.
            ExtentKind::Deflated { .. } if self.disks.len() > 1 => Extent {
                kind: ExtentKind::Data,
                ..extent
            },
            _ => extent,
        })
    }

    fn read_at(&self, mut offset: u64, mut buf: &mut [u8]) -> Result<()> {
        while !buf.is_empty() {
            let (disk, start, end) = self.at(offset)?;
            let length = to_usize((end - offset).min(buf.len() as u64));
            let (now, later) = buf.split_at_mut(length);
            disk.read_at(offset - start, now)?;
            offset += length as u64;
            buf = later;
        }
        Ok(())
    }

    fn granularity(&self) -> u64 {
        let disks = self.disks.iter();
        disks.map(|(_, disk)| disk.granularity()).max().unwrap_or(1)
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let (disk, start, _) = self.at(offset)?;
        disk.deflated_at(offset - start, window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::raw::RawDisk;

    fn disk(bytes: &[u8]) -> Box<dyn DiskSource> {
        Box::new(RawDisk::new(bytes.to_vec()).expect("a disk"))
    }

    #[test]
    fn reads_go_over_the_seams() {
        let parts: [&[u8]; 3] = [b"abc", b"d", b"efgh"];
        let row = Row::new(parts.map(disk)).expect("a row");
        let whole = parts.concat();
        assert_eq!(row.capacity(), 8);
        for start in 0..whole.len() {
            for end in start + 1..=whole.len() {
                let mut read = vec![0; end - start];
                row.read_at(start as u64, &mut read).expect("read");
                assert_eq!(read, whole[start..end]);
            }
        }
        let lengths = [0, 2, 3, 4, 7].map(|at| row.extent_at(at).expect("an extent").length);
        assert_eq!(lengths, [3, 1, 1, 4, 1]);
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        struct Vast;
        impl DiskSource for Vast {
            fn capacity(&self) -> u64 {
                u64::MAX / 2 + 1
            }
            fn extent_at(&self, _: u64) -> Result<Extent> {
                unreachable!("not read")
            }
            fn read_at(&self, _: u64, _: &mut [u8]) -> Result<()> {
                unreachable!("not read")
            }
            fn granularity(&self) -> u64 {
                1
            }
        }
        let disks: [Box<dyn DiskSource>; 2] = [Box::new(Vast), Box::new(Vast)];
        let error = Row::new(disks).err().expect("too large");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}
