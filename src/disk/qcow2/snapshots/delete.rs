//! What was kept is given up.

use super::super::snapshot::{self, Snapshot};
use super::{Plan, table};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// Plans to have no snapshot `wanted`.
pub(super) fn plan(plan: &mut Plan<'_>, storage: &dyn Storage, wanted: &str) -> Result<Snapshot> {
    let place = plan.header().snapshots;
    let snapshot = snapshot::find_only(storage, plan.header(), wanted)?;
    let mut entries = table::read(plan, storage)?;
    let old = entries.len();
    let first = to_usize(snapshot.entry.offset - place.offset);
    let end = first + to_usize(snapshot.entry.bytes.next_multiple_of(8));
    entries.drain(first..end);
    table::replace(plan, entries, place.entries - 1, old as u64)?;
    plan.give_up_l1(snapshot.l1)?;
    plan.unshare();
    Ok(snapshot)
}
