//! Encrypted disks: LUKS version 1 ("LUKS On-Disk Format Specification" 1.2.3), and the
//! ciphers it and the old encryption of qcow2 have in common.
//!
//! ```text
//! sectors   sectors of 512 bytes, each encrypted by itself
//! luks      the header of LUKS, checked and typed
//! unlock    secret -> key slot -> key of the disk
//! ```
//!
//! A header is untrusted until a secret opened it: the work its counts ask for is bounded before
//! any of it is done.

mod fault;
mod luks;
mod sectors;
mod unlock;

pub use fault::Fault;
pub(super) use luks::Luks;
pub use luks::{LuksAbout, limits};
pub(super) use sectors::{SECTOR, Scheme, SectorCipher};
