//! Blocks of a package overwritten so that a crash leaves the package as it was or as it is to
//! be, and nothing between.
//!
//! Where the file system shares blocks, the package is cloned, and the clone changed and renamed.
//! Elsewhere what is to be written is written down first, in a [journal](super::journal); after a
//! crash it is written once more.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::copy::share;
use crate::base::placed::Placed as _;
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::assemble::replace::replacing;

use super::journal::{self, Journal, NoJournal};

/// Bytes that take the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct Patch {
    pub(in crate::ops) offset: u64,
    /// What is there; less at the end of the file.
    pub(in crate::ops) old: Vec<u8>,
    pub(in crate::ops) new: Vec<u8>,
}

/// Changes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) struct Patches {
    /// In order, none over another.
    pub(in crate::ops) list: Vec<Patch>,
    pub(in crate::ops) old_length: u64,
    pub(in crate::ops) new_length: u64,
}

/// A file that is overwritten.
pub(super) trait Target {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn set_length(&self, length: u64) -> io::Result<()>;
    fn sync(&self) -> io::Result<()>;
}

impl Target for File {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Patches {
    /// Writes the new bytes.
    pub(super) fn redo(&self, target: &dyn Target) -> io::Result<()> {
        for patch in &self.list {
            target.write_at(&patch.new, patch.offset)?;
        }
        target.sync()
    }

    /// Writes the old bytes.
    fn undo(&self, target: &dyn Target) -> io::Result<()> {
        for patch in &self.list {
            target.write_at(&patch.old, patch.offset)?;
        }
        target.set_length(self.old_length)?;
        target.sync()
    }

