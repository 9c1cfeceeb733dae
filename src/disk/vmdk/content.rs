//! What is told of a disk whatever holds it: its size, and a name of its content.

use super::format::{SECTOR, limits};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::DiskSource;
use crate::disk::fingerprint::fingerprint;

/// What all extents of a disk tell of it alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Sectors of the disk.
    pub(super) capacity: u64,
    /// Names the content.
    pub(super) id: [u8; 16],
}

impl Content {
    /// Looks at some of `source`.
    pub fn of(source: &dyn DiskSource) -> Result<Self> {
        Ok(Self {
            capacity: sectors_of(source.capacity())?,
            id: fingerprint(source)?,
        })
    }
}

/// The capacity in bytes an extent has for a disk of `bytes`: whole sectors, and
/// neither none nor more than the format holds.
pub fn capacity_of(bytes: u64) -> Result<u64> {
    Ok(sectors_of(bytes)? * SECTOR)
}

/// Sectors of a disk of `bytes`, rounded up.
fn sectors_of(bytes: u64) -> Result<u64> {
    if bytes == 0 {
        return Err(
            Error::new(ErrorKind::Invalid, "the disk has a size of 0 bytes")
                .why("importers refuse a disk without capacity")
                .help("make it with a size: ovfkit disk create IMAGE 10G"),
        );
    }
    if bytes > limits::CAPACITY {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!(
                "the disk has {bytes} bytes; a VMDK holds at most {} (64 TiB)",
                limits::CAPACITY
            ),
        )
        .help("shrink the disk, or split it"));
    }
    Ok(bytes.div_ceil(SECTOR))
}
