//! What a platform may pass over.

use super::elements::is_marked;
use super::scene::{Fix, Scene, Spot};
use super::values::element;
use super::{Attempt, ODD};

/// Writes `ovf:required="false"` where nothing is said.
pub(super) fn optional(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    if is_marked(element) {
        return Err("it says that it is required".into());
    }
    let edits = scene.set(element, "required", "false").ok_or(ODD)?;
    let what = format!("`{}` marked as optional", scene.tag_name(element));
    Ok(Fix::new(element.span.start, edits, what))
}
