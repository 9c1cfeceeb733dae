//! Whether the tables of an image agree with each other: what leads to each cluster is counted,
//! and compared with the refcounts that are stored.
//!
//! ```text
//! mod       the verbs
//! cells     how often each cluster is used, and what for
//! metadata  what the header leads to: L1 tables, snapshots, refcounts, bitmaps
//! entries   what an L2 entry says, with what is wrong with it
//! tables    what the L2 tables lead to
//! end       what the end of the file cuts in two
//! compare   the uses against the refcounts
//! active    the active tables: COPIED bits, fragments
//! repair    what is to be overwritten
//! ```
//!
//! An L2 table is read once, however many snapshots lead to it, so time grows with the file and
//! not with what it claims. What is one fault in the file is one corruption here, where QEMU
//! counts it again for every snapshot that shares it.

mod active;
pub(super) mod cells;
pub(super) mod compare;
mod end;
pub(super) mod entries;
mod metadata;
mod repair;
mod tables;

pub(in crate::disk) use repair::repair;

use std::collections::BTreeMap;

use super::fault::Fault;
use super::format::limits;
use super::header::{Header, TablePlace};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::check::Report;
use cells::{Cells, Use};
use compare::Block;
use end::Cut;

/// Checks the image in `storage` by itself.
pub(in crate::disk) fn check(storage: &dyn Storage) -> Result<Report> {
    Ok(Survey::take(storage)?.report)
}

/// All that was found out about an image.
pub(super) struct Survey<'s> {
    storage: &'s dyn Storage,
    pub(super) header: Header,
    /// Clusters the file has, the last one perhaps in part.
    pub(super) clusters: u64,
    pub(super) cells: Cells,
    /// Where the refcount blocks are.
    pub(super) blocks: Vec<Block>,
    pub(super) report: Report,
    /// Whether the active L1 table could be followed.
    active_followed: bool,
    /// Corruptions that are wrong COPIED bits alone.
    copied_wrong: u64,
    /// Corruptions that are refcounts too low, or blocks of them that are not right.
    refcounts_wrong: u64,
    /// Corruptions that a longer file mends.
    cut_off: u64,
    /// By their L2 table, entries that lead to a cluster which the file has in part.
    cuts: BTreeMap<u64, Cut>,
    /// L1 tables that were followed, and the sizes of their disks.
    disks: Vec<(TablePlace, u64)>,
}

impl<'s> Survey<'s> {
    /// Finds out all that can be known of the image in `storage`.
    pub(super) fn take(storage: &'s dyn Storage) -> Result<Self> {
        let header = Header::read(storage)?;
        let clusters = storage.length().div_ceil(header.cluster_size());
        if clusters > limits::CHECKED_CLUSTERS {
            return Err(Fault::TooLarge {
                table: "count of the file's clusters",
                bytes: clusters * 2,
                limit: limits::CHECKED_CLUSTERS * 2,
            }
            .into());
        }
        let size = header.size / 512 * 512;
        let report = Report {
            total_clusters: Some(size.div_ceil(header.cluster_size())),
            ..Report::default()
        };
        let mut survey = Self {
            storage,
            // A compressed cluster may reach behind the end by less than a cluster.
            cells: Cells::new(clusters + 1),
            clusters,
            header,
            blocks: Vec::new(),
            report,
            active_followed: false,
            copied_wrong: 0,
            refcounts_wrong: 0,
            cut_off: 0,
            cuts: BTreeMap::new(),
            disks: Vec::new(),
        };
        survey.count_metadata()?;
        survey.count_clusters()?;
        survey.look_at_end()?;
        survey.compare()?;
        survey.look_at_active()?;
        survey.tell_features();
        Ok(survey)
    }

    /// Bytes of the file.
    pub(super) fn file_length(&self) -> u64 {
        self.storage.length()
    }

    /// Tells of what the image says of itself.
    fn tell_features(&mut self) {
        if self.header.dirty {
            let dirty = "the image was not closed cleanly: its dirty bit is set";
            self.report.note(72, dirty);
        }
        if self.header.corrupt {
            let corrupt = "QEMU has marked the image as corrupt, and refuses to write to it";
            self.report.note(72, corrupt);
        }
    }

    /// Counts `times` uses of the `bytes` at `offset` for `what`, which may reach behind the
    /// end of the file by less than a cluster; tells whether that is so.
    fn count(&mut self, what: &str, offset: u64, bytes: u64, used: Use, times: u64) -> bool {
        if bytes == 0 {
            return true;
        }
        let cluster = self.header.cluster_size();
        let last = offset.checked_add(bytes - 1);
        let limit = self.storage.length().saturating_add(cluster - 1);
        let Some(last) = last.filter(|last| *last < limit) else {
            let length = self.storage.length();
            self.report.corrupt(
                offset,
                format!("the {what} ({bytes} bytes) lies beyond the end of the file, which has {length} bytes"),
            );
            return false;
        };
        for number in offset / cluster..=last / cluster {
            self.cells.count(number, used, times);
        }
        true
    }

    /// Fills `buf` from `offset`, with zeros behind the end of the file.
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let there = self.storage.length().saturating_sub(offset);
        let (now, behind) = buf.split_at_mut(to_usize(there).min(buf.len()));
        behind.fill(0);
        if now.is_empty() {
            return Ok(());
        }
        self.storage.read_exact_at(offset, now)
    }

    fn is_aligned(&self, offset: u64) -> bool {
        offset & (self.header.cluster_size() - 1) == 0
    }
}
