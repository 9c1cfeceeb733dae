//! Reading a package once, from front to back, for whoever judges it: members, digests
//! and, if asked for, all that is on its disks.
//!
//! ```text
//! mod      the verb: what is at a path, and which members it has
//! content  the bytes of one member: digests, and a stream that is looked at strictly
//! disks    headers of disks, and disks that are no streams
//! pieces   disks whose extents are files of their own
//! ```

mod content;
mod disks;
mod pieces;

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::digest::Algorithm;
use crate::base::output::{directory_of, is_stream};
use crate::base::progress::Observer;
use crate::base::slice::Slice;
use crate::base::storage::{FileStorage, Storage};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::kind::Kind as DiskKind;
use crate::ova::beside::{Beside, BesideSurvey};
use crate::ova::feed::Positional;
use crate::ova::listing::{LIKELY, Listing};
use crate::ova::name::SafeName;
use crate::ova::open::{OpenArchive, Opened, open, shown};
use crate::ova::reader::ArchiveReader;
use crate::ova::role::Role;
use crate::ova::survey::Survey;
use crate::validate::package::{Form, Member, Package};

use super::descriptor;
use content::Passage;

/// How far to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Headers and texts alone.
    Headers,
    /// All bytes, for the digests the manifest tells of.
    Digests,
    /// All that is on the disks, too.
    Content,
}

/// What to examine, and how far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Examine<'e> {
    pub(super) input: &'e Path,
    pub(super) depth: Depth,
    /// A digest to take of every member, whatever the manifest tells.
    pub(super) also: Option<Algorithm>,
}

/// What was found.
pub(super) struct Examined {
    pub(super) package: Package,
    /// What the first descriptor holds.
    pub(super) descriptor: Option<Vec<u8>>,
    /// The descriptor's path, of a package that is no archive.
    pub(super) path: Option<PathBuf>,
    /// The lengths of an archive's files, by their paths.
    lengths: HashMap<String, u64>,
}

impl Examined {
    /// The length of the file `name` beside the descriptor, if there is one.
    pub(super) fn length_of(&self, name: &str) -> Option<u64> {
        if let Some(path) = &self.path {
            let about = std::fs::metadata(directory_of(path).join(name)).ok()?;
            return about.is_file().then_some(about.len());
        }
        let own = &self.package.members[self.package.first(Role::Descriptor)?];
        let wanted = own.stored.path.as_ref().ok()?.beside(name)?;
        self.lengths.get(wanted.as_str()).copied()
    }
}

/// Examines what is at a path. What is wrong with a package is in the answer; errors tell
/// of what could not be read, and of what is beyond the limits.
pub(super) fn examine(request: &Examine<'_>, observer: &mut dyn Observer) -> Result<Examined> {
    let named = |error: Error| error.at(shown(request.input));
    let examined = match open(request.input)? {
        Opened::Archive(archive) => examine_archive(request, archive, observer).map_err(named),
        Opened::Text {
            path,
            by_directory,
            content,
        } => match path {
            None => alone(content, request.input),
            Some(path) if !by_directory && is_disk(&path)? => {
                examine_disk(request, &path, observer)
            }
            Some(path) => examine_directory(request, path, content, observer),
        },
    };
    examined.map(|mut examined| {
        examined.package.deep = request.depth == Depth::Content;
        examined
    })
}

/// A descriptor from standard input, with nothing around it.
fn alone(content: Box<dyn Read>, input: &Path) -> Result<Examined> {
    Ok(Examined {
        package: Package::new(Form::Directory),
        descriptor: Some(descriptor::bounded(content, input)?),
        path: None,
        lengths: HashMap::new(),
    })
}

fn examine_archive(
    request: &Examine<'_>,
    mut archive: OpenArchive,
    observer: &mut dyn Observer,
) -> Result<Examined> {
    let mut package = Package::new(Form::Archive);
    if shown(request.input) == request.input {
        let name = request.input.file_name().unwrap_or_default();
        package.file_name = Some(name.to_string_lossy().into_owned());
    }
    package.wrapper = archive.wrapper;
    let storage = archive.storage.clone();
    let listing = match &storage {
        Some(storage) if request.depth > Depth::Headers => foresee(storage),
        _ => None,
    };
    let mut descriptor = None;
    loop {
        let stored = match archive.reader.next() {
            Ok(Some(stored)) => stored,
            Ok(None) => break,
            Err(error) => {
                package.damage = Some(of_the_package(error)?);
                break;
            }
        };
        stored.check_size()?;
        let mut member = Member::new(stored);
        let role = member.stored.role();
        let passage = Passage {
            request,
            keep: role.most_bytes().is_some() && package.first(role).is_none(),
            algorithms: algorithms(request, listing.as_ref(), storage.is_some(), &member),
        };
        let read = passage.take(&mut member, &mut |buf| archive.reader.read(buf), observer);
        let cut = read.err().map(of_the_package).transpose()?;
        if role == Role::Descriptor && descriptor.is_none() {
            descriptor = member.content.take().filter(|_| cut.is_none());
        }
        if let (Some(storage), None) = (&storage, &cut) {
            let whole: Arc<dyn Storage> = Arc::<FileStorage>::clone(storage);
            let slice = Slice::new(whole, member.stored.data_offset, member.stored.size);
            // A member that lies outside is cut, which the next header tells.
            if let Ok(slice) = slice {
                disks::look(request, &mut member, Arc::new(slice), observer)?;
            }
        }
        package.members.push(member);
        if cut.is_some() {
            package.damage = cut;
            break;
        }
    }
    package.end = archive.reader.end();
    if let (Some(storage), None) = (storage, &package.damage) {
        let place = pieces::Archive(storage);
        pieces::look(request, &mut package.members, &place, observer)?;
    }
    Ok(Examined {
        lengths: lengths(&package),
        package,
        descriptor,
        path: None,
    })
}

