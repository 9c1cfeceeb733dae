//! Internal snapshots: one made of a disk, the disk made one again, one deleted.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::detect::{Format, format_of};
use crate::disk::qcow2::SnapshotAbout;
use crate::disk::qcow2::snapshots as inside;
use crate::ops::in_place::{InPlace, complete};

/// What is to be done with an image's snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'c> {
    /// The disk as it is is kept under this name.
    Create(&'c str),
    /// The disk becomes what was kept under this name or id.
    Apply(&'c str),
    /// What was kept under this name or id is given up.
    Delete(&'c str),
}

/// What was done with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It was made of the disk.
    Created,
    /// The disk became what it is.
    Applied,
    /// It is gone.
    Deleted,
}

/// What was done. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SnapshotsReport {
    /// The image's path.
    pub filename: String,
    /// What was done with the snapshot.
    pub done: Fate,
    /// The snapshot. Names are those of `qemu-img info --output=json`.
    pub snapshot: SnapshotAbout,
    /// The size of the disk before.
    pub before: u64,
    /// Its size now.
    pub capacity: u64,
}

/// Makes `change` of the image at `path`, step by step; after each it is whole.
pub fn change(
    path: &Path,
    change: Change<'_>,
    observer: &mut dyn Observer,
) -> Result<SnapshotsReport> {
    complete(path, observer)?;
    let place = InPlace::open(path, "given snapshots")?;
    let storage = &**place.storage();
    keeps_snapshots(format_of(storage, path, None)?, path)?;
    let (wanted, done) = match change {
        Change::Create(name) => {
            let date = now();
            (inside::Change::Create { name, date }, Fate::Created)
        }
        Change::Apply(name) => (inside::Change::Apply(name), Fate::Applied),
        Change::Delete(name) => (inside::Change::Delete(name), Fate::Deleted),
    };
    let changed = inside::change(storage, wanted, &mut place.taking(observer));
    let changed = changed.map_err(|error| error.at(path))?;
    let filename = path.display().to_string();
    if done == Fate::Applied && changed.snapshot.vm_state_size > 0 {
        let what = "the state of the machine is not brought back with the disk: the machine starts \
                    as after a power failure; `qemu-system-… -loadvm NAME` goes on with both";
        observer.warned(&filename, what);
    }
    Ok(SnapshotsReport {
        filename,
        done,
        snapshot: changed.snapshot.into(),
        before: changed.before,
        capacity: changed.capacity,
    })
}

/// Refuses an image of a format that keeps no snapshots inside.
pub fn keeps_snapshots(format: Format, path: &Path) -> Result<()> {
    if format == Format::Qcow2 {
        return Ok(());
    }
    Err(
        Error::usage(format!("a {format} disk has no snapshots inside"))
            .at(path)
            .why("of all formats, qcow2 alone keeps them in the image")
            .help("snapshots of other formats are files of their own: name one of those"),
    )
}

/// Seconds since 1970, and nanoseconds, as far as a snapshot can tell them.
fn now() -> (u32, u32) {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH);
    let passed = passed.unwrap_or_default();
    let seconds = u32::try_from(passed.as_secs()).unwrap_or(u32::MAX);
    (seconds, passed.subsec_nanos())
}
