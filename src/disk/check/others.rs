//! The files an image needs besides its own, as a check asks for them.

use std::path::Path;
use std::sync::Arc;

use crate::base::output::directory_of;
use crate::base::storage::{FileIdentity, FileStorage, Storage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::gate::{Gate, paths_of};
use crate::disk::neighbours::{Neighbours, belongs_already, extent_file, find, missing};
use crate::disk::vmdk::ExtentFile;

/// Hands out files that an image names.
pub trait Others {
    /// The file `name` of extents of the disk.
    fn extent(&mut self, name: &str) -> Result<ExtentFile>;

    /// The disk called `name` that the image holds changes to; none if it is not looked at.
    fn parent(&mut self, name: &str) -> Result<Option<ExtentFile>>;
}

/// There are no others.
pub(super) struct Nobody;

impl Others for Nobody {
    fn extent(&mut self, name: &str) -> Result<ExtentFile> {
        let name = name.escape_debug();
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("its extent `{name}` is not at hand"),
        )
        .why("a descriptor holds nothing of its disk; that is in its extents"))
    }

    fn parent(&mut self, _name: &str) -> Result<Option<ExtentFile>> {
        Ok(None)
    }
}

/// Files of this system: extents beside the image, and what a gate lets be opened.
pub struct Files<'f> {
    image: &'f Path,
    gate: &'f Gate,
    /// Those that were handed out, and the image.
    known: Vec<FileIdentity>,
}

impl<'f> Files<'f> {
    /// Those that the `image`, which is this file, names.
    pub fn new(image: &'f Path, file: FileIdentity, gate: &'f Gate) -> Self {
        Self {
            image,
            gate,
            known: vec![file],
        }
    }
}

impl Others for Files<'_> {
    fn extent(&mut self, name: &str) -> Result<ExtentFile> {
        let (storage, path) = extent_file(self.gate, self.image, name).map_err(|error| {
            // What the system has to say of a file that is there is no fault of the descriptor.
            let is_there = || directory_of(self.image).join(name).exists();
            if error.kind() == ErrorKind::Io && !is_there() {
                return missing(name).at(self.image);
            }
            error
        })?;
        if self.known.contains(storage.identity()) {
            return Err(belongs_already(name).at(self.image));
        }
        self.known.push(storage.identity().clone());
        Ok(ExtentFile {
            storage: Arc::new(storage),
            path,
        })
    }

    fn parent(&mut self, name: &str) -> Result<Option<ExtentFile>> {
        let found = self
            .gate
            .resolve_any(self.image, "parent disk", &paths_of(name));
        // One that is not there, or not allowed, is told as not looked at.
        let Ok(found) = found else {
            return Ok(None);
        };
        let storage: Arc<dyn Storage> = Arc::new(FileStorage::open(&found.canonical)?);
        Ok(Some(ExtentFile {
            storage,
            path: found.named,
        }))
    }
}

/// Files of a package, among which a disk has no parents.
pub struct Beside<'b> {
    image: &'b Path,
    neighbours: Box<Neighbours<'b>>,
}

impl<'b> Beside<'b> {
    /// Those beside the disk called `image`.
    pub fn new(
        image: &'b Path,
        neighbours: impl Fn(&str) -> Result<Option<ExtentFile>> + 'b,
    ) -> Self {
        let neighbours = Box::new(neighbours);
        Self { image, neighbours }
    }
}

impl Others for Beside<'_> {
    fn extent(&mut self, name: &str) -> Result<ExtentFile> {
        find(self.image, &*self.neighbours, name)
    }

    fn parent(&mut self, _name: &str) -> Result<Option<ExtentFile>> {
        Ok(None)
    }
}
