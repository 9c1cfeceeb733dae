//! What is wrong with a definition, and where.

use std::fmt;

use crate::base::Error;
use crate::data::Path;

/// The place of a value in a definition, such as `machines[0].disks[1].at`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct At(Path);

impl At {
    /// The field `key` of what is here.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        Self(self.0.clone().key(key))
    }

    /// Member `index` of the list that is here, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(self.0.clone().index(index))
    }

    /// The way there through the files of the definition.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is wrong with one value of a definition.
#[derive(Debug)]
pub struct Problem {
    /// The value.
    pub at: At,
    /// What is wrong with it.
    pub error: Error,
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(in crate::vm) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Notes that the value at `at` has `fault`.
    pub(in crate::vm) fn add(&mut self, at: At, fault: impl Into<Error>) {
        self.found.push(Problem {
            at,
            error: fault.into(),
        });
    }

    /// The value of `result`, or a note of what is wrong with it.
    pub(in crate::vm) fn take<T>(
        &mut self,
        at: &At,
        result: Result<T, impl Into<Error>>,
    ) -> Option<T> {
        result.map_err(|fault| self.add(at.clone(), fault)).ok()
    }

    /// All that was found.
    pub(in crate::vm) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
