//! One compressed grain: its marker, its stream, and how that unpacks.

use super::fault::Fault;
use super::format::{GRAIN_MARKER_BYTES, GrainMarker, SECTOR};
use super::layout::{Layout, check_inside};
use super::scan::check_grain;
use crate::base::Result;
use crate::base::deflate::{InflateFault, Inflated, Inflater};
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// Replaces `stream` with the zlib stream of the grain at `guest`, whose marker
/// stands at byte `at`.
pub(super) fn read_stream(
    storage: &dyn Storage,
    layout: &Layout,
    at: u64,
    guest: u64,
    stream: &mut Vec<u8>,
) -> Result<()> {
    let mut marker = [0; GRAIN_MARKER_BYTES];
    storage.read_exact_at(at, &mut marker)?;
    let marker: GrainMarker = zerocopy::transmute!(marker);
    let (lba, size) = (marker.lba.get(), marker.size.get());
    if size == 0 || u64::from(check_grain(layout, at, lba, size)?) != guest / layout.grain {
        return Err(Fault::Grain {
            at,
            guest,
            why: format!("the marker there is of {size} bytes for sector {lba}"),
        }
        .into());
    }
    let data = at + GRAIN_MARKER_BYTES as u64;
    check_inside("compressed grain", data, size.into(), storage.length())?;
    stream.resize(to_usize(size.into()), 0);
    storage.read_exact_at(data, stream)
}

/// Fills `grain` from the zlib `stream`, of which `visible` bytes show, or says
/// why that cannot be. Writers differ in the last grain of a disk: some
/// compress all of it, some what is visible of it, and open-vmdk the bytes a
/// file had before its size was rounded up to a sector.
pub(super) fn fill(
    inflater: &mut Inflater,
    stream: &[u8],
    grain: &mut [u8],
    visible: u64,
) -> Result<(), String> {
    let produced = inflate(inflater, stream, grain)?.produced;
    let cut = visible < grain.len() as u64;
    let least = if cut { visible - SECTOR + 1 } else { visible };
    if (produced as u64) < least {
        return Err(format!("it holds {produced} bytes where {visible} belong"));
    }
    grain[produced..].fill(0);
    Ok(())
}

/// Inflates the zlib `stream` into `grain`, or says why that cannot be.
pub(super) fn inflate(
    inflater: &mut Inflater,
    stream: &[u8],
    grain: &mut [u8],
) -> Result<Inflated, String> {
    let size = grain.len();
    inflater.zlib(stream, grain).map_err(|fault| match fault {
        InflateFault::TooLong => format!("it holds more than {size} bytes"),
        // Without the frame: is it the content or its checksum that is wrong?
        InflateFault::BadData => {
            let content = stream.get(2..).unwrap_or_default();
            match inflater.raw(content, grain) {
                Ok(_) => "its zlib header or its checksum is wrong".to_owned(),
                Err(_) => "it is no deflate stream".to_owned(),
            }
        }
    })
}
