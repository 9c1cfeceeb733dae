//! The files a converted disk becomes: beside each other, under names nothing else has.

use crate::base::Result;
use crate::disk::form::{ImageFile, Sink};
use crate::ova::staging::Staging;

use super::names::Taken;

/// Where the files of a disk go.
pub(super) struct Room<'r> {
    pub(super) staging: &'r mut Staging,
    pub(super) taken: &'r mut Taken,
}

/// The files of one disk.
pub(super) struct Files<'f> {
    room: Room<'f>,
    /// Names the disk had itself, which it may keep.
    own: &'f [String],
    /// The directory they are in, with a slash behind it if there is one.
    directory: &'f str,
    /// Those that were begun.
    pub(super) made: Vec<String>,
}

impl<'f> Files<'f> {
    /// No files yet, of a disk that is called `file` and had the names `own`; and what it is
    /// called in its directory.
    pub(super) fn of(file: &'f str, own: &'f [String], room: Room<'f>) -> (Self, &'f str) {
        let (directory, name) = file.split_at(file.rfind('/').map_or(0, |slash| slash + 1));
        let files = Self {
            room,
            own,
            directory,
            made: Vec::new(),
        };
        (files, name)
    }
}

impl Sink for Files<'_> {
    fn create(&mut self, name: &str) -> Result<Box<dyn ImageFile>> {
        let path = format!("{}{name}", self.directory);
        if !self.own.contains(&path) {
            self.room.taken.made(&path)?;
        }
        let file = self.room.staging.create(&path)?;
        self.made.push(path);
        Ok(file)
    }
}
