//! Whether a descriptor keeps the rules.

use std::fs;
use std::path::Path;

use crate::base::Result;
use crate::base::output::directory_of;
use crate::validate::{self, Options, Report};

use super::descriptor;

/// Holds the rules against the descriptor at `path`; `-` is standard input. The files
/// it names are looked for beside it, but not opened.
pub fn validate(path: &Path, strict: bool) -> Result<Report> {
    let bytes = descriptor::bytes_of(path)?;
    let directory = directory_of(path);
    let beside = |name: &str| {
        let about = fs::metadata(directory.join(name)).ok()?;
        about.is_file().then_some(about.len())
    };
    let options = Options {
        strict,
        beside: (path != Path::new("-")).then_some(&beside),
    };
    validate::validate(&bytes, &options).map_err(|error| error.at(descriptor::shown(path)))
}
