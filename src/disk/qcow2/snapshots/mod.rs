//! Internal snapshots: one made of the disk, the disk made one again, one deleted.
//!
//! ```text
//! mod     the verbs
//! create  the disk as it is is kept
//! apply   the disk becomes what was kept
//! delete  what was kept is given up
//! table   the table of snapshots in the making
//! plan    the steps
//! ```
//!
//! No content is read or moved, only tables are, so an encrypted image needs no secret and a
//! backing file is not looked at. What makes a change seen is in the header: where the table of
//! snapshots stands, or the L1 table and the size.

mod apply;
mod create;
mod delete;
mod plan;
mod table;
#[cfg(test)]
mod tests;

use super::change::admit;
use super::check::Survey;
use super::header::Header;
pub use super::snapshot::Snapshot;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::step::{Batch, Step};
use plan::Plan;

/// What is to become of an image's internal snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'c> {
    /// The disk as it is is kept.
    Create {
        /// Under this name.
        name: &'c str,
        /// When that is: seconds since 1970, and nanoseconds.
        date: (u32, u32),
    },
    /// The disk becomes what was kept under this name or id.
    Apply(&'c str),
    /// What was kept under this name or id is given up.
    Delete(&'c str),
}

/// What was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The snapshot that was created, applied or deleted.
    pub snapshot: Snapshot,
    /// The size of the disk before, in bytes.
    pub before: u64,
    /// Its size now.
    pub capacity: u64,
}

/// Hands the steps that make `change` of the qcow2 in `storage` to `take`, one after the other.
/// After each the disk and its snapshots are as they were or as they are to be, and there are
/// clusters nothing uses at the worst.
pub fn change(
    storage: &dyn Storage,
    change: Change<'_>,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<Changed> {
    let header = Header::read(storage)?;
    if let Change::Create { name, .. } = change {
        create::judge_name(name)?;
    }
    admit::one_file(&header, "given snapshots")?;
    admit::closed(&header)?;
    if matches!(change, Change::Apply(_)) {
        admit::no_bitmaps(
            &header,
            "no snapshot of an image with bitmaps is applied",
            "they tell of each part of the disk whether it changed, and would be wrong",
        )?;
    }
    let survey = Survey::take(storage)?;
    admit::sound(&survey)?;
    let before = header.size;
    let mut plan = Plan::new(survey);
    let (snapshot, capacity) = match change {
        Change::Create { name, date } => (create::plan(&mut plan, storage, name, date)?, before),
        Change::Apply(wanted) => apply::plan(&mut plan, storage, wanted)?,
        Change::Delete(wanted) => (delete::plan(&mut plan, storage, wanted)?, before),
    };
    plan.make(&mut Batch::new(take))?;
    Ok(Changed {
        snapshot,
        before,
        capacity,
    })
}
