//! Whether another program has an image open, as a running machine has.

use std::path::Path;

use crate::base::Result;

/// Refuses an image that a program of QEMU has open: it tells so by locks on some of its bytes,
/// and would write over what is changed.
#[cfg(unix)]
pub(super) fn refuse(path: &Path) -> Result<()> {
    use crate::base::{Error, ErrorKind};
    use rustix::fs::{FlockOperation, fcntl_lock};
    use rustix::io::Errno;

    let file = std::fs::File::options().read(true).write(true).open(path);
    let file = file.map_err(|error| Error::io("cannot write to it", path, error))?;
    // The lock is gone with the file; it is taken to find out whether that can be done.
    match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::AGAIN | Errno::ACCESS) => Err(Error::new(
            ErrorKind::Denied,
            "another program has the image open",
        )
        .at(path)
        .why("a running machine would write over what is changed")
        .help("shut the machine down first, or work on a copy")),
        // Some file systems have no locks.
        Ok(()) | Err(_) => Ok(()),
    }
}

/// No such locks are known here.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // where there are locks, it can fail
pub(super) fn refuse(_path: &Path) -> Result<()> {
    Ok(())
}
