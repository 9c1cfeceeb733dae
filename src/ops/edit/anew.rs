//! An archive written anew: what is another is written, the rest is copied by the system.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;

use crate::base::aside::digested;
use crate::base::copy::SHARED_BLOCK;
use crate::base::digest::Algorithm;
use crate::base::progress::{Observer, cancelled};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::assemble::archive::check_length;
use crate::ops::assemble::part::Part;
use crate::ova::PackageWriter as _;
use crate::ova::archive::{ArchiveWriter, Slot};
use crate::ova::header::BLOCK;
use crate::ova::role::MAX_DESCRIPTOR_BYTES;

use super::NewDescriptor;
use super::manifest::{Draft, Listed, Taken};
use super::plan::{Content, Package, Plan, check_text, unfilled};
use super::seals::Seals;
use super::source::{NewFile, Written};

/// Bytes a descriptor may at least grow by before the archive has to be written anew again.
const SPARE: u64 = 1024;

/// Writes the package to the empty file `output`; tells its length.
pub(super) fn write(
    package: &Package,
    plan: &Plan<'_>,
    seals: &mut Seals<'_>,
    time: u64,
    output: &mut File,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let in_front = package.seats.seals_in_front() && !plan.contents.is_empty();
    let rooms = Rooms {
        manifest: seals.draft.as_ref().map(Draft::length),
        certificate: seals.certificate_room()?,
    };
    let mut archive = ArchiveWriter::new(output, time, None);
    let (manifest, certificate) = (seals.manifest.as_str(), seals.certificate.as_str());
    for name in [manifest, certificate, package.own().as_str()] {
        check_length(name)?;
    }
    let room = rooms.of_descriptor(package, plan, in_front);
    let descriptor = archive.reserve(package.own().as_str(), room)?;
    let mut slots: [Option<Slot>; 2] = [None, None];
    if in_front {
        let rooms = [(manifest, rooms.manifest), (certificate, rooms.certificate)];
        for (slot, (name, room)) in slots.iter_mut().zip(rooms) {
            *slot = room.map(|room| archive.reserve(name, room)).transpose()?;
        }
    }
    let (written, mut taken) = write_contents(&mut archive, package, plan, seals, observer)?;
    let text = descriptor_bytes(package, plan, &written, Some(room))?;
    let digests = digests(&seals.wanted(Listed::Descriptor), &text);
    taken.insert(Listed::Descriptor, digests);
    archive.fill(descriptor, &text)?;
    let [manifest_slot, certificate_slot] = slots;
    if let Some(bytes) = seals.manifest(&taken)? {
        let room = rooms.certificate.filter(|_| in_front);
        let signature = seals.certificate(&bytes, room)?;
        close(&mut archive, manifest_slot, seals.manifest.as_str(), &bytes)?;
        if let Some(bytes) = signature {
            let name = seals.certificate.as_str();
            close(&mut archive, certificate_slot, name, &bytes)?;
        }
    }
    archive.finish()
}

/// Bytes kept free in front.
struct Rooms {
    manifest: Option<u64>,
    certificate: Option<u64>,
}

impl Rooms {
    /// The room of the descriptor. A new one gets some to spare, and as much more as lets the
    /// file behind begin at a place whose blocks can be shared with those of the old archive.
    fn of_descriptor(&self, package: &Package, plan: &Plan<'_>, in_front: bool) -> u64 {
        let Some(new) = plan.descriptor else {
            return package.parts[package.seats.descriptor].size();
        };
        let block = BLOCK as u64;
        let whole = |room: u64| block + room.next_multiple_of(block);
        let least = unfilled(new.draft()).len() as u64 + 1;
        let mut room = (least + SPARE).next_multiple_of(block);
        let seals = [self.manifest, self.certificate];
        let seals = seals.into_iter().flatten().filter(|_| in_front);
        // Where the bytes of the first file would begin.
        let begins = whole(room) + seals.map(whole).sum::<u64>() + block;
        let wanted = match plan.contents.first() {
            Some(Content::Kept(place)) => package.parts[*place].stored_at % SHARED_BLOCK,
            _ => block,
        };
        room += (wanted + SHARED_BLOCK - begins % SHARED_BLOCK) % SHARED_BLOCK;
        if room > MAX_DESCRIPTOR_BYTES {
            // Nobody would read it.
            room = least;
        }
        room
    }
}

