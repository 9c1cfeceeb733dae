//! Pieces of one size as they are: what formats without compression store.

use std::ops::Range;

use crate::base::Result;
use crate::base::room::Room;
use crate::base::units::to_usize;
use crate::disk::copy::{Block, Encoder, pieces};
use crate::disk::{DiskSource, is_zero};

/// Reads `range` of `source`, which begins at a multiple of `unit` bytes, into `room`, and
/// tells `put` the number and the place of every unit that is not all zero. The last one
/// of the disk is whole, padded with zeros.
pub(super) fn read_units(
    source: &dyn DiskSource,
    range: Range<u64>,
    unit: u64,
    room: &mut Room,
    mut put: impl FnMut(u64, Range<usize>, &[u8]),
) -> Result<()> {
    let (length, size) = (to_usize(range.end - range.start), to_usize(unit));
    let (place, data) = room.take(length.next_multiple_of(size));
    data[length..].fill(0);
    source.read_at(range.start, &mut data[..length])?;
    let first = range.start / unit;
    for (number, start) in (first..).zip(place.step_by(size)) {
        let place = start..start + size;
        let data = room.at(place.clone());
        if !is_zero(data) {
            put(number, place, data);
        }
    }
    Ok(())
}

/// The units of one window that are not all zero, in order.
#[derive(Debug, Default)]
pub(super) struct UnitBlock {
    bytes: Room,
    units: Vec<(u64, Range<usize>)>,
}

impl UnitBlock {
    /// Each unit's number on the disk, and its bytes.
    pub(super) fn units(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let units = self.units.iter();
        units.map(|(number, place)| (*number, self.bytes.at(place.clone())))
    }
}

impl Block for UnitBlock {
    fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.units.clear();
    }
}

/// Finds the units of so many bytes, a power of two, that are not all zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnitEncoder(pub(super) u64);

impl Encoder for UnitEncoder {
    type Block = UnitBlock;

    fn unit(&self) -> u64 {
        self.0
    }

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        block: &mut UnitBlock,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, self.0) {
            let piece = piece?;
            stored += piece.stored;
            let UnitBlock { bytes, units } = block;
            read_units(source, piece.range, self.0, bytes, |number, place, _| {
                units.push((number, place));
            })?;
        }
        Ok(stored)
    }
}
