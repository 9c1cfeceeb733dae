//! A disk by the name people give it: a file or device, a file of a package
//! (`vm.ova:disk1.vmdk`), a package with one disk, or standard input (`-`).

mod gathered;
mod package;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;

use crate::base::progress::Observer;
use crate::base::storage::{FileIdentity, FileStorage, Storage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::DiskSource;
use crate::disk::alone::open_whole;
use crate::disk::check::{Beside, Files, Others};
use crate::disk::detect::{Format, format_of};
use crate::disk::gate::Gate;
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
        by_path(named, options)?.disk
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

/// A disk that was found by its path.
pub(in crate::ops) struct Placed {
    pub(in crate::ops) disk: OpenedDisk,
    /// The file it is, or the archive it is in.
    pub(in crate::ops) file: PathBuf,
    /// What it is called in that archive.
    pub(in crate::ops) member: Option<String>,
}

/// Opens the disk at the path `named`, of a file or of one in an archive.
pub(in crate::ops) fn by_path(named: &Path, options: &OpenOptions) -> Result<Placed> {
    let file = || {
        Ok(Placed {
            disk: open::open(named, options)?,
            file: named.to_path_buf(),
            member: None,
        })
    };
    let inside = |disk: package::Inside| {
        Ok(Placed {
            disk: disk.open(options)?,
            file: disk.archive().to_path_buf(),
            member: Some(disk.name().to_owned()),
        })
    };
    file_or_inside(named, options.format, file, inside)
}

/// What the file is called that the path `named` leads to, in an archive where it is in one.
pub fn file_of(named: &Path) -> PathBuf {
    let inside = if named.exists() {
        None
    } else {
        package::split(named)
    };
    inside.map_or_else(|| named.to_path_buf(), |(_, member)| member.into())
}

/// What `file` makes of the file called `named`, or `inside` of a disk in an archive that it
/// leads to.
fn file_or_inside<T>(
    named: &Path,
    format: Option<Format>,
    file: impl FnOnce() -> Result<T>,
    inside: impl FnOnce(package::Inside) -> Result<T>,
) -> Result<T> {
    if !named.exists() {
        return match package::split(named) {
            Some((archive, member)) => inside(package::member(&archive, &member)?),
            None => file(),
        };
    }
    match file() {
        // An archive is no disk, and may hold one.
        Err(error) if error.kind() == ErrorKind::Unsupported && format.is_none() => {
            match package::only_disk(named) {
                Some(disk) => inside(disk?),
                None => Err(error),
            }
        }
        found => found,
    }
}

/// An image that was found, and is not opened as a disk.
pub(in crate::ops) struct Found {
    /// Its bytes.
    pub(in crate::ops) storage: Arc<dyn Storage>,
    /// What it is called.
    pub(in crate::ops) path: PathBuf,
    /// What of it takes room on its file system, of a file that tells.
    pub(in crate::ops) allocated: Option<u64>,
    /// Its format.
    pub(in crate::ops) format: Format,
    origin: Origin,
}

/// Where an image was found.
enum Origin {
    File(FileIdentity),
    Package(package::Inside),
    /// On standard input; what came from there goes when this is dropped.
    Gathered {
        _file: NamedTempFile,
    },
}

/// Finds the image called `named`, of this `format` if it is told.
pub(in crate::ops) fn find(
    named: &Path,
    format: Option<Format>,
    observer: &mut dyn Observer,
) -> Result<Found> {
    if named == Path::new(STANDARD_INPUT) {
        let gathered = gathered::gather(observer)?;
        let storage = FileStorage::open(gathered.path())?;
        return Ok(Found {
            allocated: None,
            origin: Origin::Gathered { _file: gathered },
            ..Found::file(storage, shown(named), format)?
        });
    }
    let file = || Found::file(FileStorage::open(named)?, named, format);
    let inside = |disk: package::Inside| Found::inside(disk, format);
    file_or_inside(named, format, file, inside)
}

impl Found {
    fn file(storage: FileStorage, path: &Path, format: Option<Format>) -> Result<Self> {
        Ok(Self {
            format: format_of(&storage, path, format)?,
            allocated: storage.allocated(),
            origin: Origin::File(storage.identity().clone()),
            storage: Arc::new(storage),
            path: path.to_path_buf(),
        })
    }

    fn inside(disk: package::Inside, format: Option<Format>) -> Result<Self> {
        let (storage, path) = (disk.storage(), disk.path());
        Ok(Self {
            format: format_of(&*storage, &path, format)?,
            storage,
            path,
            allocated: None,
            origin: Origin::Package(disk),
        })
    }

    /// Whether it is a file by itself.
    pub(in crate::ops) fn is_file(&self) -> bool {
        matches!(self.origin, Origin::File(_))
    }

    /// The files it names, those elsewhere as far as `gate` lets them.
    pub(in crate::ops) fn others<'f>(&'f self, gate: &'f Gate) -> Box<dyn Others + 'f> {
        match &self.origin {
            Origin::File(identity) => Box::new(Files::new(&self.path, identity.clone(), gate)),
            Origin::Package(disk) => {
                Box::new(Beside::new(&self.path, |name| Ok(disk.beside(name))))
            }
            Origin::Gathered { .. } => Box::new(Beside::new(&self.path, |_| Ok(None))),
        }
    }
}
