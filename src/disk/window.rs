//! A part of a disk as a disk of its own.

use std::sync::Arc;

use super::{DiskSource, Extent, ExtentKind};
use crate::base::Result;

/// The bytes of a disk from `start` on, as far as it has them.
pub(super) struct Window {
    source: Arc<dyn DiskSource>,
    start: u64,
    length: u64,
}

impl Window {
    /// `length` bytes of `source` from `start`, or fewer where it ends before.
    pub(super) fn new(source: Arc<dyn DiskSource>, start: u64, length: u64) -> Self {
        let length = source.capacity().saturating_sub(start).min(length);
        Self {
            source,
            start,
            length,
        }
    }
}

impl DiskSource for Window {
    fn capacity(&self) -> u64 {
        self.length
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let at = self.start + offset;
        let mut extent = self.source.extent_at(at)?;
        if let ExtentKind::Deflated { block, .. } = extent.kind
            && !self.start.is_multiple_of(block)
        {
            // Blocks of the whole disk lie across those of the part.
            extent.kind = ExtentKind::Data;
        }
        let left = self.length - offset;
        Ok(if left < extent.length {
            extent.cut(at, left)
        } else {
            extent
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.source.read_at(self.start + offset, buf)
    }

    fn granularity(&self) -> u64 {
        self.source.granularity()
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        self.source.deflated_at(self.start + offset, window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::Framing;

    /// A disk whose bytes are their offsets, all of it deflated in blocks of 64 bytes.
    struct Counting(u8);

    impl DiskSource for Counting {
        fn capacity(&self) -> u64 {
            self.0.into()
        }

        fn extent_at(&self, offset: u64) -> Result<Extent> {
            let kind = if offset.is_multiple_of(64) {
                ExtentKind::Deflated {
                    window: crate::disk::DEFLATE_WINDOW,
                    block: 64,
                    framing: Framing::Raw,
                }
            } else {
                ExtentKind::Data
            };
            Ok(Extent {
                length: u64::from(self.0) - offset,
                kind,
            })
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
            for (at, byte) in (offset..).zip(buf) {
                *byte = u8::try_from(at).expect("a small disk");
            }
            Ok(())
        }

        fn granularity(&self) -> u64 {
            64
        }
    }

    fn window(start: u64, length: u64) -> Window {
        Window::new(Arc::new(Counting(200)), start, length)
    }

    #[test]
    fn a_part_begins_and_ends_where_it_is_told() {
        for (start, length, has) in [
            (64, 100, 100),
            (150, 100, 50),
            (200, 1, 0),
            (u64::MAX, 1, 0),
        ] {
            assert_eq!(window(start, length).capacity(), has, "{start}");
        }
        let mut read = [0; 3];
        window(64, 100).read_at(7, &mut read).expect("there");
        assert_eq!(read, [71, 72, 73]);
    }

    #[test]
    fn only_whole_blocks_at_their_places_are_blocks() {
        let told = |window: Window, offset| {
            let extent = window.extent_at(offset).expect("one");
            let deflated = matches!(extent.kind, ExtentKind::Deflated { .. });
            (extent.length, deflated)
        };
        assert_eq!(told(window(64, 100), 0), (64, true));
        assert_eq!(told(window(64, 100), 64), (36, false));
        assert_eq!(told(window(64, 128), 0), (128, true));
        assert_eq!(told(window(32, 100), 32), (68, false));
        // The disk's own last block is cut by its end, which is the part's.
        assert_eq!(told(window(64, 1000), 0), (136, true));
    }
}
