//! An image as a disk: its blocks, and what shows through where there are none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::beneath::Beneath;
use crate::disk::{DiskSource, Extent, ExtentKind};

/// What a stretch of the guest's disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) enum Kind {
    /// Whatever the parent has there; zeros without one.
    Unallocated,
    /// Zeros.
    Zero,
    /// Stored as it is, from this offset of the file on.
    Stored(u64),
}

/// A stretch of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) struct Run {
    pub(in crate::disk) length: u64,
    pub(in crate::disk) kind: Kind,
}

/// What tells where blocks are.
pub(in crate::disk) trait Places: Send + Sync {
    /// The longest run from `guest`, below the capacity, that is known without looking
    /// far. Looking on ends when `enough` bytes are known; the run may be longer, and
    /// reach beyond the capacity. What is stored lies within the file.
    fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run>;
}

/// An image that is read as its layer is.
pub(in crate::disk) trait Layered: Send + Sync {
    fn layer(&self) -> &Layer;
}

/// An image of `capacity` bytes whose blocks are where `places` tells.
pub(in crate::disk) struct Layer {
    path: PathBuf,
    storage: Arc<dyn Storage>,
    capacity: u64,
    places: Box<dyn Places>,
    beneath: Beneath,
    /// Whether there is a parent beneath.
    backed: bool,
}

impl Layer {
    pub(in crate::disk) fn new(
        path: &Path,
        storage: Arc<dyn Storage>,
        capacity: u64,
        places: impl Places + 'static,
    ) -> Self {
        Self {
            path: path.to_path_buf(),
            storage,
            capacity,
            places: Box::new(places),
            beneath: Beneath::default(),
            backed: false,
        }
    }

    pub(in crate::disk) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads what is not here from `parent`.
    pub(in crate::disk) fn put_beneath(&mut self, parent: Box<dyn DiskSource>) {
        self.beneath.attach(parent);
        self.backed = true;
    }

    fn run_at(&self, offset: u64, enough: u64) -> Result<Run> {
        let run = self.places.run_at(&*self.storage, offset, enough)?;
        Ok(Run {
            length: run.length.min(self.capacity - offset),
            kind: match run.kind {
                // Told as one kind, a disk of both in turns has long runs.
                Kind::Unallocated if !self.backed => Kind::Zero,
                kind => kind,
            },
        })
    }

    fn extent_unplaced(&self, offset: u64) -> Result<Extent> {
        let run = self.run_at(offset, u64::MAX)?;
        let (length, kind) = match run.kind {
            Kind::Unallocated => return self.beneath.extent_at(offset, run.length),
            Kind::Zero => (run.length, ExtentKind::Zero),
            Kind::Stored(at) => {
                // Blocks laid out in advance are holes of the file until they are written.
                let stored = self.storage.run_at(at)?;
                let kind = if stored.hole {
                    ExtentKind::Zero
                } else {
                    ExtentKind::Data
                };
                (run.length.min(stored.length), kind)
            }
        };
        Ok(Extent { length, kind })
    }

    fn read_unplaced(&self, mut offset: u64, mut buf: &mut [u8]) -> Result<()> {
        while !buf.is_empty() {
            let run = self.run_at(offset, buf.len() as u64)?;
            let (now, later) = buf.split_at_mut(to_usize(run.length.min(buf.len() as u64)));
            match run.kind {
                Kind::Zero => now.fill(0),
                Kind::Unallocated => self.beneath.read_at(offset, now)?,
                Kind::Stored(at) => self.storage.read_exact_at(at, now)?,
            }
            offset += now.len() as u64;
            buf = later;
        }
        Ok(())
    }
}

impl<I: Layered> DiskSource for I {
    fn capacity(&self) -> u64 {
        self.layer().capacity
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let layer = self.layer();
        let extent = layer.extent_unplaced(offset);
        extent.map_err(|error| error.at(&layer.path))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let layer = self.layer();
        let read = layer.read_unplaced(offset, buf);
        read.map_err(|error| error.at(&layer.path))
    }

    fn granularity(&self) -> u64 {
        self.layer().beneath.granularity()
    }

    fn deflated_at(&self, offset: u64, window: &mut Vec<u8>) -> Result<()> {
        let layer = self.layer();
        let read = layer.beneath.deflated_at(offset, window);
        read.map_err(|error| error.at(&layer.path))
    }
}
