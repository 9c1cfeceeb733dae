//! The parallel engine: a disk goes through encoders on all cores, and the
//! blocks they make arrive in order.

use std::num::NonZeroUsize;
use std::ops::Range;

use crate::base::pool::Pool;
use crate::base::progress::Observer;
use crate::base::units::MIB;
use crate::base::{Result, pipeline};
use crate::disk::{DiskSource, ExtentKind};

/// Guest bytes one job covers, unless the disk's granularity is coarser. Large
/// enough to make the queue's cost vanish, small enough that the jobs under
/// way take a few MiB.
pub const WINDOW: u64 = MIB;

/// What a window becomes on its way into a format; filled again and again, as fresh
/// memory costs a page fault every 4 KiB.
pub trait Block: Default + Send {
    /// Whether there is nothing in it to be put.
    fn is_empty(&self) -> bool;

    /// Empties it and keeps its memory.
    fn clear(&mut self);
}

/// Makes blocks of a format from windows of a disk; every thread has its own.
pub trait Encoder: Send {
    /// What a window becomes.
    type Block: Block;

    /// Guest bytes of the largest thing a block holds whole: a power of two that
    /// windows are aligned to.
    fn unit(&self) -> u64 {
        1
    }

    /// Encodes the `window` of `source` into `block`, which is empty and stays so when
    /// all of the window is zero. Answers how many bytes of the window were stored, by
    /// the disk's own account: the unit of progress.
    fn encode(
        &mut self,
        source: &dyn DiskSource,
        window: Range<u64>,
        block: &mut Self::Block,
    ) -> Result<u64>;
}

/// Zero extents skipped before a window is handed out all the same, so that an
/// observer is asked: a hostile image may have billions of them.
const SKIPS: u32 = 4096;

/// The windows of `source` that hold data, in order: each aligned to its
/// length, which is [`WINDOW`], the granularity or `unit`, whichever is most.
pub fn plan(source: &dyn DiskSource, unit: u64) -> impl Iterator<Item = Result<Range<u64>>> {
    let length = WINDOW.max(source.granularity()).max(unit);
    let capacity = source.capacity();
    let (mut at, mut skipped) = (0, 0);
    std::iter::from_fn(move || {
        while at < capacity {
            match source.extent_at(at) {
                Ok(extent) if extent.kind == ExtentKind::Zero && skipped < SKIPS => {
                    at += extent.length;
                    skipped += 1;
                }
                Ok(_) => {
                    skipped = 0;
                    let start = at - at % length;
                    at = capacity.min(start + length);
                    return Some(Ok(start..at));
                }
                Err(error) => {
                    at = capacity;
                    return Some(Err(error));
                }
            }
        }
        None
    })
}

/// Sends every window of `source` through `encoders`, each on a thread of its
/// own, and the blocks in order to `put`.
pub fn copy<E: Encoder>(
    source: &dyn DiskSource,
    encoders: Vec<E>,
    observer: &mut dyn Observer,
    mut put: impl FnMut(&E::Block) -> Result<()>,
) -> Result<()> {
    let unit = encoders.first().map_or(1, E::unit);
    let blocks = Pool::new(E::Block::default);
    let workers = encoders
        .into_iter()
        .map(|mut encoder| {
            let blocks = &blocks;
            move |window| {
                let mut block = blocks.take();
                let stored = encoder.encode(source, window, &mut block)?;
                Ok((block, stored))
            }
        })
        .collect();
    pipeline::ordered(plan(source, unit), workers, |(mut block, stored)| {
        if !block.is_empty() {
            put(&block)?;
        }
        // What turned out to be zeros was read into it, too.
        block.clear();
        blocks.put(block);
        Ok(observer.advanced(stored))
    })
}

/// A stretch of a window that is not known to be zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where it is: a whole number of units, but at the end of the disk.
    pub range: Range<u64>,
    /// Of what kind it is at its start.
    pub kind: ExtentKind,
    /// How far that kind is known to reach from there, in bytes.
    pub length: u64,
    /// Bytes of it that are stored.
    pub stored: u64,
}

