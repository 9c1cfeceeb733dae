//! What is to be overwritten so that refcounts and COPIED bits are right.
//!
//! Nothing is written in the place of a table that leads anywhere, nor into one that is something
//! else, too: only refcounts change, and bits that repeat them, and the file gets longer where its
//! end is cut off. They are made right in this order, so that after each step the image is no worse
//! than before it: new refcount blocks behind the end of the file, the table that leads to them,
//! refcounts, COPIED bits, and last the bits that call the image dirty or corrupt.

use std::collections::BTreeMap;

use super::super::format::{COPIED, incompatible};
use super::Survey;
use super::compare::Block;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::check::Level;
use crate::disk::step::{Batch, Step};

/// Where the incompatible features stand.
const FEATURES_AT: u64 = 72;

/// Hands the steps that mend the image in `storage` to `take`; none where what leads where is
/// not known.
pub(in crate::disk) fn repair(
    storage: &dyn Storage,
    level: Level,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let mut survey = Survey::take(storage)?;
    let report = &survey.report;
    let others = report.corruptions - survey.copied_wrong;
    // What looks like a leak may be what a damaged entry has led to.
    if report.check_errors > 0 || level == Level::Leaks && others > 0 {
        return Ok(());
    }
    let mends_all = level == Level::Leaks || others == survey.refcounts_wrong + survey.cut_off;
    let mut batch = Batch::new(take);
    if survey.cut_off > 0 {
        let whole = survey.clusters * survey.header.cluster_size();
        batch.extend(survey.file_length(), whole)?;
    }
    let new = survey.new_blocks(level, mends_all);
    survey.write_new_blocks(&new, &mut batch)?;
    survey.correct_refcounts(&new, &mut batch)?;
    // A table that has no room for the blocks there have to be leaves refcounts wrong.
    if new.complete {
        survey.correct_copied(&new, &mut batch)?;
        if mends_all {
            survey.mark_clean(&mut batch)?;
        }
    }
    Ok(())
}

/// Refcount blocks that take the place of those that are missing or damaged.
struct NewBlocks {
    /// Their clusters, behind the end of the file, by the number of the block.
    blocks: BTreeMap<u64, u64>,
    clusters: std::ops::Range<u64>,
    /// Whether the refcount table has room for all of them.
    complete: bool,
    /// Whether what nothing uses is freed. While other damage is there it may be what a damaged
    /// entry has led to.
    frees: bool,
}

