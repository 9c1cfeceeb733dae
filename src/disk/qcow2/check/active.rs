//! The active tables: whether their COPIED bits tell what the refcounts do, and how the guest's
//! clusters lie in the file.

use super::super::format::{COPIED, OFFSET_MASK};
use super::Survey;
use super::entries::{Cluster, Entry};
use crate::base::Result;
use crate::base::units::to_usize;

/// Counts of the guest's clusters.
#[derive(Debug, Default)]
struct Clusters {
    allocated: u64,
    compressed: u64,
    fragmented: u64,
}

/// An entry with a COPIED bit, and the cluster it leads to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copied {
    /// Where the entry stands.
    pub(super) at: u64,
    pub(super) entry: u64,
    /// Its cluster; none if that is in a data file.
    pub(super) cluster: Option<u64>,
}

impl Survey<'_> {
    pub(super) fn look_at_active(&mut self) -> Result<()> {
        let mut found = Clusters::default();
        self.walk_active(Self::judge_copied, |survey, table| {
            survey.measure(table, &mut found);
        })?;
        self.report.allocated_clusters = Some(found.allocated);
        self.report.compressed_clusters = Some(found.compressed);
        self.report.fragmented_clusters = Some(found.fragmented);
        Ok(())
    }

    /// Hands each entry of the active tables that may have a COPIED bit to `each`, and each of
    /// the L2 tables to `table`. Each table is met once.
    pub(super) fn walk_active(
        &mut self,
        mut each: impl FnMut(&mut Self, Copied) -> Result<()>,
        mut table: impl FnMut(&Self, &[u8]),
    ) -> Result<()> {
        let size = self.header.cluster_size();
        let header = self.header.clone();
        let in_file = header.data_file.is_none();
        let mut bytes = vec![0; to_usize(size)];
        if !self.active_followed {
            return Ok(());
        }
        self.cells.forget_seen();
        // At most 32 MiB, all of which is in the file.
        let mut l1 = vec![0; to_usize(header.l1.entries * 8)];
        self.read(header.l1.offset, &mut l1)?;
        let (l1, _) = l1.as_chunks::<8>();
        for (number, word) in (0..).zip(l1) {
            let at = header.l1.offset + number * 8;
            let entry = u64::from_be_bytes(*word);
            let offset = entry & OFFSET_MASK;
            if offset == 0 {
                continue;
            }
            let cluster = Some(offset / size);
            each(self, Copied { at, entry, cluster })?;
            if !self.is_aligned(offset) || !self.cells.see(offset / size) {
                continue;
            }
            self.read(offset, &mut bytes)?;
            table(self, &bytes);
            for (number, entry) in (0..).zip(Entry::all(&header, &bytes)) {
                if let Cluster::At(data) = entry.cluster(&header) {
                    let at = offset + number * header.l2_entry_size();
                    let cluster = in_file.then_some(data / size);
                    let entry = entry.word;
                    each(self, Copied { at, entry, cluster })?;
                }
            }
        }
        Ok(())
    }

    fn judge_copied(&mut self, copied: Copied) -> Result<()> {
        let is_one = match copied.cluster {
            None => Some(true),
            Some(cluster) if cluster > self.clusters => Some(self.stored_beyond(cluster)? == 1),
            Some(cluster) => self.cells.stored_is_one(cluster),
        };
        let has_bit = copied.entry & COPIED != 0;
        if is_one.is_some_and(|is_one| is_one != has_bit) {
            let (bit, count) = if has_bit {
                ("has", "not 1")
            } else {
                ("has not", "1")
            };
            let what = format!(
                "the entry {:#018x} {bit} the COPIED bit, and its refcount is {count}",
                copied.entry
            );
            self.report.corrupt(copied.at, what);
            self.copied_wrong += 1;
        }
        Ok(())
    }

    fn measure(&self, table: &[u8], found: &mut Clusters) {
        let mut expected = None;
        for entry in Entry::all(&self.header, table) {
            if entry.is_empty() || !entry.judge(&self.header, |_| {}) {
                continue;
            }
            match entry.cluster(&self.header) {
                Cluster::None => {}
                Cluster::Compressed(_) => {
                    found.allocated += 1;
                    found.compressed += 1;
                    // They share sectors, so each is read by itself.
                    found.fragmented += 1;
                }
                Cluster::At(offset) => {
                    found.allocated += 1;
                    found.fragmented += u64::from(expected.is_some_and(|next| next != offset));
                    expected = Some(offset + self.header.cluster_size());
                }
            }
        }
    }
}
