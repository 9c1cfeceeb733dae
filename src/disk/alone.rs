//! A disk that lies in a package, opened by itself: nothing it rests on is looked for.

use std::path::Path;
use std::sync::Arc;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::kind::Kind;
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

/// Opens the disk of `kind` in `storage`, called `path` in errors; `None` if no disk of
/// that kind is read.
pub fn open(kind: Kind, storage: Arc<dyn Storage>, path: &Path) -> Result<Option<Alone>> {
    Ok(Some(match kind {
        Kind::Vmdk => {
            let image = vmdk::Image::open(storage, path, false)?;
            Alone {
                rests_on: image.parent().map(|parent| parent.file),
                variant: None,
                encryption: None,
                vhdx: None,
                warnings: image.warnings(),
                source: Box::new(image),
            }
        }
        Kind::Qcow2 => {
            let image = qcow2::Image::open(storage, path, None)?;
            let header = image.header();
            Alone {
                rests_on: header.backing_file.clone().or(header.data_file.clone()),
                variant: None,
                encryption: image.encryption(),
                vhdx: None,
                warnings: image.warnings(),
                source: Box::new(image),
            }
        }
        Kind::Vhdx => {
            let image = vhdx::Image::open(storage, path)?;
            let summary = image.summary();
            Alone {
                rests_on: summary.parent.clone(),
                variant: Some(summary.variant),
                encryption: None,
                vhdx: Some(summary),
                warnings: image.warnings(),
                source: Box::new(image),
            }
        }
        Kind::Vhd => {
            let image = vhd::Image::open(storage, path)?;
            let parent = image.parent().and_then(|parent| parent.names.first());
            Alone {
                rests_on: parent.cloned(),
                variant: Some(image.variant().name()),
                encryption: None,
                vhdx: None,
                warnings: image.warnings(),
                source: Box::new(image),
            }
        }
        Kind::Vdi => {
            let image = vdi::Image::open(storage, path)?;
            Alone {
                rests_on: image.parent().map(|parent| format!("{{{}}}", parent.id)),
                variant: Some(image.variant().name()),
                encryption: None,
                vhdx: None,
                warnings: image.warnings(),
                source: Box::new(image),
            }
        }
        Kind::VmdkDescriptor | Kind::EsxVmdk | Kind::Gzip => return Ok(None),
    }))
}
