//! Members of a package of either form, one after the other.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use crate::base::progress::Observer;
use crate::base::slice::Slice;
use crate::base::storage::{FileStorage, Storage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::neighbours::in_directory;
use crate::ops::descriptor;
use crate::ova::beside::{Beside, BesideMember, BesideSurvey};
use crate::ova::feed::Positional;
use crate::ova::header::{Dialect, Kind};
use crate::ova::listing::Listing;
use crate::ova::name::{NameFault, SafeName};
use crate::ova::open::{OpenArchive, Opened, open, shown};
use crate::ova::reader::{ArchiveReader, End, StoredMember};
use crate::ova::role::{MAX_DESCRIPTOR_BYTES, Role};
use crate::ova::survey::Survey;
use crate::ova::wrapper::Wrapper;

use super::verify::{Knowledge, Verdict};

/// A member to be unpacked.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    /// Its name, for people.
    pub(super) name: String,
    pub(super) path: Result<SafeName, NameFault>,
    pub(super) size: u64,
    pub(super) kind: Kind,
    pub(super) role: Role,
    /// Where its header is, in an archive.
    pub(super) offset: Option<u64>,
    /// Where its content is, in an archive.
    data: u64,
}

impl Incoming {
    fn stored(member: StoredMember) -> Self {
        Self {
            role: member.role(),
            name: member.name,
            path: member.path,
            size: member.size,
            kind: member.kind,
            offset: Some(member.header_offset),
            data: member.data_offset,
        }
    }

    fn beside(member: BesideMember) -> Self {
        Self {
            name: member.path.to_string(),
            role: Role::of(member.path.as_str()),
            path: Ok(member.path),
            size: member.size,
            kind: Kind::File,
            offset: None,
            data: 0,
        }
    }
}

/// A package that is read from front to back.
pub(super) enum Source {
    Archive {
        archive: OpenArchive,
        dialects: Vec<Dialect>,
        /// The members, where they could be looked at before.
        foreseen: Vec<StoredMember>,
    },
    Directory {
        beside: Beside,
        members: std::vec::IntoIter<BesideMember>,
        listing: Option<Result<Listing>>,
        current: Option<File>,
    },
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self> {
        match open(path)? {
            Opened::Archive(archive) => Ok(Self::Archive {
                archive,
                dialects: Vec::new(),
                foreseen: Vec::new(),
            }),
            Opened::Text { path: None, .. } => {
                Err(Error::new(ErrorKind::Invalid, "what came in is no archive")
                    .at(shown(path))
                    .why("it has neither the header of a tar archive nor a wrapper's")
                    .help(
                        "an OVF package of several files is unpacked by the path of its descriptor",
                    ))
            }
            Opened::Text { path: Some(_), .. } => {
                let found = descriptor::read(path)?;
                let descriptor::Origin::Beside { path, .. } = found.place.origin else {
                    return Err(Error::new(
                        ErrorKind::Internal,
                        "the package changed its form",
                    ));
                };
                let beside = Beside::new(&path);
                let references = descriptor::references(&found.reading.envelope);
                let BesideSurvey { members, listing } = beside.survey(&references);
                Ok(Self::Directory {
                    beside,
                    members: members.into_iter(),
                    listing,
                    current: None,
                })
            }
        }
    }

    /// Looks ahead where that costs little: what is wrong with the headers of an
    /// archive is found before anything is written, and the manifest tells which
    /// digests to take.
    pub(super) fn foresee(
        &mut self,
        verdict: &mut Verdict,
        observer: &mut dyn Observer,
    ) -> Result<Knowledge> {
        let listing = match self {
            Self::Archive {
                archive, foreseen, ..
            } => {
                let Some(storage) = &archive.storage else {
                    return Ok(Knowledge::None);
                };
                let feed = Positional::new(Arc::clone(storage));
                let survey = Survey::take(OpenArchive {
                    reader: ArchiveReader::new(Box::new(feed)),
                    wrapper: None,
                    storage: Some(Arc::clone(storage)),
                })?;
                let listing = survey.listing();
                *foreseen = survey.members;
                listing
            }
            Self::Directory { listing, .. } => listing.take(),
        };
        match listing {
            Some(Ok(listing)) => return Ok(Knowledge::Manifest(listing)),
            Some(Err(error)) => verdict.judge(error, observer)?,
            None => {}
        }
        Ok(Knowledge::NoManifest)
    }

    /// The files that will come and may be parts of disks, by their paths; none where nobody
    /// knows.
    pub(super) fn foreseen(&self) -> Vec<(String, Incoming)> {
        let members: Vec<_> = match self {
            Self::Archive { foreseen, .. } => {
                foreseen.iter().cloned().map(Incoming::stored).collect()
            }
            Self::Directory { members, .. } => {
                let members = members.as_slice().iter();
                members.cloned().map(Incoming::beside).collect()
            }
        };
        let files = members.into_iter().filter_map(|member| {
            let is = member.kind == Kind::File && member.role == Role::Content;
            let path = member.path.as_ref().ok()?.to_string();
            is.then_some((path, member))
        });
        files.collect()
    }

