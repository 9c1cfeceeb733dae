//! Whether a descriptor keeps the rules.

use std::path::Path;

use crate::base::Result;
use crate::validate::{self, Options, Report, Target};

use super::descriptor::{self, Origin};

/// Holds the rules against the descriptor at `path`, or of the package there; `-` is
/// standard input. The files it names are looked for beside it, but not opened. Answers
/// what to call the descriptor, and what was found.
///
/// Rules that only a schema minds are held against it if `strict`, and those of the
/// `targets`.
pub fn validate(path: &Path, strict: bool, targets: &[Target]) -> Result<(String, Report)> {
    let (bytes, place) = descriptor::find(path)?;
    let beside = |name: &str| place.length_of(name);
    let alone = matches!(place.origin, Origin::Alone);
    let options = Options {
        strict,
        beside: (!alone).then_some(&beside),
        targets,
    };
    let judged = validate::validate(&bytes, &options);
    let report = judged.map_err(|error| place.locate(error))?;
    Ok((place.to_string(), report))
}
