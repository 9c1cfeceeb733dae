//! Another size for a raw disk: that of its file.

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::resize::Change;
use crate::disk::step::Step;

/// Hands the steps that make `change` of the disk in `storage` to `take`.
pub(in crate::disk) fn resize(
    storage: &dyn Storage,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let (old, new) = (storage.length(), change.capacity);
    if new > old {
        take(Step::Extend { length: new })?;
    }
    if !change.writes.is_empty() {
        take(Step::Overwrite(change.writes.clone()))?;
    }
    if new < old {
        take(Step::Truncate { length: new })?;
    }
    Ok(())
}
