//! Another size for the disk, and sectors written to it.
//!
//! A map that has no room goes on where the first blocks were: those move to the end of the
//! file, and since entries count blocks from the first one on, all of them change together.

use std::collections::BTreeMap;

use zerocopy::IntoBytes as _;

use super::check::check;
use super::format::{FREE, RawHeader, ZERO, limits};
use super::header::{Header, Variant, raw};
use super::map::Map;
use crate::base::digest::Algorithm;
use crate::base::storage::Storage;
use crate::base::units::human;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::blocks::Fits;
use crate::disk::is_zero;
use crate::disk::resize::refusal::{CONVERT, damaged, overlay, refuse_damaged, refuse_uneven};
use crate::disk::resize::{Change, Places};
use crate::disk::step::{Batch, Edit, Step};

/// What disks are a multiple of.
const SECTOR: u64 = 512;
/// Bytes of a map that can be changed in one step: that of 4 TiB in blocks of 1 MiB.
const MOST_MAP: u64 = 16 << 20;

/// Hands the steps to `take` that make `change` of the image in `storage`.
pub(in crate::disk) fn resize(
    storage: &dyn Storage,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let header = Header::read(storage)?;
    if header.variant == Variant::Differencing || !header.parent.is_nil() {
        return Err(overlay("VDI"));
    }
    let report = check(storage)?;
    refuse_damaged(&report)?;
    if report.leaks > 0 {
        // New blocks go where the count of those there are says that the file ends.
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the file has blocks that are no part of the disk, and is not resized",
        )
        .why("other programs would write new blocks over what is there")
        .help(CONVERT));
    }
    refuse_uneven("VDI", change.capacity, SECTOR)?;
    let raw = raw(storage)?.ok_or_else(|| damaged("its header is gone"))?;
    let image = Image {
        storage,
        map: Map::new(header.clone()),
        header,
        raw,
    };
    let old = image.header.disk_size;
    let mut batch = Batch::new(take);
    if change.capacity > old {
        image.check_size(change.capacity)?;
        image.grow(change.capacity, &mut batch)?;
    } else if change.capacity < old {
        image.check_size(change.capacity)?;
        image.shrink(change.capacity, &mut batch)?;
    } else if !change.writes.is_empty() {
        image.write(change, &mut batch)?;
    }
    batch.flush()
}

/// An image of which every block of the file is one of the disk.
struct Image<'s> {
    storage: &'s dyn Storage,
    map: Map,
    header: Header,
    raw: RawHeader,
}

