//! A disk that is stored as it is.

use super::footer_edit;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::resize::Change;
use crate::disk::step::{Batch, Edit};
use crate::disk::vhd::footer::Found;
use crate::disk::vhd::format::{FOOTER_BYTES, RawFooter};

pub(super) fn resize(
    storage: &dyn Storage,
    found: &Found,
    raw: &RawFooter,
    change: &Change,
    batch: &mut Batch<'_>,
) -> Result<()> {
    let (old, new) = (found.footer.capacity(), change.capacity);
    if new == old {
        return batch.together(change.writes.clone());
    }
    let mut footer = footer_edit(raw, found, new, new);
    if new <= found.end {
        // What a geometry left out shows now, and has to be zeros.
        batch.blank(storage, old, new)?;
        // What is overwritten of a disk that gets smaller is what it loses.
        batch.together(vec![footer])?;
        return batch.cut(storage.length(), new + FOOTER_BYTES);
    }
    // Without a front there is nothing else that tells what the file is: the footer that was
    // and the one that is to be change in one step.
    batch.blank(storage, old, found.end)?;
    let gap = new - found.end;
    if gap < FOOTER_BYTES {
        let mut bytes = vec![0; to_usize(gap)];
        bytes.append(&mut footer.bytes);
        let offset = found.end;
        return batch.together(vec![Edit { offset, bytes }]);
    }
    let gone = Edit {
        offset: found.end,
        bytes: vec![0; to_usize(FOOTER_BYTES)],
    };
    batch.together(vec![gone, footer])
}
