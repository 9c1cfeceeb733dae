//! Storing a disk in blocks, those that hold data in the guest's order.
//!
//! A block may be far larger than what is read at once, so what goes through the encoders
//! is runs of data. Between them, a block is a hole.

use std::io::{Seek, Write};
use std::num::NonZeroUsize;
use std::ops::Range;

use super::slots::{Plan, Slots};
use super::target::Target;
use crate::base::Result;
use crate::base::progress::Observer;
use crate::base::room::Room;
use crate::base::units::to_usize;
use crate::disk::DiskSource;
use crate::disk::copy::{self, Block, Encoder, pieces};
use crate::disk::runs::{HOLE, runs};

/// Bytes read at a time where the source does not ask for more.
const UNIT: u64 = 64 << 10;

/// Writes the blocks of `source` to `target` as `plan` has them; answers where they are.
/// A block with no byte but zeros holds no data, whatever the source says of it.
pub(in crate::disk) fn store<W: Write + Seek>(
    source: &dyn DiskSource,
    target: &mut Target<W>,
    plan: Plan,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<Slots> {
    // Else a run could begin with zeros of the block before the one it is about.
    debug_assert!(plan.blocks() == 1 || plan.block.is_multiple_of(HOLE as u64));
    let mut slots = Slots::new(plan);
    let encoders = copy::encoders(threads, || RunEncoder);
    copy::copy(source, encoders, observer, |window: &Window| {
        for run in &window.runs {
            let bytes = window.bytes.at(run.place.clone());
            put(target, &mut slots, run.guest, bytes)?;
        }
        Ok(())
    })?;
    Ok(slots)
}

/// Writes the `bytes` at the offset `guest` of the disk to the blocks they belong to.
fn put<W: Write + Seek>(
    target: &mut Target<W>,
    slots: &mut Slots,
    mut guest: u64,
    mut bytes: &[u8],
) -> Result<()> {
    let size = slots.plan().block;
    while !bytes.is_empty() {
        let within = guest % size;
        let place = slots.take(guest / size);
        if !place.front.is_empty() {
            target.put(place.at - place.front.len() as u64, place.front)?;
        }
        let (now, rest) = bytes.split_at(bytes.len().min(to_usize(size - within)));
        target.put(place.at + within, now)?;
        guest += now.len() as u64;
        bytes = rest;
    }
    Ok(())
}

/// The runs of data of a window, in order.
#[derive(Debug, Default)]
struct Window {
    bytes: Room,
    runs: Vec<Run>,
}

#[derive(Debug)]
struct Run {
    /// Where on the disk it begins.
    guest: u64,
    /// Where in the window's bytes it is.
    place: Range<usize>,
}

impl Window {
    /// Adds a run, to the one before it where it goes on.
    fn push(runs: &mut Vec<Run>, guest: u64, place: Range<usize>) {
        if let Some(last) = runs.last_mut()
            && last.place.end == place.start
            && last.guest + last.place.len() as u64 == guest
        {
            last.place.end = place.end;
            return;
        }
        runs.push(Run { guest, place });
    }
}

impl Block for Window {
    fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.runs.clear();
    }
}

/// Finds runs of data; every thread has its own.
struct RunEncoder;

impl Encoder for RunEncoder {
    type Block = Window;

    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        found: &mut Window,
    ) -> Result<u64> {
        let mut stored = 0;
        for piece in pieces(source, window, UNIT) {
            let piece = piece?;
            stored += piece.stored;
            let guest = piece.range.start;
            let (place, data) = found.bytes.take(to_usize(piece.range.end - guest));
            source.read_at(guest, data)?;
            for run in runs(data) {
                let at = place.start + run.start..place.start + run.end;
                Window::push(&mut found.runs, guest + run.start as u64, at);
            }
        }
        Ok(stored)
    }
}
