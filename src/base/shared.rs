//! One observer asked by several parts of an operation, on one thread.

use std::cell::RefCell;
use std::ops::ControlFlow;

use super::progress::Observer;

/// An observer that can be asked through shared references.
pub struct Shared<'o>(RefCell<&'o mut dyn Observer>);

impl<'o> Shared<'o> {
    /// Shares `observer`.
    pub fn new(observer: &'o mut dyn Observer) -> Self {
        Self(RefCell::new(observer))
    }
}

impl Observer for &Shared<'_> {
    fn begin(&mut self, what: &str, total: u64) {
        self.0.borrow_mut().begin(what, total);
    }

    fn warned(&mut self, about: &str, message: &str) {
        self.0.borrow_mut().warned(about, message);
    }

    fn wants_totals(&self) -> bool {
        self.0.borrow().wants_totals()
    }

    fn advanced(&mut self, amount: u64) -> ControlFlow<()> {
        self.0.borrow_mut().advanced(amount)
    }
}
