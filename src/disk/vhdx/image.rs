//! Opening an image, and reading it as a disk.

use std::path::Path;
use std::sync::Arc;

use super::bat::Geometry;
use super::blocks;
use super::fault::Fault;
use super::guid::Guid;
use super::header::Header;
use super::log;
use super::mapping::Mapping;
use super::metadata::Metadata;
use super::region::Regions;
use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::Warning;
use crate::disk::blocks::{Layer, Layered};

/// An opened image: fixed, dynamic, or one that holds changes to a parent.
pub struct Image {
    metadata: Metadata,
    data_write: Guid,
    /// Reads the file with its log replayed.
    layer: Layer,
    replayed: bool,
    remarks: Vec<String>,
}

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Summary {
    /// `fixed`, `dynamic` or `differencing`.
    pub variant: &'static str,
    /// Bytes of a block.
    pub block_size: u64,
    /// Bytes of a sector, as the guest sees it.
    pub logical_sector_size: u64,
    /// Bytes of a sector of the drive the guest believes in.
    pub physical_sector_size: u64,
    /// The disk a differencing one holds changes to, as it names it.
    pub parent: Option<String>,
    /// Whether it was not closed cleanly, so that its log has to be replayed.
    pub dirty_log: bool,
}

impl Image {
    /// Opens the image in `storage`, called `path` in errors.
    ///
    /// Before reading, a parent has to be attached where there is one.
    pub fn open(storage: Arc<dyn Storage>, path: &Path) -> Result<Self> {
        Self::open_unplaced(storage, path).map_err(|error| error.at(path))
    }

    fn open_unplaced(storage: Arc<dyn Storage>, path: &Path) -> Result<Self> {
        let header = Header::read(&*storage)?;
        let storage = replayed(storage, &header)?;
        let regions = Regions::read(&*storage)?;
        let metadata = Metadata::read(&*storage, regions.metadata)?;
        let geometry = Geometry::new(&metadata, regions.bat)?;
        blocks::check(&*storage, &header, &regions, &geometry, &mut Err)?;
        Ok(Self {
            layer: Layer::new(path, storage, metadata.capacity, Mapping::new(geometry)),
            data_write: header.data_write,
            replayed: header.log_id.is_some(),
            remarks: remarks(&header, &regions),
            metadata,
        })
    }

    /// What the image says of itself.
    pub fn summary(&self) -> Summary {
        let parent = self.metadata.parent.as_ref();
        Summary {
            variant: self.metadata.variant(),
            block_size: self.metadata.block,
            logical_sector_size: self.metadata.logical_sector,
            physical_sector_size: self.metadata.physical_sector,
            parent: parent.map(|parent| parent.name().to_owned()),
            dirty_log: self.replayed,
        }
    }

    /// The names its parent may be found by, to be tried in this order; none without one.
    pub fn parent(&self) -> Result<Option<Vec<String>>> {
        let Some(parent) = &self.metadata.parent else {
            return Ok(None);
        };
        let names = parent.candidates();
        if names.is_empty() {
            let name = parent.name().to_owned();
            return Err(Error::from(Fault::ParentOfWindows { name }).at(self.layer.path()));
        }
        Ok(Some(names))
    }

    /// Reads what is not here from `parent`, which has to have the content this disk was
    /// made on.
    pub fn attach_parent(&mut self, parent: Self) -> Result<()> {
        let Some(locator) = &self.metadata.parent else {
            let what = "this disk has no parent";
            return Err(Error::new(ErrorKind::Internal, what).at(self.layer.path()));
        };
        let fault = if !locator.linkages.contains(&parent.data_write) {
            Some(Fault::Parent {
                expected: locator.linkages[0],
                found: parent.data_write,
            })
        } else if parent.metadata.logical_sector != self.metadata.logical_sector {
            Some(Fault::ParentSectors {
                own: self.metadata.logical_sector,
                parents: parent.metadata.logical_sector,
            })
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(Error::from(fault).at(self.layer.path()));
        }
        self.layer.put_beneath(Box::new(parent));
        Ok(())
    }

    /// What the user should know before trusting the disk.
    pub fn warnings(&self) -> Vec<Warning> {
        Warning::all(self.layer.path(), &self.remarks)
    }
}

impl Layered for Image {
    fn layer(&self) -> &Layer {
        &self.layer
    }
}

/// The file with what its log holds written: nothing but the headers may be believed before.
pub(super) fn replayed(storage: Arc<dyn Storage>, header: &Header) -> Result<Arc<dyn Storage>> {
    let Some(id) = header.log_id else {
        return Ok(storage);
    };
    let replay = log::replay(&*storage, header.log, id)?;
    Ok(Arc::new(replay.over(storage)))
}

/// What the user should know of the front of the file.
pub(super) fn remarks(header: &Header, regions: &Regions) -> Vec<String> {
    let mut remarks = Vec::new();
    if header.log_id.is_some() {
        remarks.push(
            "not closed cleanly, or in use by a running machine; it is read as if its log had \
             been replayed, and the guest's last writes may be missing"
                .to_owned(),
        );
    }
    if let Some(at) = header.damaged {
        remarks.push(format!(
            "the header at offset {at} is damaged, or was being written when the machine \
             stopped; the other one is taken"
        ));
    }
    remarks.extend(regions.remark.map(str::to_owned));
    remarks
}
