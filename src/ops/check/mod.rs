//! Whether a disk image is whole, and mending what can be mended safely.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::progress::Observer;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::check::{Level, Others, Report, check_among, repair};
use crate::disk::detect::Format;
use crate::disk::gate::Gate;
use crate::disk::kind::Kind;
use crate::disk::vmdk::ExtentFile;

use super::edit::patch::is_interrupted;
use super::image::{Found, find};
use super::in_place::InPlace;

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct Check<'c> {
    /// The image, as `convert` takes one.
    pub image: &'c Path,
    /// Its format, where it is not to be detected.
    pub format: Option<Format>,
    /// What is to be mended.
    pub repair: Option<Level>,
    /// Which extents and parents elsewhere may be looked at.
    pub gate: &'c Gate,
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

/// Checks an image with the extents it has, and mends it where that is asked for; then it is
/// checked again.
pub fn check(request: &Check<'_>, observer: &mut dyn Observer) -> Result<Checked> {
    let path = request.image;
    let Some(level) = request.repair else {
        return look(request, observer).map(|(checked, _)| checked);
    };
    super::edit::recover(path)?;
    let (before, found) = look(request, observer)?;
    if before.report.is_sound() && before.report.findings.is_empty() {
        return Ok(before);
    }
    refuse_repair(&found)?;
    let place = InPlace::open(path, "repaired")?;
    repair(place.storage(), before.format, path, level, &mut |step| {
        place.take(step, observer)
    })?;
    // Its format does not change by that, but what tells it may.
    let again = Check {
        format: Some(before.format),
        ..*request
    };
    let (mut after, _) = look(&again, observer)?;
    let (old, new) = (&before.report, &mut after.report);
    new.corruptions_fixed = old.corruptions.saturating_sub(new.corruptions);
    new.leaks_fixed = old.leaks.saturating_sub(new.leaks);
    Ok(after)
}

fn look(request: &Check<'_>, observer: &mut dyn Observer) -> Result<(Checked, Found)> {
    if request.image.is_file() && is_interrupted(request.image)? {
        return Err(interrupted(request.image));
    }
    let found = find(request.image, request.format, observer)?;
    let mut others = Whole {
        others: found.others(request.gate),
        are_files: found.is_file(),
    };
    let report = check_among(&found.storage, found.format, &found.path, &mut others)?;
    drop(others);
    let checked = Checked {
        filename: found.path.display().to_string(),
        format: found.format,
        report,
    };
    Ok((checked, found))
}

/// Files an image names, none of which may be half changed.
struct Whole<'o> {
    others: Box<dyn Others + 'o>,
    are_files: bool,
}

impl Others for Whole<'_> {
    fn extent(&mut self, name: &str) -> Result<ExtentFile> {
        let file = self.others.extent(name)?;
        if self.are_files && is_interrupted(&file.path)? {
            return Err(interrupted(&file.path));
        }
        Ok(file)
    }

    fn parent(&mut self, name: &str) -> Result<Option<ExtentFile>> {
        self.others.parent(name)
    }
}

/// Only an image that is one file of its own is repaired.
fn refuse_repair(found: &Found) -> Result<()> {
    let (what, why, help) = if !found.is_file() {
        (
            "an image that is no file by itself is not repaired",
            "digests of a package tell of what is in it, and a pipe cannot be written back",
            "unpack the package, or write what comes to a file, and repair that",
        )
    } else if Kind::in_storage(&*found.storage)? == Some(Kind::VmdkDescriptor) {
        (
            "a disk of several files is not repaired as a whole",
            "a repair changes one file, so that a crash leaves no half of it",
            "check it without `--repair` to see which extent is at fault; of extents, only those \
             that are streamOptimized can be repaired, by their own names",
        )
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Unsupported, what)
        .at(&found.path)
        .why(why)
        .help(help))
}

fn interrupted(path: &Path) -> Error {
    let image = crate::base::shell::word(path);
    Error::new(ErrorKind::Invalid, "a change of it was interrupted")
        .at(path)
        .why("it is half as it was and half as it is to be")
        .help(format!(
            "complete it: `ovfkit disk check --repair leaks {image}`"
        ))
}
