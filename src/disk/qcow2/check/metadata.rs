//! What the header leads to, and the L1 tables to: all but the guest's data.

use super::super::bitmap::{Entries, Entry};
use super::super::fault::Fault;
use super::super::format::{BITMAP_RESERVED, L1_RESERVED, OFFSET_MASK, limits};
use super::super::header::{Stretch, TablePlace};
use super::super::snapshot;
use super::Survey;
use super::cells::Use;
use crate::base::Result;
use crate::base::units::to_usize;

/// Bytes of a table read at a time.
const PIECE: u64 = 64 << 10;

impl Survey<'_> {
    pub(super) fn count_metadata(&mut self) -> Result<()> {
        let cluster = self.header.cluster_size();
        self.count("header", 0, cluster, Use::Sole, 1);
        let refcounts = self.header.refcounts;
        let (at, bytes) = (refcounts.offset, refcounts.entries * 8);
        self.count("refcount table", at, bytes, Use::Sole, 1);
        let (l1, size) = (self.header.l1, self.header.size);
        let needed = size.div_ceil(self.header.l1_reach());
        if l1.entries < needed {
            let what = format!("the active L1 table has {} entries", l1.entries);
            let what = format!("{what}; a disk of {size} bytes needs {needed}");
            self.report.corrupt(36, what);
        }
        self.active_followed = self.count_l1("active L1 table", l1, size)?;
        self.count_snapshots()?;
        if let Some(Stretch { offset, bytes }) = self.header.crypto {
            self.count("encryption header", offset, bytes, Use::Sole, 1);
        }
        self.count_bitmaps()?;
        self.count_refcount_blocks()?;
        let unclear = self.cells.settle_tables();
        // What is wrong with their refcounts is told when those are compared.
        self.report.check_errors += unclear;
        Ok(())
    }

    /// Counts the L1 table at `place`, of a disk of `size` bytes, and the L2 tables it leads to; tells whether that could
    /// be done.
    fn count_l1(&mut self, what: &str, place: TablePlace, size: u64) -> Result<bool> {
        let bytes = place.entries * 8;
        if bytes == 0 {
            return Ok(true);
        }
        let wrong = if !self.is_aligned(place.offset) {
            Some("does not start at a multiple of the cluster size".to_owned())
        } else if bytes > limits::L1_TABLE_BYTES {
            Some(format!(
                "would take {bytes} bytes; at most {} are allowed",
                limits::L1_TABLE_BYTES
            ))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            self.report
                .corrupt(place.offset, format!("the {what} {wrong}"));
            self.report.check_errors += 1;
            return Ok(false);
        }
        if !self.claim(what, place.offset, bytes) {
            return Ok(false);
        }
        self.tell_cut(what, place.offset, bytes);
        self.note_disk(place, size);
        self.for_words(place.offset, place.entries, |survey, at, entry| {
            survey.count_l2(at, entry);
        })?;
        Ok(true)
    }

    /// Counts a table of `bytes` at `offset`; tells whether it is to be followed. One over
    /// another is not: one of the two is not what it seems, and the work stays within what the
    /// file has.
    fn claim(&mut self, what: &str, offset: u64, bytes: u64) -> bool {
        let cluster = self.header.cluster_size();
        // The first cluster tells mostly, and all are within the file then.
        let mut counted = 0;
        while counted < bytes {
            let (at, now) = (offset.saturating_add(counted), cluster.min(bytes - counted));
            if !self.count(what, at, now, Use::Sole, 1) || self.cells.clashes(at / cluster) {
                self.report.check_errors += 1;
                return false;
            }
            counted += now;
        }
        true
    }

    /// Counts the L2 table that the L1 `entry` at `at` leads to.
    fn count_l2(&mut self, at: u64, entry: u64) {
        if entry == 0 {
            return;
        }
        if entry & L1_RESERVED != 0 {
            self.report.corrupt(
                at,
                format!("the L1 entry {entry:#018x} has reserved bits set"),
            );
        }
        let offset = entry & OFFSET_MASK;
        if !self.is_aligned(offset) {
            let rule = "leads to no multiple of the cluster size";
            self.report
                .corrupt(at, format!("the L1 entry {entry:#018x} {rule}"));
            self.report.check_errors += 1;
            return;
        }
        let size = self.header.cluster_size();
        let first = self.cells.uses(offset / size) == 0;
        if !self.count("L2 table", offset, size, Use::Table, 1) {
            self.report.check_errors += 1;
        } else if first {
            self.tell_cut("L2 table", offset, size);
        }
    }

    fn count_snapshots(&mut self) -> Result<()> {
        let place = self.header.snapshots;
        let (mut tables, mut short) = (Vec::new(), 0);
        let size = self.header.size;
        let read = snapshot::for_each(self.storage, &self.header, |found| {
            short += u64::from(found.disk_size.is_none());
            tables.push((found.l1, found.disk_size.unwrap_or(size)));
        });
        let Some(bytes) = self.report.follow(read)? else {
            return Ok(());
        };
        if self.header.data_file.is_some() && !tables.is_empty() {
            let what = "an image with a data file cannot have snapshots";
            self.report.corrupt(60, what);
        }
        if self.header.version >= 3 {
            for _ in 0..short {
                let what = "a snapshot does not tell the size of its disk, as version 3 asks for";
                self.report.corrupt(place.offset, what);
            }
        }
        self.count("snapshot table", place.offset, bytes, Use::Sole, 1);
        for (table, size) in tables {
            self.count_l1("L1 table of a snapshot", table, size)?;
        }
        Ok(())
    }

    fn count_refcount_blocks(&mut self) -> Result<()> {
        let table = self.header.refcounts;
        let mut blocks = Vec::with_capacity(to_usize(table.entries));
        self.for_words(table.offset, table.entries, |survey, at, entry| {
            let block = survey.refcount_block(at, entry);
            blocks.push(block);
        })?;
        self.blocks = blocks;
        Ok(())
    }

    fn count_bitmaps(&mut self) -> Result<()> {
        let Some(directory) = self.header.bitmaps.filter(|directory| directory.count > 0) else {
            return Ok(());
        };
        let Stretch { offset, bytes } = directory.place;
        let fits = directory.count <= limits::BITMAPS
            && bytes <= limits::BITMAP_DIRECTORY_BYTES
            && self.is_aligned(offset)
            && self.claim("bitmap directory", offset, bytes);
        if !fits {
            let what = "the bitmap directory has no place it can have";
            self.report.corrupt(offset, what);
            self.report.check_errors += 1;
            return Ok(());
        }
        let mut entries = vec![0; to_usize(bytes)];
        self.read(offset, &mut entries)?;
        for (number, entry) in (0..).zip(Entries::new(&entries, directory.count)) {
            match entry {
                Ok(Entry { head, .. }) => self.count_bitmap(TablePlace {
                    offset: head.table_offset.get(),
                    entries: head.table_entries.get().into(),
                })?,
                Err(at) => {
                    let what = format!("entry {number} of the bitmap directory is cut off");
                    self.report.corrupt(offset + at, what);
                    self.report.check_errors += 1;
                }
            }
        }
        Ok(())
    }

    fn count_bitmap(&mut self, table: TablePlace) -> Result<()> {
        let cluster = self.header.cluster_size();
        let bytes = table.entries * 8;
        let fits = bytes <= limits::BITMAP_TABLE_BYTES && self.is_aligned(table.offset);
        if !fits {
            let fault = Fault::Unaligned {
                table: "bitmap's table",
                at: table.offset,
                cluster,
            };
            self.report.fault(fault)?;
            self.report.check_errors += 1;
        }
        if !fits || !self.claim("table of a bitmap", table.offset, bytes) {
            return Ok(());
        }
        self.for_words(table.offset, table.entries, |survey, at, entry| {
            let offset = entry & OFFSET_MASK;
            // Without a cluster the lowest bit tells that all its bits are ones.
            let wrong = entry & BITMAP_RESERVED != 0
                || !survey.is_aligned(offset)
                || offset != 0 && entry & 1 != 0;
            if wrong {
                let what = format!("the entry {entry:#018x} of a bitmap's table is invalid");
                survey.report.corrupt(at, what);
                survey.report.check_errors += 1;
            } else if offset != 0 {
                survey.count("cluster of a bitmap", offset, cluster, Use::Sole, 1);
            }
        })
    }

    /// Hands the `count` numbers at `offset` to `each`, with the place of each.
    pub(super) fn for_words(
        &mut self,
        offset: u64,
        count: u64,
        mut each: impl FnMut(&mut Self, u64, u64),
    ) -> Result<()> {
        let mut piece = vec![0; to_usize(PIECE.min(count * 8))];
        let mut done = 0;
        while done < count {
            let room = piece.len().min(to_usize((count - done) * 8));
            self.read(offset + done * 8, &mut piece[..room])?;
            let (words, _) = piece[..room].as_chunks::<8>();
            for (number, word) in (done..).zip(words) {
                each(self, offset + number * 8, u64::from_be_bytes(*word));
            }
            done += words.len() as u64;
        }
        Ok(())
    }
}
