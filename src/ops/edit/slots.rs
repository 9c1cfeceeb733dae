//! The blocks of an archive that change where it lies.
//!
//! Descriptor, manifest and signature stand in rows, mostly at the front of an archive and at
//! its end. A row in front of other files has to keep its length, which a new descriptor fills
//! up with newlines; the row at the end may have any.

use crate::base::Result;
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::units::to_usize;
use crate::ova::archive::{NAME_BYTES, header};
use crate::ova::header::{BLOCK, resized};
use crate::ova::reader::StoredMember;

use super::anew::{descriptor_bytes, digests};
use super::archive::Place;
use super::manifest::{Draft, Listed, Taken};
use super::patch::{Patch, Patches};
use super::plan::{Content, Package, Plan, unfilled};
use super::report::How;
use super::seals::Seals;

/// Bytes of a block.
const WIDTH: u64 = BLOCK as u64;
/// Bytes that end an archive.
const END: u64 = 2 * WIDTH;

/// Whether a change has room where the archive lies.
pub(super) enum Fit {
    /// It has not.
    None,
    /// These bytes change.
    Patches(Patches),
}

/// A text in a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seat {
    Descriptor,
    Manifest,
    Certificate,
}

/// Texts that follow each other.
struct Row {
    start: u64,
    /// Where another file begins behind them.
    end: Option<u64>,
    texts: Vec<Seat>,
    /// How many there were.
    before: usize,
}

/// Bytes each text needs, and whether it may be filled up.
struct Needs {
    descriptor: u64,
    fills: bool,
    manifest: Option<u64>,
    certificate: Option<u64>,
}

/// Finds the bytes of the archive in `storage` that change. Of a dry run the digests are not
/// the right ones.
pub(super) fn fit(
    storage: &FileStorage,
    place: &Place<'_>,
    package: &Package,
    plan: &Plan<'_>,
    seals: &mut Seals<'_>,
    is_dry: bool,
    observer: &mut dyn Observer,
) -> Result<Fit> {
    if plan.changes_files() {
        return Ok(Fit::None);
    }
    let needs = Needs {
        descriptor: match plan.descriptor {
            Some(new) => unfilled(new.draft()).len() as u64 + 1,
            None => package.parts[package.seats.descriptor].size(),
        },
        fills: plan.descriptor.is_some(),
        manifest: seals.draft.as_ref().map(Draft::length),
        certificate: seals.certificate_room()?,
    };
    let old = Old {
        storage,
        place,
        package,
    };
    let rows = old.rows(&needs);
    let mut descriptor = None;
    for row in &rows {
        let Some(room) = needs.room(row) else {
            return Ok(Fit::None);
        };
        if row.texts.contains(&Seat::Descriptor) {
            descriptor = Some(room);
        }
    }
    let room = descriptor.filter(|_| needs.fills);
    let mut texts = Texts {
        descriptor: descriptor_bytes(package, plan, &[], room)?,
        manifest: None,
        certificate: None,
    };
    texts.manifest = if is_dry {
        seals.sample()
    } else {
        let taken = take(package, plan, seals, &texts.descriptor, observer)?;
        seals.manifest(&taken)?
    };
    if let Some(manifest) = &texts.manifest {
        texts.certificate = seals.certificate(manifest, needs.certificate)?;
    }
    let mut patches = Patches {
        list: Vec::new(),
        old_length: storage.length(),
        new_length: storage.length(),
    };
    for row in &rows {
        let Some(bytes) = old.row_bytes(row, &texts, seals)? else {
            return Ok(Fit::None);
        };
        if !old.add(row, bytes, &mut patches)? {
            return Ok(Fit::None);
        }
    }
    Ok(Fit::Patches(patches))
}

