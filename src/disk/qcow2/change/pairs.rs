//! Refcounts that become one or are it no more, each in one step with the entry that tells so by
//! its COPIED bit: neither is right without the other.

use super::super::check::compare::Block;
use super::super::check::entries::{Cluster, Entry};
use super::super::format::{COPIED, OFFSET_MASK};
use super::Counts;
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::step::{Batch, Edit, changed};

/// What is made in one step, at most, but for the last table of it. Images of tests are small.
const STEP_BYTES: usize = if cfg!(test) { 2000 } else { 4 << 20 };
const STEP_EDITS: usize = if cfg!(test) { 20 } else { 16 << 10 };
const STEP_CLUSTERS: usize = if cfg!(test) { 30 } else { 256 << 10 };

/// An L2 table that an L1 table leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk::qcow2) struct Led {
    /// Where it stands.
    pub(in crate::disk::qcow2) at: u64,
    /// How many entries lead there.
    pub(in crate::disk::qcow2) times: u64,
    /// The entry, with its place, if it tells that it is the only one.
    pub(in crate::disk::qcow2) copied: Option<(u64, u64)>,
}

impl Led {
    /// The tables that the entries `words` of the L1 table at `place` lead to, each once.
    pub(in crate::disk::qcow2) fn by(place: u64, words: &[u64]) -> Vec<Self> {
        let led = (0..)
            .zip(words)
            .filter(|(_, word)| **word & OFFSET_MASK != 0);
        let mut tables: Vec<_> = led
            .map(|(index, word)| Self {
                at: word & OFFSET_MASK,
                times: 1,
                copied: (word & COPIED != 0).then_some((place + index * 8, *word)),
            })
            .collect();
        tables.sort_unstable_by_key(|table| table.at);
        tables.dedup_by(|again, table| {
            let same = again.at == table.at;
            if same {
                table.times += 1;
            }
            same
        });
        tables
    }
}

/// An L2 table of the disk as it is when the change is seen.
pub(in crate::disk::qcow2) struct Active<'t> {
    /// Where the L1 entry stands that leads to it.
    pub(in crate::disk::qcow2) entry_at: u64,
    /// The entry.
    pub(in crate::disk::qcow2) word: u64,
    /// What is in the table, if that is not what it was.
    pub(in crate::disk::qcow2) made: Option<&'t [u8]>,
}

/// Pairs gathered to one step.
#[derive(Default)]
struct Pairs {
    edits: Vec<Edit>,
    bytes: usize,
    /// Clusters whose refcounts belong to them.
    clusters: Vec<u64>,
}

impl Pairs {
    fn put(&mut self, edits: impl IntoIterator<Item = Edit>) {
        for edit in edits {
            self.bytes += edit.bytes.len();
            self.edits.push(edit);
        }
    }

    fn put_word(&mut self, offset: u64, word: u64) {
        let bytes = word.to_be_bytes().to_vec();
        self.put([Edit { offset, bytes }]);
    }

    fn are_many(&self) -> bool {
        self.bytes >= STEP_BYTES
            || self.edits.len() >= STEP_EDITS
            || self.clusters.len() >= STEP_CLUSTERS
    }
}

impl Counts<'_, '_> {
    /// Raises the refcounts that are one, of `tables` and of what they lead to.
    pub(super) fn raise_ones(&mut self, tables: &[Led], batch: &mut Batch<'_>) -> Result<()> {
        let header = self.survey.header.clone();
        let width = to_usize(header.l2_entry_size());
        let mut old = vec![0; to_usize(self.size())];
        let mut pairs = Pairs::default();
        for table in tables {
            if let Some((at, word)) = table.copied {
                pairs.put_word(at, word & !COPIED);
            }
            self.raise_one(table.at / self.size(), &mut pairs);
            self.survey.read(table.at, &mut old)?;
            let mut new = old.clone();
            for (entry, there) in Entry::all(&header, &old).zip(new.chunks_exact_mut(width)) {
                if matches!(entry.cluster(&header), Cluster::At(_)) {
                    there[..8].copy_from_slice(&(entry.word & !COPIED).to_be_bytes());
                }
                for cluster in entry.clusters(&header) {
                    self.raise_one(cluster, &mut pairs);
                }
            }
            pairs.put(changed(table.at, &old, &new));
            if pairs.are_many() {
                self.make(&mut pairs, batch)?;
            }
        }
        self.make(&mut pairs, batch)
    }

    fn raise_one(&mut self, cluster: u64, pairs: &mut Pairs) {
        if self.survey.cells.stored_is_one(cluster) == Some(true) {
            self.survey.cells.note_stored(cluster, false);
            pairs.clusters.push(cluster);
        }
    }

    /// Has the entries of the `active` tables that are the only ones in the end to lead where
    /// they lead tell so, as they were not alone before.
    pub(super) fn lower_to_ones<'t>(
        &mut self,
        active: impl Iterator<Item = Active<'t>>,
        batch: &mut Batch<'_>,
    ) -> Result<()> {
        let header = self.survey.header.clone();
        let width = to_usize(header.l2_entry_size());
        let mut pairs = Pairs::default();
        for table in active {
            let at = table.word & OFFSET_MASK;
            // What is in a table is used as often as the table, or more.
            if at == 0 || self.after(at / self.size()) != 1 {
                continue;
            }
            if table.word & COPIED == 0 {
                pairs.put_word(table.entry_at, table.word | COPIED);
                self.lower_to_one(at / self.size(), &mut pairs);
            }
            let mut old = vec![0; to_usize(self.size())];
            match table.made {
                Some(made) => old.copy_from_slice(made),
                None => self.survey.read(at, &mut old)?,
            }
            let mut new = old.clone();
            for (entry, there) in Entry::all(&header, &old).zip(new.chunks_exact_mut(width)) {
                let Cluster::At(offset) = entry.cluster(&header) else {
                    continue;
                };
                let cluster = offset / self.size();
                if !entry.is_copied() && self.after(cluster) == 1 {
                    there[..8].copy_from_slice(&(entry.word | COPIED).to_be_bytes());
                    self.lower_to_one(cluster, &mut pairs);
                }
            }
            pairs.put(changed(at, &old, &new));
            if pairs.are_many() {
                self.make(&mut pairs, batch)?;
            }
        }
        self.make(&mut pairs, batch)
    }

    fn lower_to_one(&mut self, cluster: u64, pairs: &mut Pairs) {
        self.survey.cells.note_stored(cluster, true);
        pairs.clusters.push(cluster);
    }

    /// Makes a step of `pairs`, with the refcounts of their clusters.
    fn make(&self, pairs: &mut Pairs, batch: &mut Batch<'_>) -> Result<()> {
        let packing = self.survey.packing();
        let per_block = self.per_block();
        let Pairs {
            mut edits,
            mut clusters,
            ..
        } = std::mem::take(pairs);
        clusters.sort_unstable();
        for clusters in clusters.chunk_by(|one, next| one / per_block == next / per_block) {
            let number = clusters[0] / per_block;
            // A cluster whose refcount was not zero has one in a block.
            let Some(Block::At(at)) = self.survey.blocks.get(to_usize(number)) else {
                continue;
            };
            let new = self.current(number, *at)?;
            let mut old = new.clone();
            for cluster in clusters {
                let within = cluster % per_block;
                packing.put(
                    &mut old,
                    within,
                    packing.most() & !packing.get(&new, within),
                );
            }
            edits.extend(changed(*at, &old, &new));
        }
        batch.together(edits)
    }
}
