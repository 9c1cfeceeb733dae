//! Another size for a disk in one sparse extent (monolithicSparse), and sectors written to it.
//!
//! ```text
//! tables  grain directories and grain tables as they lie in a file
//! text    the descriptor of a disk that was changed
//! ```
//!
//! What tables a larger disk needs more go to the end of the file, and so do the directories
//! where they have no room. Then one step changes the header, and the descriptor with it.

mod tables;
mod text;

use std::collections::BTreeMap;

use tables::{Tables, directory_sectors, narrow, table_sectors};
use zerocopy::IntoBytes as _;

use super::content::capacity_of;
use super::description::{Description, is_descriptor};
use super::format::{Header, SECTOR, ZEROED_GRAIN};
use super::layout::{Layout, read_sector};
use super::sparse::{front, refuse_piece};
use super::tabled;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::is_zero;
use crate::disk::resize::refusal::{CONVERT, overlay, refuse_damaged, refuse_uneven, shared_tail};
use crate::disk::resize::{Change, Places};
use crate::disk::step::{Batch, Edit, Step};

/// Hands the steps to `take` that make `change` of the image in `storage`.
pub(in crate::disk) fn resize(
    storage: &dyn Storage,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let disk = Disk::read(storage)?;
    refuse_uneven("VMDK", change.capacity, SECTOR)?;
    let old = disk.layout.capacity;
    let mut batch = Batch::new(take);
    if change.capacity > old {
        disk.grow(capacity_of(change.capacity)?, &mut batch)?;
    } else if change.capacity < old {
        disk.shrink(capacity_of(change.capacity)?, &mut batch)?;
    } else if !change.writes.is_empty() {
        disk.write(change, &mut batch)?;
    }
    batch.flush()
}

/// A disk in one extent that is whole.
struct Disk<'s> {
    storage: &'s dyn Storage,
    layout: Layout,
    description: Description,
    tables: Tables,
}

/// What VMDK a file is that is not resized.
fn refuse(what: &str, why: &str) -> Error {
    let message = format!("{what} is not given another size where it lies");
    Error::new(ErrorKind::Unsupported, message)
        .why(why)
        .help(CONVERT)
}

impl<'s> Disk<'s> {
    fn read(storage: &'s dyn Storage) -> Result<Self> {
        if is_descriptor(&front(storage)?) {
            let why = "it is only a description of the disk, which other files hold";
            return Err(refuse("a VMDK of more than one file", why));
        }
        refuse_piece(storage)?;
        let layout = Layout::read(storage)?;
        if layout.compressed {
            let why = "it is made to be sent, and no machine runs from it";
            return Err(refuse("a streamOptimized VMDK", why));
        }
        let description = Description::embedded(storage, &layout)?;
        description.check_whole()?;
        if description.parent_cid.is_some() {
            return Err(overlay("VMDK"));
        }
        refuse_damaged(&tabled::check(storage, &layout, None)?)?;
        Ok(Self {
            tables: Tables::read(storage, &layout)?,
            storage,
            layout,
            description,
        })
    }

    /// Sectors of a grain.
    fn slot(&self) -> u64 {
        self.layout.grain / SECTOR
    }

    fn resized(&self, capacity: u64) -> Result<Layout> {
        let layout = Layout {
            capacity,
            ..self.layout.clone()
        };
        layout.directory_bytes(12)?;
        Ok(layout)
    }

    /// What lies in the file: of the tables the first `tables`, of the grains the first `grains`.
    /// Tables behind the sector `passing` can be written elsewhere.
    fn places(&self, tables: u64, grains: u64, passing: u64) -> Result<Places> {
        let layout = &self.layout;
        let mut places = Places::new(self.slot(), layout.overhead);
        places.fixed(0, 1);
        let (text, bytes) = layout.descriptor;
        places.fixed(text / SECTOR, bytes.div_ceil(SECTOR));
        self.tables
            .take_places(layout, tables, passing, &mut places);
        self.tables
            .each_stored(self.storage, layout, &mut |grain, sector| {
                if grain < grains {
                    places.unit(sector)?;
                }
                Ok(())
            })?;
        Ok(places)
    }