    /// What is in the file `name` beside `member`, which is the `other` one if it is a member.
    pub(super) fn beside(
        &self,
        member: &Incoming,
        name: &str,
        other: Option<&Incoming>,
    ) -> Result<Option<Arc<dyn Storage>>> {
        match (self, other) {
            (Self::Directory { beside, .. }, _) if !name.contains(['/', '\\']) => {
                let extent = in_directory(&beside.place(&member.path.clone()?), name)?;
                Ok(extent.map(|extent| extent.storage))
            }
            (Self::Archive { .. }, Some(other)) => self.storage_of(other),
            _ => Ok(None),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Incoming>> {
        match self {
            Self::Archive {
                archive, dialects, ..
            } => {
                let Some(member) = archive.reader.next()? else {
                    return Ok(None);
                };
                if !archive.reader.is_made() && !dialects.contains(&member.dialect) {
                    dialects.push(member.dialect);
                }
                Ok(Some(Incoming::stored(member)))
            }
            Self::Directory {
                members, current, ..
            } => {
                *current = None;
                Ok(members.next().map(Incoming::beside))
            }
        }
    }

    /// Whether members can be read again where they lie.
    pub(super) fn lies_still(&self) -> bool {
        match self {
            Self::Archive { archive, .. } => archive.storage.is_some(),
            Self::Directory { .. } => true,
        }
    }

    /// The content of `member` where it lies, if it can be read there at any place.
    pub(super) fn storage_of(&self, member: &Incoming) -> Result<Option<Arc<dyn Storage>>> {
        match self {
            Self::Archive { archive, .. } => {
                let Some(storage) = &archive.storage else {
                    return Ok(None);
                };
                let whole: Arc<dyn Storage> = Arc::<FileStorage>::clone(storage);
                let slice = Slice::new(whole, member.data, member.size)?;
                Ok(Some(Arc::new(slice)))
            }
            Self::Directory { beside, .. } => {
                let place = beside.place(&member.path.clone()?);
                Ok(Some(Arc::new(FileStorage::open(&place)?)))
            }
        }
    }

    /// Reads content of `member`, the one that came last.
    pub(super) fn read(&mut self, member: &Incoming, buf: &mut [u8]) -> Result<usize> {
        match self {
            Self::Archive { archive, .. } => archive.reader.read(buf),
            Self::Directory {
                beside, current, ..
            } => {
                let path = member.path.clone()?;
                let file = match current {
                    Some(file) => file,
                    None => current.insert(beside.open(&path)?),
                };
                loop {
                    match file.read(buf) {
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        read => {
                            return read.map_err(|error| {
                                Error::io("cannot read", &beside.place(&path), error)
                            });
                        }
                    }
                }
            }
        }
    }

    /// The form, in short.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Self::Archive { .. } => "ova",
            Self::Directory { .. } => "ovf",
        }
    }

    pub(super) fn wrapper(&self) -> Option<Wrapper> {
        match self {
            Self::Archive { archive, .. } => archive.wrapper,
            Self::Directory { .. } => None,
        }
    }

    /// The dialects of the headers so far.
    pub(super) fn dialects(&self) -> &[Dialect] {
        match self {
            Self::Archive { dialects, .. } => dialects,
            Self::Directory { .. } => &[],
        }
    }

    /// How the archive ends, when all members came.
    pub(super) fn end(&self) -> Option<End> {
        match self {
            Self::Archive { archive, .. } => archive.reader.end(),
            Self::Directory { .. } => None,
        }
    }
}

/// The descriptor of the package at `path`, as it is stored. Of an archive nothing
/// behind it is read.
pub(super) fn descriptor_of(path: &Path) -> Result<Vec<u8>> {
    let found = match open(path)? {
        Opened::Archive(mut archive) => loop {
            let Some(member) = archive.reader.next()? else {
                return Err(descriptor::no_descriptor());
            };
            if member.role() == Role::Descriptor {
                member.check_size()?;
                let content = archive.reader.read_whole();
                return content.map_err(|error| error.in_member(&member.name));
            }
        },
        Opened::Text {
            path: file,
            content,
            ..
        } => (file, content),
    };
    let (file, content) = found;
    let place = file.as_deref().unwrap_or(shown(path));
    let mut bytes = Vec::new();
    let read = content
        .take(MAX_DESCRIPTOR_BYTES + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| Error::io("cannot read", place, error))?;
    // What is no archive might be anything.
    crate::xml::decode(&bytes)
        .and_then(|text| crate::envelope::read(&text))
        .map_err(|error| error.at(place))?;
    Ok(bytes)
}
