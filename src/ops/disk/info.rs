//! What images say of themselves.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::Result;
use crate::base::progress::Observer;
use crate::disk::about::{About, about};
use crate::disk::detect::Format;
use crate::disk::gate::Gate;
use crate::disk::open::{self, OpenOptions};
use crate::ops::image::find;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Info<'i> {
    /// The image.
    pub image: &'i Path,
    /// Its format, where it is not to be detected.
    pub format: Option<Format>,
    /// Whether the images it rests on are looked at, too, as far as the gate lets them.
    pub chain: Option<Gate>,
}

/// What is known of an image. Names are those of `qemu-img info --output=json`, where they mean
/// the same; sizes are in bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ImageInfo {
    /// The image's path.
    pub filename: String,
    /// Its format.
    pub format: Format,
    /// Bytes of the file.
    pub file_size: u64,
    /// What of it takes room on its file system, where that tells.
    pub actual_size: Option<u64>,
    /// Where the backing file is, seen from here.
    pub full_backing_filename: Option<String>,
    /// What it says of itself.
    #[serde(flatten)]
    pub about: About,
}

/// Looks at an image, and at those it rests on where that is asked for, downwards.
pub fn info(request: &Info<'_>, observer: &mut dyn Observer) -> Result<Vec<ImageInfo>> {
    let Some(gate) = &request.chain else {
        return Ok(vec![look(request.image, request.format, observer)?]);
    };
    let options = OpenOptions {
        format: request.format,
        gate: gate.clone(),
        locked: true,
        ..OpenOptions::default()
    };
    let opened = open::open(request.image, &options)?;
    let images = opened.images.iter();
    images
        .map(|(path, format)| look(path, Some(*format), observer))
        .collect()
}

fn look(named: &Path, format: Option<Format>, observer: &mut dyn Observer) -> Result<ImageInfo> {
    let found = find(named, format, observer)?;
    let (path, format) = (&found.path, found.format);
    let about = about(&found.storage, format, path)?;
    let backing = about.backing_filename.as_deref();
    Ok(ImageInfo {
        filename: path.display().to_string(),
        format,
        file_size: found.storage.length(),
        actual_size: found.allocated,
        full_backing_filename: backing.map(|name| full(path, name).display().to_string()),
        about,
    })
}

/// The path of the file `name`, which the image at `path` names.
fn full(path: &Path, name: &str) -> PathBuf {
    path.parent()
        .map_or_else(|| name.into(), |directory| directory.join(name))
}
