//! Refcounts: raised for what is new before anything leads there, and lowered for what is given up
//! when nothing leads there any more.

use super::super::check::Survey;
use super::super::check::cells::Cells;
use super::super::check::compare::Block;
use super::{Active, Led, PIECE, Room};
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::is_zero;
use crate::disk::step::{Batch, Edit};

/// Where the header tells of the refcount table: its place, then clusters.
const REFCOUNTS_AT: u64 = 48;

/// The refcounts of an image while it is changed.
pub(in crate::disk::qcow2) struct Counts<'c, 's> {
    /// Uses until the change is seen or behind it, whichever are more.
    pub(in crate::disk::qcow2) survey: &'c mut Survey<'s>,
    /// Those of them that end with the change.
    pub(in crate::disk::qcow2) gone: &'c mut Cells,
    pub(in crate::disk::qcow2) room: &'c Room,
}

impl Counts<'_, '_> {
    pub(super) fn size(&self) -> u64 {
        self.survey.header.cluster_size()
    }

    /// Clusters a refcount block tells of.
    pub(super) fn per_block(&self) -> u64 {
        self.survey.packing().per(self.size())
    }

    /// The refcount `cluster` is to have in the end.
    pub(super) fn after(&self, cluster: u64) -> u64 {
        if self.room.clusters.contains(&cluster) {
            return 1;
        }
        let uses = self.survey.cells.uses(cluster);
        let left = uses.saturating_sub(self.gone.uses(cluster));
        left.min(self.survey.packing().most())
    }

    /// Counts what is new: in blocks there are, in new ones, and then leads to those.
    pub(in crate::disk::qcow2) fn count_new(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        let (size, per_block) = (self.size(), self.per_block());
        let room = self.room;
        for (number, block) in (0..).zip(self.survey.blocks.clone()) {
            let last = (number + 1) * per_block;
            if last <= room.clusters.start || number * per_block >= room.clusters.end {
                continue;
            }
            if let Block::At(at) = block {
                let mut old = vec![0; to_usize(size)];
                self.survey.read(at, &mut old)?;
                let mut new = old.clone();
                self.put_new(number, &mut new);
                batch.put_changed(at, &old, &new)?;
            }
        }
        for (number, cluster) in &room.blocks {
            let mut block = vec![0; to_usize(size)];
            self.put_new(*number, &mut block);
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
        let old = self.survey.header.refcounts;
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
        self.gone.add_table(old.offset, old.entries * 8, size);
        Ok(())
    }

    /// Puts refcounts of one for the new clusters in the refcount block `number`.
    fn put_new(&self, number: u64, block: &mut [u8]) {
        let packing = self.survey.packing();
        let per_block = self.per_block();
        let start = number * per_block;
        let new = &self.room.clusters;
        for cluster in new.start.max(start)..new.end.min(start + per_block) {
            packing.put(block, cluster - start, 1);
        }
    }

    /// The refcount block `number`, which stands at `at`, behind the steps made so far.
    pub(super) fn current(&self, number: u64, at: u64) -> Result<Vec<u8>> {
        let packing = self.survey.packing();
        let mut block = vec![0; to_usize(self.size())];
        self.survey.read(at, &mut block)?;
        self.put_new(number, &mut block);
        let start = number * self.per_block();
        let known = self.room.clusters.start;
        for cluster in start..known.min(start + self.per_block()) {
            let read = packing.get(&block, cluster - start);
            let now = match self.survey.cells.stored_is_one(cluster) {
                Some(true) => 1,
                // It was right or too high, or is by now.
                _ => read.max(self.survey.wanted(cluster)),
            };
            if now != read {
                packing.put(&mut block, cluster - start, now);
            }
        }
        Ok(block)
    }

    /// Raises refcounts to what is used until the change is seen and behind it. `tables` are those
    /// that are led to once more: no entry in one has its COPIED bit behind that.
    pub(in crate::disk::qcow2) fn raise(
        &mut self,
        tables: &[Led],
        batch: &mut Batch<'_>,
    ) -> Result<()> {
        for (number, block) in (0..).zip(self.survey.blocks.clone()) {
            let Block::At(at) = block else { continue };
            let mut old = vec![0; to_usize(self.size())];
            self.survey.read(at, &mut old)?;
            self.put_new(number, &mut old);
            let new = self.current(number, at)?;
            batch.put_changed(at, &old, &new)?;
        }
        batch.flush()?;
        self.raise_ones(tables, batch)
    }

    /// Has refcounts tell of no more uses than there are, and entries of the `active` tables that
    /// are alone now tell of that; answers with the last cluster in use.
    pub(in crate::disk::qcow2) fn lower<'t>(
        &mut self,
        active: impl Iterator<Item = Active<'t>>,
        batch: &mut Batch<'_>,
    ) -> Result<u64> {
        self.lower_to_ones(active, batch)?;
        let packing = self.survey.packing();
        let per_block = self.per_block();
        let new = &self.room.clusters;
        let mut highest = if new.is_empty() { 0 } else { new.end - 1 };
        for (number, block) in (0..).zip(self.survey.blocks.clone()) {
            let Block::At(at) = block else { continue };
            let before = self.current(number, at)?;
            let mut after = before.clone();
            let start = number * per_block;
            for cluster in start..(start + per_block).min(new.start) {
                let uses = self.after(cluster);
                if packing.get(&before, cluster - start) != uses {
                    packing.put(&mut after, cluster - start, uses);
                }
                if uses > 0 {
                    highest = highest.max(cluster);
                }
            }
            batch.put_changed(at, &before, &after)?;
        }
        batch.flush()?;
        Ok(highest)
    }
}
