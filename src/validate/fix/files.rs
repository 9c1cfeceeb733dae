//! Sizes of files.

use super::Attempt;
use super::scene::{Scene, Spot};
use super::values::{element, set, unset};

/// The length of the file as it lies there.
pub(super) fn size(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let file = element(spot)?;
    match length(scene, file) {
        Some(size) => set(scene, file, "size", &size.to_string()),
        None => Err("the file is not there to be measured".into()),
    }
}

/// The length of the file; where that is not to be had, none rather than a wrong one.
pub(super) fn size_or_none(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let file = element(spot)?;
    match length(scene, file) {
        Some(size) => set(scene, file, "size", &size.to_string()),
        None => unset(scene, file, "size"),
    }
}

fn length(scene: &Scene<'_>, file: &crate::xml::Element) -> Option<u64> {
    let chunked = crate::validate::rules::references::is_chunked(file);
    scene
        .facts(file)
        .filter(|_| !chunked)
        .map(|facts| facts.size)
}
