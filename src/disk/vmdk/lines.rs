//! What the lines of a descriptor may not say.

use super::description::Description;
use super::fault::Fault;
use super::format::limits;
use super::line::{ExtentLine, LineKind};
use crate::base::{Error, Result};

/// Kinds of disk that are no files.
const DEVICES: [&str; 7] = [
    "fullDevice",
    "partitionedDevice",
    "vmfsRaw",
    "vmfsRDM",
    "vmfsRDMP",
    "vmfsRawDeviceMap",
    "vmfsPassthroughRawDeviceMap",
];

/// Hands to `tell` what keeps the disk that is described from being read.
pub(super) fn check(
    description: &Description,
    tell: &mut dyn FnMut(Error) -> Result<()>,
) -> Result<()> {
    let kind = description.create_type.as_deref().unwrap_or_default();
    if DEVICES
        .iter()
        .any(|device| device.eq_ignore_ascii_case(kind))
    {
        tell(Fault::Device(format!("createType {kind}")).into())?;
    }
    if description.extents.is_empty() {
        let why = "it tells of no extents".to_owned();
        tell(Fault::Descriptor { why, at: 0 }.into())?;
    }
    if description.extents.len() > limits::EXTENTS {
        tell(Fault::TooManyExtents.into())?;
    }
    let mut sum = 0_u64;
    for line in &description.extents {
        if let Some(fault) = fault_of(line) {
            tell(line.at_fault(fault))?;
        }
        sum = sum.saturating_add(line.sectors);
        if sum > limits::CAPACITY_SECTORS {
            let why = "up to here the disk has more than 2^54 sectors".to_owned();
            return tell(line.at_fault(Fault::Descriptor { why, at: 0 }));
        }
    }
    Ok(())
}

/// What is wrong with a line by itself.
fn fault_of(line: &ExtentLine) -> Option<Fault> {
    if line.no_access {
        return Some(Fault::NoAccess);
    }
    let why = match (line.kind, &line.file) {
        (LineKind::Device, _) => {
            return Some(Fault::Device("an extent is a raw device map".to_owned()));
        }
        (LineKind::Unknown, _) => {
            let what = "an extent is of a type that is not known".to_owned();
            return Some(Fault::Unsupported(what));
        }
        (LineKind::Flat | LineKind::Sparse, None) => "the extent's file is not named",
        (LineKind::Zero, Some(_)) => "an extent of zeros has no file",
        (LineKind::Sparse, Some(_)) if line.offset != 0 => {
            "a sparse extent begins at the beginning of its file"
        }
        _ if line.sectors == 0 => "an extent has one sector or more",
        _ => return None,
    };
    let why = why.to_owned();
    Some(Fault::Descriptor { why, at: 0 })
}
