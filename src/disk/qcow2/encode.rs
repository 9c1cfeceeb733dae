//! Clusters: made on any thread, ready to be appended.

use std::ops::Range;

use flate2::{Compress, Compression, FlushCompress, Status};
use zstd::zstd_safe::CCtx;

use super::format::{DEFLATE_WINDOW, DEFLATE_WINDOW_BITS, SUBCLUSTERS};
use super::options::WriteOptions;
use crate::base::room::Room;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::copy::{Block, Encoder, pieces};
use crate::disk::deflated::{Taken, Taker, Wanted};
use crate::disk::level::{Classes, Compressors, Level};
use crate::disk::units::read_units;
use crate::disk::{DiskSource, Framing, is_zero};

/// How the clusters of a new image are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Packing {
    /// As they are.
    #[default]
    Plain,
    /// Deflated, at a level of zlib from 1 to 9. QEMU inflates with a window of
    /// 4 KiB, so no match reaches further back.
    Deflate(Level),
    /// By Zstandard, at a level from 1 to 19; QEMU reads it since 5.1.
    Zstd(i32),
}

/// Measured on the root file system of a Debian: level 5 takes a seventh less time than
/// level 6, the usual one, for 0.2 % more bytes, and no level makes much of data that is
/// compressed or random already. Level 3 saves a tenth of the time, for 2 % more bytes.
const CLASSES: Classes = Classes {
    adaptive: &[(1_650, 1), (u32::MAX, 5)],
    brisk: &[(1_650, 1), (u32::MAX, 3)],
};

/// Clusters of one window, in ascending order.
#[derive(Debug, Default)]
pub(super) struct ClusterBlock {
    /// What is stored of the clusters, and perhaps more.
    bytes: Room,
    pub(super) clusters: Vec<Cluster>,
    /// Clusters whose deflate data came from the source.
    pub(super) passed_through: u64,
}

impl ClusterBlock {
    /// What is stored of `cluster`, one of the block's.
    pub(super) fn stored(&self, cluster: &Cluster) -> &[u8] {
        self.bytes.at(cluster.place.clone())
    }
}

/// One cluster of a [`ClusterBlock`].
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Its number on the disk.
    pub(super) number: u64,
    /// Where in the block it is; a whole cluster unless it is compressed.
    place: Range<usize>,
    pub(super) compressed: bool,
    /// What its subclusters are, where they are told apart.
    pub(super) subclusters: u64,
}

/// Makes clusters; every thread has its own.
pub(super) struct ClusterEncoder {
    cluster: u64,
    packer: Packer,
    /// Whether stored clusters tell their subclusters apart.
    extended: bool,
    /// Takes over what is deflated already, where that is wanted.
    taker: Option<Taker>,
    /// Guest data being encoded.
    data: Room,
    /// A compressed cluster.
    packed: Vec<u8>,
}

enum Packer {
    Plain,
    Deflate(Compressors<Compress>),
    Zstd(CCtx<'static>, i32),
}

impl ClusterEncoder {
    pub(super) fn new(options: &WriteOptions) -> Self {
        let packer = match options.packing {
            Packing::Plain => Packer::Plain,
            Packing::Deflate(level) => Packer::Deflate(Compressors::new(level, CLASSES, |level| {
                let level = Compression::new(level.clamp(1, 9).into());
                Compress::new_with_window_bits(level, false, DEFLATE_WINDOW_BITS)
            })),
            Packing::Zstd(level) => Packer::Zstd(CCtx::create(), level),
        };
        let deflates = matches!(packer, Packer::Deflate(_));
        Self {
            cluster: options.cluster(),
            packer,
            extended: options.extended_l2,
            taker: (options.pass_through && deflates).then(Taker::default),
            data: Room::default(),
            packed: Vec::new(),
        }
    }

    /// Encodes the stored `piece` (whole clusters, or up to the capacity), which is
    /// read in one go.
    fn encode_piece(
        &mut self,
        source: &dyn DiskSource,
        piece: Range<u64>,
        block: &mut ClusterBlock,
    ) -> Result<()> {
        if matches!(self.packer, Packer::Plain) {
            // Read to where they are written from.
            let ClusterBlock {
                bytes, clusters, ..
            } = block;
            return read_units(source, piece, self.cluster, bytes, |number, place, data| {
                clusters.push(Cluster {
                    number,
                    place,
                    compressed: false,
                    subclusters: self.subclusters(data),
                });
            });
        }
        let (length, size) = (to_usize(piece.end - piece.start), to_usize(self.cluster));
        let first = piece.start / self.cluster;
        let mut room = std::mem::take(&mut self.data);
        room.clear();
        let (_, data) = room.take(length.next_multiple_of(size));
        // The last cluster of a disk is whole, padded with zeros.
        data[length..].fill(0);
        let mut encoded = source.read_at(piece.start, &mut data[..length]);
        for (number, cluster) in (first..).zip(data.chunks_exact(size)) {
            if encoded.is_ok() && !is_zero(cluster) {
                encoded = self.append(number, cluster, block);
            }
        }
        self.data = room;
        encoded
    }