/// Takes the digests that are wanted.
fn take(
    package: &Package,
    plan: &Plan<'_>,
    seals: &Seals<'_>,
    descriptor: &[u8],
    observer: &mut dyn Observer,
) -> Result<Taken> {
    let mut taken = Taken::new();
    let wanted = seals.wanted(Listed::Descriptor);
    taken.insert(Listed::Descriptor, digests(&wanted, descriptor));
    for (number, content) in plan.contents.iter().enumerate() {
        let file = Listed::Content(number);
        let wanted = seals.wanted(file);
        if let (Content::Kept(place), false) = (content, wanted.is_empty()) {
            let found = package.parts[*place].digests(&wanted, observer)?;
            taken.insert(file, found);
        }
    }
    if observer.advanced(0).is_break() {
        return Err(cancelled());
    }
    Ok(taken)
}

impl Needs {
    fn of(&self, seat: Seat) -> Option<u64> {
        match seat {
            Seat::Descriptor => Some(self.descriptor),
            Seat::Manifest => self.manifest,
            Seat::Certificate => self.certificate,
        }
    }

    /// The room that is left to the descriptor in a row, or that the row as a whole has; nothing
    /// if its texts do not fit. What fills a room up ends in its last block.
    fn room(&self, row: &Row) -> Option<u64> {
        let blocks = |seat: &Seat| WIDTH + self.of(*seat).unwrap_or(0).next_multiple_of(WIDTH);
        let Some(end) = row.end else {
            return Some(self.descriptor);
        };
        let have = end - row.start;
        let need: u64 = row.texts.iter().map(blocks).sum();
        if !(self.fills && row.texts.contains(&Seat::Descriptor)) {
            return (need == have).then_some(have);
        }
        // As much as makes the text end in the last block it may have.
        let last = self.descriptor.next_multiple_of(WIDTH) + have.checked_sub(need)?;
        Some(self.descriptor.max(last - WIDTH + 1))
    }
}

/// Descriptor, manifest and signature as they will be.
struct Texts {
    descriptor: Vec<u8>,
    manifest: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
}

impl Texts {
    fn of(&self, seat: Seat) -> Option<&[u8]> {
        match seat {
            Seat::Descriptor => Some(&self.descriptor),
            Seat::Manifest => self.manifest.as_deref(),
            Seat::Certificate => self.certificate.as_deref(),
        }
    }
}

/// The archive as it is.
struct Old<'o> {
    storage: &'o FileStorage,
    place: &'o Place<'o>,
    package: &'o Package,
}

