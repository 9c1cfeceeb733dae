//! The tables of a stream made anew of the markers of its grains, which tell as much.
//!
//! That helps only where all grains are there and whole. That they are whole, the check found;
//! that none is missing behind the last one, something has to prove that was written later.

use std::ops::Range;

use zerocopy::IntoBytes as _;

use super::check::FindingKind;
use super::directory::{check_table, read_entries};
use super::format::{DIRECTORY_AT_END, Header, MarkerKind, SECTOR, flags, limits};
use super::layout::{Layout, TablesAt, read_sector};
use super::repair::is_blank;
use super::scan::{Met, Stop, sector_number, walk};
use super::trailer::Trailer;
use crate::base::storage::Storage;
use crate::base::{ErrorKind, Result};
use crate::disk::step::Piece;
use crate::disk::tables::read_words;

/// A grain: its number, and the sectors it takes in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Grain {
    number: u32,
    sector: u32,
    sectors: u32,
}

/// The stream in `storage`, whose header has this `layout`, with tables made anew at its end;
/// `None` where grains are damaged, or nothing proves that all of them are there. `broken` are
/// the rules that a check found broken.
pub(super) fn rebuild(
    storage: &dyn Storage,
    layout: &Layout,
    broken: &[FindingKind],
) -> Result<Option<Vec<Piece>>> {
    let lost = |kind: &FindingKind| {
        matches!(
            kind,
            FindingKind::Marker
                | FindingKind::GrainPlace
                | FindingKind::GrainRepeated
                | FindingKind::GrainData
        )
    };
    // A grain marked as zeros has no marker to be found by.
    if broken.iter().any(lost) || layout.zeroed_grains {
        return Ok(None);
    }
    // A file that ends in front of the first marker proves nothing, and is not made as long as
    // its header likes.
    if layout.first_marker()? > storage.length() {
        return Ok(None);
    }
    match all_grains(storage, layout) {
        Ok(Some(grains)) => pieces(storage, layout, &grains).map(Some),
        Ok(None) => Ok(None),
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(None),
        Err(error) => Err(error),
    }
}

/// All grains by their numbers, if they are all.
fn all_grains(storage: &dyn Storage, layout: &Layout) -> Result<Option<Vec<Grain>>> {
    let (mut grains, mut tables) = (Vec::new(), false);
    let stop = walk(storage, layout, &mut |met| {
        match met {
            Met::Grain { number, at, end } => {
                let sectors = end.div_ceil(SECTOR) - at / SECTOR;
                grains.push(Grain {
                    number,
                    sector: sector_number(at)?,
                    sectors: sector_number(sectors * SECTOR)?,
                });
            }
            // Both are written when the last grain is.
            Met::Metadata(MarkerKind::GrainDirectory | MarkerKind::Footer) => tables = true,
            Met::Metadata(_) => {}
        }
        Ok(())
    })?;
    if grains.len() > limits::LISTED_GRAINS {
        return Ok(None);
    }
    grains.sort_unstable();
    let mut neighbours = grains.iter().zip(grains.iter().skip(1));
    if neighbours.any(|(one, other)| one.number == other.number) {
        return Ok(None);
    }
    let length = storage.length();
    let front = layout.tables == TablesAt::Front;
    let all = match stop {
        // A marker of zeros in the middle may be one that was lost.
        Stop::Marker(at) => {
            let end = at + SECTOR;
            is_blank(storage, end, length)? && (tables || front && end == length)
        }
        // What stands there is no grain, if it is cut.
        Stop::Missing { .. } => tables,
        Stop::Within(_) => false,
    };
    let whole = !matches!(stop, Stop::Within(_));
    Ok((all || whole && front && told(storage, layout, &grains)).then_some(grains))
}

