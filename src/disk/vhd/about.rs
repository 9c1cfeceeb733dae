//! What an image says of itself.

use schemars::JsonSchema;
use serde::Serialize;

use super::footer::{Footer, Variant};
use super::header::Header;
use super::parent;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::about::{self, Specific};
use crate::disk::blocks::Uuid;
use crate::disk::detect::Format;

/// What only a VHD has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// `fixed`, `dynamic` or `differencing`.
    pub variant: &'static str,
    /// The program that made it, by the four characters it calls itself: `win ` is Hyper-V,
    /// `vpc ` Virtual PC.
    pub creator_application: String,
    /// The system it ran on.
    pub creator_host: String,
    /// What the disk is known by; one made on it asks for it.
    pub unique_id: String,
    /// The id its parent has to have, where it has one.
    pub parent_unique_id: Option<String>,
    /// The size it was last given, in bytes; a Virtual PC shows the guest no more than what
    /// the geometry makes.
    pub current_size: u64,
    /// Cylinders, as a BIOS shows them.
    pub cylinders: u16,
    /// Heads.
    pub heads: u8,
    /// Sectors of a track.
    pub sectors_per_track: u8,
    /// Whether its machine was suspended.
    pub saved_state: bool,
}

/// Reads what the image in `storage` says of itself.
pub(in crate::disk) fn about(storage: &dyn Storage) -> Result<about::About> {
    let found = Footer::find(storage)?;
    let footer = &found.footer;
    let header = match footer.variant {
        Variant::Fixed => None,
        _ => Some(Header::read(storage, &found)?),
    };
    let raw = header.as_ref().map(|header| &header.raw);
    let raw = raw.filter(|_| footer.variant == Variant::Differencing);
    let names = raw.map(|raw| parent::names(storage, raw)).transpose()?;
    let (cylinders, heads, sectors_per_track) = footer.geometry;
    let own = About {
        variant: footer.variant.name(),
        creator_application: text(footer.creator),
        creator_host: text(footer.creator_system),
        unique_id: footer.id.to_string(),
        parent_unique_id: raw.map(|raw| Uuid::new(raw.parent_id).to_string()),
        current_size: footer.current_size(),
        cylinders,
        heads,
        sectors_per_track,
        saved_state: footer.saved_state,
    };
    Ok(about::About {
        virtual_size: footer.capacity(),
        cluster_size: header.as_ref().map(|header| header.block),
        backing_filename: names.and_then(|names| names.into_iter().next()),
        backing_filename_format: raw.map(|_| Format::Vhd.in_qemu().to_owned()),
        format_specific: Some(Specific::Vhd(own)),
        warnings: [found.warnings, footer.remarks()].concat(),
        ..about::About::default()
    })
}

fn text(name: [u8; 4]) -> String {
    String::from_utf8_lossy(&name).into_owned()
}
