//! What a change of an image in place consists of: a repair, or another size.
//!
//! The formats tell which bytes are to be overwritten; how that is done without halves is the
//! caller's to see to.
//!
//! ```text
//! mod    the steps
//! batch  edits gathered to steps
//! ```

mod batch;

use std::ops::Range;

pub(in crate::disk) use batch::{Batch, changed};

/// Bytes that take the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where they go.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A step of a change. After each the image is no worse than before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The file gets longer, by zeros.
    Extend {
        /// Its length then.
        length: u64,
    },
    /// Edits that have to be made all or none, in order of their place and none over another.
    /// Where they reach behind the end of the file, it gets longer with them.
    Overwrite(Vec<Edit>),
    /// The file is made anew of these pieces, one behind the other.
    Anew(Vec<Piece>),
    /// The file loses what stands behind its first bytes: nothing of the image leads there any
    /// more, or it is what the guest's disk loses.
    Truncate {
        /// Bytes kept.
        length: u64,
    },
}

/// A piece of a file that is made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes of the old file.
    Kept(Range<u64>),
    /// Bytes it did not have.
    New(Vec<u8>),
    /// So many zeros.
    Zeros(u64),
}

impl Piece {
    /// Its bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Kept(range) => range.end - range.start,
            Self::New(bytes) => bytes.len() as u64,
            Self::Zeros(length) => *length,
        }
    }
}
