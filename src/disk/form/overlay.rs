//! What an image shows where nothing is written to it.

use std::time::SystemTime;

use crate::base::units::exactly;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::about::About;
use crate::disk::blocks::Uuid;
use crate::disk::detect::Format;

/// The disk a new image is made on.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'p> {
    /// Its path, seen from the directory of the new image, or an absolute one.
    pub name: &'p str,
    /// Its format.
    pub format: Format,
    /// The size the guest sees, in bytes.
    pub capacity: u64,
    /// What it says of itself.
    pub about: &'p About,
    /// When its file was changed.
    pub changed: Option<SystemTime>,
}

impl Parent<'_> {
    /// Refuses one for an image of `format` with `capacity` bytes, where such images are made on
    /// their own alone.
    pub(super) fn suits(&self, format: Format, capacity: u64) -> Result<()> {
        if self.format != format {
            return Err(Error::usage(format!(
                "a {format} image is made on a {format} disk alone, and this one is {}",
                self.format
            ))
            .why("it names its parent by an id that only such disks have")
            .help("choose qcow2, which goes over every format, or convert the other disk first"));
        }
        if self.capacity != capacity {
            let own = exactly(self.capacity);
            return Err(Error::usage(format!(
                "an image made on a {format} disk has its size, {own}"
            ))
            .help("leave the size away"));
        }
        Ok(())
    }

    /// The id in what it says of itself, by which the new image names it.
    pub(super) fn id(&self, text: &str) -> Result<Uuid> {
        let id = Uuid::parse(text).filter(|id| !id.is_nil());
        id.ok_or_else(|| self.unknown())
    }

    /// It does not tell by what it is known.
    pub(super) fn unknown(&self) -> Error {
        Error::new(
            ErrorKind::Invalid,
            format!(
                "the {} disk has no id by which it could be named",
                self.format
            ),
        )
        .help("convert it, which gives it one: ovfkit convert")
    }
}
