//! One disk, and how it is converted.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use crate::base::progress::Observer;
use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::form::{Form, Work};
use crate::disk::kind::Kind;
use crate::disk::vmdk::ExtentFile;
use crate::disk::{alone, copy};

use super::disks::DiskReport;
use super::files::{Files, Room};
use super::inflate;

/// A disk to be converted.
pub(super) struct Job {
    /// Its name in the package, without the numbers of chunks.
    pub(super) name: String,
    /// The name of the file it becomes, or of the first of several.
    pub(super) file: String,
    /// Names the disk has itself, which it may keep.
    pub(super) own: Vec<String>,
    /// The files of its extents by their names, if it is a descriptor.
    pub(super) beside: HashMap<String, Arc<dyn Storage>>,
    /// What it lies in.
    storage: Arc<dyn Storage>,
    kind: Kind,
}

impl Job {
    /// How `storage`, which the package calls `name`, is converted to `form`: a disk, or
    /// one in gzip. None if it holds no disk.
    pub(super) fn on(name: &str, storage: Arc<dyn Storage>, form: &Form) -> Result<Option<Self>> {
        let kind = match Kind::in_storage(&*storage)? {
            Some(
                kind @ (Kind::Vmdk
                | Kind::VmdkDescriptor
                | Kind::EsxVmdk
                | Kind::Vhdx
                | Kind::Vhd
                | Kind::Vdi),
            ) => kind,
            Some(Kind::Gzip) if inflate::holds_disk(&storage)? => Kind::Gzip,
            _ => return Ok(None),
        };
        Ok(Some(Self {
            file: file_for(name, kind, form.format().name()),
            name: name.to_owned(),
            own: Vec::new(),
            beside: HashMap::new(),
            storage,
            kind,
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

    /// Converts the disk into files that go to `room`.
    pub(super) fn run(
        &self,
        form: &Form,
        threads: NonZeroUsize,
        room: Room<'_>,
        observer: &mut dyn Observer,
    ) -> Result<DiskReport> {
        let run = if self.kind == Kind::Gzip {
            let inflated = inflate::inflate(&self.storage, &self.name, room.staging, observer);
            inflated.and_then(|inflated| {
                let storage = Arc::new(inflated.storage()?);
                self.convert(Kind::Vmdk, storage, form, threads, room, observer)
            })
        } else {
            let storage = Arc::clone(&self.storage);
            self.convert(self.kind, storage, form, threads, room, observer)
        };
        run.map_err(|error| error.in_member(&self.name))
    }

    fn convert(
        &self,
        kind: Kind,
        storage: Arc<dyn Storage>,
        form: &Form,
        threads: NonZeroUsize,
        room: Room<'_>,
        observer: &mut dyn Observer,
    ) -> Result<DiskReport> {
        let path = Path::new(&self.name);
        let beside = |name: &str| {
            let found = self.beside.get(name).map(|storage| ExtentFile {
                storage: Arc::clone(storage),
                path: path.with_file_name(name),
            });
            Ok(found)
        };
        let Some(disk) = alone::open_among(kind, storage, path, None, Some(&beside))? else {
            return Err(in_pieces(kind));
        };
        let disk = disk.whole()?;
        let image = &*disk.source;
        for warning in disk.warnings {
            observer.warned(&self.name, &warning.message);
        }
        copy::announce(image, &self.file, observer);
        let (mut files, name) = Files::of(&self.file, &self.own, room);
        let work = Work {
            source: image,
            name,
            threads,
        };
        let done = form.write(work, &mut files, observer)?;
        Ok(DiskReport {
            name: self.name.clone(),
            file: self.file.clone(),
            files: files.made,
            format: form.format(),
            capacity: done.capacity,
            written: done.stored,
        })
    }
}

/// The name of the file that the disk called `name` becomes.
fn file_for(name: &str, kind: Kind, ending: &str) -> String {
    let (name, old) = match kind {
        Kind::Gzip => (without(name, "gz"), "vmdk"),
        Kind::Vhdx => (name, "vhdx"),
        Kind::Vhd => (name, "vhd"),
        Kind::Vdi => (name, "vdi"),
        _ => (name, "vmdk"),
    };
    format!("{}.{ending}", without(name, old))
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

/// A piece of a disk of several files tells nothing without the descriptor.
fn in_pieces(kind: Kind) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("this is a {kind}, and its disk is in several files"),
    )
    .why("no descriptor in the package has it among its extents")
    .help(
        "unpack the files as they are (`--disks keep`), and convert the disk with \
         `ovfkit convert`, naming its descriptor",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_ending_of_its_form() {
        for (name, kind, file) in [
            ("a/disk1.vmdk", Kind::Vmdk, "a/disk1.raw"),
            ("disk.VMDK", Kind::Vmdk, "disk.raw"),
            ("disk.img", Kind::Vmdk, "disk.img.raw"),
            (".vmdk", Kind::Vmdk, ".vmdk.raw"),
            ("a/.vmdk", Kind::Vmdk, "a/.vmdk.raw"),
            ("disk.vmdk.gz", Kind::Gzip, "disk.raw"),
            ("disk.vmdk", Kind::Gzip, "disk.raw"),
            ("disk.VHD", Kind::Vhd, "disk.raw"),
            ("a/disk.vhdx", Kind::Vhdx, "a/disk.raw"),
            ("disk.vmdk", Kind::Vdi, "disk.vmdk.raw"),
            ("disk.gz", Kind::Vmdk, "disk.gz.raw"),
        ] {
            assert_eq!(file_for(name, kind, "raw"), file);
        }
    }
}
