//! What the tables and clusters of an image are to be.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};

use super::super::check::Survey;
use super::super::check::entries::{Cluster, Entry};
use super::super::encryption::Unlocked;
use super::super::format::{COPIED, L2_ZERO, OFFSET_MASK};
use super::super::header::Header;
use super::table::{self, Table};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::is_zero;
use crate::disk::step::Edit;

/// Bytes of tables that hide another disk: with clusters of 64 KiB, 8 TiB of it.
const MOST_HIDDEN: u64 = 1 << 30;

/// The change of an image.
pub(super) struct Plan<'s> {
    pub(super) survey: Survey<'s>,
    pub(super) capacity: u64,
    /// Whether another disk shows where the image holds nothing.
    backed: bool,
    /// The active L1 table as it is.
    pub(super) l1: Vec<u64>,
    /// Its entries from this number on are given up.
    kept_tables: u64,
    /// Those of them that led anywhere.
    pub(super) dropped: Vec<u64>,
    /// L2 tables of which something changes, or that were looked at.
    pub(super) tables: BTreeMap<u64, Table>,
    /// L1 entries that lead to new tables of zeros alone, and the clusters of those.
    pub(super) hidden: Vec<(u64, u64)>,
    /// Clusters that are new.
    pub(super) first: u64,
    pub(super) next: u64,
    /// What is in new clusters.
    pub(super) contents: Vec<(u64, Vec<u8>)>,
    /// The guest's clusters that are overwritten where they are.
    pub(super) overwritten: Vec<Edit>,
    /// Whether a refcount gets lower and not zero: what is left may be the active tables' alone.
    pub(super) unshared: bool,
}

impl<'s> Plan<'s> {
    /// A change of the image that was surveyed to one of `capacity` bytes.
    pub(super) fn new(survey: Survey<'s>, capacity: u64, backed: bool) -> Result<Self> {
        let place = survey.header.l1;
        // At most 32 MiB, all of which is in the file.
        let mut l1 = vec![0; to_usize(place.entries * 8)];
        survey.read(place.offset, &mut l1)?;
        let (words, _) = l1.as_chunks::<8>();
        let l1 = words.iter().map(|word| u64::from_be_bytes(*word)).collect();
        // Leaks are freed along the way.
        let unshared = survey.report.leaks > 0;
        let first = survey.clusters + u64::from(survey.cells.uses(survey.clusters) > 0);
        Ok(Self {
            survey,
            capacity,
            backed,
            l1,
            kept_tables: u64::MAX,
            dropped: Vec::new(),
            tables: BTreeMap::new(),
            hidden: Vec::new(),
            first,
            next: first,
            contents: Vec::new(),
            overwritten: Vec::new(),
            unshared,
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.survey.header
    }

    pub(super) fn cluster_size(&self) -> u64 {
        self.header().cluster_size()
    }

    /// Clusters an L2 table tells of.
    fn per_table(&self) -> u64 {
        self.cluster_size() / self.header().l2_entry_size()
    }

    /// Gives up what stands behind the end of the disk: what a smaller one loses, and what was
    /// left behind the end of one that gets larger, as the state of a machine.
    pub(super) fn give_up_the_end(&mut self) -> Result<()> {
        let old = self.header().size;
        if self.capacity == old {
            return Ok(());
        }
        let kept = self.capacity.min(old).div_ceil(self.cluster_size());
        let per_table = self.per_table();
        self.kept_tables = kept.div_ceil(per_table);
        let mut bytes = vec![0; to_usize(self.cluster_size())];
        for index in self.kept_tables..self.l1.len() as u64 {
            let offset = self.l1[to_usize(index)] & OFFSET_MASK;
            if offset == 0 {
                continue;
            }
            self.survey.read(offset, &mut bytes)?;
            let header = self.header().clone();
            for entry in Entry::all(&header, &bytes) {
                self.release(entry);
            }
            self.release_cluster(offset / self.cluster_size());
            self.dropped.push(index);
        }
        let within = kept % per_table;
        if within != 0 {
            for number in within..per_table {
                let cluster = kept - within + number;
                let entry = self.entry(cluster)?;
                self.release(entry);
                self.put(cluster, table::NONE)?;
            }
        }
        Ok(())
    }

    /// Sees that nothing of a disk of `beneath` bytes shows behind the old end, but in clusters
    /// that are written anyway.
    pub(super) fn hide(&mut self, beneath: u64, writes: &[(u64, &[u8])]) -> Result<()> {
        let size = self.cluster_size();
        let first = self.header().size.div_ceil(size);
        let end = beneath.min(self.capacity).div_ceil(size);
        if first >= end {
            return Ok(());
        }
        if self.header().version < 3 {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the image cannot hide what its backing file has behind the end of the disk",
            )
            .why("the backing file is larger, and version 2 of qcow2 has no clusters of zeros")
            .help("`qemu-img amend -o compat=1.1 IMAGE` makes it version 3"));
        }
        let zero = table::zero(self.header());
        let per_table = self.per_table();
        let written: BTreeSet<u64> = writes
            .iter()
            .map(|(cluster, _)| cluster / per_table)
            .collect();
        let mut cluster = first;
        while cluster < end {
            let index = cluster / per_table;
            let behind = ((index + 1) * per_table).min(end);
            let is_whole = behind - cluster == per_table;
            if is_whole && self.table_at(index) == 0 && !written.contains(&index) {
                let table = self.take();
                self.hidden.push((index, table));
                if self.hidden.len() as u64 * size > MOST_HIDDEN {
                    return Err(too_much_hidden());
                }
            } else {
                for cluster in cluster..behind {
                    self.put(cluster, zero)?;
                }
            }
            cluster = behind;
        }
        Ok(())
    }

