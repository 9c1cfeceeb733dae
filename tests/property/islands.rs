//! Disks of any size that hold little.

use std::collections::BTreeMap;

use ovfkit::Result;
use ovfkit::disk::{DiskSource, Extent, ExtentKind};
use proptest::prelude::*;

const SECTOR: u64 = 512;

/// A disk that stores some of its sectors, each filled with one byte, which may be 0.
#[derive(Debug, Clone)]
pub struct Islands {
    pub capacity: u64,
    pub sectors: BTreeMap<u64, u8>,
}

/// Disks of up to `most` bytes with sectors on both sides of the boundaries between blocks of
/// `block` bytes.
pub fn islands(most: u64, block: u64) -> impl Strategy<Value = Islands> {
    let boundary = (0..=most / block, -2..=1_i64, 0..4_u8);
    let anywhere = (0..most / SECTOR, any::<u8>());
    (
        1..=most,
        prop::collection::vec(boundary, 0..24),
        prop::collection::vec(anywhere, 0..8),
    )
        .prop_map(move |(capacity, boundaries, anywhere)| {
            let near = |(number, by, fill): (u64, i64, u8)| {
                let sector = (number * (block / SECTOR)).checked_add_signed(by)?;
                Some((sector, fill))
            };
            let sectors = boundaries.into_iter().filter_map(near);
            Islands {
                capacity,
                sectors: sectors
                    .chain(anywhere)
                    .filter(|(sector, _)| sector * SECTOR < capacity)
                    .collect(),
            }
        })
}

impl Islands {
    /// Whether all bytes of a range are zero.
    pub fn is_zero(&self, start: u64, end: u64) -> bool {
        let mut within = self.sectors.range(start / SECTOR..end.div_ceil(SECTOR));
        within.all(|(_, fill)| *fill == 0)
    }
}

impl DiskSource for Islands {
    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let sector = offset / SECTOR;
        let next = self.sectors.range(sector..).next();
        let (end, kind) = match next {
            Some((stored, _)) if *stored == sector => ((sector + 1) * SECTOR, ExtentKind::Data),
            Some((stored, _)) => (stored * SECTOR, ExtentKind::Zero),
            None => (self.capacity, ExtentKind::Zero),
        };
        Ok(Extent {
            length: end.min(self.capacity) - offset,
            kind,
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let end = offset + buf.len() as u64;
        assert!(end <= self.capacity, "read outside the disk");
        buf.fill(0);
        for (sector, fill) in self.sectors.range(offset / SECTOR..end.div_ceil(SECTOR)) {
            let from = (sector * SECTOR).max(offset) - offset;
            let to = ((sector + 1) * SECTOR).min(end) - offset;
            buf[usize::try_from(from).unwrap()..usize::try_from(to).unwrap()].fill(*fill);
        }
        Ok(())
    }

    fn granularity(&self) -> u64 {
        1
    }
}
