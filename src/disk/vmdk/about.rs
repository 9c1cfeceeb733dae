//! What a disk says of itself: its descriptor, and the header of an extent that holds it.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::described::Described;
use super::description::{Description, NO_PARENT};
use super::format::SECTOR;
use super::layout::{Layout, TablesAt};
use super::line::{ExtentLine, LineKind};
use super::sparse::refuse_piece;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::about::{self, Specific};
use crate::disk::detect::Format;

/// What only a VMDK has. Names are those of `qemu-img info --output=json`, where they mean the
/// same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// `createType`, such as `streamOptimized`.
    pub create_type: Option<String>,
    /// Names the content.
    pub cid: Option<u32>,
    /// The content of the disk this one holds changes to; 4294967295 if it stands alone.
    pub parent_cid: u32,
    /// `ddb.adapterType`: the controller the geometry is for.
    pub adapter_type: Option<String>,
    /// `ddb.virtualHWVersion`: the oldest virtual hardware that takes it.
    pub hardware_version: Option<String>,
    /// What it is made of.
    pub extents: Vec<ExtentAbout>,
}

/// An extent of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ExtentAbout {
    /// Its file, as named in the descriptor; none for zeros.
    pub filename: Option<String>,
    /// `flat`, `sparse` or `zero`.
    pub format: &'static str,
    /// Bytes of the disk.
    pub virtual_size: u64,
    /// Bytes of a grain, if the extent is in the same file.
    pub cluster_size: Option<u64>,
    /// Whether grains are compressed.
    pub compressed: bool,
    /// Where the tables of grains are, if the extent is in the same file.
    pub tables: Option<TablesAt>,
}

/// Reads what the disk in `storage`, called `path` in errors, says of itself. The files of its
/// extents are not looked at.
pub(in crate::disk) fn about(storage: &dyn Storage, path: &Path) -> Result<about::About> {
    if let Some(described) = Described::read(storage, path)? {
        let description = described.description();
        let extents: Vec<_> = description.extents.iter().map(ExtentAbout::of).collect();
        return Ok(assemble(description, extents));
    }
    refuse_piece(storage)?;
    let layout = Layout::read(storage)?;
    let description = Description::embedded(storage, &layout)?;
    let line = description.extents.first();
    let own = ExtentAbout {
        filename: line.and_then(|line| line.file.clone()),
        format: "sparse",
        virtual_size: layout.capacity,
        cluster_size: Some(layout.grain),
        compressed: layout.compressed,
        tables: Some(layout.tables),
    };
    Ok(about::About {
        dirty_flag: layout.unclean.is_some(),
        ..assemble(&description, vec![own])
    })
}

impl ExtentAbout {
    fn of(line: &ExtentLine) -> Self {
        Self {
            filename: line.file.clone(),
            format: match line.kind {
                LineKind::Zero => "zero",
                LineKind::Sparse => "sparse",
                _ => "flat",
            },
            virtual_size: line.sectors * SECTOR,
            cluster_size: None,
            compressed: false,
            tables: None,
        }
    }
}

fn assemble(description: &Description, extents: Vec<ExtentAbout>) -> about::About {
    about::About {
        virtual_size: extents.iter().map(|extent| extent.virtual_size).sum(),
        cluster_size: extents.iter().find_map(|extent| extent.cluster_size),
        backing_filename: description.parent_cid.and(description.parent_hint.clone()),
        backing_filename_format: description
            .parent_cid
            .map(|_| Format::Vmdk.in_qemu().to_owned()),
        format_specific: Some(Specific::Vmdk(About {
            create_type: description.create_type.clone(),
            cid: description.cid,
            parent_cid: description.parent_cid.unwrap_or(NO_PARENT),
            adapter_type: description.ddb("ddb.adapterType"),
            hardware_version: description.ddb("ddb.virtualHWVersion"),
            extents,
        })),
        ..about::About::default()
    }
}
