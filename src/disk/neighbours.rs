//! What lies beside a disk: the files that the extents of a descriptor are in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::output::directory_of;
use crate::base::storage::{FileStorage, Storage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::gate::{Gate, is_plain};
use crate::disk::vmdk::{Described, ExtentFile, Image};

/// Hands out the file beside a disk that is called so; none if there is none.
pub type Neighbours<'n> = dyn Fn(&str) -> Result<Option<ExtentFile>> + 'n;

/// Opens the disk that the descriptor in `storage`, called `path` in errors, describes, with
/// its extents out of `neighbours`; `None` if what is there is no descriptor.
pub(super) fn open_described(
    storage: &dyn Storage,
    path: &Path,
    neighbours: &Neighbours<'_>,
    salvage: bool,
) -> Result<Option<Image>> {
    let Some(described) = Described::read(storage, path)? else {
        return Ok(None);
    };
    let files = described.files().iter();
    let files = files.map(|name| find(path, neighbours, name));
    let files = files.collect::<Result<Vec<_>>>()?;
    described.open(&files, salvage).map(Some)
}

/// The file `name` among the `neighbours` of the disk called `path`.
pub(super) fn find(path: &Path, neighbours: &Neighbours<'_>, name: &str) -> Result<ExtentFile> {
    if !is_plain(name) {
        return Err(outside(name).at(path));
    }
    if path.file_name() == Some(OsStr::new(name)) {
        return Err(belongs_already(name).at(path));
    }
    neighbours(name)?.ok_or_else(|| missing(name).at(path))
}

/// The file `name` in the directory of the disk `image`, if there is one.
pub fn in_directory(image: &Path, name: &str) -> Result<Option<ExtentFile>> {
    let there = directory_of(image).join(name).metadata();
    if there.is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        return Ok(None);
    }
    extent_file(&Gate::default(), image, name).map(|(storage, path)| {
        Some(ExtentFile {
            storage: Arc::new(storage),
            path,
        })
    })
}

/// Opens the file `name` of extents of the disk `image`, if `gate` lets it; hands back its path
/// as the image names it, too.
pub(super) fn extent_file(gate: &Gate, image: &Path, name: &str) -> Result<(FileStorage, PathBuf)> {
    let found = gate.resolve_part(image, "extent", name)?;
    let storage = FileStorage::open(&found.canonical).map_err(|error| match error.kind() {
        // The mistake is one of the descriptor.
        ErrorKind::Usage => error.of_kind(ErrorKind::Invalid),
        _ => error,
    })?;
    if storage.is_block_device() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!("its extent `{name}` is a device"),
        )
        .at(image)
        .why("ovfkit reads descriptors whose disks are in files")
        .help("name the device itself in place of the descriptor"));
    }
    Ok((storage, found.named))
}

/// A file is named as an extent that is a part of the disk in another way.
pub(super) fn belongs_already(name: &str) -> Error {
    let name = name.escape_debug();
    Error::new(
        ErrorKind::Invalid,
        format!("its extent `{name}` is a file that belongs to the disk already"),
    )
    .why("the descriptor itself, a parent, or an extent under another name")
    .help("compare the descriptor with that of another disk of the kind, and mend the name")
}

fn outside(name: &str) -> Error {
    let name = name.escape_debug();
    Error::new(
        ErrorKind::Denied,
        format!("its extent `{name}` is named by more than the name of a file beside it"),
    )
    .why("a path could lead to any file of this machine")
    .help("put all files of the disk beside each other, and name them so in the descriptor")
}

/// A file is not there.
pub(super) fn missing(name: &str) -> Error {
    let name = name.escape_debug();
    Error::new(
        ErrorKind::Invalid,
        format!("its extent `{name}` is not beside it"),
    )
    .why("the descriptor of a disk holds none of its data; that is in its extents")
    .help("copy all files of the disk, and leave their names as they are")
}
