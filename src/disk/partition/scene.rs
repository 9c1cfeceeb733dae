//! Disks with GUID partition tables, for tests.

use super::table::{CRC32, MAGIC};
use crate::base::units::to_usize;

pub(super) const SECTORS: usize = 200;

/// A header at the sector `own`, whose copy is at `other`, with entries at `entries`.
pub(super) fn put(
    bytes: &mut [u8],
    sector: usize,
    (own, other, entries): (u64, u64, u64),
    parts: &[(u64, u64)],
) {
    let at = to_usize(entries) * sector;
    for (index, (first, last)) in parts.iter().enumerate() {
        let entry = &mut bytes[at + index * 128..][..128];
        entry[0] = 1;
        entry[32..40].copy_from_slice(&first.to_le_bytes());
        entry[40..48].copy_from_slice(&last.to_le_bytes());
    }
    let sum = CRC32.checksum(&bytes[at..at + 4 * 128]);
    let header = &mut bytes[to_usize(own) * sector..][..92];
    header[..8].copy_from_slice(&MAGIC);
    for (at, value) in [(12, 92), (80, 4), (84, 128), (88, sum)] {
        header[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    for (at, value) in [
        (24, own),
        (32, other),
        (40, 8),
        (48, SECTORS as u64 - 8),
        (72, entries),
    ] {
        header[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    // The sum is of a header without one.
    header[16..20].fill(0);
    let sum = CRC32.checksum(header);
    header[16..20].copy_from_slice(&sum.to_le_bytes());
}

/// A disk with a table of these partitions, and its backup at the end.
pub(super) fn disk(sector: usize, parts: &[(u64, u64)]) -> Vec<u8> {
    let mut bytes = vec![0; SECTORS * sector];
    let last = SECTORS as u64 - 1;
    put(&mut bytes, sector, (1, last, 2), parts);
    put(&mut bytes, sector, (last, 1, last - 4), parts);
    bytes
}
