//! ovfkit packages virtual machines.

pub mod base;

pub use base::{Error, ErrorKind, Result};
