//! Edits gathered to steps.

use std::collections::BTreeMap;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::is_zero;
use crate::disk::step::{Edit, Step};

/// Bytes and edits of one step, which are in memory together.
const STEP_BYTES: u64 = 4 << 20;
const STEP_EDITS: usize = 16 << 10;
/// Equal bytes between two edits that make them one.
const GAP: usize = 64;
/// Bytes looked at, and put, at a time.
const PIECE_BYTES: u64 = 256 << 10;

/// Edits in the order they are to be made, as many in one step as memory may take: wherever
/// the order is cut, the image has to be valid.
pub(in crate::disk) struct Batch<'t> {
    take: &'t mut dyn FnMut(Step) -> Result<()>,
    /// By their place.
    edits: BTreeMap<u64, Vec<u8>>,
    bytes: u64,
}

impl<'t> Batch<'t> {
    pub(in crate::disk) fn new(take: &'t mut dyn FnMut(Step) -> Result<()>) -> Self {
        Self {
            take,
            edits: BTreeMap::new(),
            bytes: 0,
        }
    }

    /// Puts `bytes` at `offset`, behind what was put before.
    pub(in crate::disk) fn put(&mut self, offset: u64, bytes: Vec<u8>) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let end = offset + bytes.len() as u64;
        let before = self.edits.range(..end).next_back();
        let over = before.is_some_and(|(at, other)| at + other.len() as u64 > offset);
        if over || self.bytes >= STEP_BYTES || self.edits.len() >= STEP_EDITS {
            self.flush()?;
        }
        self.bytes += bytes.len() as u64;
        self.edits.insert(offset, bytes);
        Ok(())
    }

    /// Puts what of `new`, which stands at `offset`, differs from `old`.
    pub(in crate::disk) fn put_changed(
        &mut self,
        offset: u64,
        old: &[u8],
        new: &[u8],
    ) -> Result<()> {
        for edit in changed(offset, old, new) {
            self.put(edit.offset, edit.bytes)?;
        }
        Ok(())
    }

    /// Puts the entries of a table that begins at `offset`.
    pub(in crate::disk) fn put_table<const N: usize>(
        &mut self,
        mut offset: u64,
        entries: impl Iterator<Item = Result<[u8; N]>>,
    ) -> Result<()> {
        let mut piece = Vec::new();
        for entry in entries {
            piece.extend_from_slice(&entry?);
            if piece.len() as u64 >= PIECE_BYTES {
                let bytes = std::mem::take(&mut piece);
                let length = bytes.len() as u64;
                self.put(offset, bytes)?;
                offset += length;
            }
        }
        self.put(offset, piece)
    }

    /// Copies `length` bytes of `storage`, as far as it has them, behind which there are zeros.
    pub(in crate::disk) fn copy(
        &mut self,
        storage: &dyn Storage,
        from: u64,
        to: u64,
        length: u64,
    ) -> Result<()> {
        let mut done = 0;
        while done < length {
            let now = PIECE_BYTES.min(length - done);
            let there = storage.length().saturating_sub(from + done).min(now);
            let mut bytes = vec![0; to_usize(now)];
            storage.read_exact_at(from + done, &mut bytes[..to_usize(there)])?;
            self.put(to + done, bytes)?;
            done += now;
        }
        Ok(())
    }

    /// Puts zeros from `from` to `to` wherever `storage` has something else.
    pub(in crate::disk) fn blank(
        &mut self,
        storage: &dyn Storage,
        from: u64,
        to: u64,
    ) -> Result<()> {
        let (mut at, end) = (from, to.min(storage.length()));
        while at < end {
            let run = storage.run_at(at)?;
            if run.hole {
                at = at.saturating_add(run.length);
                continue;
            }
            let now = PIECE_BYTES.min(end - at).min(run.length);
            let mut bytes = vec![0; to_usize(now)];
            storage.read_exact_at(at, &mut bytes)?;
            if !is_zero(&bytes) {
                bytes.fill(0);
                self.put(at, bytes)?;
            }
            at += now;
        }
        Ok(())
    }

    /// Puts zeros from `from` to `to`.
    pub(in crate::disk) fn zeros(&mut self, from: u64, to: u64) -> Result<()> {
        let mut at = from;
        while at < to {
            let now = PIECE_BYTES.min(to - at);
            self.put(at, vec![0; to_usize(now)])?;
            at += now;
        }
        Ok(())
    }

    /// Makes `edits` in one step, behind all that were put before.
    pub(in crate::disk) fn together(&mut self, mut edits: Vec<Edit>) -> Result<()> {
        self.flush()?;
        edits.sort_by_key(|edit| edit.offset);
        if edits.is_empty() {
            return Ok(());
        }
        (self.take)(Step::Overwrite(edits))
    }

    /// Makes the file, which has `now` bytes, longer, if it has fewer than `length`.
    pub(in crate::disk) fn extend(&mut self, now: u64, length: u64) -> Result<()> {
        self.flush()?;
        if length <= now {
            return Ok(());
        }
        (self.take)(Step::Extend { length })
    }

    /// Cuts the file, which has `length` bytes now, behind the first `keep`.
    pub(in crate::disk) fn cut(&mut self, length: u64, keep: u64) -> Result<()> {
        self.flush()?;
        if keep >= length {
            return Ok(());
        }
        (self.take)(Step::Truncate { length: keep })
    }

    /// Makes what was put.
    pub(in crate::disk) fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let edits = std::mem::take(&mut self.edits);
        if edits.is_empty() {
            return Ok(());
        }
        let edits = edits
            .into_iter()
            .map(|(offset, bytes)| Edit { offset, bytes });
        (self.take)(Step::Overwrite(edits.collect()))
    }
}

