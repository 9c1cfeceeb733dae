//! Virtual disks.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::xml::Name;
use crate::xml::names::ovf;

use super::Text;
use super::record::record;
use super::take::{Attribute, Take};

/// The format of a stream-optimised VMDK, the one every importer reads.
pub const STREAM_OPTIMIZED: &str =
    "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

record! {
/// The virtual disks of a package (DSP0243 1.1 §9.1).
pub struct DiskSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The disks.
    disks: Vec<Disk> = child(&ovf("Disk"));
}
}

record! {
/// Disks that several machines share (DSP0243 2.1 §9.13).
pub struct SharedDiskSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The disks.
    disks: Vec<Disk> = child(&ovf("SharedDisk"));
}
}

record! {
/// One virtual disk.
pub struct Disk {
    /// The name hardware items call it by, as `ovf:/disk/<id>`.
    disk_id: String = attribute(&ovf("diskId"));
    /// The [`File`](super::File) that holds its content; without one the disk is blank.
    file_ref: Option<String> = attribute(&ovf("fileRef"));
    /// Its size as the guest sees it, in `capacity_allocation_units`.
    capacity: Capacity = attribute(&ovf("capacity"));
    /// The unit of `capacity`, a programmatic unit (DSP0004 annex C); `byte` if absent.
    capacity_allocation_units: Option<String> = attribute(&ovf("capacityAllocationUnits"));
    /// A URI that names the format of the file.
    format: Option<String> = attribute(&ovf("format"));
    /// How much of it holds data, in bytes whatever the unit of `capacity`.
    populated_size: Option<u64> = attribute(&ovf("populatedSize"));
    /// The disk this one holds the differences to.
    parent_ref: Option<String> = attribute(&ovf("parentRef"));
    /// Whether a shared disk cannot be written (DSP0243 2.1 §9.13).
    read_only: Option<bool> = attribute(&ovf("readOnly"));
}
}

/// The capacity of a disk: a number, or a property that holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capacity {
    /// So many units.
    Units(u64),
    /// The key of the property, written `${key}`.
    Property(String),
    /// Neither, as written; empty if it was missing.
    Other(String),
}

impl Default for Capacity {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Units(units) => write!(f, "{units}"),
            Self::Property(key) => write!(f, "${{{key}}}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// As it is written.
impl Serialize for Capacity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Required; anything goes, and what is neither a number nor a property is a fault.
impl Attribute for Capacity {
    fn take(take: &mut Take<'_>, name: &Name) -> Self {
        let capacity: Option<Self> = take.attribute(name);
        capacity.unwrap_or_else(|| Self::Other(take.attribute(name)))
    }
}
