//! What a change of an image in place consists of: a repair, or another size.
//!
//! The formats tell which bytes are to be overwritten; how that is done without halves is the
//! caller's to see to.

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
    /// The file loses what is behind its first bytes, which nothing leads to any more.
    Truncate {
        /// Its length then.
        length: u64,
    },
    /// Only the first bytes of the file are kept, and zeros follow them.
    Cut {
        /// Bytes kept.
        keep: u64,
        /// Zeros behind them.
        append: u64,
    },
}
