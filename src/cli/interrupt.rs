//! Ctrl-C and its kin: a request to stop, heeded between two blocks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{exit, render};
use crate::base::progress::cancelled;
use crate::base::{Error, ErrorKind, Result};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// How long a request may take to be heeded where nothing has to be removed.
const GRACE: Duration = Duration::from_secs(1);

/// Turns SIGINT, SIGTERM and SIGHUP into a request, so that what was begun is
/// removed before the process ends.
///
/// Output to a pipe leaves nothing to remove, but may wait for its reader for
/// ever, to open it or to take more. Such a `stream` is not waited for.
pub(super) fn catch(stream: bool) -> Result<()> {
    let handler = move || {
        REQUESTED.store(true, Ordering::Relaxed);
        if stream {
            thread::sleep(GRACE);
            render::error(&cancelled());
            std::process::exit(exit::CANCELLED.into());
        }
    };
    ctrlc::set_handler(handler).map_err(|error| {
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
