//! An image changed where it lies, step by step, each made whole or not at all.
//!
//! ```text
//! mod     the steps
//! in_use  whether another program has the image open
//! ```

mod in_use;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::base::copy::copy;
use crate::base::placed::Placed as _;
use crate::base::progress::{Observer, Unobserved, cancelled};
use crate::base::storage::{FileStorage, Storage};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::step::{Edit, Piece, Step};
use crate::ops::assemble::replace::replacing;
use crate::ops::edit::patch::{Patch, Patches, apply};
use crate::ops::edit::{Recovered, recover};

/// Completes a change of the image at `path` that was interrupted, and tells of it.
pub(super) fn complete(path: &Path, observer: &mut dyn Observer) -> Result<()> {
    if recover(path)? == Recovered::Completed {
        let what = "a change of it that was interrupted is completed";
        observer.warned(&path.display().to_string(), what);
    }
    Ok(())
}

/// An image that is changed where it lies.
pub(super) struct InPlace<'p> {
    path: &'p Path,
    storage: Arc<dyn Storage>,
}

impl<'p> InPlace<'p> {
    /// The image at `path`, which is to be `changed`, as errors say it.
    pub(super) fn open(path: &'p Path, changed: &str) -> Result<Self> {
        let storage = FileStorage::open(path)?;
        if storage.is_block_device() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a block device is not {changed}"),
            )
            .at(path)
            .why("what is to be overwritten is first written down beside an image, in a journal")
            .help("copy it to a file, change that, and copy it back"));
        }
        in_use::refuse(path)?;
        Ok(Self {
            path,
            storage: Arc::new(storage),
        })
    }

    /// What the image was when it was opened.
    pub(super) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Makes steps that belong together. They can be stopped before the first one alone.
    pub(super) fn taking<'t>(
        &'t self,
        observer: &'t mut dyn Observer,
    ) -> impl FnMut(Step) -> Result<()> + 't {
        let mut begun = false;
        move |step| {
            if begun {
                return self.take(step, &mut Unobserved);
            }
            self.take(step, observer)?;
            begun = true;
            Ok(())
        }
    }

    /// Makes one step, whole or not at all.
    pub(super) fn take(&self, step: Step, observer: &mut dyn Observer) -> Result<()> {
        match step {
            Step::Extend { length } => extend(self.path, length),
            Step::Overwrite(edits) => overwrite(self.path, edits, observer),
            Step::Anew(pieces) => anew(self.path, &pieces, observer),
            Step::Truncate { length } => truncate(self.path, length),
        }
    }
}

/// Zeros behind the end mean nothing to any format, so nothing is lost when what follows fails.
fn extend(path: &Path, length: u64) -> Result<()> {
    let grown = File::options().write(true).open(path).and_then(|file| {
        let length = length.max(file.metadata()?.len());
        file.set_len(length)?;
        file.sync_all()
    });
    grown.map_err(|error| Error::io("cannot write to it", path, error))
}

/// A file system makes a file shorter at once or not at all.
fn truncate(path: &Path, length: u64) -> Result<()> {
    let cut = File::options().write(true).open(path).and_then(|file| {
        let length = length.min(file.metadata()?.len());
        file.set_len(length)?;
        file.sync_all()
    });
    cut.map_err(|error| Error::io("cannot write to it", path, error))
}

fn overwrite(path: &Path, edits: Vec<Edit>, observer: &mut dyn Observer) -> Result<()> {
    // Opened anew: a step before may have put a clone in the place of the file.
    let storage = FileStorage::open(path)?;
    let over = |Edit { offset, bytes }| {
        let there = storage.length().saturating_sub(offset);
        let mut old = vec![0; to_usize(there.min(bytes.len() as u64))];
        if !old.is_empty() {
            storage.read_exact_at(offset, &mut old)?;
        }
        let new = bytes;
        Ok(Patch { offset, old, new })
    };
    let list = edits.into_iter().map(over).collect::<Result<Vec<_>>>()?;
    let old_length = storage.length();
    let end = list.last().map(|last| last.offset + last.new.len() as u64);
    let new_length = end.unwrap_or_default().max(old_length);
    let patches = Patches {
        list,
        old_length,
        new_length,
    };
    apply(path, patches, observer)
}

/// Puts a file of these pieces in the place of the old one.
fn anew(path: &Path, pieces: &[Piece], observer: &mut dyn Observer) -> Result<()> {
    let source = FileStorage::open(path)?;
    let mut output = replacing(path)?;
    let refused = |error| Error::write(error).at(path);
    let file = output.file_mut();
    observer.begin("repairing", pieces.iter().map(Piece::length).sum());
    let mut at = 0;
    for piece in pieces {
        match piece {
            Piece::Kept(range) => copy(&source, range.start, file, at, piece.length(), observer)?,
            Piece::New(bytes) => file.write_all_at(bytes, at).map_err(refused)?,
            // What is passed over is a hole.
            Piece::Zeros(_) => {}
        }
        at += piece.length();
    }
    file.set_len(at)
        .and_then(|()| file.flush())
        .map_err(refused)?;
    if observer.advanced(0).is_break() {
        return Err(cancelled());
    }
    // Windows replaces no file that is open.
    drop(source);
    output.commit()
}
