//! The disk becomes what was kept.

use super::super::change::{L1_AT, Led, SIZE_AT, admit};
use super::super::snapshot::{self, Snapshot};
use super::Plan;
use crate::base::Result;
use crate::base::storage::Storage;

/// Plans to have the disk be what the snapshot `wanted` is; answers with its size, too.
pub(super) fn plan(
    plan: &mut Plan<'_>,
    storage: &dyn Storage,
    wanted: &str,
) -> Result<(Snapshot, u64)> {
    let header = plan.header().clone();
    let snapshot = snapshot::find_only(storage, &header, wanted)?;
    let capacity = snapshot.disk_size.unwrap_or(header.size);
    if capacity != header.size {
        admit::sizes_told(storage, &header)?;
        plan.set(SIZE_AT, capacity.to_be_bytes().to_vec());
    }
    // A machine's state stands behind what the disk needs. No entry has its COPIED bit.
    let mut words = header.read_l1(storage, snapshot.l1, capacity)?;
    plan.lead_again(Led::by(snapshot.l1.offset, &words))?;
    // QEMU has no image without an L1 table.
    words.resize(words.len().max(1), 0);
    // At most 32 MiB in entries.
    let entries = u32::try_from(words.len()).unwrap_or(u32::MAX);
    let offset = plan.place(words.iter().flat_map(|word| word.to_be_bytes()).collect())?;
    let place = [&entries.to_be_bytes()[..], &offset.to_be_bytes()].concat();
    plan.set(L1_AT, place);
    plan.give_up_l1(header.l1)?;
    Ok((snapshot, capacity))
}
