//! Giving an image another size, where it lies.
//!
//! Each format has a module of its own that tells the steps; how they are made without halves
//! is the caller's to see to.

use crate::disk::step::Edit;

/// What is to become of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The size the guest is to see, in bytes.
    pub capacity: u64,
    /// What is to be overwritten on the disk, by offsets the guest sees, within its new size:
    /// in order, and none over another.
    pub writes: Vec<Edit>,
}
