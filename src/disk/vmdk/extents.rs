//! Extents, one behind the other, as one disk.

use std::sync::Arc;

use super::sparse::Sparse;
use crate::base::slice::Slice;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::raw::RawDisk;
use crate::disk::window::Window;
use crate::disk::{DiskSource, Extent, ExtentKind};

/// The extents of a disk, in order.
#[derive(Default)]
pub(super) struct Extents {
    pieces: Vec<Piece>,
    capacity: u64,
}

/// An extent at its place.
struct Piece {
    /// First byte of the disk it holds.
    start: u64,
    length: u64,
    content: Content,
}

/// What an extent holds: as many bytes as it is to show, or more.
pub(super) enum Content {
    Zero,
    Flat(RawDisk<Slice>),
    Sparse(Box<Sparse>),
}

impl Content {
    /// The disk it is, if it is not all zeros.
    fn source(&self) -> Option<&dyn DiskSource> {
        match self {
            Self::Zero => None,
            Self::Flat(disk) => Some(disk),
            Self::Sparse(disk) => Some(&**disk),
        }
    }
}

impl Piece {
    fn extent_at(&self, within: u64, is_last: bool) -> Result<Extent> {
        let left = self.length - within;
        let Some(source) = self.content.source() else {
            return Ok(Extent {
                length: left,
                kind: ExtentKind::Zero,
            });
        };
        let mut extent = source.extent_at(within)?;
        if let ExtentKind::Deflated { block, .. } = extent.kind
            && !self.start.is_multiple_of(block)
        {
            // Blocks of the extent are none of the disk.
            extent.kind = ExtentKind::Data;
        }
        let ends_here = extent.length >= left && !is_last;
        Ok(if left < extent.length || ends_here {
            extent.cut(within, left)
        } else {
            extent
        })
    }
}

impl Extents {
    /// Puts `length` bytes of `content` behind what is there. The caller has held the sum
    /// against what numbers can be.
    pub(super) fn push(&mut self, length: u64, content: Content) {
        let start = self.capacity;
        self.capacity += length;
        self.pieces.push(Piece {
            start,
            length,
            content,
        });
    }

    /// Reads what is not in sparse extents from `parent`.
    pub(super) fn put_beneath(&mut self, parent: &Arc<dyn DiskSource>) {
        for piece in &mut self.pieces {
            if let Content::Sparse(sparse) = &mut piece.content {
                let window = Window::new(Arc::clone(parent), piece.start, piece.length);
                sparse.put_beneath(Box::new(window));
            }
        }
    }

    /// The extent `offset` is in, and how many others follow.
    fn piece_at(&self, offset: u64) -> Result<(&Piece, usize)> {
        let behind = self.pieces.partition_point(|piece| piece.start <= offset);
        let piece = behind.checked_sub(1).and_then(|at| self.pieces.get(at));
        let piece = piece.filter(|piece| offset - piece.start < piece.length);
        let piece = piece.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the disk ends before that").at_offset(offset)
        })?;
        Ok((piece, self.pieces.len() - behind))
    }
}

impl DiskSource for Extents {
    fn capacity(&self) -> u64 {
        self.capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let (piece, others) = self.piece_at(offset)?;
        piece.extent_at(offset - piece.start, others == 0)
    }

    fn read_at(&self, mut offset: u64, mut buf: &mut [u8]) -> Result<()> {
        while !buf.is_empty() {
            let (piece, _) = self.piece_at(offset)?;
            let within = offset - piece.start;
            let length = (piece.length - within).min(buf.len() as u64);
            let (now, later) = buf.split_at_mut(to_usize(length));
            match piece.content.source() {
                Some(source) => source.read_at(within, now)?,
                None => now.fill(0),
            }
            offset += length;
            buf = later;
        }
        Ok(())
    }

    fn granularity(&self) -> u64 {
        let sources = self
            .pieces
            .iter()
            .filter_map(|piece| piece.content.source());
        sources.map(DiskSource::granularity).max().unwrap_or(1)
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let (piece, _) = self.piece_at(offset)?;
        match piece.content.source() {
            Some(source) => source.deflated_at(offset - piece.start, window),
            None => Err(Error::new(ErrorKind::Internal, "zeros are not deflated")),
        }
    }
}
