//! A disk in blocks.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use zerocopy::IntoBytes as _;

use super::footer_edit;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::blocks::Fault;
use crate::disk::is_zero;
use crate::disk::resize::refusal::shared_tail;
use crate::disk::resize::{Change, Places};
use crate::disk::step::{Batch, Edit};
use crate::disk::vhd::VHD;
use crate::disk::vhd::footer::Found;
use crate::disk::vhd::format::{FOOTER_BYTES, FREE, HEADER_BYTES, RawFooter, SECTOR, limits};
use crate::disk::vhd::header::Header;
use crate::disk::vhd::table;

pub(super) fn resize(
    storage: &dyn Storage,
    found: &Found,
    raw: &RawFooter,
    change: &Change,
    batch: &mut Batch<'_>,
) -> Result<()> {
    let header = Header::read(storage, found)?;
    let disk = Disk {
        table: table::read(storage, found, &header)?,
        storage,
        found,
        raw,
        header,
    };
    let (old, new) = (found.footer.capacity(), change.capacity);
    match new.cmp(&old) {
        Ordering::Greater => disk.grow(new, batch),
        Ordering::Less => disk.shrink(new, batch),
        Ordering::Equal => disk.write(change, batch),
    }
}

struct Disk<'s> {
    storage: &'s dyn Storage,
    found: &'s Found,
    /// The footer, as it was.
    raw: &'s RawFooter,
    header: Header,
    table: Vec<u32>,
}

