//! Opening a VHD, and reading it as a disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::VHD;
use super::blocks::{Blocks, Sectors};
use super::footer::{Footer, Variant};
use super::header::Header;
use super::parent;
use crate::base::storage::Storage;
use crate::base::{Error, Result};
use crate::disk::Warning;
use crate::disk::blocks::{Fault, Layer, Layered, Uuid, check_inside};

/// Seconds between 1970 and 2000, when the format's time begins.
const EPOCH: Duration = Duration::from_secs(946_684_800);

/// `time` as the format has it, if it has.
pub(super) fn seconds(time: SystemTime) -> Option<u32> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH + EPOCH).ok()?;
    u32::try_from(since.as_secs()).ok()
}

/// An opened VHD.
pub struct Image {
    footer: Footer,
    parent: Option<Parent>,
    warnings: Vec<String>,
    layer: Layer,
}

/// The disk a differencing disk was made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// What it may be called, as paths from the disk's directory, the likeliest first.
    pub names: Vec<String>,
    /// The id it has to have.
    pub id: Uuid,
    /// When it was last changed, in seconds since 2000; 0 if that was not noted.
    time_stamp: u32,
}

impl Image {
    /// Opens the image in `storage`, called `path` in errors.
    ///
    /// Before reading, a [`Self::parent`] has to be attached.
    pub fn open(storage: Arc<dyn Storage>, path: &Path) -> Result<Self> {
        Self::open_unplaced(storage, path).map_err(|error| error.at(path))
    }

    fn open_unplaced(storage: Arc<dyn Storage>, path: &Path) -> Result<Self> {
        let mut found = Footer::find(&*storage)?;
        let mut warnings = std::mem::take(&mut found.warnings);
        warnings.extend(found.footer.remarks());
        let capacity = found.footer.capacity();
        let mut parent = None;
        let sectors = if found.footer.variant == Variant::Fixed {
            check_inside(VHD, "disk", 0, capacity, found.end)?;
            Sectors::Fixed
        } else {
            let header = Header::read(&*storage, &found)?;
            if found.footer.variant == Variant::Differencing {
                parent = Some(Parent {
                    names: parent::names(&*storage, &header.raw)?,
                    id: Uuid::new(header.raw.parent_id),
                    time_stamp: header.raw.parent_time_stamp.get(),
                });
            }
            Sectors::Blocks(Blocks::read(&*storage, &found, &header)?)
        };
        Ok(Self {
            footer: found.footer,
            parent,
            warnings,
            layer: Layer::new(path, storage, capacity, sectors),
        })
    }

    /// How it is stored.
    pub fn variant(&self) -> Variant {
        self.footer.variant
    }

    /// The disk this one holds changes to, if it does not stand alone.
    pub fn parent(&self) -> Option<&Parent> {
        self.parent.as_ref()
    }

    /// Reads sectors that are not here from `parent`, which has to be the disk this one
    /// was made on. Whether it was `changed` since, as its file system tells, cannot be
    /// known for sure: copying a file changes that time.
    pub fn attach_parent(&mut self, parent: Self, changed: Option<SystemTime>) -> Result<()> {
        if let Some(expected) = &self.parent {
            let found = parent.footer.id;
            if found != expected.id {
                return Err(Error::from(Fault::Parent {
                    of: VHD,
                    expected: expected.id.to_string(),
                    found: found.to_string(),
                })
                .at(self.layer.path()));
            }
            // Hyper-V and Xen note when the file was changed, VirtualBox what its footer says.
            let noted = expected.time_stamp;
            let changed = changed.and_then(seconds);
            if noted != 0 && noted != parent.footer.time_stamp && Some(noted) != changed {
                self.warnings.push(format!(
                    "its parent {} has another time of change than when this disk was made on it; \
                     unless it was only copied, the two do not fit together",
                    parent.layer.path().display()
                ));
            }
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
