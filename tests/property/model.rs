//! Disks held in memory, of random size and content.

use flate2::{Compress, Compression, FlushCompress};
use ovfkit::disk::{DEFLATE_WINDOW, DiskSource, Extent, ExtentKind, Framing};
use ovfkit::{Error, Result};
use proptest::prelude::*;

/// Bytes of a block that may be known as zero or stored deflated.
pub const BLOCK: usize = 64 << 10;

/// What a stretch of a disk is filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    Zero,
    Pattern(u8),
    /// Does not compress.
    Noise(u64),
}

/// Random content: stretches laid over each other.
pub fn content(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let fill = prop_oneof![
        Just(Fill::Zero),
        any::<u8>().prop_map(Fill::Pattern),
        any::<u64>().prop_map(Fill::Noise),
    ];
    let stretch = (0.0..1.0_f64, 1..200_000_usize, fill);
    (1..=most, prop::collection::vec(stretch, 0..12)).prop_map(|(size, stretches)| {
        let mut bytes = vec![0; size];
        for (place, length, fill) in stretches {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss
            )]
            let start = (place * size as f64) as usize;
            let end = size.min(start + length);
            paint(&mut bytes[start..end], fill);
        }
        bytes
    })
}

pub fn paint(bytes: &mut [u8], fill: Fill) {
    match fill {
        Fill::Zero => bytes.fill(0),
        Fill::Pattern(value) => {
            for (byte, n) in bytes.iter_mut().zip(0_usize..) {
                *byte = value.wrapping_add((n / 7).to_le_bytes()[0] % 13);
            }
        }
        Fill::Noise(seed) => {
            let mut state = seed | 1;
            for byte in bytes {
                // xorshift64
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                *byte = state.to_le_bytes()[3];
            }
        }
    }
}

/// A disk that tells some of its zeros, and holds some blocks deflated.
#[derive(Debug, Clone)]
pub struct ModelDisk {
    pub content: Vec<u8>,
    pub granularity: u64,
    /// For every block, chosen at random: bit 0 tells its zeros, bit 1 stores
    /// it deflated, bit 2 leaves the deflate stream without an end, bit 3 frames
    /// it by zlib, bit 4 keeps its matches within 4 KiB.
    pub traits: Vec<u8>,
}

pub fn disk() -> impl Strategy<Value = ModelDisk> {
    let granularity = prop_oneof![
        Just(1),
        Just(512),
        Just(65_536),
        Just(262_144),
        Just(2 << 20)
    ];
    (
        content(5 << 20),
        granularity,
        prop::collection::vec(0..32_u8, 80),
    )
        .prop_map(|(content, granularity, traits)| ModelDisk {
            content,
            granularity,
            traits,
        })
}

impl ModelDisk {
    fn block(&self, index: usize) -> &[u8] {
        &self.content[index * BLOCK..self.content.len().min((index + 1) * BLOCK)]
    }

    fn kind(&self, index: usize) -> ExtentKind {
        let traits = self.traits[index];
        if traits & 1 != 0 && self.block(index).iter().all(|byte| *byte == 0) {
            ExtentKind::Zero
        } else if traits & 2 != 0 {
            ExtentKind::Deflated {
                block: BLOCK as u64,
                window: if traits & 16 == 0 {
                    DEFLATE_WINDOW
                } else {
                    4096
                },
                framing: if traits & 8 == 0 {
                    Framing::Raw
                } else {
                    Framing::Zlib
                },
            }
        } else {
            ExtentKind::Data
        }
    }
}

impl DiskSource for ModelDisk {
    fn capacity(&self) -> u64 {
        self.content.len() as u64
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let first = usize::try_from(offset).unwrap() / BLOCK;
        let kind = match self.kind(first) {
            ExtentKind::Deflated { .. } if !offset.is_multiple_of(BLOCK as u64) => ExtentKind::Data,
            kind => kind,
        };
        let blocks = self.content.len().div_ceil(BLOCK);
        let same = (first + 1..blocks)
            .take_while(|index| self.kind(*index) == kind)
            .count();
        let end = ((first + 1 + same) * BLOCK).min(self.content.len()) as u64;
        Ok(Extent {
            length: end - offset,
            kind,
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let start = usize::try_from(offset).unwrap();
        let bytes = self
            .content
            .get(start..start + buf.len())
            .ok_or_else(|| Error::usage("read outside the disk"))?;
        buf.copy_from_slice(bytes);
        Ok(())
    }

    fn granularity(&self) -> u64 {
        self.granularity
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let index = usize::try_from(offset).unwrap() / BLOCK;
        let mut block = self.block(index).to_vec();
        // A whole block stands in the stream even where the disk ends in it.
        block.resize(BLOCK, 0);
        window.clear();
        let has = |bit| self.traits[index] & bit != 0;
        // A stream without an end fills the block, but no final block ends it.
        let flush = if has(4) {
            FlushCompress::Sync
        } else {
            FlushCompress::Finish
        };
        let bits = if has(16) { 12 } else { 15 };
        window.reserve(2 * BLOCK);
        Compress::new_with_window_bits(Compression::fast(), has(8), bits)
            .compress_vec(&block, window, flush)
            .expect("room for a block");
        // The sector the stream ends in goes on with something else.
        window.extend_from_slice(&[0x5A; 300]);
        Ok(())
    }
}