impl Disk<'_> {
    /// Bytes of a block and its bitmap.
    fn slot(&self) -> u64 {
        self.header.bitmap() + self.header.block
    }

    /// Where the first `count` entries of the table end, in whole sectors.
    fn table_end(at: u64, count: u64) -> u64 {
        (at + count * 4).next_multiple_of(SECTOR)
    }

    /// The stored blocks of `table`, by their numbers and the sectors of their bitmaps.
    fn stored(table: &[u32]) -> impl Iterator<Item = (u64, u32)> {
        let all = (0..).zip(table.iter().copied());
        all.filter(|(_, sector)| *sector != FREE)
    }

    /// What lies in the file but for the table, of blocks the first `count`.
    fn places(&self, count: u64) -> Result<Places> {
        let mut places = Places::new(self.slot() / SECTOR, 0);
        places.fixed(0, FOOTER_BYTES / SECTOR);
        let (first, within) = (self.header.at / SECTOR, self.header.at % SECTOR);
        places.fixed(first, (within + HEADER_BYTES).div_ceil(SECTOR));
        for (block, sector) in Self::stored(&self.table) {
            if block < count {
                places.unit(sector)?;
            }
        }
        Ok(places)
    }

    /// Sectors the table takes, from the one it begins in.
    fn table_sectors(&self) -> (u64, u64) {
        let first = self.header.table / SECTOR;
        let entries = u64::from(self.header.raw.table_entries.get());
        let end = Self::table_end(self.header.table, entries.max(self.table.len() as u64));
        (first, end / SECTOR - first)
    }

    /// Whether the table lies behind blocks.
    fn is_behind(&self) -> bool {
        let first = self.table.iter().filter(|sector| **sector != FREE).min();
        first.is_some_and(|first| u64::from(*first) * SECTOR < self.header.table)
    }

    /// Bytes from the table on that nothing else takes.
    fn room(&self) -> u64 {
        let blocks = Self::stored(&self.table).map(|(_, sector)| u64::from(sector) * SECTOR);
        let others = blocks.chain([self.header.at, self.found.end]);
        let next = others.filter(|at| *at >= self.header.table).min();
        next.map_or(0, |next| next - self.header.table)
    }

    /// The header of a disk with a table of so many entries at `table`.
    fn header_edit(&self, table: u64, entries: u64) -> Edit {
        let mut raw = self.header.raw.clone();
        raw.table_offset = table.into();
        // The largest table has 2^22 entries.
        raw.table_entries = u32::try_from(entries).unwrap_or(u32::MAX).into();
        raw.seal();
        Edit {
            offset: self.header.at,
            bytes: raw.as_bytes().to_vec(),
        }
    }

    /// Both footers, of a disk of `capacity` bytes, the last one at `end`.
    fn footer_edits(&self, capacity: u64, end: u64) -> [Edit; 2] {
        [0, end].map(|to| self.footer_edit(capacity, to))
    }

    /// The footer of a disk of `capacity` bytes, for the place `to`.
    fn footer_edit(&self, capacity: u64, to: u64) -> Edit {
        footer_edit(self.raw, self.found, capacity, to)
    }

    fn grow(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, header) = (self.storage, &self.header);
        let old = self.found.footer.capacity();
        let (before, entries) = (self.table.len() as u64, capacity.div_ceil(header.block));
        if entries * 4 > limits::TABLE_BYTES {
            return Err(Fault::TooLarge {
                of: VHD,
                what: "block allocation table",
                bytes: entries * 4,
                limit: limits::TABLE_BYTES,
                at: header.at + 28,
            }
            .into());
        }
        let mut places = self.places(before)?;
        let blocks = places.end() * SECTOR;
        let (first, sectors) = self.table_sectors();
        places.fixed(first, sectors);
        let last = self.table.last().copied().filter(|last| *last != FREE);
        let shown = old - (before - 1) * header.block;
        let last = last.filter(|_| shown < header.block);
        if last.is_some_and(|sector| !places.is_apart(sector)) {
            return Err(shared_tail("block"));
        }
        let mut end = self.found.end.max(blocks).next_multiple_of(SECTOR);
        let mut at = header.table;
        let moved = entries * 4 > self.room();
        if moved {
            at = end;
            end = Self::table_end(at, entries);
        }
        if end != self.found.end {
            batch.together(vec![self.footer_edit(old, end)])?;
        }
        // What is left of the table's last sector is entries of no block.
        let room = if moved { u64::MAX } else { self.room() };
        let filled = (Self::table_end(at, entries) - at).min(room - room % 4) / 4;
        let more = (before..filled.max(entries)).map(|_| FREE);
        let (from, all): (u64, Box<dyn Iterator<Item = u32>>) = if moved {
            (at, Box::new(self.table.iter().copied().chain(more)))
        } else {
            (at + before * 4, Box::new(more))
        };
        batch.put_table(from, all.map(|entry| Ok(entry.to_be_bytes())))?;
        if let Some(sector) = last {
            let block = u64::from(sector) * SECTOR + header.bitmap();
            // The new table does not lie there: it comes behind the last block.
            batch.blank(storage, block + shown, block + header.block)?;
        }
        let mut edits = vec![self.header_edit(at, entries)];
        edits.extend(self.footer_edits(capacity, end));
        batch.together(edits)
    }

    fn shrink(&self, capacity: u64, batch: &mut Batch<'_>) -> Result<()> {
        let (storage, header) = (self.storage, &self.header);
        let entries = capacity.div_ceil(header.block);
        let mut places = self.places(entries)?;
        let (first, sectors) = self.table_sectors();
        let behind = self.is_behind();
        if behind {
            places.passing(first, sectors);
        } else {
            places.fixed(first, sectors);
        }
        let plan = places.plan();
        let mut edits = vec![self.header_edit(header.table, entries)];
        edits.extend(self.footer_edits(capacity, self.found.end));
        batch.together(edits)?;
        let gone = self.table[to_usize(entries)..].iter().map(|_| FREE);
        batch.put_table(
            header.table + entries * 4,
            gone.map(|entry| Ok(entry.to_be_bytes())),
        )?;
        let mut table = self.table[..to_usize(entries)].to_vec();
        for (number, entry) in (0_u64..).zip(&mut table) {
            if *entry == FREE {
                continue;
            }
            let from = u64::from(*entry) * SECTOR;
            *entry = plan.then(*entry);
            let to = u64::from(*entry) * SECTOR;
            let shown = (capacity - number * header.block).min(header.block);
            let (length, slot) = (header.bitmap() + shown, self.slot());
            if from != to {
                batch.copy(storage, from, to, length)?;
            }
            batch.blank(storage, to + length, to + slot)?;
            if from != to {
                let place = header.table + number * 4;
                batch.put(place, entry.to_be_bytes().to_vec())?;
            }
        }
        let mut end = plan.end * SECTOR;
        if behind && end <= header.table {
            let length = Self::table_end(0, entries);
            if end + length <= header.table {
                batch.put_table(end, table.iter().map(|entry| Ok(entry.to_be_bytes())))?;
                batch.together(vec![self.header_edit(end, entries)])?;
                end += length;
            } else {
                end = Self::table_end(header.table, entries);
            }
        }
        if end >= self.found.end {
            return Ok(());
        }
        batch.together(vec![self.footer_edit(capacity, end)])?;
        batch.cut(storage.length(), end + FOOTER_BYTES)
    }

    fn write(&self, change: &Change, batch: &mut Batch<'_>) -> Result<()> {
        let header = &self.header;
        let mut blocks = BTreeMap::<u64, Vec<_>>::new();
        for piece in change.pieces(header.block) {
            blocks.entry(piece.unit).or_default().push(piece);
        }
        let places = self.places(self.table.len() as u64)?;
        let first = (places.end() * SECTOR).max(self.found.end);
        let first = first.next_multiple_of(SECTOR);
        let mut end = first;
        let mut edits = Vec::new();
        for (block, pieces) in blocks {
            let stored = self.table.get(to_usize(block)).copied();
            let stored = stored.filter(|sector| *sector != FREE);
            let mut bitmap = vec![0; to_usize(header.bitmap())];
            let at = match stored {
                Some(sector) => {
                    let at = u64::from(sector) * SECTOR;
                    self.storage.read_exact_at(at, &mut bitmap)?;
                    let before = bitmap.clone();
                    for piece in &pieces {
                        set_bits(&mut bitmap, piece.within, piece.bytes.len() as u64);
                    }
                    if bitmap != before {
                        let offset = at;
                        edits.push(Edit {
                            offset,
                            bytes: bitmap,
                        });
                    }
                    at
                }
                None if pieces.iter().all(|piece| is_zero(piece.bytes)) => continue,
                None => {
                    let at = end;
                    set_bits(&mut bitmap, 0, header.block);
                    edits.push(Edit {
                        offset: at,
                        bytes: bitmap,
                    });
                    // Below the largest size there is sectors have 32 bits.
                    let sector = u32::try_from(at / SECTOR).unwrap_or(FREE);
                    edits.push(Edit {
                        offset: header.table + block * 4,
                        bytes: sector.to_be_bytes().to_vec(),
                    });
                    end += self.slot();
                    at
                }
            };
            edits.extend(pieces.into_iter().map(|piece| Edit {
                offset: at + header.bitmap() + piece.within,
                bytes: piece.bytes.to_vec(),
            }));
        }
        if end > first {
            let capacity = self.found.footer.capacity();
            edits.push(self.footer_edit(capacity, end));
        }
        batch.together(edits)
    }
}

/// Marks `length` bytes from `within` of a block as written. The first bit of a byte is its
/// highest.
fn set_bits(bitmap: &mut [u8], within: u64, length: u64) {
    for sector in within / SECTOR..(within + length) / SECTOR {
        if let Some(byte) = bitmap.get_mut(to_usize(sector / 8)) {
            *byte |= 0x80 >> (sector % 8);
        }
    }
}
