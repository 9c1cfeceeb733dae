//! ovfkit packages virtual machines.

pub mod base;
pub mod disk;
pub mod ova;

pub use base::{Error, ErrorKind, Result};