    /// Whether every byte of the file is one of the old or the new ones.
    fn fit(&self, file: &FileStorage) -> Result<bool> {
        let length = file.length();
        if !(self.old_length..=self.new_length).contains(&length) {
            return Ok(false);
        }
        for patch in &self.list {
            let there = length
                .saturating_sub(patch.offset)
                .min(patch.new.len() as u64);
            if there == 0 {
                continue;
            }
            let mut now = vec![0; to_usize(there)];
            file.read_exact_at(patch.offset, &mut now)?;
            // Behind the old end there may be zeros where the new bytes did not come to yet.
            let old = patch.old.iter().chain(std::iter::repeat(&0));
            let mut all = now.iter().zip(old).zip(&patch.new);
            if !all.all(|((now, old), new)| now == old || now == new) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the file still is the one that was read.
    fn is_untouched(&self, file: &FileStorage) -> Result<bool> {
        if file.length() != self.old_length {
            return Ok(false);
        }
        for patch in self.list.iter().filter(|patch| !patch.old.is_empty()) {
            let mut now = vec![0; patch.old.len()];
            file.read_exact_at(patch.offset, &mut now)?;
            if now != patch.old {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Changes the package or disk at `path`. It can be stopped until the first byte is overwritten.
pub(in crate::ops) fn apply(
    path: &Path,
    patches: Patches,
    observer: &mut dyn Observer,
) -> Result<()> {
    let path = real(path)?;
    let (file, about) = locked(&path)?;
    let storage = FileStorage::open(&path)?;
    if !patches.is_untouched(&storage)? {
        return Err(changed_meanwhile(&path));
    }
    let mut stop = || {
        if observer.advanced(0).is_break() {
            return Err(cancelled());
        }
        Ok(())
    };
    stop()?;
    if by_clone(&path, &file, &patches, &mut stop)? {
        return Ok(());
    }
    let journal = Journal {
        inode: inode(&about),
        patches,
    };
    let place = journal::place(&path);
    journal.write(&place)?;
    if let Err(stopped) = stop() {
        remove(&place)?;
        return Err(stopped);
    }
    overwrite(&file, &journal.patches).map_err(|error| error.at(&path))?;
    remove(&place)
}

/// Overwrites `file`; where that fails, puts back what was there. If that fails, too, the
/// journal is there to be used.
pub(super) fn overwrite(file: &dyn Target, patches: &Patches) -> Result<()> {
    let Err(error) = patches.redo(file) else {
        return Ok(());
    };
    let failed = Error::write(error);
    Err(match patches.undo(file) {
        Ok(()) => failed.why("what was written was taken back; it is as it was"),
        Err(_) => failed
            .why("it is changed in part")
            .help("`ovfkit edit`, or `ovfkit disk check --repair` of a disk, completes the change when it can be written to again"),
    })
}

/// Changes a clone of `file`, which takes the place of the package at `path`; false where the
/// file system cannot clone.
fn by_clone(
    path: &Path,
    file: &File,
    patches: &Patches,
    stop: &mut dyn FnMut() -> Result<()>,
) -> Result<bool> {
    let mut output = replacing(path)?;
    if !share(file, output.file_mut()) {
        return Ok(false);
    }
    let written = patches.redo(&*output.file_mut());
    written.map_err(|error| Error::write(error).at(path))?;
    stop()?;
    output.commit()?;
    let synced = journal::sync_directory(path);
    synced.map_err(|error| Error::write(error).at(path))?;
    Ok(true)
}

fn remove(journal: &Path) -> Result<()> {
    std::fs::remove_file(journal)
        .and_then(|()| journal::sync_directory(journal))
        .map_err(|error| Error::io("cannot remove", journal, error))
}

/// The package to be written to, which nobody else is changing.
fn locked(path: &Path) -> Result<(File, Metadata)> {
    let cannot = |error| Error::io("cannot write to it", path, error);
    let file = File::options().read(true).write(true).open(path);
    let file = file.map_err(cannot)?;
    #[cfg(unix)]
    if !lock(&file).map_err(cannot)? {
        return Err(in_use(path));
    }
    let about = file.metadata().map_err(cannot)?;
    // Whoever had it before may have put another file in its place.
    let here = std::fs::metadata(path).map_err(cannot)?;
    if inode(&about) != inode(&here) {
        return Err(changed_meanwhile(path));
    }
    Ok((file, about))
}

/// How long a lock is waited for, and how long between two tries.
///
/// A program that is started elsewhere in this process holds a copy of the file until it runs: the
/// lock of an earlier change is gone a moment later only.
#[cfg(unix)]
const PATIENCE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_millis(10));

/// Locks `file`; whether nobody else has it.
#[cfg(unix)]
fn lock(file: &File) -> std::io::Result<bool> {
    use rustix::{fs::FlockOperation, io::Errno};
    let begun = Instant::now();
    loop {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            // Some network file systems have no locks.
            Ok(()) | Err(Errno::NOTSUP | Errno::NOLCK) => return Ok(true),
            Err(Errno::WOULDBLOCK) if begun.elapsed() < PATIENCE.0 => {
                std::thread::sleep(PATIENCE.1);
            }
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(unix)]
fn inode(about: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(about)
}

#[cfg(not(unix))]
fn inode(_about: &Metadata) -> u64 {
    0
}

/// The path of the file itself, beside which its journal is.
fn real(path: &Path) -> Result<PathBuf> {
    path.canonicalize()
        .map_err(|error| Error::io("cannot open", path, error))
}

/// Whether a change of what is at `path` was interrupted, and has to be completed.
pub(in crate::ops) fn is_interrupted(path: &Path) -> Result<bool> {
    let place = journal::place(&real(path)?);
    Ok(place.symlink_metadata().is_ok())
}

/// What was found of a change that was interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recovered {
    /// Nothing.
    Nothing,
    /// It was completed.
    Completed,
    /// It had not begun: its journal was incomplete, and is removed.
    Discarded,
}

/// Completes a change in place of the package at `path` that was interrupted by a crash. To be
/// called before such a package is read; what is no file has no such changes.
pub fn recover(path: &Path) -> Result<Recovered> {
    let Ok(path) = path.canonicalize() else {
        return Ok(Recovered::Nothing);
    };
    if !path.is_file() {
        return Ok(Recovered::Nothing);
    }
    let place = journal::place(&path);
    if place.symlink_metadata().is_err() {
        return Ok(Recovered::Nothing);
    }
    let (file, package) = locked(&path)?;
    // Whoever had the package before may have removed it.
    let Some((bytes, about)) = journal::open(&place)? else {
        return Ok(Recovered::Nothing);
    };
    if !is_trusted(&about, &package) {
        return Err(Error::new(ErrorKind::Denied, "the journal is not used")
            .at(&place)
            .why("it belongs to another user than what it is about, who may have made it up")
            .help("ask its owner to complete the change, or remove it if all is as it should be"));
    }
    let journal = match Journal::read(&bytes) {
        Ok(journal) => journal,
        Err(NoJournal::Incomplete) => {
            remove(&place)?;
            return Ok(Recovered::Discarded);
        }
        Err(NoJournal::Version(version)) => return Err(other_version(&place, version)),
        Err(NoJournal::Foreign) => return Err(journal::foreign(&place)),
    };
    let is_its = journal.inode == inode(&package);
    if !is_its || !journal.patches.fit(&FileStorage::open(&path)?)? {
        return Err(misfit(&path, &place));
    }
    let written = journal.patches.redo(&file);
    written.map_err(|error| Error::write(error).at(&path))?;
    remove(&place)?;
    Ok(Recovered::Completed)
}

/// Whether whoever wrote the journal may write to the package anyway.
#[cfg(unix)]
fn is_trusted(journal: &Metadata, package: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let own = rustix::process::geteuid().as_raw();
    [0, own, package.uid()].contains(&journal.uid())
}

#[cfg(not(unix))]
fn is_trusted(_journal: &Metadata, _package: &Metadata) -> bool {
    true
}

fn changed_meanwhile(path: &Path) -> Error {
    Error::new(ErrorKind::Mismatch, "it was changed meanwhile")
        .at(path)
        .help("change it when nothing else writes to it")
}

#[cfg(unix)]
fn in_use(path: &Path) -> Error {
    Error::new(ErrorKind::Denied, "it is being changed by another program")
        .at(path)
        .help("try again when that has ended")
}

fn other_version(place: &Path, version: u32) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the journal is of version {version}, which is not known"),
    )
    .at(place)
    .why("a newer ovfkit was interrupted while it changed what it is about")
    .help("have that one complete the change")
}

fn misfit(path: &Path, place: &Path) -> Error {
    Error::new(
        ErrorKind::Mismatch,
        "it has a journal of an interrupted change that does not fit it",
    )
    .at(path)
    .why("it was copied, moved or changed since then")
    .help(format!(
        "if it is as it should be, as `ovfkit validate` or `ovfkit disk check` tells, remove \
         `{}`; otherwise get it again",
        place.display()
    ))
}
