//! What an archive holds, without its disks: the list of its members and the
//! small files among them.

use std::collections::HashMap;
use std::sync::Arc;

use super::header::Kind;
use super::listing::Listing;
use super::open::OpenArchive;
use super::reader::{End, StoredMember};
use super::role::{MAX_MANIFEST_BYTES, Role};
use super::wrapper::Wrapper;
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// Most bytes of a member that is kept from a stream, besides a descriptor's:
/// translations may be asked for later, and have kilobytes.
const MAX_KEPT_BYTES: u64 = 1 << 20;
/// Most bytes kept from a stream in all.
const MAX_KEPT_IN_ALL: u64 = 64 << 20;

/// The members of an archive.
pub struct Survey {
    /// What is around the archive.
    pub wrapper: Option<Wrapper>,
    /// All members, in order.
    pub members: Vec<StoredMember>,
    /// Which of them is the first file of a path.
    files: HashMap<String, usize>,
    /// How the archive ends.
    pub end: Option<End>,
    store: Store,
}

/// Where contents are to be had.
enum Store {
    /// From the file, at any time.
    File(Arc<FileStorage>),
    /// What was kept, by the offset of its header.
    Kept(HashMap<u64, Vec<u8>>),
}

impl Survey {
    /// Looks at all members of `archive`. Of a plain file only headers are read; a
    /// stream or a wrapper has to be read to its end.
    pub fn take(archive: OpenArchive) -> Result<Self> {
        match Self::as_far_as_it_goes(archive) {
            (_, Some(damage)) => Err(damage),
            (survey, None) => Ok(survey),
        }
    }

    /// Looks at the members of `archive` up to what damage there is.
    pub fn as_far_as_it_goes(mut archive: OpenArchive) -> (Self, Option<Error>) {
        let mut members: Vec<StoredMember> = Vec::new();
        let mut files = HashMap::new();
        let mut kept = HashMap::new();
        let mut room = MAX_KEPT_IN_ALL;
        let mut next = |archive: &mut OpenArchive| {
            let Some(member) = archive.reader.next()? else {
                return Ok(None);
            };
            if archive.storage.is_none() && is_kept(&member) && member.size <= room {
                room -= member.size;
                let content = archive.reader.read_whole()?;
                kept.insert(member.header_offset, content);
            }
            Ok(Some(member))
        };
        let damage = loop {
            let member = match next(&mut archive) {
                Ok(Some(member)) => member,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            if let (Ok(path), Kind::File) = (&member.path, member.kind) {
                let path = path.as_str().to_owned();
                files.entry(path).or_insert(members.len());
            }
            members.push(member);
        };
        let survey = Self {
            wrapper: archive.wrapper,
            members,
            files,
            end: archive.reader.end(),
            store: archive.storage.map_or(Store::Kept(kept), Store::File),
        };
        (survey, damage)
    }

    /// Whether the archive can be read again.
    pub fn lies_still(&self) -> bool {
        matches!(self.store, Store::File(_))
    }

    /// The first file that has the part `role`.
    pub fn first(&self, role: Role) -> Option<&StoredMember> {
        self.members.iter().find(|member| member.role() == role)
    }

    /// The manifest, if there is one; it may be one that cannot be read.
    pub fn listing(&self) -> Option<Result<Listing>> {
        let member = self.first(Role::Manifest)?;
        let bytes = self.content(member, MAX_MANIFEST_BYTES);
        let listing = bytes.and_then(|bytes| Listing::of(&member.path, &bytes));
        Some(listing.map_err(|error| error.in_member(&member.name)))
    }

    /// The first file whose path is `path`.
    pub fn find(&self, path: &str) -> Option<&StoredMember> {
        self.members.get(*self.files.get(path)?)
    }

    /// The content of `member`, which may have `most` bytes.
    pub fn content(&self, member: &StoredMember, most: u64) -> Result<Vec<u8>> {
        member.check_size()?;
        if member.size > most {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                format!(
                    "the file has {} bytes; at most {most} are read",
                    member.size
                ),
            )
            .in_member(&member.name)
            .help("texts have some kilobytes; ask where this package comes from"));
        }
        match &self.store {
            Store::File(storage) => {
                let mut content = vec![0; to_usize(member.size)];
                storage
                    .read_exact_at(member.data_offset, &mut content)
                    .map_err(|error| error.in_member(&member.name))?;
                Ok(content)
            }
            Store::Kept(kept) => kept.get(&member.header_offset).cloned().ok_or_else(|| {
                Error::new(
                    ErrorKind::LimitExceeded,
                    "the file is too large to be kept while the package passes by",
                )
                .in_member(&member.name)
                .help("save the package to a file, unwrapped, and name that")
            }),
        }
    }
}

fn is_kept(member: &StoredMember) -> bool {
    let most = member.role().most_bytes().unwrap_or(MAX_KEPT_BYTES);
    member.size <= most && member.role() != Role::Noise
}
