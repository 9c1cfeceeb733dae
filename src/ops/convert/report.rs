//! What converting did.

use schemars::JsonSchema;
use serde::Serialize;

use crate::disk::detect::Format;
use crate::ops::image::Image;

/// What was converted. Sizes are in bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ConvertReport {
    /// The disks, in their order.
    pub sources: Vec<SourceReport>,
    /// Where the image is.
    pub output: String,
    /// Its format.
    pub format: Format,
    /// The size the guest sees, which is that of the disks or a little more, as the format
    /// wants it.
    pub capacity: u64,
    /// The size of the image's files, holes included.
    pub size: u64,
    /// What was written of them: all but holes.
    pub stored: u64,
    /// Whether it was read back and found equal.
    pub verified: bool,
    /// How long it took.
    pub seconds: f64,
}

/// One of the disks.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceReport {
    /// What it is called.
    pub name: String,
    /// Its format.
    pub format: Format,
}

pub(super) fn sources(image: &Image) -> Vec<SourceReport> {
    let disks = image.names.iter().zip(&image.formats);
    disks
        .map(|(name, format)| SourceReport {
            name: name.clone(),
            format: *format,
        })
        .collect()
}
