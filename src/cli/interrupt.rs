//! Ctrl-C and its kin: a request to stop, heeded between two blocks.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::{Error, ErrorKind, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Turns SIGINT, SIGTERM and SIGHUP into a request, so that what was begun is
/// removed before the process ends.
pub(super) fn catch() -> Result<()> {
    ctrlc::set_handler(|| REQUESTED.store(true, Ordering::Relaxed)).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("cannot watch for Ctrl-C: {error}"),
        )
    })
}

/// Whether the user asked to stop.
pub(super) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}