    /// Takes over the deflated block at `offset` as a cluster. Answers whether that could
    /// be done.
    fn pass(
        &mut self,
        source: &dyn DiskSource,
        offset: u64,
        framing: Framing,
        block: &mut ClusterBlock,
    ) -> Result<bool> {
        let Some(taker) = &mut self.taker else {
            return Ok(false);
        };
        let stream = match taker.take(source, offset, self.cluster, framing)? {
            Taken::Not => return Ok(false),
            Taken::Zero => return Ok(true),
            Taken::Block { stream, .. } => match framing {
                Framing::Raw => stream,
                // It was verified, so both its header and its checksum are there.
                Framing::Zlib => &stream[2..stream.len() - 4],
            },
        };
        // Stored as it is, the cluster is smaller.
        if stream.len() as u64 >= self.cluster {
            return Ok(false);
        }
        block.clusters.push(Cluster {
            number: offset / self.cluster,
            place: block.bytes.put(stream),
            compressed: true,
            subclusters: 0,
        });
        block.passed_through += 1;
        Ok(true)
    }

    fn append(&mut self, number: u64, data: &[u8], block: &mut ClusterBlock) -> Result<()> {
        let compressed = self.pack(data)?;
        let stored = if compressed { &self.packed } else { data };
        block.clusters.push(Cluster {
            number,
            place: block.bytes.put(stored),
            compressed,
            subclusters: if compressed {
                0
            } else {
                self.subclusters(data)
            },
        });
        Ok(())
    }

    /// What the subclusters of the stored cluster `data` are: a bit in the lower half for
    /// each that holds something, in the upper half for each that is zero.
    fn subclusters(&self, data: &[u8]) -> u64 {
        if !self.extended {
            return 0;
        }
        let parts = data.chunks_exact(data.len() / SUBCLUSTERS as usize);
        parts.enumerate().fold(0, |bits, (number, part)| {
            let half = if is_zero(part) { 32 } else { 0 };
            bits | 1 << (half + number)
        })
    }

    /// Compresses `data` into `packed`; answers whether that makes it smaller.
    fn pack(&mut self, data: &[u8]) -> Result<bool> {
        self.packed.clear();
        match &mut self.packer {
            Packer::Plain => Ok(false),
            Packer::Deflate(streams) => {
                let stream = streams.choose(data);
                stream.reset();
                // Room for what grows: zlib-rs 0.6 panics on noise when it has to keep
                // back more than its own buffer holds.
                self.packed.reserve(data.len() + data.len() / 8 + 256);
                let status = stream
                    .compress_vec(data, &mut self.packed, FlushCompress::Finish)
                    .map_err(|error| refused(&error))?;
                Ok(status == Status::StreamEnd && self.packed.len() < data.len())
            }
            Packer::Zstd(context, level) => {
                self.packed.resize(data.len() - 1, 0);
                // The only way to fail is that the result has no room.
                let length = context.compress(self.packed.as_mut_slice(), data, *level);
                self.packed.truncate(length.unwrap_or_default());
                Ok(length.is_ok())
            }
        }
    }
}

fn refused(error: &dyn std::fmt::Display) -> Error {
    let message = format!("a cluster could not be compressed: {error}");
    Error::new(ErrorKind::Internal, message)
}

impl Encoder for ClusterEncoder {
    type Block = ClusterBlock;

    fn unit(&self) -> u64 {
        self.cluster
    }

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        block: &mut ClusterBlock,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, self.cluster) {
            let piece = piece?;
            stored += piece.stored;
            let wanted = Wanted {
                block: self.cluster,
                window: DEFLATE_WINDOW,
            };
            if let Some(framing) = wanted.framing(&piece, source.capacity())
                && self.pass(source, piece.range.start, framing, block)?
            {
                continue;
            }
            self.encode_piece(source, piece.range, block)?;
        }
        Ok(stored)
    }
}

impl Block for ClusterBlock {
    fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.clusters.clear();
        self.passed_through = 0;
    }
}
