//! One disk, and how it is converted.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use crate::base::progress::Observer;
use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::kind::Kind;
use crate::disk::qcow2::{self, WriteOptions};
use crate::disk::{DiskSource, copy, raw, vhdx, vmdk};
use crate::ova::staging::Staging;

use super::disks::{DiskForm, DiskReport};
use super::inflate;

/// A disk to be converted.
pub(super) struct Job {
    /// Its name in the package, without the numbers of chunks.
    pub(super) name: String,
    /// The name of the file it becomes.
    pub(super) file: String,
    /// What it lies in.
    storage: Arc<dyn Storage>,
    gzip: bool,
}

impl Job {
    /// How `storage`, which the package calls `name`, is converted to `form`: a disk, or
    /// one in gzip. None if it holds no disk, or disks are kept.
    pub(super) fn on(
        name: &str,
        storage: Arc<dyn Storage>,
        form: DiskForm,
    ) -> Result<Option<Self>> {
        let plain = matches!(Kind::in_storage(&*storage)?, Some(Kind::Vmdk | Kind::Vhdx));
        let gzip = !plain;
        if gzip && !inflate::holds_disk(&storage)? {
            return Ok(None);
        }
        Ok(form.format().map(|ending| Self {
            file: file_for(name, gzip, ending),
            name: name.to_owned(),
            storage,
            gzip,
        }))
    }

    /// The same disk in `storage`, of which only the beginning was known.
    pub(super) fn of(self, storage: Arc<dyn Storage>) -> Self {
        Self { storage, ..self }
    }

    /// What the disk lies in.
    pub(super) fn storage(&self) -> &Arc<dyn Storage> {
        &self.storage
    }

    /// Converts the disk into a file of `staging`.
    pub(super) fn run(
        &self,
        form: DiskForm,
        threads: NonZeroUsize,
        staging: &mut Staging,
        observer: &mut dyn Observer,
    ) -> Result<DiskReport> {
        let run = if self.gzip {
            inflate::inflate(&self.storage, &self.name, staging, observer).and_then(|inflated| {
                let storage = Arc::new(inflated.storage()?);
                self.convert(storage, form, threads, staging, observer)
            })
        } else {
            let storage = Arc::clone(&self.storage);
            self.convert(storage, form, threads, staging, observer)
        };
        run.map_err(|error| error.in_member(&self.name))
    }

    fn convert(
        &self,
        storage: Arc<dyn Storage>,
        form: DiskForm,
        threads: NonZeroUsize,
        staging: &mut Staging,
        observer: &mut dyn Observer,
    ) -> Result<DiskReport> {
        let image = &*self.open(storage, observer)?;
        let total = copy::stored_bytes(image).unwrap_or(image.capacity());
        observer.begin(&self.file, total);
        let mut output = staging.file(&self.file)?;
        let written = match form {
            DiskForm::Qcow2(packing) => {
                let options = WriteOptions {
                    cluster_bits: 16,
                    packing,
                    threads,
                };
                qcow2::write(image, &mut output, &options, observer)?.file_size
            }
            DiskForm::Raw | DiskForm::Keep => {
                output.set_len(image.capacity())?;
                raw::write(image, &output, threads, observer)?
            }
        };
        output.finish()?;
        Ok(DiskReport {
            name: self.name.clone(),
            file: self.file.clone(),
            format: form.format().unwrap_or_default(),
            capacity: image.capacity(),
            written,
        })
    }

    /// Opens the disk in `storage`, which has to stand alone.
    fn open(
        &self,
        storage: Arc<dyn Storage>,
        observer: &mut dyn Observer,
    ) -> Result<Box<dyn DiskSource>> {
        let path = Path::new(&self.name);
        let (disk, parent, warnings): (Box<dyn DiskSource>, _, _) =
            if Kind::in_storage(&*storage)? == Some(Kind::Vhdx) {
                let image = vhdx::Image::open(storage, path)?;
                let (parent, warnings) = (image.summary().parent, image.warnings());
                (Box::new(image), parent, warnings)
            } else {
                let image = vmdk::Image::open(storage, path, false)?;
                let parent = image.parent().map(|parent| parent.file);
                let warnings = image.warnings();
                (Box::new(image), parent, warnings)
            };
        if let Some(parent) = parent {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the disk holds the differences to another, `{parent}`"),
            )
            .why("what it does not hold itself is in its parent")
            .help(
                "unpack the disks as they are (`--disks keep`), and convert the chain with \
                 `ovfkit pack` or `qemu-img convert`",
            ));
        }
        for warning in warnings {
            observer.warned(&self.name, &warning.message);
        }
        Ok(disk)
    }
}

/// The name of the file that the disk called `name` becomes.
fn file_for(name: &str, gzip: bool, ending: &str) -> String {
    let name = if gzip { without(name, "gz") } else { name };
    let bare = match without(name, "vmdk") {
        bare if bare == name => without(name, "vhdx"),
        bare => bare,
    };
    format!("{bare}.{ending}")
}

/// `name` without this ending, if it has it and more.
fn without<'n>(name: &'n str, ending: &str) -> &'n str {
    match name.rsplit_once('.') {
        Some((stem, old)) if old.eq_ignore_ascii_case(ending) => {
            let (_, last) = stem.rsplit_once('/').unwrap_or(("", stem));
            if last.is_empty() { name } else { stem }
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_ending_of_its_form() {
        for (name, gzip, file) in [
            ("a/disk1.vmdk", false, "a/disk1.raw"),
            ("disk.VMDK", false, "disk.raw"),
            ("disk.img", false, "disk.img.raw"),
            (".vmdk", false, ".vmdk.raw"),
            ("a/.vmdk", false, "a/.vmdk.raw"),
            ("disk.vmdk.gz", true, "disk.raw"),
            ("disk.vmdk", true, "disk.raw"),
            ("disk.gz", false, "disk.gz.raw"),
            ("a/disk.vhdx", false, "a/disk.raw"),
            ("disk.vhdx.vmdk", false, "disk.vhdx.raw"),
        ] {
            assert_eq!(file_for(name, gzip, "raw"), file);
        }
    }
}
