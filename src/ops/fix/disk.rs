//! A disk alone: the end of its stream.

use std::path::Path;
use std::sync::Arc;

use crate::base::output::{is_stream, open_stream};
use crate::base::progress::Observer;
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::{Error, Result};
use crate::ops::assemble::part::Part;
use crate::ova::name::SafeName;
use crate::validate::Report;
use crate::validate::fix::{Mended, PackageChange};

use super::write::{create, overwrite};
use super::{Fix, Outcome};

/// Mends the disk at `path`.
pub(super) fn fix(request: &Fix<'_>, path: &Path, observer: &mut dyn Observer) -> Result<Outcome> {
    let storage = FileStorage::open(path)?;
    let size = storage.length();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = SafeName::new(name.as_bytes())?;
    let mut part = Part::new(name, Arc::new(storage), 0, size)?;
    let mut mended = Mended::default();
    let change = part.look(observer).map_err(|error| error.at(path))?;
    let of_all = |change| PackageChange {
        member: None,
        ..change
    };
    mended.package.extend(change.map(of_all));
    if !request.dry_run && (part.is_changed() || request.output.is_some()) {
        mended.written = Some(write(request, path, &part, observer)?);
    }
    Ok(Outcome {
        name: path.display().to_string(),
        mended,
        report: Report::default(),
        before: String::new(),
        after: None,
    })
}

/// Writes the disk to the output, or in the place of the one at `path`; answers with where.
fn write(
    request: &Fix<'_>,
    path: &Path,
    part: &Part,
    observer: &mut dyn Observer,
) -> Result<String> {
    let place = request.output.unwrap_or(path);
    let at = |error: Error| error.at(place);
    if is_stream(place) {
        let mut stream = open_stream(place, overwrite(request))?;
        part.write(&mut stream, observer).map_err(at)?;
    } else {
        let mut output = create(request, place)?;
        part.copy(output.file_mut(), 0, observer).map_err(at)?;
        output.commit()?;
    }
    Ok(place.display().to_string())
}