    /// Has `bytes` in the place of the guest's `cluster`, of an image that is `unlocked` if it is
    /// encrypted.
    pub(super) fn write(
        &mut self,
        cluster: u64,
        bytes: &[u8],
        unlocked: Option<&Unlocked>,
    ) -> Result<()> {
        let size = self.cluster_size();
        let stored_at = |host| {
            let mut bytes = bytes.to_vec();
            if let Some(unlocked) = unlocked {
                unlocked.encrypt(host, cluster * size, &mut bytes);
            }
            bytes
        };
        let entry = self.entry(cluster)?;
        let zeros = is_zero(bytes);
        if zeros && entry.is_empty() && !self.backed {
            return Ok(());
        }
        let new = if zeros && self.header().version >= 3 {
            self.release(entry);
            table::zero(self.header())
        } else if let Some(offset) = self.own(entry) {
            let bytes = stored_at(offset);
            self.overwritten.push(Edit { offset, bytes });
            table::stored(self.header(), entry.word)
        } else {
            self.release(entry);
            let taken = self.take();
            self.contents.push((taken, stored_at(taken * size)));
            table::stored(self.header(), self.link(taken))
        };
        self.put(cluster, new)
    }

    /// Where the cluster of `entry` is, if nothing else uses it and it is stored as it is.
    fn own(&self, entry: Entry) -> Option<u64> {
        let header = self.header();
        match entry.cluster(header) {
            Cluster::At(offset)
                if (header.extended_l2 || entry.word & L2_ZERO == 0)
                    && self.survey.cells.uses(offset / header.cluster_size()) == 1 =>
            {
                Some(offset)
            }
            _ => None,
        }
    }

    /// A cluster that is new.
    pub(super) fn take(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The entry of a table that alone leads to `cluster`.
    pub(super) fn link(&self, cluster: u64) -> u64 {
        (cluster * self.cluster_size()) | COPIED
    }

    /// Gives up what `entry` leads to.
    fn release(&mut self, entry: Entry) {
        for cluster in entry.clusters(self.header()) {
            self.release_cluster(cluster);
        }
    }

    /// Gives up one use of a `cluster`.
    pub(super) fn release_cluster(&mut self, cluster: u64) {
        self.survey.cells.uncount(cluster);
        self.unshared |= self.survey.cells.uses(cluster) > 0;
    }

    /// Where the L2 table `index` stands; 0 if there is none, or it is given up.
    fn table_at(&self, index: u64) -> u64 {
        if index >= self.kept_tables {
            return 0;
        }
        self.l1.get(to_usize(index)).copied().unwrap_or(0) & OFFSET_MASK
    }

    /// The L2 table `index`, of zeros where there is none.
    fn table(&mut self, index: u64) -> Result<&mut Table> {
        let at = self.table_at(index);
        let survey = &self.survey;
        match self.tables.entry(index) {
            Slot::Occupied(there) => Ok(there.into_mut()),
            Slot::Vacant(free) => {
                let size = survey.header.cluster_size();
                let mut old = vec![0; to_usize(size)];
                if at != 0 {
                    survey.read(at, &mut old)?;
                }
                Ok(free.insert(Table {
                    at,
                    shared: at != 0 && survey.cells.uses(at / size) > 1,
                    new: old.clone(),
                    old,
                    width: survey.header.l2_entry_size(),
                }))
            }
        }
    }

    /// The entry of the guest's `cluster`, as it is to be.
    fn entry(&mut self, cluster: u64) -> Result<Entry> {
        let per_table = self.per_table();
        let table = self.table(cluster / per_table)?;
        Ok(table.entry(cluster % per_table))
    }

    fn put(&mut self, cluster: u64, entry: Entry) -> Result<()> {
        let per_table = self.per_table();
        let table = self.table(cluster / per_table)?;
        table.put(cluster % per_table, entry);
        Ok(())
    }
}

fn too_much_hidden() -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        "it would take more than 1 GiB of tables to hide what the backing file has behind the end",
    )
    .why("what is new on the disk has to read as zeros, and the backing file goes on there")
    .help("`ovfkit convert` makes an image that needs no backing file; resize that")
}
