//! A disk alone: the end of its stream.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::base::output::{OutputFile, Overwrite, is_stream, open_stream};
use crate::base::progress::Observer;
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::{Error, Result};
use crate::ova::name::SafeName;
use crate::validate::Report;
use crate::validate::fix::{Mended, PackageChange};

use super::part::Part;
use super::write::keep_permissions;
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
    let refused = |error| Error::write(error).at(place);
    if is_stream(place) {
        let mut stream = open_stream(place, request.overwrite)?;
        part.stream(observer, &mut |bytes| {
            stream.write_all(bytes).map_err(refused)
        })?;
    } else {
        let overwrite = match request.output {
            Some(_) => request.overwrite,
            None => Overwrite::Allowed,
        };
        let mut output = OutputFile::create(place, overwrite)?;
        if request.output.is_none() {
            keep_permissions(place, output.file_mut())?;
        }
        let file = output.file_mut();
        part.stream(observer, &mut |bytes| {
            file.write_all(bytes).map_err(refused)
        })?;
        output.commit()?;
    }
    Ok(place.display().to_string())
}
