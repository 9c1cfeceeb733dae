//! Digests of a disk, taken while it is converted: what one thread reads from the disk the
//! other finds in memory, and no core waits.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::base::Result;
use crate::base::digest::{Algorithm, Digests};
use crate::base::pipeline::{no_thread, worker_died};
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// Digests by their algorithms.
pub(super) type Found = HashMap<Algorithm, String>;

/// Bytes read at a time.
const CHUNK: u64 = 1 << 20;
/// How often one looks whether digests are done that take longer than the conversion.
const PATIENCE: Duration = Duration::from_millis(5);

/// Takes `digests` of all of `storage` while `convert` runs. As soon as they do not pass
/// `fits`, the conversion is stopped: what it makes is of no use.
pub(super) fn digest_meanwhile<T>(
    storage: &dyn Storage,
    digests: Digests,
    fits: impl Fn(&Found) -> bool + Sync,
    observer: &mut dyn Observer,
    convert: impl FnOnce(&mut dyn Observer) -> Result<T>,
) -> Result<(Found, Result<T>)> {
    if digests.is_empty() {
        return Ok((Found::new(), convert(observer)));
    }
    // Set by one side to stop the other.
    let (differs, quit) = (AtomicBool::new(false), AtomicBool::new(false));
    let take = || -> Result<Found> {
        let found = digest(storage, digests, &quit)?;
        differs.store(!fits(&found), Ordering::Relaxed);
        Ok(found)
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, take);
        let thread = thread.map_err(|error| no_thread(&error))?;
        let converted = convert(&mut Until {
            inner: observer,
            stop: &differs,
        });
        // The digests tell more than an error of the conversion does, and a user who
        // stopped it must not wait for them.
        while !thread.is_finished() {
            if observer.advanced(0).is_break() {
                quit.store(true, Ordering::Relaxed);
            }
            thread::sleep(PATIENCE);
        }
        let found = thread.join().unwrap_or_else(|_| Err(worker_died()))?;
        Ok((found, converted))
    })
}

fn digest(storage: &dyn Storage, mut digests: Digests, quit: &AtomicBool) -> Result<Found> {
    let mut chunk = vec![0; to_usize(storage.length().min(CHUNK))];
    let mut at = 0;
    while at < storage.length() {
        if quit.load(Ordering::Relaxed) {
            return Err(cancelled());
        }
        let now = to_usize((storage.length() - at).min(CHUNK));
        storage.read_exact_at(at, &mut chunk[..now])?;
        digests.update(&chunk[..now]);
        at += now as u64;
    }
    Ok(digests.finish())
}

/// An observer that also stops when told by somebody else.
struct Until<'u> {
    inner: &'u mut dyn Observer,
    stop: &'u AtomicBool,
}

impl Observer for Until<'_> {
    fn begin(&mut self, what: &str, total: u64) {
        self.inner.begin(what, total);
    }

    fn warned(&mut self, about: &str, message: &str) {
        self.inner.warned(about, message);
    }

    fn wants_totals(&self) -> bool {
        self.inner.wants_totals()
    }

    fn advanced(&mut self, amount: u64) -> ControlFlow<()> {
        if self.stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        self.inner.advanced(amount)
    }
}
