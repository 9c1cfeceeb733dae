//! The steps of a change, in an order in which a crash leaves leaks at the worst.

use std::collections::BTreeMap;

use super::super::check::compare::Block;
use super::super::check::entries::{Cluster, Entry};
use super::super::format::{BITMAPS_CONSISTENT, COPIED, OFFSET_MASK};
use super::super::steps::{Steps, changed};
use super::plan::Plan;
use super::room::Room;
use super::table::{self, Table};
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::is_zero;
use crate::disk::step::{Edit, Step};

/// Where the header tells of the size, of the L1 table (entries, then its place), of the
/// refcount table (its place, then clusters), and of features that other writers have to take back.
const SIZE_AT: u64 = 24;
const L1_AT: u64 = 36;
const REFCOUNTS_AT: u64 = 48;
const AUTOCLEAR_AT: u64 = 88;
/// Bytes of a table that are handed on at a time.
const PIECE: usize = 1 << 20;

/// Where the L1 table is to be.
struct L1 {
    offset: u64,
    entries: u64,
    /// Whether it is another one than before.
    moved: bool,
}

impl Plan<'_> {
    /// Hands the steps to `steps`.
    pub(super) fn apply(mut self, steps: &mut Steps<'_>) -> Result<()> {
        let l1 = self.place_l1();
        let links = self.place_tables();
        let room = Room::of(&self.survey, self.first..self.next)?;
        let grows = self.capacity > self.header().size;
        let there = self.survey.file_length();
        let whole = there.max(room.clusters.end * self.cluster_size());
        if whole > there {
            steps.take(Step::Extend { length: whole })?;
        }
        self.fill_clusters(steps)?;
        if l1.moved {
            self.fill_l1(&l1, &links, steps)?;
        }
        self.count(&room, steps)?;
        if grows {
            self.drop_tables(&l1, steps)?;
        }
        self.link_hidden(&l1, steps)?;
        let switch = self.switch(&l1, &links)?;
        steps.put_together(switch)?;
        if !grows {
            self.drop_tables(&l1, steps)?;
        }
        if l1.moved {
            let old = self.header().l1;
            self.release_table(old.offset, old.entries * 8);
        }
        let highest = self.lower(&l1, &room, steps)?;
        let length = (highest + 1) * self.cluster_size();
        if self.capacity < self.header().size && length < whole {
            steps.take(Step::Truncate { length })?;
        }
        Ok(())
    }

    /// Finds a place for an L1 table that reaches to the new end.
    fn place_l1(&mut self) -> L1 {
        let old = self.header().l1;
        let needed = self.capacity.div_ceil(self.header().l1_reach());
        let size = self.cluster_size();
        // The rest of its last cluster is nobody else's.
        let room = (old.entries * 8).next_multiple_of(size) / 8;
        let moved = needed > room;
        let offset = if moved {
            let first = self.next;
            self.next += (needed * 8).div_ceil(size);
            first * size
        } else {
            old.offset
        };
        L1 {
            offset,
            entries: needed.max(old.entries),
            moved,
        }
    }

    /// Finds places for L2 tables that are new, or that a snapshot keeps as they are; answers with
    /// the L1 entries that lead to them.
    fn place_tables(&mut self) -> BTreeMap<u64, u64> {
        let mut links = BTreeMap::new();
        let mut tables = std::mem::take(&mut self.tables);
        tables.retain(|_, table| table.is_changed());
        for (index, table) in &mut tables {
            if table.at != 0 && !table.shared {
                continue;
            }
            if table.shared {
                self.release_cluster(table.at / self.cluster_size());
            }
            let taken = self.take();
            self.contents.push((taken, table.new.clone()));
            table.at = taken * self.cluster_size();
            table.old.clone_from(&table.new);
            links.insert(*index, self.link(taken));
        }
        self.tables = tables;
        links
    }

    /// Writes what is in new clusters.
    fn fill_clusters(&mut self, steps: &mut Steps<'_>) -> Result<()> {
        let size = self.cluster_size();
        for (cluster, bytes) in std::mem::take(&mut self.contents) {
            steps.put(cluster * size, bytes)?;
        }
        if !self.hidden.is_empty() {
            let entry = table::zero(self.header());
            let width = self.header().l2_entry_size();
            let zeros = Table::filled(size, width, entry);
            for (_, cluster) in &self.hidden {
                steps.put(cluster * size, zeros.clone())?;
            }
        }
        steps.flush()
    }

    /// Writes an L1 table that is new.
    fn fill_l1(&self, l1: &L1, links: &BTreeMap<u64, u64>, steps: &mut Steps<'_>) -> Result<()> {
        let mut words = self.l1.clone();
        words.resize(to_usize(l1.entries), 0);
        for index in &self.dropped {
            words[to_usize(*index)] = 0;
        }
        for (index, cluster) in &self.hidden {
            words[to_usize(*index)] = self.link(*cluster);
        }
        for (index, word) in links {
            words[to_usize(*index)] = *word;
        }
        let mut at = l1.offset;
        for words in words.chunks(PIECE / 8) {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            let length = bytes.len() as u64;
            // The file has zeros there.
            if !is_zero(&bytes) {
                steps.put(at, bytes)?;
            }
            at += length;
        }
        steps.flush()
    }

    /// Counts what is new: in blocks there are, in new ones, and then leads to those.
    fn count(&mut self, room: &Room, steps: &mut Steps<'_>) -> Result<()> {
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
                steps.put_changed(at, &old, &new)?;
            }
        }
        for (number, cluster) in &room.blocks {
            let mut block = vec![0; to_usize(size)];
            self.count_new(room, *number, &mut block);
            steps.put(cluster * size, block)?;
        }
        steps.flush()?;
        let lead = |table: u64| {
            let blocks = room.blocks.iter();
            blocks.map(move |(number, cluster)| Edit {
                offset: table + number * 8,
                bytes: (cluster * size).to_be_bytes().to_vec(),
            })
        };
        let old = self.header().refcounts;
        if room.table.is_empty() {
            return steps.put_together(lead(old.offset).collect());
        }
        // At most 8 MiB.
        let mut table = vec![0; to_usize(old.entries * 8)];
        self.survey.read(old.offset, &mut table)?;
        let offset = room.table.start * size;
        for (piece, bytes) in (0..).zip(table.chunks(PIECE)) {
            if !is_zero(bytes) {
                steps.put(offset + piece * PIECE as u64, bytes.to_vec())?;
            }
        }
        steps.flush()?;
        for edit in lead(offset) {
            steps.put(edit.offset, edit.bytes)?;
        }
        steps.flush()?;
        // At most 8 MiB in clusters.
        let clusters = u32::try_from(room.table.end - room.table.start).unwrap_or(u32::MAX);
        let bytes = [&offset.to_be_bytes()[..], &clusters.to_be_bytes()].concat();
        steps.put_together(vec![Edit {
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

    /// Gives up the clusters of a table.
    fn release_table(&mut self, offset: u64, bytes: u64) {
        let size = self.cluster_size();
        for cluster in offset / size..(offset + bytes).div_ceil(size) {
            self.release_cluster(cluster);
        }
    }

    /// Has the L1 table lead nowhere behind the end. One that is new does so from the start.
    fn drop_tables(&self, l1: &L1, steps: &mut Steps<'_>) -> Result<()> {
        if l1.moved {
            return Ok(());
        }
        for index in &self.dropped {
            steps.put(l1.offset + index * 8, vec![0; 8])?;
        }
        let old = self.header().l1;
        if l1.entries > old.entries {
            let room = to_usize((l1.entries - old.entries) * 8);
            let at = old.offset + old.entries * 8;
            let mut there = vec![0; room];
            self.survey.read(at, &mut there)?;
            steps.put_changed(at, &there, &vec![0; room])?;
        }
        steps.flush()
    }

    /// Has the L1 table lead to tables of zeros, behind the old end.
    fn link_hidden(&self, l1: &L1, steps: &mut Steps<'_>) -> Result<()> {
        if l1.moved {
            return Ok(());
        }
        for (index, cluster) in &self.hidden {
            let word = self.link(*cluster);
            steps.put(l1.offset + index * 8, word.to_be_bytes().to_vec())?;
        }
        steps.flush()
    }

    /// What makes the change seen.
    fn switch(&self, l1: &L1, links: &BTreeMap<u64, u64>) -> Result<Vec<Edit>> {
        let mut edits = Vec::new();
        let mut put = |offset, bytes: &[u8]| {
            let bytes = bytes.to_vec();
            edits.push(Edit { offset, bytes });
        };
        let header = self.header();
        if self.capacity != header.size {
            put(SIZE_AT, &self.capacity.to_be_bytes());
        }
        if l1.moved || l1.entries != header.l1.entries {
            // At most 32 MiB in entries.
            let entries = u32::try_from(l1.entries).unwrap_or(u32::MAX);
            put(L1_AT, &entries.to_be_bytes());
            put(L1_AT + 4, &l1.offset.to_be_bytes());
        }
        if !l1.moved {
            for (index, word) in links {
                put(l1.offset + index * 8, &word.to_be_bytes());
            }
        }
        for table in self.tables.values() {
            edits.extend(changed(table.at, &table.old, &table.new));
        }
        for Edit { offset, bytes } in &self.overwritten {
            let mut old = vec![0; bytes.len()];
            self.survey.read(*offset, &mut old)?;
            edits.extend(changed(*offset, &old, bytes));
        }
        if !edits.is_empty() && header.version >= 3 {
            let mut old = [0; 8];
            self.survey.read(AUTOCLEAR_AT, &mut old)?;
            // The others tell of what is not kept up here.
            let new = (u64::from_be_bytes(old) & BITMAPS_CONSISTENT).to_be_bytes();
            edits.extend(changed(AUTOCLEAR_AT, &old, &new));
        }
        Ok(edits)
    }

    /// Has refcounts tell of no more uses than there are, and active entries that are alone now
    /// tell of that; answers with the last cluster in use.
    fn lower(&self, l1: &L1, room: &Room, steps: &mut Steps<'_>) -> Result<u64> {
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
                    steps.put_together(edits.collect())?;
                }
                None => {
                    for edit in edits {
                        steps.put(edit.offset, edit.bytes)?;
                    }
                }
            }
        }
        steps.flush()?;
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
