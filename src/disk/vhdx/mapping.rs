//! From guest offsets to places in the file, through the BAT and the sector bitmaps.

use std::sync::Arc;

use super::bat::{About, ENTRY, Geometry, Payload, SLICE_BYTES, bitmap, entries, payload};
use super::format::BITMAP_SECTORS;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::blocks::{Kind, Places, Run};
use crate::disk::tables::TableCache;

/// The tables of a disk.
pub(super) struct Mapping {
    geometry: Geometry,
    bat: TableCache,
    bitmaps: TableCache,
}

impl Mapping {
    /// The tables of a disk that was checked.
    pub(super) fn new(geometry: Geometry) -> Self {
        Self {
            geometry,
            bat: TableCache::new(SLICE_BYTES),
            bitmaps: TableCache::new(SLICE_BYTES),
        }
    }

    /// The slice of the BAT that holds the entry `number`.
    fn slice(&self, storage: &dyn Storage, number: u64) -> Result<Arc<[u8]>> {
        let slice = number / (SLICE_BYTES / ENTRY);
        let first = slice * (SLICE_BYTES / ENTRY);
        self.bat.get(slice, self.geometry.place_of(first), || {
            self.geometry.read_slice(storage, first)
        })
    }

    /// The entry `number`.
    fn entry(&self, storage: &dyn Storage, number: u64) -> Result<u64> {
        let slice = self.slice(storage, number)?;
        let within = number % (SLICE_BYTES / ENTRY);
        Ok(entries(&slice).nth(to_usize(within)).unwrap_or(0))
    }

    /// What a block is that is of one kind.
    fn whole(&self, entry: Payload) -> Option<Kind> {
        match entry {
            Payload::Absent if self.geometry.overlay => Some(Kind::Unallocated),
            Payload::Absent | Payload::Zero => Some(Kind::Zero),
            Payload::Whole(at) => Some(Kind::Stored(at)),
            Payload::Partial(_) => None,
        }
    }

    /// The run from `guest` to the end of its block, or to the first sector of another kind.
    fn first(&self, storage: &dyn Storage, number: u64, entry: u64, guest: u64) -> Result<Run> {
        let geometry = &self.geometry;
        let fault = |rule| geometry.fault(number, entry, rule);
        let (block, within) = (guest / geometry.block, guest % geometry.block);
        let left = geometry.visible(block) - within;
        let entry = payload(entry).map_err(fault)?;
        let at = match (entry, self.whole(entry)) {
            (_, Some(Kind::Stored(at))) => {
                return Ok(Run {
                    length: left,
                    kind: Kind::Stored(at + within),
                });
            }
            (_, Some(kind)) => return Ok(Run { length: left, kind }),
            (Payload::Partial(at), None) if geometry.overlay => at,
            _ => return Err(fault("only an overlay has blocks that are there in part").into()),
        };
        let (present, length) = self.sectors(storage, guest, left)?;
        let kind = if present {
            Kind::Stored(at + within)
        } else {
            Kind::Unallocated
        };
        Ok(Run { length, kind })
    }

    /// Whether the sector at `guest` is here, and for how many bytes, up to `left`, that is
    /// the same.
    fn sectors(&self, storage: &dyn Storage, guest: u64, left: u64) -> Result<(bool, u64)> {
        let geometry = &self.geometry;
        let chunk = guest / geometry.block / geometry.ratio;
        let number = geometry.entry_of_bitmap(chunk);
        let entry = self.entry(storage, number)?;
        let fault = |rule| geometry.fault(number, entry, rule);
        let Some(bits) = bitmap(entry).map_err(fault)? else {
            return Err(fault("a block of its chunk needs it").into());
        };
        let sector = guest / geometry.sector % BITMAP_SECTORS;
        let per_slice = SLICE_BYTES * 8;
        let (slice, first) = (sector / per_slice, sector % per_slice);
        let at = bits + slice * SLICE_BYTES;
        let key = guest / geometry.sector / per_slice;
        let bytes = self.bitmaps.get(key, at, || {
            let mut bytes = vec![0; to_usize(SLICE_BYTES)];
            storage.read_exact_at(at, &mut bytes)?;
            Ok(bytes)
        })?;
        let most = (left + guest % geometry.sector)
            .div_ceil(geometry.sector)
            .min(per_slice - first);
        let (present, same) = same_bits(&bytes, first, most);
        let length = same * geometry.sector - guest % geometry.sector;
        Ok((present, length.min(left)))
    }
}

impl Places for Mapping {
    /// What one slice of the BAT answers for.
    fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run> {
        let geometry = &self.geometry;
        let block = guest / geometry.block;
        let number = geometry.entry_of(block);
        let slice = self.slice(storage, number)?;
        let first = number - number % (SLICE_BYTES / ENTRY);
        let mut entries = (number..).zip(entries(&slice).skip(to_usize(number - first)));
        let mut run = match entries.next() {
            Some((number, entry)) => self.first(storage, number, entry, guest)?,
            // The slice holds every entry of the disk in its reach.
            None => Run {
                length: geometry.visible(block) - guest % geometry.block,
                kind: Kind::Zero,
            },
        };
        let mut next = block + 1;
        for (number, entry) in entries {
            if run.length >= enough || guest + run.length != next * geometry.block {
                break;
            }
            match geometry.about(number) {
                About::Bitmap(_) => continue,
                About::Block(about) => debug_assert_eq!(about, next),
            }
            // What is wrong with a later block is told when it is its turn.
            let kind = payload(entry).ok().and_then(|entry| self.whole(entry));
            let joins = match (run.kind, kind) {
                (Kind::Stored(at), Some(Kind::Stored(then))) => at + run.length == then,
                (run, Some(next)) => run == next,
                (_, None) => false,
            };
            if !joins || geometry.visible(next) == 0 {
                break;
            }
            run.length += geometry.visible(next);
            next += 1;
        }
        Ok(run)
    }
}

/// The bit `first` of `bytes`, and how many from there on, up to `most`, are the same.
fn same_bits(bytes: &[u8], first: u64, most: u64) -> (bool, u64) {
    let bit = |number: u64| {
        let byte = bytes.get(to_usize(number / 8)).copied().unwrap_or(0);
        byte >> (number % 8) & 1 == 1
    };
    let present = bit(first);
    let all = if present { 0xFF } else { 0 };
    let (mut at, end) = (first + 1, first + most);
    while at < end {
        if at % 8 == 0 && bytes.get(to_usize(at / 8)) == Some(&all) {
            at += 8;
        } else if bit(at) == present {
            at += 1;
        } else {
            break;
        }
    }
    (present, at.min(end) - first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_lowest() {
        let bytes = [0b1111_0001, 0xFF, 0xFF, 0b0000_0001, 0, 0];
        for (first, most, expected) in [
            (0, 48, (true, 1)),
            (1, 48, (false, 3)),
            (4, 44, (true, 21)),
            (4, 21, (true, 21)),
            (4, 20, (true, 20)),
            (4, 7, (true, 7)),
            (4, 1, (true, 1)),
            (25, 23, (false, 23)),
            (47, 1, (false, 1)),
        ] {
            assert_eq!(same_bits(&bytes, first, most), expected, "{first}");
        }
    }
}
