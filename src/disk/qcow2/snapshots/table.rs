//! The table of snapshots in the making.

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::big_endian::{U16, U32, U64};

use super::super::change::SNAPSHOTS_AT;
use super::super::format::{SnapshotExtra, SnapshotHead, limits};
use super::super::snapshot::{self, Snapshot};
use super::Plan;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// The entries an image has, as they are in the file.
pub(super) fn read(plan: &Plan<'_>, storage: &dyn Storage) -> Result<Vec<u8>> {
    let header = plan.header();
    // At most 64 MiB.
    let bytes = snapshot::for_each(storage, header, |_| {})?;
    let mut table = vec![0; to_usize(bytes)];
    plan.read(header.snapshots.offset, &mut table)?;
    Ok(table)
}

/// Puts the entry of `snapshot` behind the others.
pub(super) fn append(table: &mut Vec<u8>, snapshot: &Snapshot) {
    // All were checked against limits that fit.
    let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
    let length = |text: &str| U16::new(u16::try_from(text.len()).unwrap_or(u16::MAX));
    let extra = SnapshotExtra {
        vm_state_bytes: U64::new(snapshot.vm_state_size),
        disk_size: U64::new(snapshot.disk_size.unwrap_or_default()),
        instructions: U64::MAX_VALUE,
    };
    let head = SnapshotHead {
        l1_offset: U64::new(snapshot.l1.offset),
        l1_entries: narrow(snapshot.l1.entries),
        id_length: length(&snapshot.id),
        name_length: length(&snapshot.name),
        date_seconds: U32::new(snapshot.date.0),
        date_nanoseconds: U32::new(snapshot.date.1),
        vm_clock: U64::new(snapshot.vm_clock),
        vm_state_bytes: narrow(snapshot.vm_state_size),
        extra_bytes: narrow(size_of::<SnapshotExtra>() as u64),
    };
    for part in [
        head.as_bytes(),
        extra.as_bytes(),
        snapshot.id.as_bytes(),
        snapshot.name.as_bytes(),
    ] {
        table.extend_from_slice(part);
    }
    table.resize(table.len().next_multiple_of(8), 0);
}

/// Has the header lead to a `table` of `count` entries, instead of the one of `old` bytes; answers
/// with its place.
pub(super) fn replace(plan: &mut Plan<'_>, table: Vec<u8>, count: u64, old: u64) -> Result<u64> {
    if count > limits::SNAPSHOTS.into() || table.len() as u64 > limits::SNAPSHOT_TABLE_BYTES {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!(
                "an image has at most {} snapshots, in a table of {} MiB",
                limits::SNAPSHOTS,
                limits::SNAPSHOT_TABLE_BYTES >> 20
            ),
        )
        .why("QEMU does not open one that has more")
        .help("delete some of them: ovfkit disk snapshots IMAGE --delete NAME"));
    }
    let offset = if table.is_empty() {
        0
    } else {
        plan.place(table)?
    };
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let bytes = [&count.to_be_bytes()[..], &offset.to_be_bytes()].concat();
    plan.set(SNAPSHOTS_AT, bytes);
    plan.give_up(plan.header().snapshots.offset, old);
    Ok(offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::qcow2::header::{Stretch, TablePlace};

    #[test]
    fn an_entry_is_as_the_specification_has_it() {
        let snapshot = Snapshot {
            id: "12".to_owned(),
            name: "before".to_owned(),
            disk_size: Some(1 << 30),
            date: (7, 8),
            vm_clock: 0,
            vm_state_size: 0,
            l1: TablePlace {
                offset: 0x50000,
                entries: 2,
            },
            entry: Stretch::default(),
        };
        let mut table = vec![9; 8];
        append(&mut table, &snapshot);
        assert_eq!(table.len(), 8 + 40 + 24 + 8);
        assert_eq!(table[8..20], [0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 2]);
        assert_eq!(table[20..24], [0, 2, 0, 6]);
        assert_eq!(table[24..32], [0, 0, 0, 7, 0, 0, 0, 8]);
        assert_eq!(table[40..48], [0, 0, 0, 0, 0, 0, 0, 24]);
        assert_eq!(table[56..64], (1_u64 << 30).to_be_bytes());
        assert_eq!(table[64..72], [0xFF; 8]);
        assert_eq!(table[72..], *b"12before");
    }
}
