//! The table of internal snapshots: other L1 tables over the same clusters.

use zerocopy::FromBytes as _;

use super::fault::Fault;
use super::format::{SnapshotHead, limits};
use super::header::{Header, TablePlace, check_inside, usize_of};
use crate::base::Result;
use crate::base::storage::Storage;

/// An internal snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Unique id, usually a number.
    pub id: String,
    /// Name given by the user.
    pub name: String,
    /// Size of the disk when the snapshot was taken, in bytes; older images
    /// do not tell.
    pub disk_size: Option<u64>,
    pub(super) l1: TablePlace,
}

/// Reads all entries.
pub(super) fn read_all(storage: &dyn Storage, header: &Header) -> Result<Vec<Snapshot>> {
    let count = u32::try_from(header.snapshots.entries).unwrap_or(u32::MAX);
    if count > limits::SNAPSHOTS {
        return Err(Fault::TooManySnapshots(count).into());
    }
    let mut at = header.snapshots.offset;
    let mut snapshots = Vec::new();
    for index in 0..count {
        let (snapshot, bytes) = read_entry(storage, at, index)?;
        snapshots.push(snapshot);
        at += bytes.next_multiple_of(8);
        let table = at - header.snapshots.offset;
        if table > limits::SNAPSHOT_TABLE_BYTES {
            return Err(Fault::TooLarge {
                table: "snapshot table",
                bytes: table,
                limit: limits::SNAPSHOT_TABLE_BYTES,
            }
            .into());
        }
    }
    Ok(snapshots)
}

/// The snapshot called `wanted`, by id before name, as QEMU looks them up.
pub(super) fn find<'a>(snapshots: &'a [Snapshot], wanted: &str) -> Result<&'a Snapshot> {
    let by_id = snapshots.iter().find(|snapshot| snapshot.id == wanted);
    let by_name = || snapshots.iter().find(|snapshot| snapshot.name == wanted);
    by_id.or_else(by_name).ok_or_else(|| {
        Fault::NoSuchSnapshot {
            wanted: wanted.to_owned(),
            known: snapshots
                .iter()
                .map(|snapshot| format!("`{}` (id {})", snapshot.name, snapshot.id))
                .collect(),
        }
        .into()
    })
}

fn read_entry(storage: &dyn Storage, at: u64, index: u32) -> Result<(Snapshot, u64)> {
    let mut fixed = [0; size_of::<SnapshotHead>()];
    let fixed_bytes = fixed.len() as u64;
    check_inside("snapshot table", at, fixed_bytes, storage.length())?;
    storage.read_exact_at(at, &mut fixed)?;
    let head = SnapshotHead::read_from_bytes(&fixed).map_err(|_| Fault::SnapshotEntry {
        index,
        rule: "it is cut off".to_owned(),
    })?;
    let extra_bytes = head.extra_bytes.get();
    if extra_bytes > limits::SNAPSHOT_EXTRA_BYTES {
        return Err(Fault::SnapshotEntry {
            index,
            rule: format!(
                "{extra_bytes} bytes of extra data; at most {} are allowed",
                limits::SNAPSHOT_EXTRA_BYTES
            ),
        }
        .into());
    }
    let (extra_bytes, id_bytes, name_bytes) = (
        u64::from(extra_bytes),
        u64::from(head.id_length.get()),
        u64::from(head.name_length.get()),
    );
    // Bounded by the limit above and two 16-bit lengths.
    let rest_bytes = extra_bytes + id_bytes + name_bytes;
    let rest_at = at + fixed_bytes;
    check_inside("snapshot table", rest_at, rest_bytes, storage.length())?;
    let mut rest = vec![0; usize_of(rest_bytes)];
    storage.read_exact_at(rest_at, &mut rest)?;
    let (extra, names) = rest.split_at(usize_of(extra_bytes));
    let (id, name) = names.split_at(usize_of(id_bytes));
    // Extra data: vm_state_size_large at 0, disk_size at 8.
    let disk_size = extra
        .get(8..16)
        .and_then(|bytes| Some(u64::from_be_bytes(bytes.try_into().ok()?)));
    let snapshot = Snapshot {
        id: String::from_utf8_lossy(id).into_owned(),
        name: String::from_utf8_lossy(name).into_owned(),
        disk_size,
        l1: TablePlace {
            offset: head.l1_offset.get(),
            entries: head.l1_entries.get().into(),
        },
    };
    Ok((snapshot, fixed_bytes + rest_bytes))
}
