//! ovfkit packages virtual machines.

pub mod base;
pub mod xml;

pub use base::{Error, ErrorKind, Result};
