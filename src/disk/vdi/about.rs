//! What an image says of itself.

use schemars::JsonSchema;
use serde::Serialize;

use super::header::Header;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::about::{self, Specific};
use crate::disk::blocks::Uuid;

/// What only a VDI has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// `fixed`, `dynamic` or `differencing`.
    pub variant: &'static str,
    /// What VirtualBox knows the disk by.
    pub uuid: String,
    /// Made anew when the disk is written to.
    pub modification_uuid: String,
    /// The id of its parent, where it has one.
    pub parent_uuid: Option<String>,
    /// Blocks of the disk.
    pub blocks: u64,
    /// Blocks the file holds, as it says.
    pub blocks_allocated: u64,
}

/// Reads what the image in `storage` says of itself.
pub(in crate::disk) fn about(storage: &dyn Storage) -> Result<about::About> {
    let header = Header::read(storage)?;
    let some = |id: Uuid| (!id.is_nil()).then(|| id.to_string());
    let own = About {
        variant: header.variant.name(),
        uuid: header.id.to_string(),
        modification_uuid: header.modification.to_string(),
        parent_uuid: some(header.parent),
        blocks: header.blocks,
        blocks_allocated: header.allocated,
    };
    Ok(about::About {
        virtual_size: header.disk_size,
        cluster_size: Some(header.block),
        format_specific: Some(Specific::Vdi(own)),
        ..about::About::default()
    })
}
