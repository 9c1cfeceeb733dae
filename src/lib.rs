//! ovfkit packages virtual machines.

pub mod base;
pub mod disk;
pub mod envelope;
pub mod ova;
pub mod template;
pub mod vm;
pub mod xml;

pub use base::{Error, ErrorKind, Result};
