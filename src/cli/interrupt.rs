//! Ctrl-C and its kin: a request to stop, heeded between two blocks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::{exit, render};
use crate::base::progress::cancelled;
use crate::base::{Error, ErrorKind, Result, stdin};

static REQUESTED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// How long a request may take to be heeded where nothing has to be removed.
const GRACE: Duration = Duration::from_secs(1);
/// How often a stream's watcher looks for a request.
const WATCH_PERIOD: Duration = Duration::from_millis(100);

/// Turns SIGINT, SIGTERM and SIGHUP into a request, so that what was begun is
/// removed before the process ends.
///
/// Output to a pipe leaves nothing to remove, but may wait for its reader for
/// ever, to open it or to take more. Such a `stream` is not waited for.
pub(super) fn catch(stream: bool) -> Result<()> {
    for signal in [SIGINT, SIGTERM].into_iter().chain(hangup()) {
        flag::register(signal, Arc::clone(&REQUESTED)).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("cannot watch for Ctrl-C: {error}"),
            )
        })?;
    }
    stdin::stop_on(Arc::clone(&REQUESTED));
    if stream {
        let watcher = || {
            while !requested() {
                thread::sleep(WATCH_PERIOD);
            }
            thread::sleep(GRACE);
            render::error(&cancelled());
            std::process::exit(exit::CANCELLED.into());
        };
        // Where the system grants no thread, a request is heeded as soon as the
        // reader takes more.
        let _ = thread::Builder::new().spawn(watcher);
    }
    Ok(())
}

/// Whether the user asked to stop.
pub(super) fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// SIGHUP, unless the process was started to outlive its terminal (`nohup`).
#[cfg(unix)]
fn hangup() -> Option<i32> {
    use signal_hook::consts::SIGHUP;

    // What is ignored stands as a mask of bits in a line of this file; where
    // there is no such file, the signal is taken as usual.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    (ignored.unwrap_or(0) >> (SIGHUP - 1) & 1 == 0).then_some(SIGHUP)
}

#[cfg(not(unix))]
fn hangup() -> Option<i32> {
    None
}