    /// The sector all that is used ends at, and the file.
    fn end(&self, places: &Places) -> u64 {
        let length = self.storage.length().div_ceil(SECTOR);
        places
            .end()
            .max(length)
            .next_multiple_of(self.slot().min(128))
    }

    /// The sector of each of these grains that is stored.
    fn sectors(&self, grains: &mut BTreeMap<u64, Option<u32>>) -> Result<()> {
        let tables = &self.tables;
        tables.each_stored(self.storage, &self.layout, &mut |grain, sector| {
            if let Some(place) = grains.get_mut(&grain) {
                *place = Some(sector);
            }
            Ok(())
        })
    }

    /// Header and descriptor of a disk of `capacity` bytes that has its directories where
    /// `tables` are.
    fn front_edits(&self, capacity: u64, tables: &Tables) -> Result<[Edit; 2]> {
        let mut sector = read_sector(self.storage, 0)?;
        let header: &mut Header = zerocopy::transmute_mut!(&mut sector);
        header.capacity = (capacity / SECTOR).into();
        header.directory_offset = tables.main.sector.into();
        if let Some(redundant) = &tables.redundant {
            header.redundant_directory_offset = redundant.sector.into();
        }
        let header = Edit {
            offset: 0,
            bytes: header.as_bytes().to_vec(),
        };
        let (offset, bytes) = self.layout.descriptor;
        let mut text = vec![0; to_usize(bytes)];
        self.storage.read_exact_at(offset, &mut text)?;
        let bytes = text::revised(&text, &self.description, capacity / SECTOR)?;
        Ok([header, Edit { offset, bytes }])
    }

