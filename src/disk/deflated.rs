//! Deflated blocks of a disk, taken over as they are once they are verified.

use crate::base::Result;
use crate::base::deflate::Inflater;
use crate::base::units::to_usize;
use crate::disk::copy::Piece;
use crate::disk::{DiskSource, ExtentKind, Framing, is_zero};

/// What a writer stores: deflated blocks of one size, within one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Inflated length of a block, in bytes.
    pub(super) block: u64,
    /// How far back matches may reach, in bytes.
    pub(super) window: u32,
}

impl Wanted {
    /// How the block `piece` of a disk of `capacity` bytes is framed, if it is a whole one
    /// that can be stored as it is.
    pub(super) fn framing(self, piece: &Piece, capacity: u64) -> Option<Framing> {
        let visible = self.block.min(capacity - piece.range.start);
        match piece.kind {
            ExtentKind::Deflated {
                block,
                window,
                framing,
            } if block == self.block
                && window <= self.window
                && piece.length >= visible
                && piece.range.end - piece.range.start == visible =>
            {
                Some(framing)
            }
            _ => None,
        }
    }
}

/// What became of a block.
pub(super) enum Taken<'a> {
    /// It does not inflate here, or not to what belongs on the new disk. The ordinary
    /// path has a reader that knows more dialects and reports what is wrong.
    Not,
    /// It is all zero.
    Zero,
    /// It can be stored.
    Block {
        /// The stream as framed, up to its exact end.
        stream: &'a [u8],
        /// What it inflates to.
        content: &'a [u8],
    },
}

/// Takes blocks; every thread has its own.
#[derive(Default)]
pub(super) struct Taker {
    inflater: Inflater,
    /// A block as the source holds it.
    window: Vec<u8>,
    content: Vec<u8>,
}

impl Taker {
    /// Reads the block of `length` bytes at `offset` of `source`, and verifies it.
    pub(super) fn take(
        &mut self,
        source: &dyn DiskSource,
        offset: u64,
        length: u64,
        framing: Framing,
    ) -> Result<Taken<'_>> {
        source.deflated_at(offset, &mut self.window)?;
        self.content.resize(to_usize(length), 0);
        let content = self.content.as_mut_slice();
        let inflated = match framing {
            Framing::Raw => self.inflater.raw(&self.window, content),
            Framing::Zlib => self.inflater.zlib(&self.window, content),
        };
        let Ok(inflated) = inflated else {
            return Ok(Taken::Not);
        };
        // What lies past the capacity must be zero on the new disk.
        let visible = length.min(source.capacity() - offset);
        let beyond = &content[to_usize(visible)..];
        Ok(if inflated.produced != content.len() || !is_zero(beyond) {
            Taken::Not
        } else if is_zero(content) {
            Taken::Zero
        } else {
            Taken::Block {
                stream: &self.window[..inflated.consumed],
                content,
            }
        })
    }
}
