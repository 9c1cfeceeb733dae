//! Finding the grains of a stream that no table tells of, by their markers.

use super::fault::Fault;
use super::format::{GRAIN_MARKER_BYTES, Marker, MarkerKind, SECTOR, limits};
use super::layout::{Layout, read_sector};
use crate::base::Result;
use crate::base::storage::Storage;

/// What the markers told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan {
    /// Number and sector of every grain, by number.
    pub(super) grains: Vec<(u32, u32)>,
    /// Where the stream breaks off, if no end-of-stream marker ends it.
    pub(super) cut: Option<u64>,
}

/// What stands behind a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// A grain, by its number, the byte its marker stands at, and the one its data ends at.
    Grain { number: u32, at: u64, end: u64 },
    /// Tables, or a footer.
    Metadata(MarkerKind),
}

/// Where a walk over markers ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The end-of-stream marker stands here.
    Marker(u64),
    /// All that was begun is whole, and no marker follows: what came last ends at `end`, and the
    /// next marker would stand at `next`.
    Missing { end: u64, next: u64 },
    /// The stream ends within the grain whose marker stands here.
    Within(u64),
}

/// Walks `storage` from the first marker to the end of the stream, inflating nothing.
pub(super) fn walk(
    storage: &dyn Storage,
    layout: &Layout,
    each: &mut dyn FnMut(Met) -> Result<()>,
) -> Result<Stop> {
    let length = storage.length();
    let mut start = layout.first_marker()?;
    let mut last_end = start;
    // Every turn goes on by a sector or more.
    loop {
        if length.saturating_sub(start) < SECTOR {
            return Ok(Stop::Missing {
                end: last_end,
                next: start,
            });
        }
        let following = match Marker::parse(&read_sector(storage, start)?) {
            Marker::Grain { lba, size } => {
                let number = check_grain(layout, start, lba, size)?;
                let end = start + GRAIN_MARKER_BYTES as u64 + u64::from(size);
                if end > length {
                    return Ok(Stop::Within(start));
                }
                each(Met::Grain {
                    number,
                    at: start,
                    end,
                })?;
                last_end = end;
                Some(end.next_multiple_of(SECTOR))
            }
            Marker::Metadata {
                kind: MarkerKind::EndOfStream,
                ..
            } => return Ok(Stop::Marker(start)),
            Marker::Metadata { sectors, kind } => {
                each(Met::Metadata(kind))?;
                let end = sectors
                    .checked_mul(SECTOR)
                    .and_then(|bytes| bytes.checked_add(start + SECTOR));
                last_end = end.unwrap_or(last_end);
                end
            }
            Marker::Unknown(kind) => {
                return Err(invalid(
                    start,
                    format!("its kind is {kind}; 0 to 3 are known"),
                ));
            }
        };
        start = following
            .ok_or_else(|| invalid(start, "no file is as long as it claims".to_owned()))?;
    }
}

impl Scan {
    /// Finds all grains of `storage`.
    pub(super) fn read(storage: &dyn Storage, layout: &Layout) -> Result<Self> {
        let mut grains = Vec::new();
        let stop = walk(storage, layout, &mut |met| {
            let Met::Grain { number, at, .. } = met else {
                return Ok(());
            };
            if grains.len() == limits::LISTED_GRAINS {
                return Err(Fault::TooManyGrains { at }.into());
            }
            grains.push((number, sector_number(at)?));
            Ok(())
        })?;
        let cut = match stop {
            Stop::Marker(_) => None,
            Stop::Missing { next, .. } => Some(next.min(storage.length())),
            Stop::Within(at) => Some(at),
        };
        grains.sort_unstable();
        let mut neighbours = grains.iter().zip(grains.iter().skip(1));
        if let Some((_, (number, sector))) = neighbours.find(|(one, other)| one.0 == other.0) {
            return Err(Fault::Grain {
                at: u64::from(*sector) * SECTOR,
                guest: u64::from(*number) * layout.grain,
                why: "the stream holds it twice".to_owned(),
            }
            .into());
        }
        Ok(Self { grains, cut })
    }
}

/// The number of the grain whose marker at byte `at` tells `lba` and `size`.
pub(super) fn check_grain(layout: &Layout, at: u64, lba: u64, size: u32) -> Result<u32> {
    let start = lba.checked_mul(SECTOR);
    let number = start
        .filter(|start| start.is_multiple_of(layout.grain) && *start < layout.capacity)
        // The directory's limit bounds the number of grains.
        .and_then(|start| u32::try_from(start / layout.grain).ok());
    let Some(number) = number else {
        let why = format!("no grain of this disk starts at sector {lba}");
        return Err(invalid(at, why));
    };
    if u64::from(size) > layout.most_compressed() {
        let why = format!(
            "{size} bytes for a grain of {}; at most twice as many are allowed",
            layout.grain
        );
        return Err(invalid(at, why));
    }
    Ok(number)
}

fn invalid(at: u64, why: String) -> crate::base::Error {
    Fault::Marker { at, why }.into()
}

pub(super) fn sector_number(at: u64) -> Result<u32> {
    u32::try_from(at / SECTOR).map_err(|_| {
        invalid(
            at,
            "it stands beyond the 32 bits a table has for it".to_owned(),
        )
    })
}
