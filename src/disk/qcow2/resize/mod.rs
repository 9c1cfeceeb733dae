//! Another size for an image, and content for its disk, where it lies.
//!
//! ```text
//! mod     the verb
//! admit   which images are changed
//! plan    what the tables and clusters are to be
//! table   an L2 table in the making
//! apply   the steps
//! ```
//!
//! Clusters that are new stand behind the end of the file. What makes the change seen is the size in
//! the header, the L1 table's place, the entries that lead to what is new, and what of the guest's
//! data is overwritten where it is.

mod admit;
mod apply;
mod plan;
mod table;

pub(in crate::disk) use admit::admit;

use super::check::Survey;
use super::header::Header;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::resize::{Change, Image};
use crate::disk::step::{Batch, Step};
use plan::Plan;

/// Bytes of the units that are written as a whole.
pub(in crate::disk) fn unit(storage: &dyn Storage) -> Result<u64> {
    Header::read(storage).map(|header| header.cluster_size())
}

/// Hands the steps that make `change` of `image` to `take`. What is to be written are whole
/// clusters, among them those that the old end and the new one lie in, if they lie in any.
///
/// What of a disk beneath is behind the old end must not come up in the new room.
pub(in crate::disk) fn resize(
    image: &Image<'_>,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let Image {
        storage, beneath, ..
    } = *image;
    admit(storage)?;
    let survey = Survey::take(storage)?;
    admit::surveyed(storage, &survey, change.capacity)?;
    let unlocked = match &survey.header.encryption {
        Some(encryption) if !change.writes.is_empty() => {
            Some(encryption.unlock(storage, image.path, image.secrets)?)
        }
        _ => None,
    };
    let mut plan = Plan::new(survey, change.capacity, beneath.is_some())?;
    plan.give_up_the_end()?;
    let writes = change.pieces(plan.cluster_size());
    let writes: Vec<_> = writes.map(|piece| (piece.unit, piece.bytes)).collect();
    plan.hide(beneath.unwrap_or(0), &writes)?;
    for (cluster, bytes) in writes {
        plan.write(cluster, bytes, unlocked.as_ref())?;
    }
    plan.apply(&mut Batch::new(take))
}
