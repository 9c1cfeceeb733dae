//! What makes the end of a stream right again, without touching a grain.
//!
//! A stream ends with an end-of-stream marker, and importers stop reading there: what follows
//! they never digest, and without one they wait for more. qemu-img leaves zeros behind, of
//! which the first sector reads as the marker, or none at all where the last grain fills its
//! last sector. Both are mended by other bytes behind the last grain.

use super::directory::{Directory, check_table};
use super::fault::Fault;
use super::format::{Marker, MarkerKind, SECTOR, ZEROED_GRAIN};
use super::layout::{Layout, TablesAt, read_sector};
use super::scan::{Met, Stop, walk};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::is_zero;

/// Bytes looked at at a time.
const CHUNK: u64 = 1 << 20;

/// What to make of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repair {
    /// Bytes to keep, from the front.
    pub keep: u64,
    /// Zeros to write behind them: what fills the last sector, and the end-of-stream marker.
    pub append: u64,
}

impl Repair {
    /// Bytes of the stream then.
    pub fn length(&self) -> u64 {
        self.keep + self.append
    }
}

/// How the end of the streamOptimized extent in `storage` is to be mended; `None` if it is as
/// it has to be, or if the extent is no stream.
///
/// Only markers are read, and the tables that tell whether all grains are there. A stream
/// that was cut off is an error: the end of it is not all it lacks.
pub fn repair(storage: &dyn Storage) -> Result<Option<Repair>> {
    let length = storage.length();
    let layout = Layout::front(storage)?;
    if !layout.compressed {
        return Ok(None);
    }
    let (mut grains, mut last, mut footer) = (0, 0, false);
    let stop = walk(storage, &layout, &mut |met| {
        match met {
            Met::Grain { at, .. } => {
                grains += 1;
                last = at.max(last);
            }
            Met::Metadata(kind) => footer |= kind == MarkerKind::Footer,
        }
        Ok(())
    })?;
    let cut = |at| Fault::Cut { at, grains }.into();
    let (at, repair) = match stop {
        Stop::Marker(at) if at + SECTOR == length => return Ok(None),
        Stop::Marker(at) => {
            let keep = at + SECTOR;
            (at, Repair { keep, append: 0 })
        }
        Stop::Missing { end, next } if end <= length => {
            let keep = next.min(length);
            // A part of a marker that is not all zeros is none.
            if !is_blank(storage, keep, length)? {
                return Err(cut(keep));
            }
            let append = next - keep + SECTOR;
            (keep, Repair { keep, append })
        }
        Stop::Missing { .. } => return Err(cut(length)),
        Stop::Within(at) => return Err(cut(at)),
    };
    let whole = match layout.tables {
        TablesAt::Footer if footer => true,
        TablesAt::Front => highest_grain(storage, &layout)? <= last / SECTOR,
        // No tables tell of all grains, but a marker with nothing behind it says enough.
        TablesAt::Footer | TablesAt::Nowhere => {
            repair.append == 0 && is_blank(storage, repair.keep, length)?
        }
    };
    if !whole {
        return Err(cut(at));
    }
    check_footer(storage, &layout, repair.length())?;
    Ok(Some(repair))
}

/// The footer that is one once the stream ends at `end` has to be right: as long as it stands
/// elsewhere nobody reads it, and grains are found by their markers.
fn check_footer(storage: &dyn Storage, header: &Layout, end: u64) -> Result<()> {
    let marker = end.checked_sub(3 * SECTOR);
    let Some(marker) = marker.filter(|at| at + 2 * SECTOR <= storage.length()) else {
        return Ok(());
    };
    if let Marker::Metadata {
        kind: MarkerKind::Footer,
        ..
    } = Marker::parse(&read_sector(storage, marker)?)
    {
        let at = marker + SECTOR;
        header.replaced_by(&Layout::parse(&read_sector(storage, at)?, at)?, at)?;
    }
    Ok(())
}

/// Whether nothing but zeros stands from `from` to `to`.
pub(super) fn is_blank(storage: &dyn Storage, from: u64, to: u64) -> Result<bool> {
    let mut at = from;
    while at < to {
        let mut chunk = vec![0; to_usize(CHUNK.min(to - at))];
        storage.read_exact_at(at, &mut chunk)?;
        if !is_zero(&chunk) {
            return Ok(false);
        }
        at += chunk.len() as u64;
    }
    Ok(true)
}

/// The last sector of the file in which a grain begins, by the tables in front.
fn highest_grain(storage: &dyn Storage, layout: &Layout) -> Result<u64> {
    let directory = Directory::read(storage, layout)?;
    let mut highest = 0;
    let mut table = vec![0; to_usize(layout.table_bytes())];
    for sector in directory.tables.into_iter().filter(|sector| *sector != 0) {
        storage.read_exact_at(check_table(storage, layout, sector)?, &mut table)?;
        let (entries, _) = table.as_chunks::<4>();
        let grains = entries.iter().map(|entry| u32::from_le_bytes(*entry));
        let grains = grains.filter(|grain| !(layout.zeroed_grains && *grain == ZEROED_GRAIN));
        highest = grains.max().unwrap_or(0).max(highest);
    }
    Ok(highest.into())
}
