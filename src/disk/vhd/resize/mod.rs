//! Another size for the disk, and sectors written to it.
//!
//! ```text
//! fixed    the footer goes where the disk ends
//! dynamic  the BAT has another length, and another place where it has no room
//! ```
//!
//! After each step the file ends with a footer, and one that is in front is its copy.

mod dynamic;
mod fixed;

use zerocopy::IntoBytes as _;

use super::check::check;
use super::footer::{self, Footer, Found, Variant, set_size};
use super::format::{RawFooter, SECTOR, limits};
use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::blocks::Fits;
use crate::disk::resize::Change;
use crate::disk::resize::refusal::{overlay, refuse_damaged, refuse_uneven};
use crate::disk::step::{Batch, Edit, Step};

/// Hands the steps to `take` that make `change` of the image in `storage`.
pub(in crate::disk) fn resize(
    storage: &dyn Storage,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let found = Footer::find(storage)?;
    if found.footer.variant == Variant::Differencing {
        return Err(overlay("VHD"));
    }
    refuse_damaged(&check(storage)?)?;
    if found.footer.saved_state {
        return Err(
            Error::new(ErrorKind::Unsupported, "its machine was suspended")
                .why("it goes on with a disk of the size it knew")
                .help("start the machine and shut it down first"),
        );
    }
    refuse_uneven("VHD", change.capacity, SECTOR)?;
    let old = found.footer.capacity();
    if change.capacity != old {
        check_size(&found, change.capacity)?;
    } else if change.writes.is_empty() {
        return Ok(());
    }
    let raw = footer::raw(storage, found.end)?;
    let mut batch = Batch::new(take);
    if found.footer.variant == Variant::Fixed {
        fixed::resize(storage, &found, &raw, change, &mut batch)?;
    } else {
        dynamic::resize(storage, &found, &raw, change, &mut batch)?;
    }
    batch.flush()
}

fn check_size(found: &Found, capacity: u64) -> Result<()> {
    let (name, most) = match found.footer.variant {
        Variant::Fixed => ("fixed VHD", limits::FIXED_CAPACITY),
        _ => ("dynamic VHD", limits::MADE_CAPACITY),
    };
    let fits = Fits {
        name,
        unit: SECTOR,
        most,
        instead: "convert it to VHDX, which holds 64 TiB: ovfkit convert",
    };
    fits.rounded(capacity).map(drop)
}

/// The footer `raw` of a disk of `capacity` bytes, for the place `to`.
fn footer_edit(raw: &RawFooter, found: &Found, capacity: u64, to: u64) -> Edit {
    let mut raw = raw.clone();
    if capacity != found.footer.capacity() {
        set_size(&mut raw, capacity);
    }
    raw.seal();
    Edit {
        offset: to,
        bytes: raw.as_bytes().to_vec(),
    }
}