/// The lengths of files.
fn lengths(package: &Package) -> HashMap<String, u64> {
    let files = files(&package.members).into_iter();
    let length = |number: usize| package.members[number].stored.size;
    files.map(|(path, number)| (path, length(number))).collect()
}

/// The numbers of files; the first one of a path is the one that counts.
fn files(members: &[Member]) -> HashMap<String, usize> {
    let mut files = HashMap::new();
    let numbered = members.iter().enumerate();
    for (number, member) in numbered.filter(|(_, member)| member.is_file()) {
        if let Ok(path) = &member.stored.path {
            files.entry(path.as_str().to_owned()).or_insert(number);
        }
    }
    files
}

/// The manifest of an archive that can be read twice.
fn foresee(storage: &Arc<FileStorage>) -> Option<Listing> {
    let archive = OpenArchive {
        reader: ArchiveReader::new(Box::new(Positional::new(Arc::clone(storage)))),
        wrapper: None,
        storage: Some(Arc::clone(storage)),
    };
    // What is wrong is found when all of it is read.
    let (survey, _) = Survey::as_far_as_it_goes(archive);
    survey.listing()?.ok()
}

/// An error of reading tells of the package, unless it is the system's or the user's.
fn of_the_package(error: Error) -> Result<Error> {
    match error.kind() {
        ErrorKind::Io | ErrorKind::Cancelled | ErrorKind::LimitExceeded | ErrorKind::Internal => {
            Err(error)
        }
        _ => Ok(error),
    }
}

/// The digests to take of a member.
fn algorithms(
    request: &Examine<'_>,
    listing: Option<&Listing>,
    foreseen: bool,
    member: &Member,
) -> Vec<Algorithm> {
    if request.depth == Depth::Headers {
        return Vec::new();
    }
    let mut wanted = match (listing, &member.stored.path) {
        (Some(listing), Ok(path)) => listing.algorithms(path),
        (None, _) if !foreseen => LIKELY.to_vec(),
        _ => Vec::new(),
    };
    wanted.extend(request.also.filter(|also| !wanted.contains(also)));
    wanted
}

fn examine_directory(
    request: &Examine<'_>,
    path: PathBuf,
    content: Box<dyn Read>,
    observer: &mut dyn Observer,
) -> Result<Examined> {
    let bytes = descriptor::bounded(content, &path)?;
    let read = descriptor::of_bytes(&bytes).ok();
    let references = read.map(|(_, reading)| descriptor::references(&reading.envelope));
    let beside = Beside::new(&path);
    let BesideSurvey { members, listing } = beside.survey(&references.unwrap_or_default());
    let listing = listing.and_then(Result::ok);
    let mut package = Package::new(Form::Directory);
    for found in members {
        let place = beside.place(&found.path);
        let mut member = Member::beside(found.path, found.size);
        let role = member.stored.role();
        let storage = FileStorage::open(&place)?;
        let passage = Passage {
            request,
            keep: role.most_bytes().is_some() && package.first(role).is_none(),
            algorithms: algorithms(request, listing.as_ref(), true, &member),
        };
        let storage: Arc<dyn Storage> = Arc::new(storage);
        passage
            .take(&mut member, &mut reading(&*storage), observer)
            .map_err(|error| error.at(&place))?;
        disks::look(request, &mut member, storage, observer)?;
        package.members.push(member);
    }
    pieces::look(
        request,
        &mut package.members,
        &pieces::Directory(&path),
        observer,
    )?;
    Ok(Examined {
        package,
        descriptor: Some(bytes),
        path: Some(path),
        lengths: HashMap::new(),
    })
}

/// Reads `storage` from front to back.
fn reading(storage: &dyn Storage) -> impl FnMut(&mut [u8]) -> Result<usize> {
    let mut at = 0;
    move |buf| {
        let left = storage.length().saturating_sub(at);
        let now = to_usize(left.min(buf.len() as u64));
        storage.read_exact_at(at, &mut buf[..now])?;
        at += now as u64;
        Ok(now)
    }
}

/// Whether the file at `path` is a disk of a format with a magic number. What cannot be
/// read at any place is none.
pub(super) fn is_disk(path: &Path) -> Result<bool> {
    if is_stream(path) {
        return Ok(false);
    }
    let storage = FileStorage::open(path)?;
    let kind = DiskKind::in_storage(&storage)?;
    Ok(kind.is_some_and(|kind| kind != DiskKind::Gzip))
}

/// A disk alone.
fn examine_disk(
    request: &Examine<'_>,
    path: &Path,
    observer: &mut dyn Observer,
) -> Result<Examined> {
    let storage = FileStorage::open(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = SafeName::new(name.as_bytes())?;
    let mut member = Member::beside(name, storage.length());
    let passage = Passage {
        request,
        keep: false,
        algorithms: Vec::new(),
    };
    let storage: Arc<dyn Storage> = Arc::new(storage);
    passage
        .take(&mut member, &mut reading(&*storage), observer)
        .map_err(|error| error.at(path))?;
    disks::look(request, &mut member, storage, observer)?;
    let mut package = Package::new(Form::Disk);
    package.members.push(member);
    pieces::look(
        request,
        &mut package.members,
        &pieces::Directory(path),
        observer,
    )?;
    Ok(Examined {
        package,
        descriptor: None,
        path: None,
        lengths: HashMap::new(),
    })
}
