//! How an operation tells what it has done, and is told to stop.

use std::ops::ControlFlow;

use crate::base::{Error, ErrorKind};

/// Watches an operation; called on the thread that puts results in order.
pub trait Observer {
    /// A new phase begins: `what` is done to `total` units of work (bytes).
    fn begin(&mut self, what: &str, total: u64) {
        let _ = (what, total);
    }

    /// Something about the input `about` that its user should know, told at
    /// once: the operation may yet fail for it.
    fn warned(&mut self, about: &str, message: &str) {
        let _ = (about, message);
    }

    /// Whether totals are worth some milliseconds to find out exactly.
    fn wants_totals(&self) -> bool {
        false
    }

    /// `amount` more units are done. `Break` cancels the operation, which then
    /// leaves no output behind.
    fn advanced(&mut self, amount: u64) -> ControlFlow<()>;
}

/// Watches nothing and never stops anything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn advanced(&mut self, _amount: u64) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The error of an operation its observer stopped.
pub fn cancelled() -> Error {
    Error::new(
        ErrorKind::Cancelled,
        "stopped as asked; nothing was written",
    )
}
