//! What is wrong with a definition, and where.

use std::fmt;

use crate::base::Error;

/// The place of a value in a definition, such as `machines[0].disks[1].at`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct At(String);

impl At {
    /// The field `key` of what is here.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        if self.0.is_empty() {
            return Self(key.to_owned());
        }
        Self(format!("{}.{key}", self.0))
    }

    /// Member `index` of the list that is here, from 0.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The path, as it is displayed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
        result
            .map_err(|fault| self.add(at.clone(), fault))
            .ok()
    }

    /// All that was found.
    pub(in crate::vm) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
