//! Standard input that can be left while it waits.
//!
//! A pipe's writer may send nothing for ever, and a read that waits is begun anew by
//! the system after a signal. So one waits for the pipe a moment at a time, and looks
//! whether to stop between two.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::base::progress::cancelled;

/// Tells to stop. There is one standard input in a process, and one wish to stop.
static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Has reads of standard input end with the error of [`cancelled`] once `flag` is set.
/// A second call changes nothing.
pub fn stop_on(flag: Arc<AtomicBool>) {
    // The first flag stays; it is set by the same signals.
    let _ = STOP.set(flag);
}

/// Standard input.
#[derive(Debug, Default)]
pub struct Input;

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if STOP.get().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
                return Err(io::Error::other(cancelled()));
            }
            if is_ready()? {
                return io::stdin().lock().read(buf);
            }
        }
    }
}

/// Whether a read will not wait; waits a moment to find out.
#[cfg(unix)]
fn is_ready() -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    const MOMENT: Timespec = Timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    let stdin = io::stdin();
    let mut pipe = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut pipe, Some(&MOMENT)) {
        // An end or an error is for the read to tell.
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // same shape as where the system is asked
fn is_ready() -> io::Result<bool> {
    Ok(true)
}
