//! The steps of a change, in an order in which a crash leaves leaks at the worst.

use std::collections::BTreeMap;

use super::super::change::{Active, Counts, L1_AT, PIECE, Room, SIZE_AT, keep_features};
use super::super::check::cells::Cells;
use super::super::format::{COPIED, OFFSET_MASK};
use super::plan::Plan;
use super::table::{self, Table};
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::is_zero;
use crate::disk::step::{Batch, Edit, changed};

/// Where the L1 table is to be.
struct L1 {
    offset: u64,
    entries: u64,
    /// Whether it is another one than before.
    moved: bool,
}

impl Plan<'_> {
    /// Hands the steps to `batch`.
    pub(super) fn apply(mut self, batch: &mut Batch<'_>) -> Result<()> {
        let l1 = self.place_l1();
        let links = self.place_tables();
        let room = Room::of(&self.survey, self.first..self.next)?;
        let grows = self.capacity > self.header().size;
        let there = self.survey.file_length();
        let whole = there.max(room.clusters.end * self.cluster_size());
        batch.extend(there, whole)?;
        self.fill_clusters(batch)?;
        if l1.moved {
            self.fill_l1(&l1, &links, batch)?;
        }
        // What the plan gives up is not counted any more.
        let mut gone = Cells::new(self.first);
        Counts {
            survey: &mut self.survey,
            gone: &mut gone,
            room: &room,
        }
        .count_new(batch)?;
        if grows {
            self.drop_tables(&l1, batch)?;
        }
        self.link_hidden(&l1, batch)?;
        let switch = self.switch(&l1, &links)?;
        batch.together(switch)?;
        if !grows {
            self.drop_tables(&l1, batch)?;
        }
        if l1.moved {
            let old = self.header().l1;
            self.release_table(old.offset, old.entries * 8);
        }
        let highest = self.lower(&l1, &room, &mut gone, batch)?;
        let length = (highest + 1) * self.cluster_size();
        if self.capacity < self.header().size {
            batch.cut(whole, length)?;
        }
        Ok(())
    }

    /// Lowers refcounts to what is used; answers with the last cluster in use.
    fn lower(
        &mut self,
        l1: &L1,
        room: &Room,
        gone: &mut Cells,
        batch: &mut Batch<'_>,
    ) -> Result<u64> {
        let (tables, dropped) = (&self.tables, &self.dropped);
        let active = (0_u64..).zip(&self.l1).filter_map(|(index, word)| {
            let table = tables.get(&index);
            if table.is_none() && dropped.binary_search(&index).is_ok() {
                return None;
            }
            let moved = table.filter(|table| table.at != word & OFFSET_MASK);
            Some(Active {
                entry_at: l1.offset + index * 8,
                // One that is new is the only one that leads to its table.
                word: moved.map_or(*word, |table| table.at | COPIED),
                made: table.map(|table| table.new.as_slice()),
            })
        });
        let survey = &mut self.survey;
        let mut counts = Counts { survey, gone, room };
        if self.unshared {
            counts.lower(active, batch)
        } else {
            counts.lower(std::iter::empty(), batch)
        }
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
    fn fill_clusters(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let size = self.cluster_size();
        for (cluster, bytes) in std::mem::take(&mut self.contents) {
            batch.put(cluster * size, bytes)?;
        }
        if !self.hidden.is_empty() {
            let entry = table::zero(self.header());
            let width = self.header().l2_entry_size();
            let zeros = Table::filled(size, width, entry);
            for (_, cluster) in &self.hidden {
                batch.put(cluster * size, zeros.clone())?;
            }
        }
        batch.flush()
    }

    /// Writes an L1 table that is new.
    fn fill_l1(&self, l1: &L1, links: &BTreeMap<u64, u64>, batch: &mut Batch<'_>) -> Result<()> {
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
                batch.put(at, bytes)?;
            }
            at += length;
        }
        batch.flush()
    }

    /// Gives up the clusters of a table.
    fn release_table(&mut self, offset: u64, bytes: u64) {
        let size = self.cluster_size();
        for cluster in offset / size..(offset + bytes).div_ceil(size) {
            self.release_cluster(cluster);
        }
    }

    /// Has the L1 table lead nowhere behind the end. One that is new does so from the start.
    fn drop_tables(&self, l1: &L1, batch: &mut Batch<'_>) -> Result<()> {
        if l1.moved {
            return Ok(());
        }
        for index in &self.dropped {
            batch.put(l1.offset + index * 8, vec![0; 8])?;
        }
        let old = self.header().l1;
        if l1.entries > old.entries {
            let room = to_usize((l1.entries - old.entries) * 8);
            let at = old.offset + old.entries * 8;
            let mut there = vec![0; room];
            self.survey.read(at, &mut there)?;
            batch.put_changed(at, &there, &vec![0; room])?;
        }
        batch.flush()
    }

    /// Has the L1 table lead to tables of zeros, behind the old end.
    fn link_hidden(&self, l1: &L1, batch: &mut Batch<'_>) -> Result<()> {
        if l1.moved {
            return Ok(());
        }
        for (index, cluster) in &self.hidden {
            let word = self.link(*cluster);
            batch.put(l1.offset + index * 8, word.to_be_bytes().to_vec())?;
        }
        batch.flush()
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
        if !edits.is_empty() {
            edits.extend(keep_features(&self.survey)?);
        }
        Ok(edits)
    }
}
