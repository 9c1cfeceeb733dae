//! Which images get another size.

use super::super::change::admit;
use super::super::check::Survey;
use super::super::format::limits;
use super::super::header::Header;
use crate::base::storage::Storage;
use crate::base::units::exactly;
use crate::base::{Error, ErrorKind, Result};

/// Refuses an image by what its header tells.
pub(in crate::disk) fn admit(storage: &dyn Storage) -> Result<()> {
    let header = Header::read(storage)?;
    admit::one_file(&header, "resized")?;
    admit::no_bitmaps(
        &header,
        "an image with bitmaps is not resized",
        "they tell of each part of the disk whether it changed, and have its size",
    )?;
    admit::closed(&header)
}

/// Refuses an image that was surveyed, and a `capacity` it cannot have.
pub(super) fn surveyed(storage: &dyn Storage, survey: &Survey<'_>, capacity: u64) -> Result<()> {
    admit::sound(survey)?;
    let header = &survey.header;
    if capacity == header.size {
        return Ok(());
    }
    admit::sizes_told(storage, header)?;
    let most = limits::L1_TABLE_BYTES / 8 * header.l1_reach();
    if capacity > most {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!("the disk can have {} at most", exactly(most)),
        )
        .why(format!(
            "with clusters of {} the first table of an image reaches no further",
            exactly(header.cluster_size())
        ))
        .help("`ovfkit convert -O qcow2 -o cluster_size=2M` makes an image that reaches further"));
    }
    Ok(())
}
