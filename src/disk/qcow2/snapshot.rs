//! The table of internal snapshots: other L1 tables over the same clusters.

use zerocopy::FromBytes as _;

use super::fault::Fault;
use super::format::{SnapshotHead, limits};
use super::header::{Header, Stretch, TablePlace, check_inside};
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};

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
    /// When it was taken: seconds since 1970, and nanoseconds.
    pub date: (u32, u32),
    /// How long the machine had run, in nanoseconds.
    pub vm_clock: u64,
    /// Bytes of the machine's memory and devices that were kept, too; 0 if it was off.
    pub vm_state_size: u64,
    pub(super) l1: TablePlace,
    /// Its entry in the table, without what it is padded with.
    pub(super) entry: Stretch,
}

/// Snapshots named in an error.
const NAMED: usize = 16;
/// Characters of a name shown there: some programs put sentences into it, and
/// a hostile image 64 KiB.
const NAME_SHOWN: usize = 64;

/// Reads the entries one after the other, and answers with the bytes of the table. They are
/// not kept: a table of 64 MiB is allowed, and mostly nobody asked for a snapshot.
pub(super) fn for_each(
    storage: &dyn Storage,
    header: &Header,
    mut each: impl FnMut(Snapshot),
) -> Result<u64> {
    let count = u32::try_from(header.snapshots.entries).unwrap_or(u32::MAX);
    if count > limits::SNAPSHOTS {
        return Err(Fault::TooManySnapshots(count).into());
    }
    let mut at = header.snapshots.offset;
    for index in 0..count {
        let (snapshot, bytes) = read_entry(storage, at, index)?;
        each(snapshot);
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
    Ok(at - header.snapshots.offset)
}

/// Reads all entries.
pub(super) fn read_all(storage: &dyn Storage, header: &Header) -> Result<Vec<Snapshot>> {
    let mut snapshots = Vec::new();
    for_each(storage, header, |snapshot| snapshots.push(snapshot))?;
    Ok(snapshots)
}

/// The snapshot called `wanted`, by id before name, as QEMU looks them up.
pub(super) fn find(storage: &dyn Storage, header: &Header, wanted: &str) -> Result<Snapshot> {
    let (mut by_id, mut by_name) = (None, None);
    let (mut known, mut more) = (Vec::new(), 0);
    for_each(storage, header, |snapshot| {
        if known.len() < NAMED {
            let (name, id) = (shown(&snapshot.name), shown(&snapshot.id));
            known.push(format!("`{name}` (id {id})"));
        } else {
            more += 1;
        }
        if by_id.is_none() && snapshot.id == wanted {
            by_id = Some(snapshot);
        } else if by_name.is_none() && snapshot.name == wanted {
            by_name = Some(snapshot);
        }
    })?;
    by_id.or(by_name).ok_or_else(|| {
        Fault::NoSuchSnapshot {
            wanted: wanted.to_owned(),
            known,
            more,
        }
        .into()
    })
}

/// The only snapshot called `wanted`, by id or name: what changes one must not take another for it.
pub(super) fn find_only(storage: &dyn Storage, header: &Header, wanted: &str) -> Result<Snapshot> {
    if header.snapshots.entries == 0 {
        return Err(Error::usage("the image has no snapshots")
            .help("`ovfkit disk snapshots IMAGE --create NAME` makes one"));
    }
    let mut ids = Vec::new();
    for_each(storage, header, |snapshot| {
        if (snapshot.id == wanted || snapshot.name == wanted) && ids.len() < NAMED {
            ids.push(shown(&snapshot.id));
        }
    })?;
    if ids.len() > 1 {
        let several = format!("`{}` is the name or id of several snapshots", shown(wanted));
        return Err(Error::usage(several)
            .why("another one than is meant would be taken")
            .help(format!(
                "name one in a way that only it has; their ids are {}",
                ids.join(", ")
            )));
    }
    find(storage, header, wanted)
}

fn shown(name: &str) -> String {
    match name.char_indices().nth(NAME_SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
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
    let mut rest = vec![0; to_usize(rest_bytes)];
    storage.read_exact_at(rest_at, &mut rest)?;
    let (extra, names) = rest.split_at(to_usize(extra_bytes));
    let (id, name) = names.split_at(to_usize(id_bytes));
    // Extra data: vm_state_size_large at 0, disk_size at 8.
    let number = |at: usize| {
        let bytes = extra.get(at..at + 8)?;
        Some(u64::from_be_bytes(bytes.try_into().ok()?))
    };
    let snapshot = Snapshot {
        id: String::from_utf8_lossy(id).into_owned(),
        name: String::from_utf8_lossy(name).into_owned(),
        disk_size: number(8),
        date: (head.date_seconds.get(), head.date_nanoseconds.get()),
        vm_clock: head.vm_clock.get(),
        vm_state_size: number(0).unwrap_or(head.vm_state_bytes.get().into()),
        l1: TablePlace {
            offset: head.l1_offset.get(),
            entries: head.l1_entries.get().into(),
        },
        entry: Stretch {
            offset: at,
            bytes: fixed_bytes + rest_bytes,
        },
    };
    Ok((snapshot, fixed_bytes + rest_bytes))
}
