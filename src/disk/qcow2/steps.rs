//! Steps of a change, gathered from what is to be overwritten.

use crate::base::Result;
use crate::disk::step::{Edit, Step};

/// Edits and bytes of a step, which are in memory together.
const STEP_EDITS: usize = 16 << 10;
const STEP_BYTES: usize = 4 << 20;
/// Equal bytes between two edits that make them one.
const GAP: usize = 64;

/// Edits on their way, of which any may be made without the others.
pub(super) struct Steps<'t> {
    edits: Vec<Edit>,
    bytes: usize,
    take: &'t mut dyn FnMut(Step) -> Result<()>,
}

impl<'t> Steps<'t> {
    pub(super) fn new(take: &'t mut dyn FnMut(Step) -> Result<()>) -> Self {
        Self {
            edits: Vec::new(),
            bytes: 0,
            take,
        }
    }

    /// Makes `step` after what is there.
    pub(super) fn take(&mut self, step: Step) -> Result<()> {
        self.flush()?;
        (self.take)(step)
    }

    pub(super) fn put(&mut self, offset: u64, bytes: Vec<u8>) -> Result<()> {
        self.bytes += bytes.len();
        self.edits.push(Edit { offset, bytes });
        if self.edits.len() >= STEP_EDITS || self.bytes >= STEP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Puts what of `new`, which stands at `offset`, differs from `old`.
    pub(super) fn put_changed(&mut self, offset: u64, old: &[u8], new: &[u8]) -> Result<()> {
        for edit in changed(offset, old, new) {
            self.put(edit.offset, edit.bytes)?;
        }
        Ok(())
    }

    /// Makes one step of all `edits`, in any order, and of nothing else.
    pub(super) fn put_together(&mut self, edits: Vec<Edit>) -> Result<()> {
        self.flush()?;
        self.send(edits)
    }

    /// Makes a step of what is there.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.bytes = 0;
        let edits = std::mem::take(&mut self.edits);
        self.send(edits)
    }

    fn send(&mut self, mut edits: Vec<Edit>) -> Result<()> {
        if edits.is_empty() {
            return Ok(());
        }
        edits.sort_by_key(|edit| edit.offset);
        (self.take)(Step::Overwrite(edits))
    }
}

/// What of `new`, which stands at `offset`, differs from `old`, as few edits.
pub(super) fn changed(offset: u64, old: &[u8], new: &[u8]) -> Vec<Edit> {
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
