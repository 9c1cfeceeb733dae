//! ovfkit packages virtual machines.

pub mod base;
pub mod disk;

pub use base::{Error, ErrorKind, Result};
