//! A disk in a package or from a pipe, opened by itself: nothing it rests on is looked for, and
//! nothing beside it but the extents of a descriptor, where somebody hands them out.

use std::path::Path;
use std::sync::Arc;

use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::detect::{Format, format_of};
use crate::disk::kind::Kind;
use crate::disk::neighbours::{Neighbours, open_described};
use crate::disk::open::{OpenOptions, OpenedDisk, refuse_snapshot};
use crate::disk::raw::RawDisk;
use crate::disk::{DiskSource, Warning, qcow2, vdi, vhd, vhdx, vmdk};

/// A disk, and what is to be known of it.
pub struct Alone {
    /// The disk, with zeros where another shows through.
    pub source: Box<dyn DiskSource>,
    /// The disk or file it does not go without, by name or id.
    pub rests_on: Option<String>,
    /// The variant of its format, where that is more than a detail and the header alone
    /// tells it.
    pub variant: Option<&'static str>,
    /// How its data is encrypted, `AES` or `LUKS`, so that it cannot be read here.
    pub encryption: Option<&'static str>,
    /// What else a VHDX says of itself.
    pub vhdx: Option<vhdx::Summary>,
    /// What its user should know.
    pub warnings: Vec<Warning>,
}

impl Alone {
    /// A disk of which nothing but its warnings is known.
    fn of(warnings: Vec<Warning>, source: impl DiskSource + 'static) -> Self {
        Self {
            source: Box::new(source),
            rests_on: None,
            variant: None,
            encryption: None,
            vhdx: None,
            warnings,
        }
    }

    fn of_vmdk(image: vmdk::Image) -> Self {
        Self {
            rests_on: image.parent().map(|parent| parent.file),
            ..Self::of(image.warnings(), image)
        }
    }

    /// Refuses a disk that is none without another.
    pub fn whole(self) -> Result<Self> {
        let Some(other) = &self.rests_on else {
            return Ok(self);
        };
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("the disk holds the differences to another, `{other}`"),
        )
        .why("what it does not hold itself is in the other, which is not looked for here")
        .help(
            "put both disks beside each other as they are, such as with `ovfkit unpack`, and \
             name this one's file",
        ))
    }
}

/// Opens the disk in `storage`, called `path` in errors, which has to stand alone, or with the
/// files `beside` it.
pub fn open_whole(
    storage: Arc<dyn Storage>,
    path: &Path,
    options: &OpenOptions,
    beside: Option<&Neighbours<'_>>,
) -> Result<OpenedDisk> {
    let format = format_of(&*storage, path, options.format)?;
    refuse_snapshot(format, options.snapshot.as_deref(), path)?;
    let kind = match format {
        Format::Raw => {
            let source = RawDisk::new(storage).map_err(|error| error.at(path))?;
            return Ok(OpenedDisk {
                source: Box::new(source),
                format,
                files: Vec::new(),
                images: vec![(path.to_path_buf(), format)],
                warnings: Vec::new(),
                beneath: None,
            });
        }
        Format::Qcow2 => Kind::Qcow2,
        Format::Vmdk => match Kind::in_storage(&*storage)? {
            Some(Kind::VmdkDescriptor) if beside.is_some() => Kind::VmdkDescriptor,
            _ => Kind::Vmdk,
        },
        Format::Vhdx => Kind::Vhdx,
        Format::Vhd => Kind::Vhd,
        Format::Vdi => Kind::Vdi,
    };
    let Some(disk) = open_among(kind, storage, path, Some(options), beside)? else {
        return Err(Error::new(ErrorKind::Internal, "this is no disk").at(path));
    };
    let disk = disk.whole().map_err(|error| error.at(path))?;
    Ok(OpenedDisk {
        source: disk.source,
        format,
        files: Vec::new(),
        images: vec![(path.to_path_buf(), format)],
        warnings: disk.warnings,
        beneath: None,
    })
}

/// Opens the disk of `kind` in `storage`, called `path` in errors: as `options` have it, with
/// the secret of an encrypted one, or else for a look that needs none. `None` if no disk of
/// that kind is read.
pub fn open(
    kind: Kind,
    storage: Arc<dyn Storage>,
    path: &Path,
    options: Option<&OpenOptions>,
) -> Result<Option<Alone>> {
    open_among(kind, storage, path, options, None)
}

/// The same, with the files `beside` the disk.
pub fn open_among(
    kind: Kind,
    storage: Arc<dyn Storage>,
    path: &Path,
    options: Option<&OpenOptions>,
    beside: Option<&Neighbours<'_>>,
) -> Result<Option<Alone>> {
    let salvage = options.is_some_and(|options| options.salvage);
    Ok(Some(match kind {
        Kind::VmdkDescriptor => {
            let Some(beside) = beside else {
                return Ok(None);
            };
            let Some(image) = open_described(&*storage, path, beside, salvage)? else {
                return Ok(None);
            };
            Alone::of_vmdk(image)
        }
        Kind::Vmdk => {
            let image = vmdk::Image::open(storage, path, salvage)?;
            Alone::of_vmdk(image)
        }
        Kind::Qcow2 => {
            let snapshot = options.and_then(|options| options.snapshot.as_deref());
            let mut image = qcow2::Image::open(storage, path, snapshot)?;
            if let Some(options) = options {
                image.unlock(&options.secrets)?;
            }
            let header = image.header();
            Alone {
                rests_on: header.backing_file.clone().or(header.data_file.clone()),
                encryption: image.encryption(),
                ..Alone::of(image.warnings(), image)
            }
        }
        Kind::Vhdx => {
            let image = vhdx::Image::open(storage, path)?;
            let summary = image.summary();
            Alone {
                rests_on: summary.parent.clone(),
                variant: Some(summary.variant),
                vhdx: Some(summary),
                ..Alone::of(image.warnings(), image)
            }
        }
        Kind::Vhd => {
            let image = vhd::Image::open(storage, path)?;
            let parent = image.parent().and_then(|parent| parent.names.first());
            Alone {
                rests_on: parent.cloned(),
                variant: Some(image.variant().name()),
                ..Alone::of(image.warnings(), image)
            }
        }
        Kind::Vdi => {
            let image = vdi::Image::open(storage, path)?;
            Alone {
                rests_on: image.parent().map(|parent| format!("{{{}}}", parent.id)),
                variant: Some(image.variant().name()),
                ..Alone::of(image.warnings(), image)
            }
        }
        Kind::EsxVmdk | Kind::Gzip => return Ok(None),
    }))
}
