//! Another size for the disk, and sectors written to it.
//!
//! What a larger disk needs more is written where nothing leads to yet: a BAT that has no room
//! where it is goes to the end of the file. Then one step makes the size another one, and the
//! BAT with it. An entry's place in the table depends on its number alone, so none moves.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::bat::{ABSENT, About, ENTRY, Geometry, Payload, SLICE_BYTES, entries, entry, payload};
use super::blocks;
use super::format::{REGION_TABLES_AT, UNIT, limits};
use super::header::{Header, Stretch};
use super::metadata::{Metadata, size_at};
use super::region::{self, Regions};
use super::renew::{Written, write_headers};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::blocks::Fits;
use crate::disk::resize::refusal::{damaged, overlay, refuse_uneven, shared_tail};
use crate::disk::resize::{Change, Places};
use crate::disk::step::{Batch, Edit, Step};

/// Hands the steps to `take` that make `change` of the image in `storage`.
pub(in crate::disk) fn resize(
    storage: &dyn Storage,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let image = Image::read(storage)?;
    image.check_size(change.capacity)?;
    let old = image.old.capacity;
    if change.capacity == old && change.writes.is_empty() {
        return Ok(());
    }
    write_headers(storage, &image.header, Written::Data, take)?;
    let mut batch = Batch::new(take);
    match change.capacity.cmp(&old) {
        Ordering::Greater => image.grow(change.capacity, &mut batch)?,
        Ordering::Less => image.shrink(change.capacity, &mut batch)?,
        Ordering::Equal => image.write(change, &mut batch)?,
    }
    batch.flush()
}

/// An image that is whole.
struct Image<'s> {
    storage: &'s dyn Storage,
    header: Header,
    regions: Regions,
    metadata: Metadata,
    old: Geometry,
}

impl<'s> Image<'s> {
    fn read(storage: &'s dyn Storage) -> Result<Self> {
        let header = Header::read(storage)?;
        if header.log_id.is_some() {
            let why = "its log holds writes that are not in their place yet";
            return Err(damaged(why).at_offset(header.log.offset));
        }
        if let Some(at) = header.damaged {
            return Err(damaged("one of its two headers is damaged").at_offset(at));
        }
        let regions = Regions::read(storage)?;
        if let Some(remark) = regions.remark {
            return Err(damaged(remark).at_offset(REGION_TABLES_AT[0]));
        }
        let metadata = Metadata::read(storage, regions.metadata)?;
        if metadata.parent.is_some() {
            return Err(overlay("VHDX"));
        }
        let old = Geometry::new(&metadata, regions.bat)?;
        blocks::check(storage, &header, &regions, &old, &mut Err)?;
        Ok(Self {
            storage,
            header,
            regions,
            metadata,
            old,
        })
    }

    fn check_size(&self, capacity: u64) -> Result<()> {
        refuse_uneven("VHDX", capacity, self.old.sector)?;
        let fits = Fits {
            name: "VHDX",
            unit: self.old.sector,
            most: limits::CAPACITY,
            instead: "convert it to qcow2 or raw: ovfkit convert",
        };
        fits.rounded(capacity).map(drop)
    }

