//! Reading a type while collecting every error.
//!
//! serde stops at the first one. So what is wrong is left out, and the rest read again,
//! until nothing is wrong any more. What goes wrong only because something was left out is
//! not told.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use crate::base::suggest::nearest;
use crate::base::{Error, Result};

use super::de::Reader;
use super::fault::{Fault, What};
use super::files::Files;
use super::limits::MAX_ERRORS;
use super::node::Node;
use super::path::{Path, Step};

/// What is left out of a node.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    /// Itself.
    gone: Option<Gone>,
    /// What is below it.
    below: BTreeMap<Step, LeftOut>,
}

/// Why a node is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// Nobody knows its key.
    Unknown,
    /// It is wrong.
    Wrong,
}

impl LeftOut {
    /// Whether what `step` leads to is gone.
    pub(super) fn is_gone(&self, step: &Step) -> bool {
        self.below.get(step).is_some_and(|one| one.gone.is_some())
    }

    /// What is left out of what `step` leads to.
    pub(super) fn of(&self, step: &Step) -> Option<&Self> {
        self.below.get(step)
    }

    /// What is left out of what `path` leads to.
    fn at(&self, path: &Path) -> Option<&Self> {
        path.steps()
            .iter()
            .try_fold(self, |node, step| node.of(step))
    }

    /// Leaves out what `path` leads to, unless that is all, or it is gone already.
    fn leave_out(&mut self, path: &Path, why: Gone) -> bool {
        if path.steps().is_empty() {
            return false;
        }
        let mut node = self;
        for step in path.steps() {
            node = node.below.entry(step.clone()).or_default();
        }
        node.gone.replace(why).is_none()
    }

    /// Whether a fault of this node comes from what is left out of it.
    fn explains(&self, what: &What) -> bool {
        let mut gone = self
            .below
            .iter()
            .filter_map(|(step, one)| Some((step, one.gone?)));
        match what {
            What::UnknownKey(..) => false,
            // It is there, but wrong, or by another name.
            What::MissingKey(missing) => gone.any(|(step, why)| match (step, why) {
                (Step::Key(key), Gone::Wrong) => key == missing,
                (Step::Key(key), Gone::Unknown) => !nearest(key, [*missing]).is_empty(),
                _ => false,
            }),
            _ => gone.next().is_some(),
        }
    }
}

/// Makes a `T` of the tree `root`.
pub(super) fn read<T: DeserializeOwned>(root: &Node, files: &Files) -> Result<T> {
    let mut left_out = LeftOut::default();
    let mut errors = Vec::new();
    loop {
        let fault: Fault = match T::deserialize(Reader::new(root, Some(&left_out))) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => return Err(Error::all(errors)),
            Err(fault) => fault,
        };
        let fault = fault.at(root.span);
        let why = match fault.what() {
            What::UnknownKey(..) => Gone::Unknown,
            _ => Gone::Wrong,
        };
        let path = fault.leave_out();
        let explained = left_out
            .at(&fault.node())
            .is_some_and(|node| node.explains(fault.what()));
        if !explained {
            errors.push(fault.tell(files));
        }
        if errors.len() == MAX_ERRORS || !left_out.leave_out(&path, why) {
            return Err(Error::all(errors));
        }
    }
}