impl Old<'_> {
    /// The rows of texts, with those that come and without those that go.
    fn rows(&self, needs: &Needs) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut open = false;
        let mut end = 0;
        for member in self.place.stored {
            match self.seat(member) {
                Some(seat) => {
                    if !open {
                        rows.push(Row::at(member.header_offset));
                    }
                    if let Some(row) = rows.last_mut() {
                        row.texts.push(seat);
                        row.before += 1;
                    }
                    open = true;
                }
                None if open => {
                    if let Some(row) = rows.last_mut() {
                        row.end = Some(member.header_offset);
                    }
                    open = false;
                }
                None => {}
            }
            end = (member.data_offset + member.size).next_multiple_of(WIDTH);
        }
        if !open {
            rows.push(Row::at(end));
        }
        let has = |rows: &[Row], seat| rows.iter().any(|row| row.texts.contains(&seat));
        if needs.manifest.is_some()
            && !has(&rows, Seat::Manifest)
            && let Some(last) = rows.last_mut()
        {
            last.texts.push(Seat::Manifest);
        }
        if needs.certificate.is_some() && !has(&rows, Seat::Certificate) {
            for row in &mut rows {
                let manifest = row.texts.iter().position(|seat| *seat == Seat::Manifest);
                if let Some(at) = manifest {
                    row.texts.insert(at + 1, Seat::Certificate);
                }
            }
        }
        for row in &mut rows {
            row.texts.retain(|seat| needs.of(*seat).is_some());
        }
        rows
    }

    fn seat(&self, member: &StoredMember) -> Option<Seat> {
        let seats = &self.package.seats;
        let is = |place: Option<usize>| {
            place.is_some_and(|place| self.package.parts[place].stored_at == member.data_offset)
        };
        [
            (Seat::Descriptor, Some(seats.descriptor)),
            (Seat::Manifest, seats.manifest),
            (Seat::Certificate, seats.certificate),
        ]
        .into_iter()
        .find_map(|(seat, place)| is(place).then_some(seat))
    }

    /// The bytes of a row. Nothing where a header cannot be written for it.
    fn row_bytes(&self, row: &Row, texts: &Texts, seals: &Seals<'_>) -> Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        for seat in &row.texts {
            let Some(text) = texts.of(*seat) else {
                continue;
            };
            let size = text.len() as u64;
            let Some(block) = self.header(*seat, size, seals)? else {
                return Ok(None);
            };
            bytes.extend_from_slice(&block);
            bytes.extend_from_slice(text);
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        }
        Ok(Some(bytes))
    }

    /// The header of a text of `size` bytes: the one it has, if that tells all about it, or a
    /// new one.
    fn header(&self, seat: Seat, size: u64, seals: &Seals<'_>) -> Result<Option<[u8; BLOCK]>> {
        let mut stored = self.place.stored.iter();
        if let Some(member) = stored.find(|member| self.seat(member) == Some(seat)) {
            let mut block = [0; BLOCK];
            self.storage
                .read_exact_at(member.header_offset, &mut block)?;
            return Ok(resized(&block, member, size));
        }
        let path = match seat {
            Seat::Manifest => &seals.manifest,
            Seat::Certificate => &seals.certificate,
            Seat::Descriptor => self.package.own(),
        };
        if path.as_str().len() > NAME_BYTES {
            return Ok(None);
        }
        header(path.as_str(), size, self.place.time).map(Some)
    }

    /// Adds what is another in a row that reads `bytes`; false where that is not to be done.
    fn add(&self, row: &Row, mut bytes: Vec<u8>, patches: &mut Patches) -> Result<bool> {
        let same_count = row.texts.len() == row.before;
        if same_count && self.read(row.start, bytes.len())? == bytes {
            return Ok(true);
        }
        if row.end.is_none() {
            // Zeros end the archive, and take the place of what went.
            let last = self.place.stored.last();
            let end = last.map_or(0, |last| {
                (last.data_offset + last.size).next_multiple_of(WIDTH)
            });
            let before = to_usize(end.saturating_sub(row.start));
            bytes.resize(bytes.len().max(before) + to_usize(END), 0);
            let stop = row.start + bytes.len() as u64;
            let strange = self.place.end.and_then(|end| end.trailing);
            if strange.is_some_and(|at| stop > at) {
                return Ok(false);
            }
            patches.new_length = patches.new_length.max(stop);
        }
        let old = self.read(row.start, bytes.len())?;
        patches.add(row.start, &old, &bytes);
        Ok(true)
    }

    /// Bytes of the archive, as many as there are.
    fn read(&self, at: u64, count: usize) -> Result<Vec<u8>> {
        let left = self.storage.length().saturating_sub(at);
        let mut bytes = vec![0; count.min(to_usize(left))];
        self.storage.read_exact_at(at, &mut bytes)?;
        Ok(bytes)
    }
}

impl Row {
    fn at(start: u64) -> Self {
        Self {
            start,
            end: None,
            texts: Vec::new(),
            before: 0,
        }
    }
}

impl Patches {
    /// Adds the blocks that differ between `old` and `new` bytes at `start`, runs of them as one.
    pub(super) fn add(&mut self, start: u64, old: &[u8], new: &[u8]) {
        let mut run: Option<Patch> = None;
        for (number, block) in new.chunks(BLOCK).enumerate() {
            let at = (number * BLOCK).min(old.len());
            let before = &old[at..(at + block.len()).min(old.len())];
            if before == block {
                self.list.extend(run.take());
                continue;
            }
            let offset = start + (number * BLOCK) as u64;
            let run = run.get_or_insert_with(|| Patch {
                offset,
                old: Vec::new(),
                new: Vec::new(),
            });
            run.old.extend_from_slice(before);
            run.new.extend_from_slice(block);
        }
        self.list.extend(run);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn how(&self) -> How {
        if self.is_empty() {
            return How::Unchanged;
        }
        let bytes = self.list.iter().map(|patch| patch.new.len() as u64).sum();
        How::Blocks { bytes }
    }
}
