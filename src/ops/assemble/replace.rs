//! What takes the place of a file.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use crate::base::output::{OutputFile, Overwrite};
use crate::base::{Error, Result};

/// A file on its way to `place`, which who might read the one there may read.
pub(in crate::ops) fn replacing(place: &Path) -> Result<OutputFile> {
    let mut output = OutputFile::create(place, Overwrite::Allowed)?;
    if place.exists() {
        keep_access(place, output.file_mut())?;
    }
    Ok(output)
}

/// The same, with all its bytes.
pub(in crate::ops) fn filled(place: &Path, bytes: &[u8]) -> Result<OutputFile> {
    let mut output = replacing(place)?;
    let written = output.file_mut().write_all(bytes);
    written.map_err(|error| Error::write(error).at(place))?;
    Ok(output)
}

/// What takes the place of the file at `path` may be read by whom that might be, and belongs to
/// whom it belonged to, where the system lets us give it away.
pub(in crate::ops) fn keep_access(path: &Path, file: &File) -> Result<()> {
    let kept = std::fs::metadata(path).and_then(|about| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, fchown};
            // Only root may give files away; whoever else replaces a file owns what replaces it.
            let _ = fchown(file, Some(about.uid()), Some(about.gid()));
        }
        file.set_permissions(about.permissions())
    });
    kept.map_err(|error| Error::write(error).at(path))
}
