//! The steps of a repair, each made whole or not at all.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::base::copy::copy;
use crate::base::placed::Placed as _;
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileStorage, Storage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::check::{Edit, Level, Piece, Step, repair as steps_of};
use crate::disk::detect::Format;
use crate::ops::assemble::replace::replacing;
use crate::ops::edit::patch::{Patch, Patches, apply};

use super::in_use;

/// Mends the image of `format` at `path`.
pub(super) fn repair(
    path: &Path,
    format: Format,
    level: Level,
    observer: &mut dyn Observer,
) -> Result<()> {
    let storage = FileStorage::open(path)?;
    if storage.is_block_device() {
        return Err(
            Error::new(ErrorKind::Unsupported, "a block device is not repaired")
                .at(path)
                .why(
                    "what is to be overwritten is first written down beside an image, in a journal",
                )
                .help("copy it to a file, repair that, and copy it back"),
        );
    }
    in_use::refuse(path)?;
    let storage: Arc<dyn Storage> = Arc::new(storage);
    steps_of(&storage, format, path, level, &mut |step| match step {
        Step::Extend { length } => extend(path, length),
        Step::Overwrite(edits) => overwrite(path, edits, observer),
        Step::Anew(pieces) => anew(path, &pieces, observer),
    })
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

fn overwrite(path: &Path, edits: Vec<Edit>, observer: &mut dyn Observer) -> Result<()> {
    // Opened anew: a step before may have put a clone in the place of the file.
    let storage = FileStorage::open(path)?;
    let over = |Edit { offset, bytes }| {
        let mut old = vec![0; bytes.len()];
        storage.read_exact_at(offset, &mut old)?;
        let new = bytes;
        Ok(Patch { offset, old, new })
    };
    let list = edits.into_iter().map(over).collect::<Result<Vec<_>>>()?;
    let (old_length, new_length) = (storage.length(), storage.length());
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
    output.commit()
}
