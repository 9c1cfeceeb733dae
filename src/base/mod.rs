//! What every other room stands on; nothing here knows a format.

pub mod error;

pub use error::{Error, ErrorKind, Result};
