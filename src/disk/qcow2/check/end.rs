//! What the end of the file cuts in two: tables, and clusters whose lost part the guest sees.
//!
//! To QEMU it reads as zeros. Whether it was zeros nobody can tell from the file, so readers here
//! refuse it until a repair has made the file longer.

use super::super::format::{L2_ZERO, OFFSET_MASK};
use super::super::header::{Header, TablePlace};
use super::Survey;
use super::entries::Entry;
use crate::base::Result;

/// An entry of an L2 table that leads to the file's last cluster, of which the file has a part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    /// Its number in the table.
    number: u64,
    /// Where the cluster begins.
    host: u64,
    /// Bytes of the cluster the entry shows.
    shown: u64,
}

impl Survey<'_> {
    /// Tells of a table that the end of the file cuts in two.
    pub(super) fn tell_cut(&mut self, what: &str, offset: u64, bytes: u64) {
        let length = self.file_length();
        if offset.saturating_add(bytes) > length {
            self.tell_end(offset, &format!("the {what} ({bytes} bytes)"));
        }
    }

    fn tell_end(&mut self, offset: u64, what: &str) {
        let length = self.file_length();
        let what = format!("{what} is cut in two by the end of the file, which has {length} bytes");
        self.report.corrupt(offset, what);
        self.cut_off += 1;
    }

    /// Notes that entry `number` of the `table` leads to the cluster at `host`, if the file ends
    /// within that. Of each table one is enough: there is one such cluster.
    pub(super) fn note_cut(&mut self, table: u64, number: u64, entry: Entry, host: u64) {
        let shown = shown(&self.header, entry);
        if host.saturating_add(shown) > self.file_length() {
            let cut = Cut {
                number,
                host,
                shown,
            };
            self.cuts.entry(table).or_insert(cut);
        }
    }

    /// Notes the disk whose tables the L1 table at `place` leads to.
    pub(super) fn note_disk(&mut self, place: TablePlace, size: u64) {
        self.disks.push((place, size));
    }

    /// Tells of the last cluster, if a disk shows what the file has not.
    pub(super) fn look_at_end(&mut self) -> Result<()> {
        if self.cuts.is_empty() {
            return Ok(());
        }
        let (reach, cluster) = (self.header.l1_reach(), self.header.cluster_size());
        let mut seen: Option<(u64, u64)> = None;
        for (place, size) in std::mem::take(&mut self.disks) {
            self.for_words(place.offset, place.entries, |survey, at, entry| {
                let Some(cut) = survey.cuts.get(&(entry & OFFSET_MASK)) else {
                    return;
                };
                // Behind the disk's end is what a machine had in memory, which nobody reads.
                let guest = (at - place.offset) / 8 * reach + cut.number * cluster;
                let visible = cut.shown.min(size.saturating_sub(guest));
                if cut.host + visible > survey.file_length() {
                    seen.get_or_insert((cut.host, guest));
                }
            })?;
        }
        if let Some((host, guest)) = seen {
            self.tell_end(host, &format!("the cluster for guest offset {guest}"));
        }
        Ok(())
    }
}

/// How much of its cluster an `entry` shows.
fn shown(header: &Header, entry: Entry) -> u64 {
    let cluster = header.cluster_size();
    if !header.extended_l2 {
        return if entry.word & L2_ZERO == 0 {
            cluster
        } else {
            0
        };
    }
    let (zero, stored) = (entry.bitmap >> 32, entry.bitmap & 0xFFFF_FFFF);
    let last = u64::from(u64::BITS - (stored & !zero).leading_zeros());
    cluster / 32 * last
}
