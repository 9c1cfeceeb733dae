//! Virtual disks: what is on them, read from any format and written to any.
//!
//! A reader is a [`DiskSource`]; a writer takes blocks that [`copy`] has had
//! encoded on all cores. Nothing here knows of OVF or of packages.

pub mod about;
pub mod alone;
mod beneath;
pub mod blank;
pub mod blocks;
pub mod check;
pub mod compare;
pub mod copy;
pub mod crypt;
mod deflated;
pub mod detect;
pub mod fingerprint;
pub mod form;
pub mod gate;
pub mod grown;
pub mod kind;
mod level;
pub mod neighbours;
pub mod open;
pub mod partition;
pub mod qcow2;
pub mod raw;
pub mod resize;
pub mod row;
pub mod runs;
pub mod secret;
pub mod step;
mod tables;
mod units;
pub mod vdi;
pub mod vhd;
pub mod vhdx;
pub mod vmdk;
mod window;

use std::path::Path;

use crate::base::{Error, ErrorKind, Result};

pub use level::Level;

/// A disk that can be read at any offset, from many threads at once.
pub trait DiskSource: Send + Sync {
    /// Size the guest sees, in bytes.
    fn capacity(&self) -> u64;

    /// The longest known run from `offset`, below the capacity, that is all of
    /// one kind.
    fn extent_at(&self, offset: u64) -> Result<Extent>;

    /// Fills `buf` with what the guest reads from `offset`. The whole range has
    /// to lie below the capacity.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()>;

    /// Reads smaller than this many bytes, or not aligned to it, may repeat
    /// work: a compressed cluster inflates whole.
    fn granularity(&self) -> u64;

    /// Replaces `window` with bytes that begin with the stream of the block at
    /// `offset`, the start of a block in an extent of kind
    /// [`ExtentKind::Deflated`]. What follows the stream means nothing; where
    /// it ends the inflater tells.
    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let _ = window;
        Err(Error::new(ErrorKind::Internal, "this disk holds no deflated blocks").at_offset(offset))
    }
}

/// A run of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Length in bytes; never 0.
    pub length: u64,
    /// What the run holds.
    pub kind: ExtentKind,
}

impl Extent {
    /// What is left of an extent at `offset` of its disk, if only `visible` bytes of it show and
    /// others follow: a block that is cut is no block any more.
    #[must_use]
    pub fn cut(self, offset: u64, visible: u64) -> Self {
        match self.kind {
            ExtentKind::Deflated { block, .. } => {
                let whole = visible - visible % block;
                if offset.is_multiple_of(block) && whole > 0 {
                    Self {
                        length: whole,
                        kind: self.kind,
                    }
                } else {
                    Self {
                        length: visible,
                        kind: ExtentKind::Data,
                    }
                }
            }
            kind => Self {
                length: visible,
                kind,
            },
        }
    }
}

/// What an extent holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtentKind {
    /// Zeros that are not stored.
    Zero,
    /// Stored data, possibly zeros too.
    Data,
    /// Blocks of `block` bytes, each at a multiple of `block` and each one
    /// deflate stream (RFC 1951) that a writer may take as it is, once it has
    /// found that it inflates to a whole block. Only the last block of the disk
    /// may be cut by the extent's end, at the capacity; its stream may hold a
    /// whole block all the same.
    Deflated {
        /// Inflated length of a block, in bytes.
        block: u64,
        /// How far back in the block a match may reach at most, in bytes: the window a
        /// reader needs to inflate it in pieces.
        window: u32,
        /// What stands around the streams.
        framing: Framing,
    },
}

/// The widest window deflate knows, in bytes.
pub const DEFLATE_WINDOW: u32 = 32 << 10;

/// What a deflate stream is wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Nothing.
    Raw,
    /// A zlib header and an Adler-32 of the content (RFC 1950), which has to be
    /// verified: taken over blindly, a damaged block would become a good one.
    Zlib,
}

/// Something about an image that its user should know, though it can be read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Warning {
    /// The image.
    pub path: String,
    /// What is the matter, and what it means.
    pub message: String,
}

impl Warning {
    /// What is to be said about the image at `path`.
    fn all(path: &Path, messages: &[String]) -> Vec<Self> {
        let warn = |message: &String| Self {
            path: path.display().to_string(),
            message: message.clone(),
        };
        messages.iter().map(warn).collect()
    }
}

/// Whether every byte is zero, found at the speed memory is read.
pub fn is_zero(bytes: &[u8]) -> bool {
    // Words of 16 bytes in blocks of 1 KiB: the inner loop vectorises, and data
    // usually differs from zero in its first block.
    let (words, tail) = bytes.as_chunks::<16>();
    let all = |block: &[[u8; 16]]| {
        block
            .iter()
            .fold(0, |sum, word| sum | u128::from_ne_bytes(*word))
    };
    words.chunks(64).all(|block| all(block) == 0) && tail.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_set_bit_is_seen_wherever_it_stands() {
        for length in [0, 1, 15, 16, 17, 1023, 1024, 1025, 4096] {
            let mut bytes = vec![0; length];
            assert!(is_zero(&bytes));
            for at in 0..length {
                bytes[at] = 0x80;
                assert!(!is_zero(&bytes), "{at} of {length}");
                bytes[at] = 0;
            }
        }
    }
}
