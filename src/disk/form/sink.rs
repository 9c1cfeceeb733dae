//! Where the files of a new image go.

use std::io::{Seek, Write};

use crate::base::Result;
use crate::base::placed::Placed;

/// Makes the files of an image.
pub trait Sink {
    /// Begins the file `name`.
    fn create(&mut self, name: &str) -> Result<Box<dyn ImageFile>>;
}

/// One of the files; nothing of it is read.
pub trait ImageFile: Write + Seek + Placed {
    /// Gives the file `length` bytes; those that are new are zeros that take no room.
    fn set_len(&mut self, length: u64) -> Result<()>;

    /// Asks the system for room for the first `length` bytes of the file.
    fn reserve(&mut self, length: u64) -> Result<()>;

    /// Ends the file.
    fn finish(self: Box<Self>) -> Result<()>;
}