    fn grow(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, old) = (self.storage, &self.layout);
        let new = self.resized(capacity)?;
        let places = self.places(old.directory_entries(), old.grains(), u64::MAX)?;
        let last = old.grains() - 1;
        let shown = old.visible(last * old.grain);
        let mut cut = BTreeMap::new();
        if shown < old.grain {
            cut.insert(last, None);
            self.sectors(&mut cut)?;
        }
        let cut = cut.into_values().flatten().next();
        if cut.is_some_and(|sector| !places.is_apart(sector)) {
            return Err(shared_tail("grain"));
        }
        let end = self.end(&places);
        let (before, count) = (old.directory_entries(), new.directory_entries());
        let (tables, end) = self.tables.grown(old, count, end)?;
        batch.extend(storage.length(), end * SECTOR)?;
        for (now, then) in self.tables.all().zip(tables.all()) {
            // Where a directory stays, what leads to its new tables lies behind what counts.
            let first = if now.sector == then.sector { before } else { 0 };
            let entries = then.tables[to_usize(first)..].iter();
            batch.put_table(
                then.sector * SECTOR + first * 4,
                entries.map(|table| Ok(table.to_le_bytes())),
            )?;
        }
        self.tables
            .blank(storage, old, old.grains(), new.grains(), batch)?;
        if let Some(sector) = cut {
            let at = u64::from(sector) * SECTOR;
            batch.blank(storage, at + shown, at + old.grain)?;
        }
        let edits = self.front_edits(capacity, &tables)?;
        batch.together(edits.into())
    }

    fn shrink(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, old) = (self.storage, &self.layout);
        let new = self.resized(capacity)?;
        let count = new.directory_entries();
        let plan = self.places(count, new.grains(), old.overhead)?.plan();
        let edits = self.front_edits(capacity, &self.tables)?;
        batch.together(edits.into())?;
        let tables = &self.tables;
        tables.blank(storage, old, new.grains(), old.grains(), batch)?;
        tables.each_stored(storage, &new, &mut |grain, sector| {
            let shown = new.visible(grain * old.grain);
            let to = plan.then(sector);
            let place = u64::from(to) * SECTOR;
            if to != sector {
                batch.copy(storage, u64::from(sector) * SECTOR, place, shown)?;
            }
            batch.blank(storage, place + shown, place + old.grain)?;
            if to != sector {
                for edit in tables.edits(old, grain, to) {
                    batch.put(edit.offset, edit.bytes)?;
                }
            }
            Ok(())
        })?;
        let mut end = plan.end.max(old.overhead);
        let behind = |sector: u64| sector >= old.overhead;
        let all = tables.all().flat_map(|directory| {
            let listed = directory.tables.iter().take(to_usize(count));
            let listed = listed.map(|table| (u64::from(*table), table_sectors(old)));
            listed.chain([(directory.sector, directory_sectors(count))])
        });
        let all: Vec<_> = all.filter(|(sector, _)| behind(*sector)).collect();
        let first = all.iter().map(|(sector, _)| *sector).min();
        let last = all.iter().map(|(sector, length)| sector + length).max();
        if let (Some(first), Some(last)) = (first, last)
            && last > end
        {
            let (laid, after) = tables.moved(old, count, end)?;
            if after <= first {
                self.lay(&new, &laid, |sector| plan.then(sector), batch)?;
                let edits = self.front_edits(capacity, &laid)?;
                batch.together(edits.into())?;
                end = after;
            } else {
                end = last;
            }
        }
        batch.cut(storage.length(), end * SECTOR)
    }

    /// Writes the tables of the disk `new` as they are once grains are where `then` tells to
    /// where they lie in `laid`.
    fn lay(
        &self,
        new: &Layout,
        laid: &Tables,
        then: impl Fn(u32) -> u32,
        batch: &mut Batch<'_>,
    ) -> Result<()> {
        for directory in laid.all() {
            let entries = directory.tables.iter().map(|table| Ok(table.to_le_bytes()));
            batch.put_table(directory.sector * SECTOR, entries)?;
        }
        let mut table = vec![0; to_usize(new.table_bytes())];
        let kept = laid.main.tables.len();
        for (number, sector) in self.tables.main.tables.iter().take(kept).enumerate() {
            self.storage
                .read_exact_at(u64::from(*sector) * SECTOR, &mut table)?;
            let first = number as u64 * new.entries_per_table;
            let (words, _) = table.as_chunks_mut::<4>();
            for (grain, word) in (first..).zip(words) {
                let entry = u32::from_le_bytes(*word);
                let is_zero = new.zeroed_grains && entry == ZEROED_GRAIN;
                if grain >= new.grains() {
                    *word = [0; 4];
                } else if entry != 0 && !is_zero {
                    *word = then(entry).to_le_bytes();
                }
            }
            for directory in laid.all() {
                if let Some(sector) = directory.tables.get(number) {
                    batch.put(u64::from(*sector) * SECTOR, table.clone())?;
                }
            }
        }
        Ok(())
    }

    fn write(&self, change: &Change, batch: &mut Batch<'_>) -> Result<()> {
        let layout = &self.layout;
        let mut sectors: BTreeMap<u64, Option<u32>> = change
            .pieces(layout.grain)
            .map(|piece| (piece.unit, None))
            .collect();
        self.sectors(&mut sectors)?;
        let places = self.places(layout.directory_entries(), layout.grains(), u64::MAX)?;
        let first = self.end(&places);
        let mut end = first;
        let mut edits = Vec::new();
        for piece in change.pieces(layout.grain) {
            let place = sectors.entry(piece.unit).or_default();
            let sector = match *place {
                Some(sector) => sector,
                None if is_zero(piece.bytes) => continue,
                None => {
                    let sector = narrow(end)?;
                    end += self.slot();
                    edits.extend(self.tables.edits(layout, piece.unit, sector));
                    sector
                }
            };
            *place = Some(sector);
            edits.push(Edit {
                offset: u64::from(sector) * SECTOR + piece.within,
                bytes: piece.bytes.to_vec(),
            });
        }
        if end > first {
            batch.extend(self.storage.length(), end * SECTOR)?;
        }
        edits.extend(self.front_edits(layout.capacity, &self.tables)?);
        batch.together(edits)
    }
}
