//! Room that the file system is asked for, whether something is written to it or not.

use std::fs::File;

use super::{Error, ErrorKind, Result};

/// What does without.
const WITHOUT: &str =
    "choose zeros that are written instead (preallocation=full), or leave it away";

/// Has the file system keep room for the first `length` bytes of `file`, which has that many
/// afterwards, at the least.
#[cfg(unix)]
pub fn reserve(file: &File, length: u64) -> Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;

    if length == 0 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::empty(), 0, length) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Err(Error::new(
            ErrorKind::Unsupported,
            "the file system does not keep room for what is not written",
        )
        .help(WITHOUT)),
        Err(error) => Err(Error::write(error.into())),
    }
}

/// There is no such thing here.
#[cfg(not(unix))]
pub fn reserve(_file: &File, _length: u64) -> Result<()> {
    Err(Error::new(
        ErrorKind::Unsupported,
        "ovfkit does not ask this system to keep room for what is not written",
    )
    .help(WITHOUT))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn room_is_kept_for_all_of_a_file() {
        let file = tempfile::tempfile().expect("a file");
        reserve(&file, 3 << 20).expect("room");
        let about = file.metadata().expect("a file");
        assert!(about.len() == 3 << 20 && about.blocks() * 512 >= 3 << 20);
        let error = reserve(&file, 1 << 62).expect_err("too much");
        assert!(error.kind() != ErrorKind::Unsupported, "{error}");
    }
}
