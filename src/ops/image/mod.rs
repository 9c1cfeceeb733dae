//! A disk by the name people give it: a file or device, a file of a package
//! (`vm.ova:disk1.vmdk`), a package with one disk, or standard input (`-`).

mod gathered;
mod package;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;

use crate::base::progress::Observer;
use crate::base::storage::{FileIdentity, FileStorage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::DiskSource;
use crate::disk::alone::open_whole;
use crate::disk::detect::Format;
use crate::disk::open::{self, OpenOptions, OpenedDisk};
use crate::disk::row::Row;
use crate::ova::open::{STANDARD_INPUT, shown};

/// A disk ready to be read, of one image or of several one behind the other.
pub struct Image {
    /// What the images are called, for people.
    pub names: Vec<String>,
    /// Their formats.
    pub formats: Vec<Format>,
    /// Every file they are of.
    pub files: Vec<FileIdentity>,
    /// The disk.
    pub source: Box<dyn DiskSource>,
    /// What came from standard input; goes when this is dropped.
    gathered: Vec<NamedTempFile>,
}

/// Opens the disk called `named`, and tells `observer` what is to be known of it.
pub fn open(named: &Path, options: &OpenOptions, observer: &mut dyn Observer) -> Result<Image> {
    let mut gathered = Vec::new();
    let opened = if named == Path::new(STANDARD_INPUT) {
        let file = gathered::gather(observer)?;
        let storage = FileStorage::open(file.path())?;
        gathered.push(file);
        open_whole(Arc::new(storage), shown(named), options, None)?
    } else {
        by_path(named, options)?
    };
    for warning in &opened.warnings {
        observer.warned(&warning.path, &warning.message);
    }
    Ok(Image {
        names: vec![shown(named).display().to_string()],
        formats: vec![opened.format],
        files: opened.files,
        source: opened.source,
        gathered,
    })
}

/// Opens all disks called `named`, one behind the other.
pub fn open_all(
    named: &[PathBuf],
    options: &OpenOptions,
    observer: &mut dyn Observer,
) -> Result<Image> {
    let mut disks = Vec::new();
    let mut row: Option<Image> = None;
    for named in named {
        let image = open(named, options, observer)?;
        let Some(row) = &mut row else {
            row = Some(image);
            continue;
        };
        row.names.extend(image.names);
        row.formats.extend(image.formats);
        row.files.extend(image.files);
        row.gathered.extend(image.gathered);
        disks.push(image.source);
    }
    let Some(mut row) = row else {
        return Err(Error::usage("no disk is named"));
    };
    if !disks.is_empty() {
        disks.insert(0, row.source);
        row.source = Box::new(Row::new(disks)?);
    }
    Ok(row)
}

fn by_path(named: &Path, options: &OpenOptions) -> Result<OpenedDisk> {
    if !named.exists() {
        return match package::split(named) {
            Some((archive, member)) => package::member(&archive, &member, options),
            None => open::open(named, options),
        };
    }
    match open::open(named, options) {
        // An archive is no disk, and may hold one.
        Err(error) if error.kind() == ErrorKind::Unsupported && options.format.is_none() => {
            package::only_disk(named, options).unwrap_or(Err(error))
        }
        opened => opened,
    }
}
