//! Virtual disks.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::{Take, Value};

/// The format of a stream-optimised VMDK, the one every importer reads.
pub const STREAM_OPTIMIZED: &str =
    "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized";

/// The virtual disks of a package (DSP0243 1.1 §9.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiskSection {
    /// What the section is about, for people.
    pub info: String,
    /// The disks.
    pub disks: Vec<Disk>,
}

/// One virtual disk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Disk {
    /// The name hardware items call it by, as `ovf:/disk/<id>`.
    pub disk_id: String,
    /// The [`File`](super::File) that holds its content; without one the disk is blank.
    pub file_ref: Option<String>,
    /// Its size as the guest sees it, in `capacity_allocation_units`.
    pub capacity: Capacity,
    /// The unit of `capacity`, a programmatic unit (DSP0004 annex C); `byte` if absent.
    pub capacity_allocation_units: Option<String>,
    /// A URI that names the format of the file.
    pub format: Option<String>,
    /// How much of it holds data, in bytes whatever the unit of `capacity`.
    pub populated_size: Option<u64>,
    /// The disk this one holds the differences to.
    pub parent_ref: Option<String>,
}

/// The capacity of a disk: a number, or a property that holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Capacity {
    /// So many units.
    Units(u64),
    /// The key of the property, written `${key}`.
    Property(String),
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Units(units) => write!(f, "{units}"),
            Self::Property(key) => write!(f, "${{{key}}}"),
        }
    }
}

/// As it is written.
impl Serialize for Capacity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl DiskSection {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let section = Self {
            info: take.required_string(&ovf("Info"))?,
            disks: take
                .children(&ovf("Disk"))
                .into_iter()
                .map(Disk::read)
                .collect::<Result<_>>()?,
        };
        take.finish()?;
        Ok(section)
    }
}

impl Disk {
    fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let units = ovf("capacityAllocationUnits");
        let disk = Self {
            disk_id: take.required_attribute(&ovf("diskId"))?.string(),
            file_ref: take.attribute(&ovf("fileRef")).map(Value::string),
            capacity: Capacity::read(take.required_attribute(&ovf("capacity"))?)?,
            capacity_allocation_units: take.attribute(&units).map(Value::string),
            format: take.attribute(&ovf("format")).map(Value::string),
            populated_size: take
                .attribute(&ovf("populatedSize"))
                .map(Value::number)
                .transpose()?,
            parent_ref: take.attribute(&ovf("parentRef")).map(Value::string),
        };
        take.finish()?;
        Ok(disk)
    }
}

impl Capacity {
    fn read(value: Value) -> Result<Self> {
        let key = value
            .as_str()
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'));
        match key {
            Some(key) => Ok(Self::Property(key.to_owned())),
            None => value.number().map(Self::Units),
        }
    }
}
