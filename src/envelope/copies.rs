//! A bound on what references can make of a descriptor.

use std::cell::Cell;

use crate::base::{Error, ErrorKind, Result};

use super::ProductSection;

/// The most bytes of text that are copied to where it is referred to. A descriptor of
/// 16 MiB could otherwise name one long text a hundred thousand times; real ones copy
/// some KiB.
pub const MAX_COPIED_BYTES: usize = 64 << 20;

/// Copies texts as long as there is room.
#[derive(Debug)]
pub(super) struct Copies {
    left: Cell<Option<usize>>,
}

impl Copies {
    pub(super) fn new() -> Self {
        let left = Cell::new(Some(MAX_COPIED_BYTES));
        Self { left }
    }

    /// Whether there is room for `bytes` more; it is taken.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let left = self.left.get().and_then(|left| left.checked_sub(bytes));
        self.left.set(left);
        left.is_some()
    }

    /// A copy of `text`; once there is no room, an empty one. [`check`](Self::check)
    /// tells, so that not every caller has to.
    pub(super) fn copy(&self, text: &str) -> String {
        if self.take(text.len()) {
            text.to_owned()
        } else {
            String::new()
        }
    }

    /// The full key of the property `key` of `product`.
    pub(super) fn full_key(&self, product: &ProductSection, key: &str) -> String {
        let length = |part: &Option<String>| part.as_ref().map_or(0, String::len);
        if self.take(length(&product.class) + length(&product.instance)) {
            product.full_key(key)
        } else {
            String::new()
        }
    }

    /// Whether there was room for all.
    pub(super) fn check(&self) -> Result<()> {
        if self.left.get().is_some() {
            return Ok(());
        }
        let message =
            format!("the texts the descriptor refers to make more than {MAX_COPIED_BYTES} bytes");
        Err(Error::new(ErrorKind::LimitExceeded, message)
            .why("it refers to long texts again and again, as no product writes it"))
    }
}
