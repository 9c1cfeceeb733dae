//! What was written.

/// What a new image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteSummary {
    /// Capacity in bytes: the source's, rounded up as the format or its options want it.
    pub capacity: u64,
    /// Blocks that have a place in the file; a fixed VHD has none.
    pub blocks: u64,
    /// Bytes of the file.
    pub file_size: u64,
}
