//! What an image says of itself.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::header::Header;
use super::image::{remarks, replayed};
use super::metadata::{self, Metadata};
use super::region::Regions;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::about::{self, Specific};
use crate::disk::detect::Format;

/// What only a VHDX has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// `fixed`, `dynamic` or `differencing`.
    pub variant: &'static str,
    /// Bytes of a sector, as the guest sees it.
    pub logical_sector_size: u64,
    /// Bytes of a sector of the drive the guest believes in.
    pub physical_sector_size: u64,
    /// What the guest knows it by.
    pub virtual_disk_id: Option<String>,
    /// What its content is known by; a disk made on it asks for it.
    pub data_write_guid: String,
    /// The content its parent has to have, where it has one.
    pub parent_linkage: Option<String>,
}

/// Reads what the image in `storage` says of itself.
pub(in crate::disk) fn about(storage: &Arc<dyn Storage>) -> Result<about::About> {
    let header = Header::read(&**storage)?;
    let storage = replayed(Arc::clone(storage), &header)?;
    let regions = Regions::read(&*storage)?;
    let metadata = Metadata::read(&*storage, regions.metadata)?;
    let parent = metadata.parent.as_ref();
    let own = About {
        variant: metadata.variant(),
        logical_sector_size: metadata.logical_sector,
        physical_sector_size: metadata.physical_sector,
        virtual_disk_id: metadata::disk_id(&*storage, regions.metadata)?.map(|id| id.to_string()),
        data_write_guid: header.data_write.to_string(),
        parent_linkage: parent.map(|parent| parent.linkages[0].to_string()),
    };
    Ok(about::About {
        virtual_size: metadata.capacity,
        cluster_size: Some(metadata.block),
        dirty_flag: header.log_id.is_some(),
        backing_filename: parent.map(|parent| parent.name().to_owned()),
        backing_filename_format: parent.map(|_| Format::Vhdx.in_qemu().to_owned()),
        format_specific: Some(Specific::Vhdx(own)),
        warnings: remarks(&header, &regions),
        ..about::About::default()
    })
}