fn close(
    archive: &mut ArchiveWriter<&mut File>,
    slot: Option<Slot>,
    name: &str,
    bytes: &[u8],
) -> Result<()> {
    if let Some(slot) = slot {
        archive.fill(slot, bytes)?;
        return Ok(());
    }
    archive.add(name, &mut |output| {
        output.write_all(bytes).map_err(Error::write)
    })?;
    Ok(())
}

/// Writes all files between; tells of new ones, and the digests that had to be taken.
fn write_contents(
    archive: &mut ArchiveWriter<&mut File>,
    package: &Package,
    plan: &Plan<'_>,
    seals: &Seals<'_>,
    observer: &mut dyn Observer,
) -> Result<(Vec<Written>, Taken)> {
    let mut written = Vec::new();
    let mut taken = Taken::new();
    for (number, content) in plan.contents.iter().enumerate() {
        let name = plan.path(package, number).as_str();
        check_length(name)?;
        let wanted = seals.wanted(Listed::Content(number));
        let digests = match content {
            Content::Kept(place) if wanted.is_empty() => {
                let part = &package.parts[*place];
                archive.place(name, part.size(), &mut |output, at| {
                    part.copy(output, at, observer)
                })?;
                continue;
            }
            Content::Kept(place) => {
                let part = &package.parts[*place];
                let mut digests = None;
                archive.add(name, &mut |output| {
                    digests = Some(write_part(part, &wanted, output, observer)?);
                    Ok(())
                })?;
                digests
            }
            Content::New { file, .. } => {
                let mut digests = None;
                archive.add(name, &mut |output| {
                    let (size, found) = file.write(output, &wanted, observer)?;
                    written.push(Written::of(file, size));
                    digests = Some(found);
                    Ok(())
                })?;
                digests
            }
        };
        taken.insert(Listed::Content(number), digests.unwrap_or_default());
    }
    if observer.advanced(0).is_break() {
        return Err(cancelled());
    }
    Ok((written, taken))
}

/// Writes a file that stays, whose digests are wanted.
pub(super) fn write_part(
    part: &Part,
    wanted: &[Algorithm],
    output: &mut dyn Write,
    observer: &mut dyn Observer,
) -> Result<HashMap<Algorithm, String>> {
    let (copied, digests) = digested(wanted, part.size(), |aside| {
        part.stream(observer, &mut |bytes| {
            aside.update(bytes);
            output.write_all(bytes).map_err(Error::write)
        })
    });
    copied.map(|()| digests)
}

/// The digests of bytes that are in memory.
pub(super) fn digests(wanted: &[Algorithm], bytes: &[u8]) -> HashMap<Algorithm, String> {
    let digests = wanted.iter();
    digests
        .map(|algorithm| (*algorithm, algorithm.digest(bytes)))
        .collect()
}

impl Written {
    pub(super) fn of(file: &NewFile<'_>, size: u64) -> Self {
        Self {
            href: file.href.clone(),
            size,
        }
    }
}

/// The bytes of the descriptor, which fill `room` if there is one to fill.
pub(super) fn descriptor_bytes(
    package: &Package,
    plan: &Plan<'_>,
    written: &[Written],
    room: Option<u64>,
) -> Result<Vec<u8>> {
    let Some(new) = plan.descriptor else {
        return package.parts[package.seats.descriptor].content();
    };
    let late;
    let text = match new {
        NewDescriptor::Text(text) => text,
        NewDescriptor::Late { text, .. } => {
            late = text(written)?;
            check_text(&late).map_err(|error| error.in_member(package.own().as_str()))?;
            &late
        }
    };
    let Some(room) = room else {
        return Ok(text.as_bytes().to_vec());
    };
    let mut bytes = unfilled(text).as_bytes().to_vec();
    if bytes.len() as u64 >= room {
        return Err(Error::new(
            ErrorKind::Internal,
            format!(
                "the descriptor has {} bytes, more than its draft",
                bytes.len()
            ),
        ));
    }
    // White space behind the root element is legal XML.
    bytes.resize(to_usize(room), b'\n');
    Ok(bytes)
}