    /// Hands the number of each entry of the table to `tell`, and the entry.
    fn each(&self, tell: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<()> {
        let mut first = 0;
        while first < self.old.entries() {
            let slice = self.old.read_slice(self.storage, first)?;
            for (number, entry) in (first..).zip(entries(&slice)) {
                tell(number, entry)?;
            }
            first += SLICE_BYTES / ENTRY;
        }
        Ok(())
    }

    /// Hands the number of each block that has a place to `tell`, and the MiB it begins with.
    fn each_block(&self, tell: &mut dyn FnMut(u64, u32) -> Result<()>) -> Result<()> {
        self.each(
            &mut |number, entry| match (self.old.about(number), payload(entry)) {
                // Files have at most so many MiB.
                (About::Block(block), Ok(Payload::Whole(at))) => {
                    tell(block, u32::try_from(at / UNIT).unwrap_or(u32::MAX))
                }
                _ => Ok(()),
            },
        )
    }

    /// What lies in the file, of blocks those of the first `blocks`.
    fn places(&self, blocks: u64) -> Result<Places> {
        let mut places = Places::new(self.old.block / UNIT, 1);
        places.fixed(0, 1);
        let known = [self.header.log, self.regions.bat, self.regions.metadata];
        let unknown = self.regions.unknown.iter().map(|unknown| unknown.place);
        for place in known.into_iter().chain(unknown) {
            places.fixed(place.offset / UNIT, place.length.div_ceil(UNIT));
        }
        self.each_block(&mut |block, at| {
            if block < blocks {
                places.unit(at)?;
            }
            Ok(())
        })?;
        Ok(places)
    }

    /// Where the last block of the file ends, and all else that is in it.
    fn end(&self, places: &Places) -> u64 {
        let end = (places.end() * UNIT).max(self.storage.length());
        end.next_multiple_of(UNIT)
    }

    fn geometry(&self, capacity: u64, table: u64) -> Geometry {
        let metadata = Metadata {
            capacity,
            ..self.metadata.clone()
        };
        Geometry::of(&metadata, table)
    }

    fn grow(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, old) = (self.storage, &self.old);
        let places = self.places(old.blocks())?;
        let last = self.last_block()?;
        if last.is_some_and(|at| !places.is_apart(at)) {
            return Err(shared_tail("block"));
        }
        let mut end = self.end(&places);
        let mut bat = self.regions.bat;
        let needed = self.geometry(capacity, bat.offset).entries() * ENTRY;
        let moved = needed > bat.length;
        if moved {
            bat = Stretch {
                offset: end,
                length: needed.next_multiple_of(UNIT),
            };
            end = bat.end();
        }
        let new = self.geometry(capacity, bat.offset);
        let first = end;
        let fresh = |block: u64| {
            let at = first + (block - old.blocks()) * old.block;
            self.metadata.fixed.then_some(at)
        };
        if self.metadata.fixed {
            end += (new.blocks() - old.blocks()) * old.block;
        }
        batch.extend(storage.length(), end)?;
        let more = (old.entries()..new.entries()).map(|number| {
            let entry = match new.about(number) {
                About::Block(block) => entry(fresh(block)),
                About::Bitmap(_) => ABSENT,
            };
            Ok(entry.to_le_bytes())
        });
        if moved {
            let length = old.entries() * ENTRY;
            batch.copy(storage, old.table, new.table, length)?;
        }
        batch.put_table(new.place_of(old.entries()), more)?;
        if let Some(at) = last {
            let block = u64::from(at) * UNIT;
            let shown = old.visible(old.blocks() - 1);
            batch.blank(storage, block + shown, block + old.block)?;
        }
        let mut edits = vec![self.size_edit(capacity)?];
        if moved {
            for (table, offset) in region::tables(storage)?.into_iter().zip(REGION_TABLES_AT) {
                let table = table.ok_or_else(|| damaged("a region table is damaged"))?;
                let bytes = region::with_bat(table, bat);
                edits.push(Edit { offset, bytes });
            }
        }
        batch.together(edits)
    }

    fn shrink(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, old) = (self.storage, &self.old);
        let new = self.geometry(capacity, old.table);
        let plan = self.places(new.blocks())?.plan();
        batch.together(vec![self.size_edit(capacity)?])?;
        // What other programs may take for blocks once the disk grows again.
        batch.blank(
            storage,
            old.place_of(new.entries()),
            old.place_of(old.entries()),
        )?;
        self.each_block(&mut |block, tick| {
            let at = u64::from(tick) * UNIT;
            let shown = new.visible(block);
            let to = u64::from(plan.then(tick)) * UNIT;
            if block >= new.blocks() {
                return Ok(());
            }
            if to == at {
                return batch.blank(storage, at + shown, at + old.block);
            }
            batch.copy(storage, at, to, shown)?;
            batch.blank(storage, to + shown, to + old.block)?;
            let number = old.entry_of(block);
            batch.put(old.place_of(number), entry(Some(to)).to_le_bytes().to_vec())
        })?;
        batch.cut(storage.length(), plan.end * UNIT)
    }

    fn write(&self, change: &Change, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, old) = (self.storage, &self.old);
        let mut ats: BTreeMap<u64, Option<u64>> = change
            .pieces(old.block)
            .map(|piece| (piece.unit, None))
            .collect();
        let places = self.places(old.blocks())?;
        self.each_block(&mut |block, tick| {
            if let Some(at) = ats.get_mut(&block) {
                *at = Some(u64::from(tick) * UNIT);
            }
            Ok(())
        })?;
        let mut end = self.end(&places);
        let mut edits = Vec::new();
        for (block, at) in ats.iter_mut().filter(|(_, at)| at.is_none()) {
            *at = Some(end);
            edits.push(Edit {
                offset: old.place_of(old.entry_of(*block)),
                bytes: entry(Some(end)).to_le_bytes().to_vec(),
            });
            end += old.block;
        }
        if !edits.is_empty() {
            batch.extend(storage.length(), end)?;
        }
        edits.extend(change.pieces(old.block).filter_map(|piece| {
            let at = ats.get(&piece.unit).copied().flatten()?;
            Some(Edit {
                offset: at + piece.within,
                bytes: piece.bytes.to_vec(),
            })
        }));
        batch.together(edits)
    }

    /// The MiB the last block of the disk begins with, if it is stored and not all of it shown.
    fn last_block(&self) -> Result<Option<u32>> {
        let last = self.old.blocks() - 1;
        if self.old.visible(last) == self.old.block {
            return Ok(None);
        }
        let mut found = None;
        self.each_block(&mut |block, tick| {
            if block == last {
                found = Some(tick);
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn size_edit(&self, capacity: u64) -> Result<Edit> {
        Ok(Edit {
            offset: size_at(self.storage, self.regions.metadata)?,
            bytes: capacity.to_le_bytes().to_vec(),
        })
    }
}
