//! What becomes of an image, and the steps that make it so.

use super::super::change::{Active, Counts, Led, Room, keep_features, put_pieces};
use super::super::check::Survey;
use super::super::check::cells::Cells;
use super::super::check::compare::Block;
use super::super::check::entries::Entry;
use super::super::header::{Header, TablePlace};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::step::{Batch, Edit};

/// The change of an image.
pub(super) struct Plan<'s> {
    survey: Survey<'s>,
    /// Uses that begin, and uses that end.
    more: Cells,
    gone: Cells,
    /// The L2 tables that are led to once more.
    again: Vec<Led>,
    /// What is written where nothing was.
    contents: Vec<(u64, Vec<u8>)>,
    /// Clusters behind the end of the file that are new.
    first: u64,
    next: u64,
    /// What makes the change seen.
    switch: Vec<Edit>,
    /// Whether what the disk shared may be its alone.
    unshared: bool,
}

impl<'s> Plan<'s> {
    pub(super) fn new(survey: Survey<'s>) -> Self {
        let first = survey.clusters + u64::from(survey.cells.uses(survey.clusters) > 0);
        Self {
            more: Cells::new(first),
            gone: Cells::new(first),
            survey,
            again: Vec::new(),
            contents: Vec::new(),
            first,
            next: first,
            switch: Vec::new(),
            unshared: false,
        }
    }

    pub(super) fn header(&self) -> &Header {
        &self.survey.header
    }

    /// Fills `buf` with what the file has at `offset`.
    pub(super) fn read(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.survey.read(offset, buf)
    }

    /// The entries of the L1 table at `place`, which was surveyed.
    pub(super) fn words(&self, place: TablePlace) -> Result<Vec<u64>> {
        let mut bytes = vec![0; to_usize(place.entries * 8)];
        self.read(place.offset, &mut bytes)?;
        let (words, _) = bytes.as_chunks::<8>();
        Ok(words.iter().map(|word| u64::from_be_bytes(*word)).collect())
    }

    /// Has `tables`, and what they lead to, be led to once more.
    pub(super) fn lead_again(&mut self, tables: Vec<Led>) -> Result<()> {
        self.more = self.uses_of(&tables)?;
        self.again = tables;
        Ok(())
    }

    /// Has the survey count what is led to until the change is seen or behind it, whichever is
    /// more. What ends and begins at once does neither.
    fn count(&mut self) -> Result<()> {
        self.more.cancel(&mut self.gone);
        let packing = self.survey.packing();
        if self.survey.cells.add_all(&self.more) <= packing.most() {
            return Ok(());
        }
        let bits = 1_u32 << packing.order;
        Err(Error::new(
            ErrorKind::Unsupported,
            "the image cannot count another use of its clusters",
        )
        .why(format!(
            "a snapshot shares clusters with the disk, and refcounts of {bits} bit{} tell of {} \
             uses at most",
            if bits == 1 { "" } else { "s" },
            packing.most()
        ))
        .help(
            "delete snapshots, or make an image with wider refcounts: \
             ovfkit convert -O qcow2 -o refcount_bits=16",
        ))
    }

    /// How often `tables` are led to, and what they lead to by that. Each is read once.
    fn uses_of(&self, tables: &[Led]) -> Result<Cells> {
        let header = self.header();
        let size = header.cluster_size();
        let mut uses = Cells::new(self.first);
        let mut bytes = vec![0; to_usize(size)];
        for table in tables {
            uses.add(table.at / size, table.times);
            self.read(table.at, &mut bytes)?;
            for entry in Entry::all(header, &bytes) {
                for cluster in entry.clusters(header) {
                    uses.add(cluster, table.times);
                }
            }
        }
        Ok(uses)
    }

    /// Gives up the L1 table at `place`, and what it leads to.
    pub(super) fn give_up_l1(&mut self, place: TablePlace) -> Result<()> {
        let uses = self.uses_of(&Led::by(place.offset, &self.words(place)?))?;
        self.gone.add_all(&uses);
        self.give_up(place.offset, place.entries * 8);
        Ok(())
    }

    /// Gives up the `bytes` of a table at `offset`.
    pub(super) fn give_up(&mut self, offset: u64, bytes: u64) {
        let size = self.header().cluster_size();
        self.gone.add_table(offset, bytes, size);
    }

    /// Finds a place for `bytes`: in clusters nothing uses, or behind the end of the file.
    pub(super) fn place(&mut self, bytes: Vec<u8>) -> Result<u64> {
        let size = self.header().cluster_size();
        let count = (bytes.len() as u64).div_ceil(size);
        let cluster = if let Some(free) = self.free(count)? {
            for cluster in free..free + count {
                self.survey.cells.add(cluster, 1);
            }
            free
        } else {
            self.next += count;
            self.next - count
        };
        self.contents.push((cluster * size, bytes));
        Ok(cluster * size)
    }

    /// The first of `count` clusters in a row that are within the file, and that neither is used
    /// nor counted as used.
    fn free(&self, count: u64) -> Result<Option<u64>> {
        let size = self.header().cluster_size();
        let packing = self.survey.packing();
        let per_block = packing.per(size);
        let whole = self.survey.file_length() / size;
        let mut bytes = vec![0; to_usize(size)];
        let mut run = 0;
        for (number, block) in (0..).zip(&self.survey.blocks) {
            let start = number * per_block;
            if start >= whole {
                break;
            }
            let Block::At(at) = block else {
                run = 0;
                continue;
            };
            self.read(*at, &mut bytes)?;
            for cluster in start..whole.min(start + per_block) {
                let is_free = packing.get(&bytes, cluster - start) == 0
                    && self.survey.cells.uses(cluster) == 0;
                run = if is_free { run + 1 } else { 0 };
                if run == count {
                    return Ok(Some(cluster + 1 - count));
                }
            }
        }
        Ok(None)
    }

    /// Has the header tell something else when the change is seen.
    pub(super) fn set(&mut self, offset: u64, bytes: Vec<u8>) {
        self.switch.push(Edit { offset, bytes });
    }

    /// Has entries of the disk tell that they are alone where they are so now.
    pub(super) fn unshare(&mut self) {
        self.unshared = true;
    }

    /// Hands the steps to `batch`.
    pub(super) fn make(mut self, batch: &mut Batch<'_>) -> Result<()> {
        self.count()?;
        let room = Room::of(&self.survey, self.first..self.next)?;
        let size = self.header().cluster_size();
        let there = self.survey.file_length();
        let whole = there.max(room.clusters.end * size);
        let active = self.header().l1;
        let words = if self.unshared {
            self.words(active)?
        } else {
            Vec::new()
        };
        self.switch.extend(keep_features(&self.survey)?);
        batch.extend(there, whole)?;
        for (offset, bytes) in &self.contents {
            put_pieces(batch, *offset, bytes)?;
        }
        batch.flush()?;
        let mut counts = Counts {
            survey: &mut self.survey,
            gone: &mut self.gone,
            room: &room,
        };
        counts.count_new(batch)?;
        counts.raise(&self.again, batch)?;
        batch.together(self.switch)?;
        let active = (0_u64..).zip(words).map(|(index, word)| Active {
            entry_at: active.offset + index * 8,
            word,
            made: None,
        });
        let highest = counts.lower(active, batch)?;
        batch.cut(whole, (highest + 1) * size)
    }
}
