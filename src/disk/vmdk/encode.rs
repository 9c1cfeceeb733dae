//! Grains: made on any thread, ready to be written as they are.

use std::num::NonZeroUsize;
use std::ops::Range;

use zerocopy::IntoBytes as _;

use super::format::{GRAIN, GRAIN_MARKER_BYTES, GrainMarker, SECTOR};
use super::level::Level;
use crate::base::Result;
use crate::base::deflate::{Deflater, Inflater, adler32};
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::disk::copy::{self, Block, Encoder, Piece, pieces};
use crate::disk::{DiskSource, ExtentKind, Framing, is_zero};

const GRAIN_BYTES: usize = 64 << 10;
const _: () = assert!(GRAIN_BYTES as u64 == GRAIN);

/// The two bytes before a zlib stream's deflate data (RFC 1950 §2.2): deflate,
/// 32 KiB window, fastest level, which is what VMware's exporter writes.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// How grains are made.
#[derive(Debug, Clone, Copy)]
pub struct EncodeOptions {
    /// How hard grains are compressed.
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
    /// One for every level that may be chosen.
    deflaters: Vec<Deflater>,
    inflater: Inflater,
    /// Guest data being encoded.
    data: Vec<u8>,
    /// A deflated block as the source holds it.
    window: Vec<u8>,
}

impl GrainEncoder {
    fn new(options: EncodeOptions) -> Self {
        Self {
            options,
            deflaters: options
                .level
                .candidates()
                .into_iter()
                .map(Deflater::new)
                .collect(),
            inflater: Inflater::new(),
            data: Vec::new(),
            window: Vec::new(),
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
        let mut data = std::mem::take(&mut self.data);
        data.resize(padded, 0);
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
        self.data = data;
        read
    }

    fn deflate(&mut self, number: u64, grain: &[u8], block: &mut GrainBlock) {
        let start = block.begin();
        let level = self.options.level.choose(grain);
        self.deflaters[level].zlib(grain, &mut block.bytes);
        block.finish(start, number);
    }

    /// Takes the deflated block at `offset` as a grain. Answers whether that
    /// could be done: a stream that does not inflate here takes the ordinary
    /// path, whose reader knows more dialects and reports what is wrong.
    fn pass(
        &mut self,
        source: &dyn DiskSource,
        offset: u64,
        framing: Framing,
        block: &mut GrainBlock,
    ) -> Result<bool> {
        source.deflated_at(offset, &mut self.window)?;
        self.data.resize(self.data.len().max(GRAIN_BYTES), 0);
        let grain = &mut self.data[..GRAIN_BYTES];
        let inflated = match framing {
            Framing::Raw => self.inflater.raw(&self.window, grain),
            Framing::Zlib => self.inflater.zlib(&self.window, grain),
        };
        let Ok(inflated) = inflated else {
            return Ok(false);
        };
        // What lies past the capacity must be zero on the new disk.
        let visible = GRAIN.min(source.capacity() - offset);
        let (_, beyond) = grain.split_at(to_usize(visible));
        if inflated.produced != GRAIN_BYTES || !is_zero(beyond) {
            return Ok(false);
        }
        if is_zero(grain) {
            return Ok(true);
        }
        let start = block.begin();
        let stream = &self.window[..inflated.consumed];
        match framing {
            Framing::Raw => {
                block.bytes.extend_from_slice(&ZLIB_HEADER);
                block.bytes.extend_from_slice(stream);
                block.bytes.extend_from_slice(&adler32(grain).to_be_bytes());
            }
            Framing::Zlib => block.bytes.extend_from_slice(stream),
        }
        block.finish(start, offset / GRAIN);
        block.passed_through += 1;
        Ok(true)
    }

    /// How the block `piece` is framed, if it is one to be passed through.
    fn passable(&self, piece: &Piece, capacity: u64) -> Option<Framing> {
        let grain = GRAIN.min(capacity - piece.range.start);
        match piece.kind {
            ExtentKind::Deflated {
                block: GRAIN,
                framing,
            } if self.options.pass_through
                && piece.length >= grain
                && piece.range.end - piece.range.start == grain =>
            {
                Some(framing)
            }
            _ => None,
        }
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
            if let Some(framing) = self.passable(&piece, source.capacity())
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
