//! Grains: made on any thread, ready to be written as they are.

use std::num::NonZeroUsize;
use std::ops::Range;

use zerocopy::IntoBytes as _;

use super::format::{GRAIN, GRAIN_MARKER_BYTES, GrainMarker, SECTOR};
use crate::base::Result;
use crate::base::deflate::{Deflater, adler32};
use crate::base::progress::Observer;
use crate::base::room::Room;
use crate::base::units::to_usize;
use crate::disk::copy::{self, Block, Encoder, pieces};
use crate::disk::deflated::{Taken, Taker, Wanted};
use crate::disk::level::{Classes, Compressors, Level};
use crate::disk::{DEFLATE_WINDOW, DiskSource, Framing, is_zero};

const GRAIN_BYTES: usize = 64 << 10;
const _: () = assert!(GRAIN_BYTES as u64 == GRAIN);

/// The two bytes before a zlib stream's deflate data (RFC 1950 §2.2): deflate,
/// 32 KiB window, fastest level, which is what VMware's exporter writes.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// The deflated blocks that can be grains.
const GRAINS: Wanted = Wanted {
    block: GRAIN,
    window: DEFLATE_WINDOW,
};

/// Measured on the root file systems of a plain and of a developer's Debian.
/// Data that is compressed or random already (first row; evenly spread bytes give
/// 1,534) gains nothing from a long search.
const CLASSES: Classes = Classes {
    // Each class has the lowest level from which no higher one saves 5.5 MB per
    // second of computing or more. Together the output is about 1 % smaller than
    // level 4's, for half of the time that level 5 costs over level 4.
    adaptive: &[
        (1_650, 1),
        (5_000, 3),
        (15_000, 5),
        (45_000, 3),
        (u32::MAX, 5),
    ],
    // A quarter less time than that for 3 % more bytes. What is spread or uniform saves
    // the least for the time that a higher level takes.
    brisk: &[(15_000, 1), (100_000, 3), (u32::MAX, 1)],
};

/// How grains are made.
#[derive(Debug, Clone, Copy)]
pub struct EncodeOptions {
    /// How hard grains are compressed, by libdeflate's levels, 0 to 12.
    pub level: Level,
    /// Take deflated blocks of a grain's size as they are.
    pub pass_through: bool,
}

/// Grains of one window, in ascending order, as every extent of the disk holds them.
#[derive(Debug, Default)]
pub struct GrainBlock {
    /// Every grain's marker, compressed bytes and padding to a sector.
    pub(super) bytes: Vec<u8>,
    /// Each grain's number, and its sectors in `bytes`.
    pub(super) grains: Vec<(u64, u32)>,
    /// Grains whose deflate data came from the source.
    pub(super) passed_through: u64,
}

/// Reads all of `source`, and hands its grains in order to `put`.
pub fn encode(
    source: &dyn DiskSource,
    options: EncodeOptions,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
    put: impl FnMut(&GrainBlock) -> Result<()>,
) -> Result<()> {
    let encoders = copy::encoders(threads, || GrainEncoder::new(options));
    copy::copy(source, encoders, observer, put)
}

/// Makes grains; every thread has its own.
struct GrainEncoder {
    options: EncodeOptions,
    deflaters: Compressors<Deflater>,
    taker: Taker,
    /// Guest data being encoded.
    data: Room,
}

impl GrainEncoder {
    fn new(options: EncodeOptions) -> Self {
        Self {
            options,
            deflaters: Compressors::new(options.level, CLASSES, Deflater::new),
            taker: Taker::default(),
            data: Room::default(),
        }
    }

    /// Encodes the stored `piece` (whole grains, or up to the capacity), which
    /// is read in one go.
    fn encode_data(
        &mut self,
        source: &dyn DiskSource,
        piece: Range<u64>,
        block: &mut GrainBlock,
    ) -> Result<()> {
        let length = to_usize(piece.end - piece.start);
        let padded = length.next_multiple_of(GRAIN_BYTES);
        let mut room = std::mem::take(&mut self.data);
        room.clear();
        let (_, data) = room.take(padded);
        // The last grain of a disk is deflated whole, padded with zeros.
        data[length..].fill(0);
        let read = source.read_at(piece.start, &mut data[..length]);
        if read.is_ok() {
            let first = piece.start / GRAIN;
            for (number, grain) in (first..).zip(data.chunks_exact(GRAIN_BYTES)) {
                if !is_zero(grain) {
                    self.deflate(number, grain, block);
                }
            }
        }
        self.data = room;
        read
    }

    fn deflate(&mut self, number: u64, grain: &[u8], block: &mut GrainBlock) {
        let start = block.begin();
        self.deflaters.choose(grain).zlib(grain, &mut block.bytes);
        block.finish(start, number);
    }

    /// Takes the deflated block at `offset` as a grain. Answers whether that could be
    /// done.
    fn pass(
        &mut self,
        source: &dyn DiskSource,
        offset: u64,
        framing: Framing,
        block: &mut GrainBlock,
    ) -> Result<bool> {
        let (stream, content) = match self.taker.take(source, offset, GRAIN, framing)? {
            Taken::Not => return Ok(false),
            Taken::Zero => return Ok(true),
            Taken::Block { stream, content } => (stream, content),
        };
        let start = block.begin();
        match framing {
            Framing::Raw => {
                let sum = adler32(content).to_be_bytes();
                block.bytes.extend_from_slice(&ZLIB_HEADER);
                block.bytes.extend_from_slice(stream);
                block.bytes.extend_from_slice(&sum);
            }
            Framing::Zlib => block.bytes.extend_from_slice(stream),
        }
        block.finish(start, offset / GRAIN);
        block.passed_through += 1;
        Ok(true)
    }
}

impl Encoder for GrainEncoder {
    type Block = GrainBlock;

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        block: &mut GrainBlock,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, GRAIN) {
            let piece = piece?;
            stored += piece.stored;
            if self.options.pass_through
                && let Some(framing) = GRAINS.framing(&piece, source.capacity())
                && self.pass(source, piece.range.start, framing, block)?
            {
                continue;
            }
            self.encode_data(source, piece.range, block)?;
        }
        Ok(stored)
    }
}

impl Block for GrainBlock {
    fn is_empty(&self) -> bool {
        self.grains.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.grains.clear();
        self.passed_through = 0;
    }
}

impl GrainBlock {
    /// Leaves room for a marker; returns where the grain starts.
    fn begin(&mut self) -> usize {
        let start = self.bytes.len();
        self.bytes.resize(start + GRAIN_MARKER_BYTES, 0);
        start
    }

    /// Writes the marker of the grain that started at `start`, and pads it.
    fn finish(&mut self, start: usize, number: u64) {
        let data = start + GRAIN_MARKER_BYTES;
        // A deflated grain has at most some 65,600 bytes.
        let size = u32::try_from(self.bytes.len() - data).unwrap_or(u32::MAX);
        let marker = GrainMarker::new(number, size);
        self.bytes[start..data].copy_from_slice(marker.as_bytes());
        let sector = to_usize(SECTOR);
        self.bytes
            .resize(self.bytes.len().next_multiple_of(sector), 0);
        let sectors = (self.bytes.len() - start) / sector;
        self.grains
            .push((number, u32::try_from(sectors).unwrap_or(u32::MAX)));
    }
}
