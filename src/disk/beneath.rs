//! What lies beneath an image that holds changes alone: the disk it was made
//! on, or nothing.

use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::{DiskSource, Extent, ExtentKind};

/// The disk that shows where an image above holds nothing; zeros without one,
/// and beyond its end.
#[derive(Default)]
pub(super) struct Beneath(Option<Box<dyn DiskSource>>);

impl Beneath {
    pub(super) fn attach(&mut self, disk: Box<dyn DiskSource>) {
        self.0 = Some(disk);
    }

    /// The extent from `offset`, of which the image above shows `length` bytes.
    pub(super) fn extent_at(&self, offset: u64, length: u64) -> Result<Extent> {
        let zero = Extent {
            length,
            kind: ExtentKind::Zero,
        };
        let Some(disk) = &self.0 else {
            return Ok(zero);
        };
        if offset >= disk.capacity() {
            return Ok(zero);
        }
        let below = disk.extent_at(offset)?;
        Ok(if length < below.length {
            below.cut(offset, length)
        } else {
            below
        })
    }

    /// Fills `buf` with what shows from `offset`.
    pub(super) fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let outside = match &self.0 {
            Some(disk) => {
                let end = disk.capacity().clamp(offset, offset + buf.len() as u64);
                let (inside, outside) = buf.split_at_mut(to_usize(end - offset));
                if !inside.is_empty() {
                    disk.read_at(offset, inside)?;
                }
                outside
            }
            None => buf,
        };
        outside.fill(0);
        Ok(())
    }

    /// The disk's granularity in bytes.
    pub(super) fn granularity(&self) -> u64 {
        self.0.as_ref().map_or(1, |disk| disk.granularity())
    }

    /// The stream of a block that [`Self::extent_at`] called deflated.
    pub(super) fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        match &self.0 {
            Some(disk) => disk.deflated_at(offset, window),
            None => {
                Err(Error::new(ErrorKind::Internal, "the block is not deflated").at_offset(offset))
            }
        }
    }
}
