//! What is about to be overwritten, written down beside the package first.
//!
//! ```text
//! 0   "OVFKITJ\n"
//! 8   version, 1                           u32
//! 12  number of patches                    u32
//! 16  inode of the package, 0 if none      u64
//! 24  its length before                    u64
//! 32  its length after                     u64
//! 40  for each patch:
//!       offset                             u64
//!       bytes it had there (fewer at its end), bytes it gets    u32, u32
//!       those bytes, one after the other
//! ... SHA-256 of all that
//! ```
//!
//! Numbers are little-endian. Both the old and the new bytes are there, so that one can tell
//! whether a package that was half overwritten is the one the journal is about.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::base::digest::{Algorithm, hex};
use crate::base::output::directory_of;
use crate::base::{Error, ErrorKind, Result};

use super::patch::{Patch, Patches};

const MAGIC: &[u8; 8] = b"OVFKITJ\n";
const VERSION: u32 = 1;
/// Bytes before the patches.
const FRONT: usize = 40;
/// Bytes of the digest at the end.
const DIGEST: usize = 32;
/// Most bytes of a journal: the texts of a package twice, and then some.
pub(super) const MAX_BYTES: u64 = 64 << 20;
/// Longest name that gets more around it.
const MAX_NAME: usize = 200;

/// A journal.
pub(super) struct Journal {
    /// The package's inode, where there are any.
    pub(super) inode: u64,
    pub(super) patches: Patches,
}

/// What bytes of a journal may be instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoJournal {
    /// It was not written to its end, so nothing was overwritten yet.
    Incomplete,
    /// It is of another version.
    Version(u32),
    /// It is something else.
    Foreign,
}

impl Journal {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let Patches {
            list,
            old_length,
            new_length,
        } = &self.patches;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&narrow(list.len()).to_le_bytes());
        for number in [self.inode, *old_length, *new_length] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for patch in list {
            bytes.extend_from_slice(&patch.offset.to_le_bytes());
            bytes.extend_from_slice(&narrow(patch.old.len()).to_le_bytes());
            bytes.extend_from_slice(&narrow(patch.new.len()).to_le_bytes());
            bytes.extend_from_slice(&patch.old);
            bytes.extend_from_slice(&patch.new);
        }
        let digest = Algorithm::Sha256.raw_digest(&bytes);
        bytes.extend_from_slice(&digest);
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, NoJournal> {
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if magic != MAGIC {
            // A crash leaves a part of the file, or zeros in the place of parts.
            let last = magic.iter().rposition(|byte| *byte != 0);
            let written = &magic[..last.map_or(0, |last| last + 1)];
            return Err(if MAGIC.starts_with(written) {
                NoJournal::Incomplete
            } else {
                NoJournal::Foreign
            });
        }
        let mut rest = Cursor(&bytes[magic.len()..]);
        match rest.u32() {
            Some(VERSION) => {}
            None | Some(0) => return Err(NoJournal::Incomplete),
            Some(other) => return Err(NoJournal::Version(other)),
        }
        let whole = bytes.len().checked_sub(DIGEST).filter(|end| *end >= FRONT);
        let (content, digest) = bytes.split_at(whole.ok_or(NoJournal::Incomplete)?);
        if Algorithm::Sha256.raw_digest(content) != digest {
            return Err(NoJournal::Incomplete);
        }
        rest.0 = &content[MAGIC.len() + 4..];
        Self::content(rest).ok_or(NoJournal::Foreign)
    }

    fn content(mut rest: Cursor<'_>) -> Option<Self> {
        let count = rest.u32()?;
        let inode = rest.u64()?;
        let (old_length, new_length) = (rest.u64()?, rest.u64()?);
        let mut list = Vec::new();
        let mut end = 0;
        for _ in 0..count {
            let offset = rest.u64()?;
            let (old, new) = (rest.u32()?, rest.u32()?);
            let patch = Patch {
                offset,
                old: rest.take(old)?.to_vec(),
                new: rest.take(new)?.to_vec(),
            };
            let stop = offset.checked_add(patch.new.len() as u64)?;
            // Behind the end there may be a gap before new bytes.
            let before = match patch.old.len() as u64 {
                0 => 0,
                old => offset.checked_add(old)?,
            };
            let in_order = offset >= end && stop <= new_length && before <= old_length;
            if !in_order || patch.old.len() > patch.new.len() {
                return None;
            }
            end = stop;
            list.push(patch);
        }
        let patches = Patches {
            list,
            old_length,
            new_length,
        };
        (rest.0.is_empty() && old_length <= new_length).then_some(Self { inode, patches })
    }

    /// Writes the journal to `path`, where none is, and sees that it stays there.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(|error| {
            Error::io(
                "cannot write down what is to be changed beside it",
                path,
                error,
            )
            .why("a crash on the way could not be mended without it")
        })?;
        let written = file
            .write_all(&self.to_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_directory(path));
        written.map_err(|error| {
            // Nothing was overwritten yet.
            let _ = std::fs::remove_file(path);
            Error::write(error).at(path)
        })
    }
}

/// Lengths of texts in memory, which are bounded.
fn narrow(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Bytes that are taken from the front.
struct Cursor<'c>(&'c [u8]);

impl<'c> Cursor<'c> {
    fn take(&mut self, count: u32) -> Option<&'c [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}

/// Where the journal of the package at `path` is, which no link leads to.
pub(super) fn place(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default();
    let mut own = OsString::from(".");
    if name.len() > MAX_NAME {
        let digest = Algorithm::Sha256.raw_digest(name.as_encoded_bytes());
        own.push(hex(&digest));
    } else {
        own.push(name);
    }
    own.push(".ovfkit-journal");
    directory_of(path).join(own)
}

/// What is written at `path`, if something is: a file that is no link, and not longer than a
/// journal can be.
pub(super) fn open(path: &Path) -> Result<Option<(Vec<u8>, std::fs::Metadata)>> {
    let cannot = |error| Error::io("cannot read", path, error);
    let about = match path.symlink_metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        about => about.map_err(cannot)?,
    };
    if !about.is_file() || about.len() > MAX_BYTES {
        return Err(foreign(path));
    }
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    let file = options.open(path).map_err(cannot)?;
    // Looked at again: the name may mean another file by now.
    let about = file.metadata().map_err(cannot)?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES).read_to_end(&mut bytes);
    read.map_err(cannot)?;
    Ok(Some((bytes, about)))
}

/// Something else has the journal's name.
pub(super) fn foreign(path: &Path) -> Error {
    Error::new(
        ErrorKind::Invalid,
        "what stands in the place of a journal is none",
    )
    .at(path)
    .why("a file of this name tells of a change of what lies beside it that was interrupted")
    .help("look at it, and move it away if all is as it should be")
}

/// Sees that what was named, or lost its name, beside `path` stays so.
pub(super) fn sync_directory(path: &Path) -> std::io::Result<()> {
    if !cfg!(unix) {
        // Directories cannot be opened there.
        return Ok(());
    }
    match File::open(directory_of(path)).and_then(|directory| directory.sync_all()) {
        // Some file systems have nothing to be done there.
        Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}