impl Survey<'_> {
    fn new_blocks(&mut self, level: Level, frees: bool) -> NewBlocks {
        let size = self.header.cluster_size();
        let per_block = self.packing().per(size);
        let first = self.clusters + u64::from(self.cells.uses(self.clusters) > 0);
        let mut new = NewBlocks {
            blocks: BTreeMap::new(),
            clusters: first..first,
            complete: true,
            frees,
        };
        if level == Level::Leaks {
            return new;
        }
        let mut wanted: Vec<u64> = Vec::new();
        for (number, block) in (0..).zip(self.blocks.clone()) {
            let needed = match block {
                Block::At(at) => {
                    let shared = self.cells.uses(at / size) != 1;
                    if shared {
                        self.cells.uncount(at / size);
                    }
                    shared
                }
                Block::Doubtful(_) | Block::Lost | Block::Unreadable => true,
                Block::None => self.uses_any(number * per_block, per_block),
            };
            if needed {
                wanted.push(number);
            }
        }
        let covered = self.blocks.len() as u64 * per_block;
        let refcounts = &self.header.refcounts;
        let table = refcounts.offset / size
            ..(refcounts.offset + self.blocks.len() as u64 * 8).div_ceil(size);
        new.complete = !self.uses_any(covered, u64::MAX - covered)
            && !table.into_iter().any(|cluster| self.cells.clashes(cluster));
        // Each new block is a cluster that needs a refcount itself.
        while let Some(number) = wanted.pop() {
            if new.blocks.contains_key(&number) {
                continue;
            }
            let cluster = new.clusters.end;
            let its = cluster / per_block;
            match self.blocks.get(to_usize(its)) {
                Some(Block::None) => wanted.push(its),
                Some(_) => {}
                None => {
                    new.complete = false;
                    break;
                }
            }
            new.blocks.insert(number, cluster);
            new.clusters.end += 1;
        }
        if !new.complete {
            new.blocks.clear();
            new.clusters = first..first;
        }
        new
    }

    /// Whether any of `count` clusters from `first` on is used.
    fn uses_any(&self, first: u64, count: u64) -> bool {
        let end = first.saturating_add(count).min(self.clusters + 1);
        let mut next = first;
        while let Some(used) = self.cells.next_used(next, end) {
            if self.cells.uses(used) > 0 {
                return true;
            }
            next = used + 1;
        }
        false
    }

    /// The refcount `cluster` has to have.
    fn right(&self, new: &NewBlocks, cluster: u64) -> u64 {
        if new.clusters.contains(&cluster) {
            1
        } else {
            self.wanted(cluster)
        }
    }

    /// Refcounts of the block `number`.
    fn fill(&self, new: &NewBlocks, number: u64, block: &mut [u8]) {
        let packing = self.packing();
        let per_block = packing.per(block.len() as u64);
        for within in 0..per_block {
            let cluster = number * per_block + within;
            // Of what is behind the file's end nothing is known, and nothing is there.
            if cluster < new.clusters.end.max(self.clusters) {
                let right = self.right(new, cluster);
                let stored = packing.get(block, within);
                // What is two things at once stays wrong, and the entry that leads there may
                // stand in it: the two go on saying the same.
                if stored > 0 && self.cells.clashes(cluster) {
                    continue;
                }
                if new.frees || right > stored {
                    packing.put(block, within, right);
                }
            }
        }
    }

    fn write_new_blocks(&mut self, new: &NewBlocks, batch: &mut Batch<'_>) -> Result<()> {
        let size = self.header.cluster_size();
        let mut by_place: Vec<_> = new.blocks.iter().collect();
        by_place.sort_by_key(|(_, cluster)| **cluster);
        if !by_place.is_empty() {
            let length = new.clusters.end * size;
            batch.extend(self.file_length(), length)?;
        }
        for (number, cluster) in by_place {
            let mut block = vec![0; to_usize(size)];
            self.fill(new, *number, &mut block);
            batch.put(cluster * size, block)?;
        }
        batch.flush()?;
        for (number, cluster) in &new.blocks {
            let at = self.header.refcounts.offset + number * 8;
            batch.put(at, (cluster * size).to_be_bytes().to_vec())?;
        }
        batch.flush()
    }

    fn correct_refcounts(&mut self, new: &NewBlocks, batch: &mut Batch<'_>) -> Result<()> {
        let size = self.header.cluster_size();
        let mut old = vec![0; to_usize(size)];
        for (number, block) in (0..).zip(self.blocks.clone()) {
            let Block::At(at) = block else { continue };
            if new.blocks.contains_key(&number) || self.cells.clashes(at / size) {
                continue;
            }
            self.read(at, &mut old)?;
            let mut right = old.clone();
            self.fill(new, number, &mut right);
            batch.put_changed(at, &old, &right)?;
        }
        batch.flush()
    }

    fn correct_copied(&mut self, new: &NewBlocks, batch: &mut Batch<'_>) -> Result<()> {
        let size = self.header.cluster_size();
        self.walk_active(
            |survey, copied| {
                let uses = match copied.cluster {
                    None => 1,
                    // Beyond the end of the file there is no refcount to be right.
                    Some(cluster) if cluster > survey.clusters => return Ok(()),
                    Some(cluster) => survey.cells.uses(cluster),
                };
                // No refcount can tell so many uses, and one that was left too high is not one.
                if uses > survey.packing().most() || uses == 1 && !new.frees {
                    return Ok(());
                }
                let places = [Some(copied.at / size), copied.cluster];
                if places
                    .into_iter()
                    .flatten()
                    .any(|place| survey.cells.clashes(place))
                {
                    return Ok(());
                }
                let right = if uses == 1 {
                    copied.entry | COPIED
                } else {
                    copied.entry & !COPIED
                };
                if right != copied.entry {
                    batch.put(copied.at, right.to_be_bytes().to_vec())?;
                }
                Ok(())
            },
            |_, _| {},
        )?;
        batch.flush()
    }

    fn mark_clean(&mut self, batch: &mut Batch<'_>) -> Result<()> {
        if !self.header.dirty && !self.header.corrupt || self.cells.clashes(0) {
            return Ok(());
        }
        let mut features = [0; 8];
        self.read(FEATURES_AT, &mut features)?;
        let wrong = incompatible::DIRTY | incompatible::CORRUPT;
        let right = u64::from_be_bytes(features) & !wrong;
        batch.put(FEATURES_AT, right.to_be_bytes().to_vec())?;
        batch.flush()
    }
}
