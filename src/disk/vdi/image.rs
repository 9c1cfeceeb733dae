//! Opening a VDI, and reading it as a disk.

use std::path::Path;
use std::sync::Arc;

use super::VDI;
use super::header::{Header, Variant};
use super::map::Map;
use crate::base::storage::Storage;
use crate::base::{Error, Result};
use crate::disk::Warning;
use crate::disk::blocks::{Fault, Layer, Layered, Uuid};

/// An opened VDI.
pub struct Image {
    header: Header,
    warnings: Vec<String>,
    layer: Layer,
}

/// The disk an image holds changes to, which is known by its id alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// The id it has to have.
    pub id: Uuid,
}

impl Image {
    /// Opens the image in `storage`, called `path` in errors.
    ///
    /// Before reading, a [`Self::parent`] has to be attached.
    pub fn open(storage: Arc<dyn Storage>, path: &Path) -> Result<Self> {
        let read = || {
            let header = Header::read(&*storage)?;
            let map = Map::read(&*storage, header.clone())?;
            Ok((header, map))
        };
        let (header, map) = read().map_err(|error: Error| error.at(path))?;
        Ok(Self {
            layer: Layer::new(path, storage, header.disk_size, map),
            header,
            warnings: Vec::new(),
        })
    }

    /// How it is stored.
    pub fn variant(&self) -> Variant {
        self.header.variant
    }

    /// The disk this one holds changes to, if it does not stand alone. Whatever its type,
    /// an image that names a parent is no disk without it.
    pub fn parent(&self) -> Option<Parent> {
        let id = self.header.parent;
        (!id.is_nil()).then_some(Parent { id })
    }

    /// Reads blocks that are not here from `parent`, which has to be the disk this one was
    /// made on.
    pub fn attach_parent(&mut self, parent: Self) -> Result<()> {
        let (expected, found) = (self.header.parent, parent.header.id);
        if found != expected {
            return Err(Error::from(Fault::Parent {
                of: VDI,
                expected: expected.to_string(),
                found: found.to_string(),
            })
            .at(self.layer.path()));
        }
        // VirtualBox itself leaves the two apart when it merges snapshots.
        let noted = self.header.parent_modification;
        if !noted.is_nil() && noted != parent.header.modification {
            self.warnings.push(format!(
                "its parent {} was written to since this disk was made on it; unless VirtualBox \
                 did that, merging snapshots, the two do not fit together",
                parent.layer.path().display()
            ));
        }
        self.layer.put_beneath(Box::new(parent));
        Ok(())
    }

    /// What the user should know before trusting the disk.
    pub fn warnings(&self) -> Vec<Warning> {
        Warning::all(self.layer.path(), &self.warnings)
    }
}

impl Layered for Image {
    fn layer(&self) -> &Layer {
        &self.layer
    }
}
