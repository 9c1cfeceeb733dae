//! What is to be written, filled up to whole units of the image.
//!
//! Where an image does not hold a unit itself, it is written whole. What it reads as is known
//! to the disk alone, since it may be compressed, or another file's.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::Change;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::step::Edit;

/// `change` of `disk`, with whole units of `unit` bytes to be written; zeros stand for what is
/// behind the end of the disk.
///
/// Where the old end or the new one lies inside a unit, that is among them: what stands behind
/// the end would show again when the disk gets larger.
pub(super) fn fill(disk: &dyn DiskSource, change: &Change, unit: u64) -> Result<Change> {
    let old = disk.capacity();
    let kept = old.min(change.capacity);
    let mut units: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let read = |number: u64| {
        let start = number * unit;
        let there = kept.saturating_sub(start).min(unit);
        let mut bytes = vec![0; to_usize(unit)];
        if there > 0 {
            disk.read_at(start, &mut bytes[..to_usize(there)])?;
        }
        Ok::<_, Error>(bytes)
    };
    if old != change.capacity && !kept.is_multiple_of(unit) {
        let number = kept / unit;
        units.insert(number, read(number)?);
    }
    for piece in change.pieces(unit) {
        let bytes = match units.entry(piece.unit) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => free.insert(read(piece.unit)?),
        };
        bytes[to_usize(piece.within)..][..piece.bytes.len()].copy_from_slice(piece.bytes);
    }
    let writes = units.into_iter().map(|(number, bytes)| Edit {
        offset: number * unit,
        bytes,
    });
    Ok(Change {
        capacity: change.capacity,
        writes: writes.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::raw::RawDisk;

    fn filled(capacity: u64, writes: &[(u64, &[u8])]) -> Vec<(u64, Vec<u8>)> {
        let disk = RawDisk::new(b"abcdefghij".to_vec()).expect("a disk");
        let writes = writes.iter().map(|(offset, bytes)| Edit {
            offset: *offset,
            bytes: bytes.to_vec(),
        });
        let change = Change {
            capacity,
            writes: writes.collect(),
        };
        let filled = fill(&disk, &change, 4).expect("memory");
        assert_eq!(filled.capacity, capacity);
        let writes = filled.writes.into_iter();
        writes.map(|write| (write.offset, write.bytes)).collect()
    }

    #[test]
    fn the_unit_an_end_lies_in_is_written() {
        assert!(filled(10, &[]).is_empty() && filled(8, &[]).is_empty());
        assert_eq!(filled(20, &[]), [(8, b"ij\0\0".to_vec())]);
        assert_eq!(filled(7, &[]), [(4, b"efg\0".to_vec())]);
    }

    #[test]
    fn writes_take_what_is_around_them_along() {
        let expected = [(0, b"abXY".to_vec()), (4, b"Zfgh".to_vec())];
        assert_eq!(filled(10, &[(2, b"XYZ")]), expected);
        // Behind the old end, and in the unit that is written anyway.
        let expected = [(8, b"ijX\0".to_vec()), (16, b"\0Y\0\0".to_vec())];
        assert_eq!(filled(20, &[(10, b"X"), (17, b"Y")]), expected);
    }
}
