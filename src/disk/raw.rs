//! Raw images and block devices: the disk's bytes as they are.

mod check;
mod resize;
mod stream;
mod write;

pub(in crate::disk) use check::check;
pub(in crate::disk) use resize::resize;
pub use stream::pour;
pub use write::write;

use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::about::About;
use crate::disk::{DiskSource, Extent, ExtentKind};

/// What there is to be said of a disk whose bytes are in `storage`.
pub(in crate::disk) fn about(storage: &dyn Storage) -> About {
    About {
        virtual_size: storage.length(),
        ..About::default()
    }
}

/// A raw disk. Holes of a sparse file are its zero extents.
pub struct RawDisk<S> {
    storage: S,
}

impl<S: Storage> RawDisk<S> {
    /// The disk stored in `storage`.
    pub fn new(storage: S) -> Result<Self> {
        if storage.length() == 0 {
            return Err(Error::new(ErrorKind::Invalid, "the file is empty")
                .why("a disk of no bytes holds nothing a machine could start from")
                .help("check that the image was downloaded or created completely"));
        }
        Ok(Self { storage })
    }
}

impl<S: Storage> DiskSource for RawDisk<S> {
    fn capacity(&self) -> u64 {
        self.storage.length()
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let run = self.storage.run_at(offset)?;
        Ok(Extent {
            length: run.length,
            kind: if run.hole {
                ExtentKind::Zero
            } else {
                ExtentKind::Data
            },
        })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.storage.read_exact_at(offset, buf)
    }

    fn granularity(&self) -> u64 {
        1
    }
}
