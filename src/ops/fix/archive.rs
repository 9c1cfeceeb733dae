//! An OVA: its files mended, and laid out as the standard has it.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::base::Result;
use crate::base::progress::Observer;
use crate::base::units::some_of;
use crate::envelope::Envelope;
use crate::ops::assemble::archive::{Body, Entry, check_length};
use crate::ops::assemble::gather::{Gathered, SHOWN};
use crate::ops::assemble::names::{Names, Old};
use crate::ops::assemble::part::Part;
use crate::ops::assemble::seats::{Seats, check_unwrapped, manifest_path};
use crate::ops::descriptor;
use crate::ova::chunk::chunk_name;
use crate::ova::name::SafeName;
use crate::ova::open::{OpenArchive, STANDARD_INPUT, shown};
use crate::validate::fix::{PackageChange, Refusal};

use super::manifest::{self, Listed, New};
use super::write::{write_archive, write_copy};
use super::{Fix, Outcome, Texts, require_output};

/// Mends the package in `archive`.
pub(super) fn fix(
    request: &Fix<'_>,
    archive: OpenArchive,
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    if request.input == Path::new(STANDARD_INPUT) {
        require_output(request)?;
    }
    let wrapper = archive.wrapper;
    if request.output.is_none() && !request.dry_run {
        check_unwrapped(request.input, wrapper)?;
    }
    let Gathered {
        mut parts,
        mut changes,
        time,
        spool: _spool,
        ..
    } = Gathered::read(archive, observer)?;
    let seats = Seats::of(&parts)?;
    for part in &mut parts {
        changes.extend(part.look(observer)?);
    }
    let own = parts[seats.descriptor].path.clone();
    let places: HashMap<&str, usize> = (parts.iter().enumerate())
        .map(|(place, part)| (part.path.as_str(), place))
        .collect();
    let files = |name: &str| {
        let place = places.get(own.beside(name)?.as_str())?;
        Some(parts[*place].facts())
    };
    let bytes = parts[seats.descriptor].content()?;
    let mut texts = Texts::mend(request, &bytes, Some(&files))?;
    let envelope = descriptor::of_bytes(texts.bytes()).ok();
    let envelope = envelope.map(|(_, reading)| reading.envelope);
    let names = envelope.as_ref().map(Names::new).unwrap_or_default();
    let contents = Contents::of(&parts, &seats, envelope.as_ref(), &own, &places);
    texts.mended.left.extend(contents.left(&parts));
    changes.extend(contents.dropped(&parts));
    let contents = contents.kept;
    let old = seats.old_manifest(&parts)?;
    let path = manifest_path(old.as_ref(), &own, seats.certificate.is_some());
    let made = {
        let listed: Vec<_> = [Listed::Descriptor(&own, texts.bytes())]
            .into_iter()
            .chain(contents.iter().map(|place| Listed::Part(&parts[*place])))
            .collect();
        let signed = seats.certificate.is_some();
        manifest::remake(old.as_ref(), &path, &listed, &names, signed, observer)?
    };
    changes.extend(made.changes.iter().cloned());
    let layout = Layout {
        parts: &parts,
        seats: &seats,
        contents,
        manifest: path,
        made,
        old: old.as_ref(),
    };
    let entries = layout.entries(&own, texts.bytes(), &mut changes)?;
    let name = format!("{}:{own}", shown(request.input).display());
    let nothing = changes.is_empty() && texts.mended.changes.is_empty();
    let written = match (request.dry_run, nothing) {
        (true, _) => None,
        (false, true) => write_copy(request, &entries, time, observer)?,
        (false, false) => Some(write_archive(request, &entries, time, observer)?),
    };
    texts.mended.package = changes;
    texts.mended.written = written;
    Ok(texts.outcome(name))
}

/// The files besides those with a part of their own.
struct Contents {
    /// In the order of the references; what nothing refers to comes last.
    kept: Vec<usize>,
    /// Nothing refers to them.
    strangers: Vec<usize>,
    /// Whether the strangers go: all that is referred to is there, and they are no disks.
    drop: bool,
}

impl Contents {
    fn of(
        parts: &[Part],
        seats: &Seats,
        envelope: Option<&Envelope>,
        own: &SafeName,
        places: &HashMap<&str, usize>,
    ) -> Self {
        let mut kept: Vec<usize> = Vec::new();
        let mut known = HashSet::new();
        let mut add = |name: &str| {
            let mut paths = own.meant(name);
            let place = paths.find_map(|path| places.get(path.as_str()).copied())?;
            let is_new = seats.is_content(place) && known.insert(place);
            if is_new {
                kept.push(place);
            }
            Some(is_new)
        };
        let mut whole = envelope.is_some();
        for reference in envelope.map(descriptor::references).unwrap_or_default() {
            if reference.chunked {
                let mut chunks = (0..).map(|number| chunk_name(&reference.href, number));
                let first = chunks.next().and_then(|chunk| add(&chunk));
                whole &= first.is_some();
                // The first one that is not there ends the row, as does one that was named
                // before: a hostile descriptor could do so any number of times.
                for chunk in chunks.take_while(|_| first == Some(true)) {
                    if add(&chunk).is_none() {
                        break;
                    }
                }
            } else {
                whole &= add(&reference.href).is_some();
            }
        }
        let rest = (0..parts.len()).filter(|place| seats.is_content(*place));
        let strangers: Vec<_> = rest.filter(|place| !known.contains(place)).collect();
        let drop = whole && !strangers.iter().any(|place| parts[*place].is_disk());
        if !drop {
            kept.extend(&strangers);
        }
        Self {
            kept,
            strangers,
            drop,
        }
    }