/// The pieces of `window` to be encoded, in order: of `unit` bytes, or of the disk's
/// granularity where that is coarser, as a compressed block inflates whole.
pub fn pieces(
    source: &dyn DiskSource,
    window: Range<u64>,
    unit: u64,
) -> impl Iterator<Item = Result<Piece>> {
    let step = unit.max(source.granularity());
    let mut at = window.start;
    let mut known: (Range<u64>, ExtentKind) = (at..at, ExtentKind::Zero);
    let mut next = move || -> Result<Option<Piece>> {
        while at < window.end {
            let range = at..window.end.min(at + step);
            at = range.end;
            if !known.0.contains(&range.start) {
                let extent = source.extent_at(range.start)?;
                known = (range.start..range.start + extent.length, extent.kind);
            }
            let (length, kind) = (known.0.end - range.start, known.1);
            let within = known.0.end >= range.end;
            if within && kind == ExtentKind::Zero {
                continue;
            }
            // A piece within one extent is stored whole: zeros are done with.
            let stored = if within {
                range.end - range.start
            } else {
                stored_in(source, range.clone())?
            };
            return Ok(Some(Piece {
                range,
                kind,
                length,
                stored,
            }));
        }
        Ok(None)
    };
    std::iter::from_fn(move || next().transpose())
}

/// As many encoders as `threads` asks for.
pub fn encoders<E>(threads: NonZeroUsize, make: impl FnMut() -> E) -> Vec<E> {
    std::iter::repeat_with(make).take(threads.get()).collect()
}

/// Tells `observer` that `what` begins, which does something with all that `source` stores.
pub fn announce(source: &dyn DiskSource, what: &str, observer: &mut dyn Observer) {
    let total = observer.wants_totals().then(|| stored_bytes(source));
    observer.begin(what, total.flatten().unwrap_or(source.capacity()));
}

/// Bytes of `source` that are stored, for a progress bar; `None` when finding
/// out takes more steps than it is worth.
pub fn stored_bytes(source: &dyn DiskSource) -> Option<u64> {
    /// Extents looked at before giving up: some milliseconds' worth.
    const STEPS: usize = 50_000;
    let mut extents = extents(source, 0..source.capacity());
    let stored = stored(extents.by_ref().take(STEPS)).ok()?;
    extents.next().is_none().then_some(stored)
}

/// Bytes of `range` that are stored.
fn stored_in(source: &dyn DiskSource, range: Range<u64>) -> Result<u64> {
    stored(extents(source, range))
}

fn stored(extents: impl Iterator<Item = Result<(Range<u64>, ExtentKind)>>) -> Result<u64> {
    let mut stored = 0;
    for extent in extents {
        let (range, kind) = extent?;
        if kind != ExtentKind::Zero {
            stored += range.end - range.start;
        }
    }
    Ok(stored)
}

/// The pieces of `range` that are of one kind, in order, up to the first error.
pub fn extents(
    source: &dyn DiskSource,
    range: Range<u64>,
) -> impl Iterator<Item = Result<(Range<u64>, ExtentKind)>> {
    let (mut at, end) = (range.start, range.end);
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let start = at;
        Some(match source.extent_at(start) {
            Ok(extent) => {
                at = end.min(start + extent.length);
                Ok((start..at, extent.kind))
            }
            Err(error) => {
                at = end;
                Err(error)
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Unobserved;
    use crate::disk::raw::RawDisk;

    /// What was read of a window, of which nothing is put.
    #[derive(Default)]
    struct Zeros(Vec<u8>);

    impl Block for Zeros {
        fn is_empty(&self) -> bool {
            true
        }

        fn clear(&mut self) {
            self.0.clear();
        }
    }

    struct Reader;

    impl Encoder for Reader {
        type Block = Zeros;

        fn encode(
            &mut self,
            _source: &dyn DiskSource,
            window: Range<u64>,
            block: &mut Zeros,
        ) -> Result<u64> {
            assert!(block.0.is_empty(), "a block that is not empty");
            block.0.push(0);
            Ok(window.end - window.start)
        }
    }

    #[test]
    fn blocks_of_zeros_that_are_stored_do_not_pile_up() {
        let disk = RawDisk::new(vec![0; 20 << 20]).expect("a disk");
        let encoders = encoders(NonZeroUsize::MIN, || Reader);
        let copied = copy(&disk, encoders, &mut Unobserved, |_| Ok(()));
        copied.expect("copied");
    }
}
