//! Writing an archive: whole under another name, then in its place.

use std::path::Path;

use crate::base::Result;
use crate::base::copy::copy;
use crate::base::output::{OutputFile, Overwrite, Spool, is_stream, open_stream};
use crate::base::progress::Observer;
use crate::base::storage::{FileStorage, Storage as _};
use crate::ops::assemble::archive::{Entry, write};
use crate::ops::assemble::replace::keep_access;

use super::Fix;

/// What to do about a file that is there: the input is there to be replaced.
pub(super) fn overwrite(request: &Fix<'_>) -> Overwrite {
    let chosen = request.output.map(|_| request.overwrite);
    chosen.unwrap_or(Overwrite::Allowed)
}

/// The file for what goes to `place`: the output, or what takes the place of the input.
pub(super) fn create(request: &Fix<'_>, place: &Path) -> Result<OutputFile> {
    let mut output = OutputFile::create(place, overwrite(request))?;
    if request.output.is_none() {
        keep_access(place, output.file_mut())?;
    }
    Ok(output)
}

/// Writes the archive to the output, or in the place of the input; answers with where.
pub(super) fn write_archive(
    request: &Fix<'_>,
    entries: &[Entry<'_>],
    time: u64,
    observer: &mut dyn Observer,
) -> Result<String> {
    let path = request.output.unwrap_or(request.input);
    if is_stream(path) {
        to_stream(path, overwrite(request), entries, time, observer)?;
    } else {
        let mut output = create(request, path)?;
        write(entries, time, output.file_mut(), observer).map_err(|error| error.at(path))?;
        output.commit()?;
    }
    Ok(path.display().to_string())
}

/// Writes the archive, in which nothing was to be mended, to the output if there is one: byte
/// for byte, where it lies in a file.
pub(super) fn write_copy(
    request: &Fix<'_>,
    entries: &[Entry<'_>],
    time: u64,
    observer: &mut dyn Observer,
) -> Result<Option<String>> {
    let Some(path) = request.output else {
        return Ok(None);
    };
    let is_file = std::fs::metadata(request.input).is_ok_and(|about| about.is_file());
    if !is_file || is_stream(path) {
        return write_archive(request, entries, time, observer).map(Some);
    }
    let mut output = OutputFile::create(path, request.overwrite)?;
    let source = FileStorage::open(request.input)?;
    let length = source.length();
    observer.begin("copy", length);
    copy(&source, 0, output.file_mut(), 0, length, observer).map_err(|error| error.at(path))?;
    output.commit()?;
    Ok(Some(path.display().to_string()))
}

/// Gathers the archive first: its headers are written last.
fn to_stream(
    path: &Path,
    overwrite: Overwrite,
    entries: &[Entry<'_>],
    time: u64,
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut stream = open_stream(path, overwrite)?;
    let mut spool = Spool::create()?;
    let length = write(entries, time, spool.file_mut(), observer).map_err(Spool::place)?;
    spool.pour(length, &mut stream, path, observer)
}
