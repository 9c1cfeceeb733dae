//! How much is read before a file counts as hostile.

use crate::base::{Error, ErrorKind, Result};

/// The largest file read. What people write has some KiB; one with licences and startup
/// scripts in it has some hundred.
pub const MAX_FILE_BYTES: usize = 4 << 20;
/// The deepest nesting read. It also bounds the recursion of whoever walks a tree.
pub const MAX_DEPTH: usize = 64;
/// The most values and keys of all files together, after aliases have been replaced by
/// what they stand for: ten short lines of aliases of aliases stand for millions.
pub const MAX_NODES: usize = 200_000;
/// The most bytes of text in all values, after aliases and parameters have been replaced.
pub const MAX_TEXT_BYTES: usize = 64 << 20;
/// The most files one document is made of.
pub const MAX_FILES: usize = 256;
/// How many files may include one another in a row.
pub const MAX_INCLUDE_DEPTH: usize = 16;
/// How many parameters may stand in one another's defaults in a row.
pub const MAX_PARAMETER_DEPTH: usize = 32;
/// The most errors looked for. Who has as many mends some of them first.
pub const MAX_ERRORS: usize = 50;

/// What is left of the limits for one document.
#[derive(Debug)]
pub(super) struct Budget {
    nodes: usize,
    text: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            nodes: MAX_NODES,
            text: MAX_TEXT_BYTES,
        }
    }
}

impl Budget {
    /// Takes `count` values or keys.
    pub(super) fn nodes(&mut self, count: usize) -> Result<()> {
        self.nodes = self.nodes.checked_sub(count).ok_or_else(|| {
            exceeded(format!(
                "there are more than {MAX_NODES} values and keys, with aliases replaced by what they stand for"
            ))
        })?;
        Ok(())
    }

    /// Takes `bytes` of text.
    pub(super) fn text(&mut self, bytes: usize) -> Result<()> {
        self.text = self.text.checked_sub(bytes).ok_or_else(|| {
            exceeded(format!(
                "all texts have more than {} MiB, with aliases and parameters replaced by what they stand for",
                MAX_TEXT_BYTES >> 20
            ))
        })?;
        Ok(())
    }
}

/// A file is nested too deeply.
pub(super) fn too_deep() -> Error {
    exceeded(format!("this is nested more than {MAX_DEPTH} deep"))
}

/// A limit is exceeded.
pub(super) fn exceeded(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::LimitExceeded, message)
}