    fn dropped(&self, parts: &[Part]) -> Vec<PackageChange> {
        let dropped = self.strangers.iter().filter(|_| self.drop);
        let told = dropped.map(|place| PackageChange {
            member: Some(parts[*place].path.to_string()),
            what: "left out, as nothing refers to it".to_owned(),
        });
        told.collect()
    }

    fn left(&self, parts: &[Part]) -> Option<Refusal> {
        let names: Vec<_> = (self.strangers.iter())
            .map(|place| parts[*place].path.to_string())
            .collect();
        let names = some_of(&names, SHOWN);
        (!self.drop && !self.strangers.is_empty()).then(|| Refusal {
            rule: "PKG-012".to_owned(),
            why: format!(
                "a disk, or what a file that is missing was meant to be, is not left out: {names}"
            ),
            count: 1,
        })
    }
}

/// The archive as it is to be.
struct Layout<'l> {
    parts: &'l [Part],
    seats: &'l Seats,
    contents: Vec<usize>,
    manifest: SafeName,
    made: New,
    old: Option<&'l Old>,
}

impl Layout<'_> {
    /// The members in order. A signature goes along if the manifest is the one it is for.
    fn entries<'e>(
        &'e self,
        own: &SafeName,
        text: &'e [u8],
        changes: &mut Vec<PackageChange>,
    ) -> Result<Vec<Entry<'e>>> {
        let kept = self.old.is_some_and(|old| old.bytes == self.made.bytes);
        let certificate = self.seats.certificate.map(|place| &self.parts[place]);
        if let Some(dropped) = certificate.filter(|_| !kept) {
            changes.push(PackageChange {
                member: Some(dropped.path.to_string()),
                what: "the signature left out: it is for the manifest as it was".to_owned(),
            });
        }
        let certificate = self.seats.certificate.filter(|_| kept);
        let mut seals = vec![Seat::Manifest];
        seals.extend(certificate.map(Seat::Part));
        let contents = self.contents.iter().map(|place| Seat::Part(*place));
        let order: Vec<Seat> = if self.seats.seals_in_front() && !self.contents.is_empty() {
            let front = [Seat::Descriptor].into_iter().chain(seals);
            front.chain(contents).collect()
        } else {
            let front = [Seat::Descriptor].into_iter().chain(contents);
            front.chain(seals).collect()
        };
        if !self.is_in_order(&order) {
            changes.push(PackageChange {
                member: None,
                what: "members put in the order of the standard".to_owned(),
            });
        }
        let directory = self.common_directory(own);
        if let Some(directory) = directory {
            changes.push(PackageChange {
                member: None,
                what: format!("members taken out of the directory `{directory}`"),
            });
        }
        let name = |path: &SafeName| {
            let path = path.as_str();
            let inside = directory.and_then(|directory| path.strip_prefix(directory));
            let inside = inside.and_then(|rest| rest.strip_prefix('/'));
            inside.unwrap_or(path).to_owned()
        };
        let entry = |seat: &Seat| {
            let (path, body) = match seat {
                Seat::Descriptor => (own, Body::Bytes(text)),
                Seat::Manifest => (&self.manifest, Body::Bytes(&self.made.bytes)),
                Seat::Part(place) => {
                    let part = &self.parts[*place];
                    (&part.path, Body::Part(part))
                }
            };
            let name = name(path);
            check_length(&name)?;
            Ok(Entry { name, body })
        };
        order.iter().map(entry).collect()
    }

    /// Whether the files that were there stand as they did.
    fn is_in_order(&self, seats: &[Seat]) -> bool {
        let places = seats.iter().filter_map(|seat| match seat {
            Seat::Descriptor => Some(self.seats.descriptor),
            Seat::Manifest => self.seats.manifest,
            Seat::Part(place) => Some(*place),
        });
        places.is_sorted()
    }

    /// The directory all files are in, with the descriptor at its top.
    fn common_directory<'o>(&self, own: &'o SafeName) -> Option<&'o str> {
        let (directory, _) = own.split();
        let inside = |part: &Part| {
            let rest = part.path.as_str().strip_prefix(directory);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        (!directory.is_empty() && self.parts.iter().all(inside)).then_some(directory)
    }
}

enum Seat {
    Descriptor,
    Manifest,
    Part(usize),
}
