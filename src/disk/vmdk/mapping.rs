//! From guest offsets to grains, through the grain tables or a list.

use std::sync::Arc;

use super::directory::check_table;
use super::entry::Place;
use super::fault::Fault;
use super::format::{GRAIN_MARKER_BYTES, SECTOR};
use super::layout::{Layout, check_inside};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::tables::TableCache;

/// Directory entries of a gap told in one run. Over a parent with many extents
/// the gap is looked at for each of them.
const GAP_ENTRIES: usize = 4096;

/// What a stretch of the guest's disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever the parent has there; zeros without one.
    Unallocated,
    /// Zeros.
    Zero,
    /// Stored as it is, from this offset of the file on.
    Stored(u64),
    /// Compressed grains; the first one's marker stands here.
    Compressed(u64),
}

/// A stretch of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) length: u64,
    pub(super) kind: Kind,
}

/// What tells where grains are.
pub(super) enum Places {
    /// Sectors of grain tables, 0 for none.
    Tables(Vec<u32>),
    /// Numbers and sectors of grains, by number.
    Grains(Vec<(u32, u32)>),
}

/// The grains of one extent.
pub(super) struct Mapping {
    layout: Layout,
    places: Places,
    /// Whether there is a parent beneath.
    backed: bool,
    cache: TableCache,
}

impl Mapping {
    /// The grains of one of `many` extents.
    pub(super) fn new(layout: Layout, places: Places, many: u64) -> Self {
        Self {
            cache: TableCache::one_of(many, layout.table_bytes()),
            layout,
            places,
            backed: false,
        }
    }

    /// Tells unallocated grains from zeros from now on.
    pub(super) fn put_parent_beneath(&mut self) {
        self.backed = true;
    }

    /// The longest run from `guest` (below the capacity) that one grain table,
    /// a gap in the directory, or the list answers for. Looking on ends when
    /// `enough` bytes are known; the run may be longer.
    pub(super) fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run> {
        let run = match &self.places {
            Places::Tables(tables) => self.run_in_tables(storage, tables, guest, enough)?,
            Places::Grains(grains) => self.run_in_list(grains, guest),
        };
        Ok(Run {
            length: run.length.min(self.layout.capacity - guest),
            kind: self.settled(run.kind),
        })
    }

    /// Without a parent unallocated is zero. Told as one kind, a disk of both
    /// in turns has long runs.
    fn settled(&self, kind: Kind) -> Kind {
        match kind {
            Kind::Unallocated if !self.backed => Kind::Zero,
            _ => kind,
        }
    }

    fn run_in_list(&self, grains: &[(u32, u32)], guest: u64) -> Run {
        let (number, within) = (guest / self.layout.grain, guest % self.layout.grain);
        let first = grains.partition_point(|(listed, _)| u64::from(*listed) < number);
        let listed = grains.get(first..).unwrap_or_default();
        let (count, kind) = match listed {
            [(next, sector), ..] if u64::from(*next) == number => {
                let joined = (number..).zip(listed);
                let joined = joined.take_while(|(number, (next, _))| u64::from(*next) == *number);
                (
                    joined.count() as u64,
                    Kind::Compressed(u64::from(*sector) * SECTOR),
                )
            }
            [(next, _), ..] => (u64::from(*next) - number, Kind::Unallocated),
            [] => (self.layout.grains() - number, Kind::Unallocated),
        };
        Run {
            length: count * self.layout.grain - within,
            kind,
        }
    }

    fn run_in_tables(
        &self,
        storage: &dyn Storage,
        tables: &[u32],
        guest: u64,
        enough: u64,
    ) -> Result<Run> {
        let grain = self.layout.grain;
        let reach = self.layout.entries_per_table * grain;
        let index = guest / reach;
        let rest = tables.get(to_usize(index)..).unwrap_or_default();
        let gap = rest.iter().take(GAP_ENTRIES);
        let gap = gap.take_while(|table| **table == 0).count() as u64;
        let Some(table) = rest.first().filter(|_| gap == 0) else {
            return Ok(Run {
                length: (index + gap.max(1)) * reach - guest,
                kind: Kind::Unallocated,
            });
        };
        let bytes = self.table(storage, index, *table)?;
        let first = to_usize(guest % reach / grain);
        let entries = first..to_usize(self.layout.entries_per_table);
        let mut entries = entries.map(|number| self.layout.entries.nth(&bytes, number));
        let entry = entries.next().unwrap_or_default();
        let mut run = self.decode(storage, entry, guest)?;
        let mut at = guest + run.length;
        for entry in entries {
            if run.length >= enough || at >= self.layout.capacity {
                break;
            }
            // What is wrong with a later grain is reported when it is its turn.
            let Ok(next) = self.decode(storage, entry, at) else {
                break;
            };
            let joins = match (self.settled(run.kind), self.settled(next.kind)) {
                (Kind::Compressed(_), Kind::Compressed(_)) => true,
                (Kind::Stored(first), Kind::Stored(then)) => first + run.length == then,
                (one, other) => one == other,
            };
            if !joins {
                break;
            }
            run.length += next.length;
            at += next.length;
        }
        Ok(run)
    }

    fn table(&self, storage: &dyn Storage, index: u64, sector: u32) -> Result<Arc<[u8]>> {
        self.cache.get(index, u64::from(sector), || {
            let at = check_table(storage, &self.layout, sector)?;
            let mut bytes = vec![0; to_usize(self.layout.table_bytes())];
            storage.read_exact_at(at, &mut bytes)?;
            Ok(bytes)
        })
    }

    /// What a grain table's `entry` says of the bytes from `guest` to the end
    /// of its grain.
    fn decode(&self, storage: &dyn Storage, entry: u64, guest: u64) -> Result<Run> {
        let layout = &self.layout;
        let within = guest % layout.grain;
        let start = guest - within;
        let fault = |rule, at| Fault::Entry {
            table: "grain table",
            entry,
            guest: start,
            rule,
            at,
        };
        let place = layout.place(entry);
        let kind = match place.map_err(|rule| fault(rule, layout.entries.first()))? {
            Place::Nowhere => Kind::Unallocated,
            Place::Zero => Kind::Zero,
            Place::At(at) if layout.is_text(at) => {
                return Err(fault("the header or the descriptor stands there", at).into());
            }
            Place::At(at) if layout.compressed => {
                let marker = GRAIN_MARKER_BYTES as u64;
                check_inside("grain marker", at, marker, storage.length())?;
                Kind::Compressed(at)
            }
            Place::At(at) => {
                // The part of the last grain past the capacity may be missing.
                check_inside("grain", at, layout.visible(start), storage.length())?;
                Kind::Stored(at + within)
            }
        };
        Ok(Run {
            length: layout.grain - within,
            kind,
        })
    }
}