/// What of `new`, which stands at `offset`, differs from `old`, as few edits.
pub(in crate::disk) fn changed(offset: u64, old: &[u8], new: &[u8]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut put = |first: usize, last: usize| {
        edits.push(Edit {
            offset: offset + first as u64,
            bytes: new[first..=last].to_vec(),
        });
    };
    let mut differ = (0..new.len()).filter(|at| old[*at] != new[*at]);
    let Some(mut first) = differ.next() else {
        return edits;
    };
    let mut last = first;
    for at in differ {
        if at - last > GAP {
            put(first, last);
            first = at;
        }
        last = at;
    }
    put(first, last);
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_in_order_bounded_and_without_overlap() {
        let mut steps = Vec::new();
        let mut take = |step| {
            steps.push(step);
            Ok(())
        };
        let mut batch = Batch::new(&mut take);
        batch.put(100, vec![1; 4]).expect("put");
        batch.put(50, vec![2; 50]).expect("put");
        batch.put(103, vec![3; 2]).expect("put");
        batch.put(0, vec![4; 5 << 20]).expect("put");
        batch.put(6 << 20, vec![5; 1]).expect("put");
        batch.flush().expect("flushed");
        let places: Vec<Vec<u64>> = steps
            .iter()
            .map(|step| match step {
                Step::Overwrite(edits) => edits.iter().map(|edit| edit.offset).collect(),
                step => panic!("{step:?}"),
            })
            .collect();
        assert_eq!(places, [vec![50, 100], vec![103], vec![0], vec![6 << 20]]);
    }

    #[test]
    fn only_what_is_not_zero_is_blanked_and_what_is_missing_is_copied_as_zeros() {
        let mut file = vec![0; 1 << 20];
        file[300 << 10] = 1;
        let mut steps = Vec::new();
        let mut take = |step| {
            steps.push(step);
            Ok(())
        };
        let mut batch = Batch::new(&mut take);
        batch.blank(&file, 0, 2 << 20).expect("blanked");
        batch.flush().expect("flushed");
        batch.copy(&file, (1 << 20) - 2, 0, 4).expect("copied");
        batch.flush().expect("flushed");
        let edit = |offset, length| Edit {
            offset,
            bytes: vec![0; length],
        };
        assert_eq!(
            steps,
            [
                Step::Overwrite(vec![edit(256 << 10, 256 << 10)]),
                Step::Overwrite(vec![edit(0, 4)])
            ]
        );
    }
}
