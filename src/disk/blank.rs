//! A disk with nothing on it.

use super::{DiskSource, Extent, ExtentKind};
use crate::base::Result;

/// Zeros, of which none is stored.
#[derive(Debug, Clone, Copy)]
pub struct Blank {
    capacity: u64,
}

impl Blank {
    /// A disk of `capacity` bytes.
    pub fn new(capacity: u64) -> Self {
        Self { capacity }
    }
}

impl DiskSource for Blank {
    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        Ok(Extent {
            length: self.capacity.saturating_sub(offset).max(1),
            kind: ExtentKind::Zero,
        })
    }

    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<()> {
        buf.fill(0);
        Ok(())
    }

    fn granularity(&self) -> u64 {
        1
    }
}
