//! A disk: what describes it, and what it is made of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::description::Description;
use super::extents::{Content, Extents};
use super::fault::Fault;
use super::format::SECTOR;
use super::layout::Layout;
use super::sparse::{How, Sparse, refuse_piece};
use crate::base::storage::Storage;
use crate::base::{Error, Result};
use crate::disk::{DiskSource, Extent, Warning};

/// An opened VMDK: one sparse extent with its embedded descriptor, or the extents that a
/// descriptor of its own tells of ([`super::Described`]).
pub struct Image {
    path: PathBuf,
    description: Description,
    extents: Extents,
    warnings: Vec<Warning>,
}

/// The disk that one of changes was made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its file, as named in the descriptor.
    pub file: String,
    /// The content id it has to have.
    pub cid: u32,
}

impl Image {
    /// Opens the extent in `storage`, called `path` in errors. With `salvage` a
    /// stream that was cut off before its tables is opened too: what was lost
    /// reads as zeros, and a warning says so.
    ///
    /// Before reading, a [`Self::parent`] has to be attached.
    pub fn open(storage: Arc<dyn Storage>, path: &Path, salvage: bool) -> Result<Self> {
        Self::open_unplaced(storage, path, salvage).map_err(|error| error.at(path))
    }

    fn open_unplaced(storage: Arc<dyn Storage>, path: &Path, salvage: bool) -> Result<Self> {
        refuse_piece(&*storage)?;
        let layout = Layout::read(&*storage)?;
        let description = Description::embedded(&*storage, &layout)?;
        description.check_whole()?;
        description.check_parent()?;
        let mut warnings = Vec::new();
        let sectors = layout.capacity / SECTOR;
        for extent in &description.extents {
            if extent.sectors != sectors {
                warnings.push(format!(
                    "its descriptor tells of {} sectors and its header of {sectors}; the \
                     header's size is taken",
                    extent.sectors
                ));
            }
        }
        let capacity = layout.capacity;
        let sparse = Sparse::hosted(
            storage,
            path,
            layout,
            How { salvage, many: 1 },
            &mut warnings,
        )?;
        let mut extents = Extents::default();
        extents.push(capacity, Content::Sparse(Box::new(sparse)));
        let warnings = Warning::all(path, &warnings);
        Ok(Self::new(path, description, extents, warnings))
    }

    pub(super) fn new(
        path: &Path,
        description: Description,
        extents: Extents,
        warnings: Vec<Warning>,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            description,
            extents,
            warnings,
        }
    }

    /// The disk this one holds changes to, if it does not stand alone.
    pub fn parent(&self) -> Option<Parent> {
        let (cid, file) = (
            self.description.parent_cid?,
            self.description.parent_hint.clone()?,
        );
        Some(Parent { file, cid })
    }

    /// Reads grains that are not here from `parent`, which has to have the
    /// content this disk was made on.
    pub fn attach_parent(&mut self, parent: Self) -> Result<()> {
        let found = parent.description.cid;
        if let Some(expected) = self.description.parent_cid
            && found != Some(expected)
        {
            let found = found.map_or_else(|| "none".to_owned(), |cid| format!("{cid:08x}"));
            return Err(Error::from(Fault::Parent { expected, found }).at(&self.path));
        }
        self.extents.put_beneath(&(Arc::new(parent) as _));
        Ok(())
    }

    /// What the user should know before trusting the disk.
    pub fn warnings(&self) -> Vec<Warning> {
        self.warnings.clone()
    }
}

impl DiskSource for Image {
    fn capacity(&self) -> u64 {
        self.extents.capacity()
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let extent = self.extents.extent_at(offset);
        extent.map_err(|error| error.at(&self.path))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let read = self.extents.read_at(offset, buf);
        read.map_err(|error| error.at(&self.path))
    }

    fn granularity(&self) -> u64 {
        self.extents.granularity()
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let read = self.extents.deflated_at(offset, window);
        read.map_err(|error| error.at(&self.path))
    }
}
