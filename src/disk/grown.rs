//! A disk made larger than its image.

use super::{DiskSource, Extent, ExtentKind};
use crate::base::units::{exactly, to_usize};
use crate::base::{Error, ErrorKind, Result};

/// A disk with zeros behind its end.
pub struct Grown {
    source: Box<dyn DiskSource>,
    capacity: u64,
}

impl Grown {
    /// `source` with zeros up to `capacity` bytes, which may not be fewer than it has.
    pub fn new(source: Box<dyn DiskSource>, capacity: u64) -> Result<Self> {
        let has = source.capacity();
        if capacity < has {
            return Err(Error::new(
                ErrorKind::Usage,
                format!(
                    "the disk has {}, and {} are asked for",
                    exactly(has),
                    exactly(capacity),
                ),
            )
            .why("what stands behind the new end would be lost")
            .help("ask for the size it has, or more; shrink the file systems on it first"));
        }
        Ok(Self { source, capacity })
    }
}

impl DiskSource for Grown {
    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let end = self.source.capacity();
        if offset >= end {
            return Ok(Extent {
                length: self.capacity - offset,
                kind: ExtentKind::Zero,
            });
        }
        // A last block cut by the end of the image is none in a larger disk.
        let extent = self.source.extent_at(offset)?;
        Ok(extent.cut(offset, extent.length))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let there = self.source.capacity().saturating_sub(offset);
        let there = to_usize(there.min(buf.len() as u64));
        let (stored, zeros) = buf.split_at_mut(there);
        if !stored.is_empty() {
            self.source.read_at(offset, stored)?;
        }
        zeros.fill(0);
        Ok(())
    }

    fn granularity(&self) -> u64 {
        self.source.granularity()
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        self.source.deflated_at(offset, window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk of ones, all of it deflated in blocks of 64 bytes.
    struct Ones(u64);

    impl DiskSource for Ones {
        fn capacity(&self) -> u64 {
            self.0
        }

        fn extent_at(&self, offset: u64) -> Result<Extent> {
            let kind = ExtentKind::Deflated {
                block: 64,
                window: 64,
                framing: super::super::Framing::Raw,
            };
            Ok(Extent {
                length: self.0 - offset,
                kind,
            })
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
            assert!(offset + buf.len() as u64 <= self.0);
            buf.fill(1);
            Ok(())
        }

        fn granularity(&self) -> u64 {
            64
        }
    }

    #[test]
    fn zeros_follow_the_image() {
        let grown = Grown::new(Box::new(Ones(100)), 300).expect("larger");
        let mut bytes = [7; 300];
        grown.read_at(0, &mut bytes).expect("fine");
        assert!(bytes[..100].iter().all(|byte| *byte == 1));
        assert!(bytes[100..].iter().all(|byte| *byte == 0));
        let mut behind = [7; 10];
        grown.read_at(200, &mut behind).expect("fine");
        assert_eq!(behind, [0; 10]);
    }

    #[test]
    fn the_last_block_is_data() {
        let grown = Grown::new(Box::new(Ones(100)), 300).expect("larger");
        let lengths = [0, 64, 100].map(|offset| {
            let extent = grown.extent_at(offset).expect("fine");
            (
                extent.length,
                matches!(extent.kind, ExtentKind::Deflated { .. }),
            )
        });
        assert_eq!(lengths, [(64, true), (36, false), (200, false)]);
    }

    #[test]
    fn a_disk_is_not_made_smaller() {
        let error = Grown::new(Box::new(Ones(100)), 99).err().expect("smaller");
        assert_eq!(error.kind(), ErrorKind::Usage);
    }
}
