//! Things worth using again: compressors, scratch buffers.

use std::sync::{Mutex, PoisonError};

/// Lends out values and takes them back, making new ones when none is idle.
/// At most as many exist as were ever in use at once.
#[derive(Debug)]
pub struct Pool<T> {
    idle: Mutex<Vec<T>>,
    make: fn() -> T,
}

impl<T> Pool<T> {
    /// An empty pool that makes values with `make`.
    pub const fn new(make: fn() -> T) -> Self {
        Self {
            idle: Mutex::new(Vec::new()),
            make,
        }
    }

    /// An idle value, or a new one.
    pub fn take(&self) -> T {
        // A panic elsewhere cannot leave a Vec half-pushed: the list stays good.
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        idle.unwrap_or_else(self.make)
    }

    /// Gives a value back for the next taker.
    pub fn put(&self, value: T) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(value);
    }

    /// Runs `work` with a borrowed value.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.take();
        let result = work(&mut value);
        self.put(value);
        result
    }
}
