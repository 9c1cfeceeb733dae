//! Whether a disk image is whole, and mending what can be mended safely.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::progress::Observer;
use crate::base::storage::{FileStorage, Storage};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::check::{Level, Report, check as check_image, repair};
use crate::disk::detect::{Format, format_of};

use super::edit::patch::is_interrupted;
use super::in_place::InPlace;

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct Check<'c> {
    /// The image.
    pub image: &'c Path,
    /// Its format, where it is not to be detected.
    pub format: Option<Format>,
    /// What is to be mended.
    pub repair: Option<Level>,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "DiskCheck")]
pub struct Checked {
    /// The image's path.
    pub filename: String,
    /// Its format.
    pub format: Format,
    /// What is the matter with it; after a repair, what is left.
    #[serde(flatten)]
    pub report: Report,
}

/// Checks an image by itself, and mends it where that is asked for; then it is checked again.
pub fn check(request: &Check<'_>, observer: &mut dyn Observer) -> Result<Checked> {
    let path = request.image;
    let Some(level) = request.repair else {
        if is_interrupted(path)? {
            return Err(interrupted(path));
        }
        return look(request);
    };
    super::edit::recover(path)?;
    let before = look(request)?;
    if before.report.is_sound() && before.report.findings.is_empty() {
        return Ok(before);
    }
    let place = InPlace::open(path, "repaired")?;
    repair(place.storage(), before.format, path, level, &mut |step| {
        place.take(step, observer)
    })?;
    // Its format does not change by that, but what tells it may.
    let again = Check {
        format: Some(before.format),
        ..*request
    };
    let mut after = look(&again)?;
    let (old, new) = (&before.report, &mut after.report);
    new.corruptions_fixed = old.corruptions.saturating_sub(new.corruptions);
    new.leaks_fixed = old.leaks.saturating_sub(new.leaks);
    Ok(after)
}

fn look(request: &Check<'_>) -> Result<Checked> {
    let path = request.image;
    let storage = FileStorage::open(path)?;
    let format = format_of(&storage, path, request.format)?;
    let storage: Arc<dyn Storage> = Arc::new(storage);
    Ok(Checked {
        filename: path.display().to_string(),
        format,
        report: check_image(&storage, format, path)?,
    })
}

fn interrupted(path: &Path) -> Error {
    Error::new(ErrorKind::Invalid, "a change of it was interrupted")
        .at(path)
        .why("it is half as it was and half as it is to be")
        .help("complete it: `ovfkit disk check --repair leaks IMAGE`")
}