impl Image<'_> {
    fn check_size(&self, capacity: u64) -> Result<()> {
        let fits = Fits {
            name: "VDI",
            unit: SECTOR,
            most: limits::BLOCKS.saturating_mul(self.header.block),
            instead: "convert it to qcow2 or raw: ovfkit convert",
        };
        fits.rounded(capacity).map(drop)
    }

    /// Hands each block of the disk that is stored to `tell`, and the block of the file it is.
    fn each(&self, tell: &mut dyn FnMut(u64, u32) -> Result<()>) -> Result<()> {
        self.map.each(self.storage, &mut |block, entry| {
            if entry == FREE || entry == ZERO {
                return Ok(());
            }
            tell(block, entry)
        })
    }

    /// Bytes of a block and what stands in front of it.
    fn slot(&self) -> u64 {
        self.header.extra + self.header.block
    }

    /// Where the block `slot` of the file begins, with what stands in front of it.
    fn start(&self, slot: u64) -> u64 {
        self.header.data + slot * self.slot()
    }

    fn entry_at(&self, block: u64) -> u64 {
        self.header.map + block * 4
    }

    /// The header with `set` done to it, and another id of what was changed.
    fn header_edit(&self, set: impl FnOnce(&mut RawHeader)) -> Edit {
        let mut raw = self.raw.clone();
        set(&mut raw);
        let digest = Algorithm::Sha256.raw_digest(raw.as_bytes());
        for (byte, new) in raw.modification.iter_mut().zip(digest) {
            *byte = new;
        }
        Edit {
            offset: 0,
            bytes: raw.as_bytes().to_vec(),
        }
    }

    fn grow(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, header) = (self.storage, &self.header);
        let blocks = capacity.div_ceil(header.block);
        let more = blocks - header.blocks;
        let stored = header.allocated;
        let grown = if header.variant == Variant::Fixed {
            more
        } else {
            0
        };
        let missing = (self.entry_at(blocks)).saturating_sub(header.data);
        let front = missing.div_ceil(self.slot());
        let data = self.start(front);
        if u32::try_from(data).is_err() {
            let message = format!("the block map of a VDI of {} has no room", human(capacity));
            return Err(Error::new(ErrorKind::LimitExceeded, message)
                .why("what is in front of the blocks has at most 4 GiB")
                .help(CONVERT));
        }
        // There are as many blocks as before, behind those whose room is the map's now.
        let (first, end) = (
            self.start(stored + front),
            self.start(stored + front + grown),
        );
        batch.extend(storage.length(), end)?;
        batch.blank(storage, first, end)?;
        self.blank_tail(front, batch)?;
        if front > 0 {
            self.make_room(front, batch)?;
        }
        let new = (0..more).map(|number| {
            let entry = if grown > 0 {
                stored + number
            } else {
                u64::from(FREE)
            };
            // There are fewer blocks than numbers.
            Ok(u32::try_from(entry).unwrap_or(FREE).to_le_bytes())
        });
        batch.put_table(self.entry_at(header.blocks), new)?;
        let switch = self.header_edit(|raw| {
            raw.data_offset = narrow(data);
            raw.disk_size = capacity.into();
            raw.blocks = narrow(blocks);
            raw.blocks_allocated = narrow(stored + grown);
        });
        batch.together(vec![switch])
    }

    /// Moves the first `front` blocks of the file behind the others, and says so in one step:
    /// the map then leads to where they are now, counted from the block behind them.
    fn make_room(&self, front: u64, batch: &mut Batch<'_>) -> Result<()> {
        let header = &self.header;
        let bytes = header.blocks * 4;
        if bytes > MOST_MAP {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                "the block map has no room, and is too large to be changed in one step",
            )
            .why(format!(
                "it has {}, and {} can be",
                human(bytes),
                human(MOST_MAP)
            ))
            .help(CONVERT));
        }
        let mut next = header.allocated.saturating_sub(front);
        let mut map = Vec::new();
        let mut moved = Vec::new();
        self.map.each(self.storage, &mut |block, entry| {
            let slot = u64::from(entry);
            let entry = match entry {
                FREE | ZERO => slot,
                _ if slot >= front => slot - front,
                _ => {
                    moved.push((block, slot, next + front));
                    next += 1;
                    next - 1
                }
            };
            map.extend_from_slice(&narrow(entry).get().to_le_bytes());
            Ok(())
        })?;
        let (last, shown) = self.last_block();
        for (block, slot, then) in moved {
            let shown = if block == last { shown } else { header.block };
            let shown = header.extra + shown;
            let (from, to) = (self.start(slot), self.start(then));
            batch.copy(self.storage, from, to, shown)?;
            batch.zeros(to + shown, to + self.slot())?;
        }
        let header = self.header_edit(|raw| raw.data_offset = narrow(self.start(front)));
        let map = Edit {
            offset: self.header.map,
            bytes: map,
        };
        batch.together(vec![header, map])
    }

    /// Zeros behind the end of the disk in its last block, unless that is one of the first
    /// `front` of the file, which move.
    fn blank_tail(&self, front: u64, batch: &mut Batch<'_>) -> Result<()> {
        let header = &self.header;
        let (last, shown) = self.last_block();
        let mut slot = None;
        self.each(&mut |block, entry| {
            if block == last {
                slot = Some(u64::from(entry)).filter(|slot| *slot >= front);
            }
            Ok(())
        })?;
        let Some(slot) = slot else { return Ok(()) };
        let tail = self.start(slot) + header.extra + shown;
        batch.blank(self.storage, tail, self.start(slot + 1))
    }

    /// The number of the last block of the disk, and how many bytes of it are shown.
    fn last_block(&self) -> (u64, u64) {
        let header = &self.header;
        let last = header.blocks - 1;
        (last, header.disk_size - last * header.block)
    }

    fn shrink(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, header) = (self.storage, &self.header);
        let blocks = capacity.div_ceil(header.block);
        let mut places = Places::new(1, 0);
        let mut kept = 0;
        self.each(&mut |block, entry| {
            if block < blocks {
                kept += 1;
                places.unit(entry)?;
            }
            Ok(())
        })?;
        let plan = places.plan();
        let sized = |raw: &mut RawHeader| {
            raw.disk_size = capacity.into();
            raw.blocks_allocated = narrow(kept);
        };
        // Entries may lead to any of as many blocks as there are until all have moved.
        batch.together(vec![self.header_edit(sized)])?;
        let gone = (blocks..header.blocks).map(|_| Ok(FREE.to_le_bytes()));
        batch.put_table(self.entry_at(blocks), gone)?;
        self.each(&mut |block, entry| {
            if block >= blocks {
                return Ok(());
            }
            let shown = (capacity - block * header.block).min(header.block);
            let shown = header.extra + shown;
            let (from, to) = (entry, plan.then(entry));
            let place = self.start(to.into());
            if from != to {
                batch.copy(storage, self.start(from.into()), place, shown)?;
            }
            batch.blank(storage, place + shown, place + self.slot())?;
            if from != to {
                batch.put(self.entry_at(block), to.to_le_bytes().to_vec())?;
            }
            Ok(())
        })?;
        let last = self.header_edit(|raw| {
            sized(raw);
            raw.blocks = narrow(blocks);
        });
        batch.together(vec![last])?;
        batch.cut(storage.length(), self.start(plan.end))
    }

    fn write(&self, change: &Change, batch: &mut Batch<'_>) -> Result<()> {
        let header = &self.header;
        let mut slots: BTreeMap<u64, Option<u64>> = change
            .pieces(header.block)
            .map(|piece| (piece.unit, None))
            .collect();
        self.each(&mut |block, entry| {
            if let Some(slot) = slots.get_mut(&block) {
                *slot = Some(entry.into());
            }
            Ok(())
        })?;
        let mut allocated = header.allocated;
        let mut edits = Vec::new();
        for piece in change.pieces(header.block) {
            let slot = slots.entry(piece.unit).or_default();
            if slot.is_none() && is_zero(piece.bytes) {
                continue;
            }
            let at = *slot.get_or_insert_with(|| {
                allocated += 1;
                edits.push(Edit {
                    offset: self.entry_at(piece.unit),
                    bytes: narrow(allocated - 1).get().to_le_bytes().to_vec(),
                });
                allocated - 1
            });
            edits.push(Edit {
                offset: self.start(at) + header.extra + piece.within,
                bytes: piece.bytes.to_vec(),
            });
        }
        if allocated > header.allocated {
            let end = self.start(allocated);
            batch.extend(self.storage.length(), end)?;
            batch.blank(self.storage, self.start(header.allocated), end)?;
        }
        edits.push(self.header_edit(|raw| raw.blocks_allocated = narrow(allocated)));
        batch.together(edits)
    }
}

/// Numbers that were held against limits which fit.
fn narrow(number: u64) -> zerocopy::byteorder::little_endian::U32 {
    u32::try_from(number).unwrap_or(u32::MAX).into()
}
