//! Writing an archive: whole under another name, then in its place.

use std::fs::File;
use std::io::{Read as _, Seek, Write};
use std::path::Path;

use crate::base::output::{OutputFile, Overwrite, Spool, is_stream, open_stream};
use crate::base::progress::{Observer, cancelled};
use crate::base::{Error, Result};
use crate::ova::PackageWriter as _;
use crate::ova::archive::ArchiveWriter;

use super::Fix;
use super::part::Part;

/// Bytes copied between two looks at the observer.
const CHUNK: u64 = 16 << 20;

/// A member to be written.
pub(super) struct Entry<'e> {
    pub(super) name: String,
    pub(super) body: Body<'e>,
}

/// What a member holds.
pub(super) enum Body<'b> {
    Bytes(&'b [u8]),
    Part(&'b Part),
}

/// What to do about a file that is there: the input is there to be replaced.
pub(super) fn overwrite(request: &Fix<'_>) -> Overwrite {
    let chosen = request.output.map(|_| request.overwrite);
    chosen.unwrap_or(Overwrite::Allowed)
}

/// The file for what goes to `place`: the output, or what takes the place of the input.
pub(super) fn create(request: &Fix<'_>, place: &Path) -> Result<OutputFile> {
    let mut output = OutputFile::create(place, overwrite(request))?;
    if request.output.is_none() {
        keep_permissions(place, output.file_mut())?;
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
    let mut source = File::open(request.input)
        .map_err(|error| Error::io("cannot open", request.input, error))?;
    observer.begin("copy", source.metadata().map_or(0, |about| about.len()));
    loop {
        let copied = std::io::copy(&mut (&mut source).take(CHUNK), output.file_mut());
        let copied = copied.map_err(|error| Error::write(error).at(path))?;
        if copied == 0 {
            break;
        }
        if observer.advanced(copied).is_break() {
            return Err(cancelled());
        }
    }
    output.commit()?;
    Ok(Some(path.display().to_string()))
}

/// What takes the place of a file may be read by whom that might be.
pub(super) fn keep_permissions(path: &Path, file: &File) -> Result<()> {
    let kept = std::fs::metadata(path).and_then(|about| file.set_permissions(about.permissions()));
    kept.map_err(|error| Error::write(error).at(path))
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

fn write(
    entries: &[Entry<'_>],
    time: u64,
    output: impl Write + Seek,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let mut archive = ArchiveWriter::new(output, time, None);
    for entry in entries {
        archive.add(&entry.name, &mut |output| match entry.body {
            Body::Bytes(bytes) => output.write_all(bytes).map_err(Error::write),
            Body::Part(part) => part.write(output, observer),
        })?;
    }
    archive.finish()
}
