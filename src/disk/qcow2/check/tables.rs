//! What the L2 tables lead to.

use super::super::header::Header;
use super::Survey;
use super::cells::Use;
use super::entries::{Cluster, Entry};
use crate::base::Result;
use crate::base::units::to_usize;
use crate::disk::is_zero;

impl Survey<'_> {
    /// Follows each L2 table once, for all that lead to it.
    pub(super) fn count_clusters(&mut self) -> Result<()> {
        let header = self.header.clone();
        let mut table = vec![0; to_usize(header.cluster_size())];
        let mut next = 0;
        while let Some(number) = self.cells.next_table(next) {
            let at = number * header.cluster_size();
            self.read(at, &mut table)?;
            if !is_zero(&table) {
                self.count_entries(&header, at, &table, self.cells.uses(number));
            }
            next = number + 1;
        }
        Ok(())
    }

    /// Counts what the `table` at `at` leads to, which is led to `times` times itself.
    fn count_entries(&mut self, header: &Header, at: u64, table: &[u8], times: u64) {
        for (number, entry) in (0..).zip(Entry::all(header, table)) {
            if entry.is_empty() {
                continue;
            }
            let place = at + number * header.l2_entry_size();
            let counted = entry.judge(header, |rule| {
                let what = format!("the L2 entry {:#018x} is invalid: {rule}", entry.word);
                self.report.corrupt(place, what);
            });
            if !counted {
                continue;
            }
            match entry.cluster(header) {
                Cluster::Compressed(found) => {
                    let (offset, bytes) = (found.offset, found.window);
                    self.count("compressed cluster", offset, bytes, Use::Data, times);
                }
                // The guest's data is in the other file.
                Cluster::At(_) if header.data_file.is_some() => {}
                Cluster::At(offset) => {
                    let size = header.cluster_size();
                    if self.count("cluster", offset, size, Use::Data, times) {
                        self.note_cut(at, number, entry, offset);
                    }
                }
                Cluster::None => {}
            }
        }
    }
}