/// Whether one of the directories in front tells of just these `grains`.
fn told(storage: &dyn Storage, layout: &Layout, grains: &[Grain]) -> bool {
    let directories = [Some(layout.directory), layout.redundant];
    directories.into_iter().flatten().any(|sector| {
        let mut found = grains.iter().map(|grain| (grain.number, grain.sector));
        let tells = each_entry(storage, layout, sector, &mut |number, sector| {
            found.next() == Some((number, sector))
        });
        tells.is_ok_and(|tells| tells) && found.next().is_none()
    })
}

/// Hands number and sector of each grain that the directory at `sector` tells of to `each`, as
/// long as that answers `true`; tells whether it always did.
fn each_entry(
    storage: &dyn Storage,
    layout: &Layout,
    sector: u64,
    each: &mut dyn FnMut(u32, u32) -> bool,
) -> Result<bool> {
    let mut number = 0;
    for table in read_entries(storage, layout, "grain directory", sector)? {
        let first = number;
        number += layout.entries_per_table;
        if table == 0 {
            continue;
        }
        let at = check_table(storage, layout, table)?;
        let entries = read_words(storage, at, layout.entries_per_table, u32::from_le_bytes)?;
        for (index, entry) in (first..).zip(entries).filter(|(_, entry)| *entry != 0) {
            if !u32::try_from(index).is_ok_and(|number| each(number, entry)) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// The stream of these `grains`, as it is written from front to back: tables follow their grains.
fn pieces(storage: &dyn Storage, layout: &Layout, grains: &[Grain]) -> Result<Vec<Piece>> {
    let sector = read_sector(storage, 0)?;
    let header = |directory: u64| {
        let mut header: Header = zerocopy::transmute!(sector);
        header.directory_offset = directory.into();
        header.redundant_directory_offset = 0.into();
        header.flags = (header.flags.get() & !flags::REDUNDANT).into();
        header
    };
    let mut made = Made::default();
    made.fresh(header(DIRECTORY_AT_END).as_bytes().to_vec());
    let front = layout.first_marker()?;
    if layout.tables == TablesAt::Front {
        // Of what stood in front the descriptor alone still means something.
        let (start, bytes) = layout.descriptor;
        let start = start.max(SECTOR);
        made.zeros(start - SECTOR);
        made.kept(start..start.max(layout.descriptor.0 + bytes));
        made.zeros(front - made.length);
    } else {
        made.kept(SECTOR..front.min(storage.length()));
        made.zeros(front - made.length);
    }
    let mut trailer = Trailer::new(layout.entries_per_table);
    for grain in grains {
        let number = u64::from(grain.number);
        if trailer.table_of(number).1 {
            made.fresh(trailer.close_table(made.sectors())?);
        }
        trailer.enter(number, made.sectors())?;
        let start = u64::from(grain.sector) * SECTOR;
        let end = start + u64::from(grain.sectors) * SECTOR;
        // The last sector of a file may be cut where zeros belong.
        made.kept(start..end.min(storage.length()));
        made.zeros(end.saturating_sub(storage.length()));
    }
    made.fresh(trailer.close_table(made.sectors())?);
    let position = made.sectors();
    made.fresh(trailer.finish(position, layout.directory_entries(), header));
    Ok(made.pieces)
}

/// Pieces, and how long they are together.
#[derive(Default)]
struct Made {
    pieces: Vec<Piece>,
    length: u64,
}

impl Made {
    fn sectors(&self) -> u64 {
        self.length / SECTOR
    }

    fn push(&mut self, piece: Piece) {
        let length = piece.length();
        if length > 0 {
            self.length += length;
            self.pieces.push(piece);
        }
    }

    fn fresh(&mut self, bytes: Vec<u8>) {
        self.push(Piece::New(bytes));
    }

    fn zeros(&mut self, length: u64) {
        self.push(Piece::Zeros(length));
    }

    fn kept(&mut self, range: Range<u64>) {
        if let Some(Piece::Kept(last)) = self.pieces.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            self.length += range.end - range.start;
            return;
        }
        self.push(Piece::Kept(range));
    }
}
