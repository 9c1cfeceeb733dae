//! Refcounts: raised for what is new before anything leads there, and lowered for what is given up
//! when nothing leads there any more.

use std::collections::BTreeMap;

use super::super::check::compare::Block;
use super::super::check::entries::{Cluster, Entry};
use super::super::format::{COPIED, OFFSET_MASK};
use super::apply::{L1, PIECE};
use super::plan::Plan;
use super::room::Room;
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::is_zero;
use crate::disk::step::{Batch, Edit, changed};

/// Where the header tells of the refcount table: its place, then clusters.
const REFCOUNTS_AT: u64 = 48;

impl Plan<'_> {
    /// Counts what is new: in blocks there are, in new ones, and then leads to those.
    pub(super) fn count(&mut self, room: &Room, batch: &mut Batch<'_>) -> Result<()> {
        let size = self.cluster_size();
        let per_block = self.survey.packing().per(size);
        for (number, block) in (0..).zip(self.survey.blocks.clone()) {
            let last = (number + 1) * per_block;
            if last <= room.clusters.start || number * per_block >= room.clusters.end {
                continue;
            }
            if let Block::At(at) = block {
                let mut old = vec![0; to_usize(size)];
                self.survey.read(at, &mut old)?;
                let mut new = old.clone();
                self.count_new(room, number, &mut new);
                batch.put_changed(at, &old, &new)?;
            }
        }
        for (number, cluster) in &room.blocks {
            let mut block = vec![0; to_usize(size)];
            self.count_new(room, *number, &mut block);
            batch.put(cluster * size, block)?;
        }
        batch.flush()?;
        let lead = |table: u64| {
            let blocks = room.blocks.iter();
            blocks.map(move |(number, cluster)| Edit {
                offset: table + number * 8,
                bytes: (cluster * size).to_be_bytes().to_vec(),
            })
        };
        let old = self.header().refcounts;
        if room.table.is_empty() {
            return batch.together(lead(old.offset).collect());
        }
        // At most 8 MiB.
        let mut table = vec![0; to_usize(old.entries * 8)];
        self.survey.read(old.offset, &mut table)?;
        let offset = room.table.start * size;
        for (piece, bytes) in (0..).zip(table.chunks(PIECE)) {
            if !is_zero(bytes) {
                batch.put(offset + piece * PIECE as u64, bytes.to_vec())?;
            }
        }
        batch.flush()?;
        for edit in lead(offset) {
            batch.put(edit.offset, edit.bytes)?;
        }
        batch.flush()?;
        // At most 8 MiB in clusters.
        let clusters = u32::try_from(room.table.end - room.table.start).unwrap_or(u32::MAX);
        let bytes = [&offset.to_be_bytes()[..], &clusters.to_be_bytes()].concat();
        batch.together(vec![Edit {
            offset: REFCOUNTS_AT,
            bytes,
        }])?;
        self.release_table(old.offset, old.entries * 8);
        Ok(())
    }

    /// Puts refcounts of one for the new clusters in the refcount block `number`.
    fn count_new(&self, room: &Room, number: u64, block: &mut [u8]) {
        let packing = self.survey.packing();
        let per_block = packing.per(block.len() as u64);
        let start = number * per_block;
        let from = room.clusters.start.max(start);
        let end = room.clusters.end.min(start + per_block);
        for cluster in from..end {
            packing.put(block, cluster - start, 1);
        }
    }

    /// Has refcounts tell of no more uses than there are, and active entries that are alone now
    /// tell of that; answers with the last cluster in use.
    pub(super) fn lower(&self, l1: &L1, room: &Room, batch: &mut Batch<'_>) -> Result<u64> {
        let size = self.cluster_size();
        let packing = self.survey.packing();
        let per_block = packing.per(size);
        let mut alone = if self.unshared {
            self.alone(l1)?
        } else {
            BTreeMap::new()
        };
        let mut highest = room.clusters.end.saturating_sub(1);
        if room.clusters.is_empty() {
            highest = 0;
        }
        let mut before = vec![0; to_usize(size)];
        for (number, block) in (0..).zip(self.survey.blocks.clone()) {
            let Block::At(at) = block else { continue };
            self.survey.read(at, &mut before)?;
            self.count_new(room, number, &mut before);
            let mut after = before.clone();
            let start = number * per_block;
            for cluster in start..(start + per_block).min(self.first) {
                let uses = self.survey.wanted(cluster);
                if packing.get(&before, cluster - start) != uses {
                    packing.put(&mut after, cluster - start, uses);
                }
                if uses > 0 {
                    highest = highest.max(cluster);
                }
            }
            let edits = changed(at, &before, &after);
            match alone.remove(&number) {
                // Neither is right without the other.
                Some(entries) => {
                    let edits = edits.into_iter().chain(entries);
                    batch.together(edits.collect())?;
                }
                None => {
                    for edit in edits {
                        batch.put(edit.offset, edit.bytes)?;
                    }
                }
            }
        }
        batch.flush()?;
        Ok(highest)
    }

    /// Entries of the active tables that are the only ones to lead where they lead and do not tell
    /// so, as they were not alone before; by the number of the refcount block of their cluster.
    fn alone(&self, l1: &L1) -> Result<BTreeMap<u64, Vec<Edit>>> {
        let header = self.header();
        let size = self.cluster_size();
        let per_block = self.survey.packing().per(size);
        let mut found: BTreeMap<u64, Vec<Edit>> = BTreeMap::new();
        let mut judge = |at: u64, word: u64, offset: u64| {
            let cluster = offset / size;
            if word & COPIED == 0 && self.survey.cells.uses(cluster) == 1 {
                let bytes = (word | COPIED).to_be_bytes().to_vec();
                let edits = found.entry(cluster / per_block).or_default();
                edits.push(Edit { offset: at, bytes });
            }
        };
        let mut bytes = vec![0; to_usize(size)];
        for (index, word) in (0_u64..).zip(&self.l1) {
            let (at, entries) = match self.tables.get(&index) {
                Some(table) => (table.at, table.new.as_slice()),
                None if word & OFFSET_MASK == 0 || self.dropped.binary_search(&index).is_ok() => {
                    continue;
                }
                None => {
                    let at = word & OFFSET_MASK;
                    self.survey.read(at, &mut bytes)?;
                    (at, bytes.as_slice())
                }
            };
            if at == word & OFFSET_MASK {
                judge(l1.offset + index * 8, *word, at);
            }
            for (number, entry) in (0..).zip(Entry::all(header, entries)) {
                if let Cluster::At(offset) = entry.cluster(header) {
                    judge(at + number * header.l2_entry_size(), entry.word, offset);
                }
            }
        }
        Ok(found)
    }
}
