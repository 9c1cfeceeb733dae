//! ovfkit packages virtual machines.

pub mod base;
#[cfg(feature = "cli")]
pub mod cli;
pub mod disk;
pub mod envelope;
pub mod ops;
pub mod ova;
pub mod template;
pub mod vm;
pub mod xml;

pub use base::{Error, ErrorKind, Result};
