//! Whether every block has a place of its own within the file.

use super::bat::{About, Geometry, Payload, bitmap, entries, payload};
use super::fault::Fault;
use super::format::{BITMAP_BYTES, UNIT, limits};
use super::header::{Header, Stretch};
use super::region::{Regions, inside};
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::is_zero;

/// What of the file the blocks take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Payload blocks that are there.
    pub(super) blocks: u64,
    /// Where the last one ends.
    pub(super) end: u64,
}

/// Looks at all of the table of `geometry`: what it tells of lies within `storage`, and
/// nothing over anything else. What is wrong is handed to `tell`.
pub(super) fn check(
    storage: &dyn Storage,
    header: &Header,
    regions: &Regions,
    geometry: &Geometry,
    tell: &mut dyn FnMut(Error) -> Result<()>,
) -> Result<Taken> {
    let mut map = Map::new(storage.length())?;
    let front = Stretch {
        offset: 0,
        length: UNIT,
    };
    for (what, place) in [
        ("header", front),
        ("log", header.log),
        ("BAT", regions.bat),
        ("metadata region", regions.metadata),
    ] {
        map.take(what, place).or_else(&mut *tell)?;
    }
    for unknown in &regions.unknown {
        let taken = map.take(format!("region {}", unknown.id), unknown.place);
        taken.or_else(&mut *tell)?;
    }
    let mut taken = Taken::default();
    let mut first = 0;
    // The first block of the chunk that needs its sector bitmap.
    let mut partial = None;
    while first < geometry.entries() {
        let slice = geometry.read_slice(storage, first)?;
        let next = first + (slice.len() as u64) / super::bat::ENTRY;
        if partial.is_none() && is_zero(&slice) {
            first = next;
            continue;
        }
        for (number, entry) in (first..).zip(entries(&slice)) {
            let fault = |rule| Error::from(geometry.fault(number, entry, rule));
            match geometry.about(number) {
                About::Block(block) => {
                    let visible = geometry.visible(block);
                    if visible == 0 {
                        continue;
                    }
                    let at = match payload(entry) {
                        Ok(Payload::Absent | Payload::Zero) => continue,
                        Ok(Payload::Whole(at)) => at,
                        Ok(Payload::Partial(at)) if geometry.overlay => {
                            partial.get_or_insert((number, entry));
                            at
                        }
                        Ok(Payload::Partial(_)) => {
                            tell(fault("only an overlay has blocks that are there in part"))?;
                            continue;
                        }
                        Err(rule) => {
                            tell(fault(rule))?;
                            continue;
                        }
                    };
                    // Of the last block no more than the disk has need be in the file.
                    let from = geometry.place_of(number);
                    map.place("payload block", block, at, visible, from)
                        .or_else(&mut *tell)?;
                    taken.blocks += 1;
                    taken.end = taken.end.max(at.saturating_add(geometry.block));
                }
                // What stands there without a parent means nothing.
                About::Bitmap(_) if !geometry.overlay => {}
                About::Bitmap(chunk) => {
                    let needed = partial.take();
                    match (bitmap(entry), needed) {
                        (Ok(Some(at)), _) => {
                            let from = geometry.place_of(number);
                            map.place("sector bitmap block", chunk, at, BITMAP_BYTES, from)
                                .or_else(&mut *tell)?;
                            taken.end = taken.end.max(at.saturating_add(BITMAP_BYTES));
                        }
                        (Ok(None), Some((number, entry))) => {
                            let rule = "the sector bitmap that tells its sectors is not there";
                            tell(geometry.fault(number, entry, rule).into())?;
                        }
                        (Ok(None), None) => {}
                        (Err(rule), _) => tell(fault(rule))?,
                    }
                }
            }
        }
        first = next;
    }
    Ok(taken)
}

/// What of the file is taken, by whole MiB.
struct Map {
    length: u64,
    taken: Vec<u64>,
    named: Vec<(String, Stretch)>,
}

impl Map {
    fn new(length: u64) -> Result<Self> {
        if length > limits::FILE_BYTES {
            return Err(Fault::TooLarge {
                what: "file",
                value: length,
                limit: limits::FILE_BYTES,
                at: 0,
            }
            .into());
        }
        Ok(Self {
            length,
            taken: vec![0; to_usize(length.div_ceil(UNIT).div_ceil(64))],
            named: Vec::new(),
        })
    }

    /// Takes `place` as far as the file goes; false if some of it is taken.
    fn claim(&mut self, place: Stretch) -> bool {
        let first = place.offset / UNIT;
        let last = place.end().min(self.length).div_ceil(UNIT);
        let mut free = true;
        for unit in first..last {
            let word = &mut self.taken[to_usize(unit / 64)];
            free &= *word >> (unit % 64) & 1 == 0;
            *word |= 1 << (unit % 64);
        }
        free
    }

    /// Takes `place` for the structure called `what`.
    fn take(&mut self, what: impl Into<String>, place: Stretch) -> Result<()> {
        let what = what.into();
        if !self.claim(place) {
            let over = self.taker(place);
            return Err(Fault::Overlap {
                what: format!("the {what}"),
                offset: place.offset,
                over,
                at: place.offset,
            }
            .into());
        }
        self.named.push((what, place));
        Ok(())
    }

    /// Takes the place of a block, told by the entry at `from`.
    fn place(&mut self, what: &str, number: u64, at: u64, bytes: u64, from: u64) -> Result<()> {
        inside(format!("{what} {number}"), at, bytes, self.length)?;
        let place = Stretch {
            offset: at,
            length: bytes,
        };
        if self.claim(place) {
            return Ok(());
        }
        Err(Fault::Overlap {
            what: format!("{what} {number}"),
            offset: at,
            over: self.taker(place),
            at: from,
        }
        .into())
    }

    /// What lies where `place` is.
    fn taker(&self, place: Stretch) -> String {
        let over = |(_, other): &&(String, Stretch)| {
            place.offset < other.end() && other.offset < place.end()
        };
        let found = self.named.iter().find(over);
        found.map_or_else(
            || "another block".to_owned(),
            |(name, _)| format!("the {name}"),
        )
    }
}
