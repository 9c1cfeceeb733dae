//! What an image says of itself, without a look at the disk in it or at what it rests on.
//!
//! Each format has a module of its own that reads it.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::detect::Format;
use crate::disk::{qcow2, raw, vdi, vhd, vhdx, vmdk};

/// What an image says of itself. Names are those of `qemu-img info --output=json`, where they
/// mean the same; sizes are in bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// The size the guest sees.
    pub virtual_size: u64,
    /// Bytes of what is stored together: a cluster, grain or block.
    pub cluster_size: Option<u64>,
    /// Whether it was not closed cleanly, or is in use.
    pub dirty_flag: bool,
    /// Whether a secret is needed to read it.
    pub encrypted: bool,
    /// The backing file or parent it does not go without, as it names it.
    pub backing_filename: Option<String>,
    /// The format that has, by QEMU's name, where the image or its own format says so.
    pub backing_filename_format: Option<String>,
    /// States of the disk that were kept inside.
    pub snapshots: Vec<qcow2::SnapshotAbout>,
    /// What only its format has; nothing for raw.
    pub format_specific: Option<Specific>,
    /// What its user should know.
    pub warnings: Vec<String>,
}

/// What only one format has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Specific {
    /// Of a qcow2.
    Qcow2(qcow2::About),
    /// Of a VMDK.
    Vmdk(vmdk::About),
    /// Of a VHDX.
    Vhdx(vhdx::About),
    /// Of a VHD.
    Vhd(vhd::About),
    /// Of a VDI.
    Vdi(vdi::About),
}

/// Reads what the image of `format` in `storage`, called `path` in errors, says of itself.
pub fn about(storage: &Arc<dyn Storage>, format: Format, path: &Path) -> Result<About> {
    let read = match format {
        Format::Raw => Ok(raw::about(&**storage)),
        Format::Qcow2 => qcow2::about(&**storage),
        Format::Vmdk => vmdk::about(&**storage, path),
        Format::Vhdx => vhdx::about(storage),
        Format::Vhd => vhd::about(&**storage),
        Format::Vdi => vdi::about(&**storage),
    };
    read.map_err(|error| error.at(path))
}
