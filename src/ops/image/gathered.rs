//! A disk from standard input. It is read at many places and a pipe only from its front, so
//! it is gathered in a temporary file first.

use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::NamedTempFile;

use crate::base::progress::{Observer, cancelled};
use crate::base::stdin::Input;
use crate::base::units::{MIB, to_usize};
use crate::base::{Error, Result};
use crate::disk::runs::runs;

/// Everything there is on standard input, in a file with holes for zeros.
pub(super) fn gather(observer: &mut dyn Observer) -> Result<NamedTempFile> {
    let directory = std::env::temp_dir();
    let refused = |error| {
        Error::io(
            "cannot gather standard input in the directory for temporary files",
            &directory,
            error,
        )
        .help("set TMPDIR to a directory with room for the whole disk")
    };
    let mut file = NamedTempFile::new_in(&directory).map_err(refused)?;
    let mut chunk = vec![0; to_usize(MIB)];
    let mut length = 0;
    observer.begin("standard input", 0);
    loop {
        let filled = fill(&mut chunk)?;
        if filled == 0 {
            break;
        }
        for run in runs(&chunk[..filled]) {
            let place = SeekFrom::Start(length + run.start as u64);
            let put = file.seek(place).and_then(|_| file.write_all(&chunk[run]));
            put.map_err(refused)?;
        }
        length += filled as u64;
        if observer.advanced(filled as u64).is_break() {
            return Err(cancelled());
        }
    }
    file.as_file().set_len(length).map_err(refused)?;
    Ok(file)
}

/// Reads as much as `chunk` takes, or there is.
fn fill(chunk: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match Input.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                let place = std::path::Path::new("(standard input)");
                return Err(Error::io("cannot read", place, error));
            }
        }
    }
    Ok(filled)
}
