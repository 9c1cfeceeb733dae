//! How much of the room of an image is taken when it is made.

use super::settings::Settings;
use crate::base::Result;

/// What is taken, beyond what the disk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reserve {
    /// Nothing.
    #[default]
    Nothing,
    /// Places in the image, which are holes of the file.
    Places,
    /// Room that the file system is asked for, for all of the file.
    Room,
    /// Room that zeros are written to.
    Zeros,
}

/// The names QEMU has for them, last the one of what only an image with tables can have.
const NAMES: [(&str, Reserve); 4] = [
    ("off", Reserve::Nothing),
    ("falloc", Reserve::Room),
    ("full", Reserve::Zeros),
    ("metadata", Reserve::Places),
];

impl Reserve {
    /// What `settings` want, of an image with tables.
    pub(super) fn of(settings: &Settings) -> Result<Self> {
        Self::among(settings, &NAMES)
    }

    /// What `settings` want, of one that is nothing but the disk.
    pub(super) fn of_raw(settings: &Settings) -> Result<Self> {
        Self::among(settings, &NAMES[..3])
    }

    fn among(settings: &Settings, names: &[(&str, Self)]) -> Result<Self> {
        let chosen = settings.choice("preallocation", names)?;
        Ok(chosen.unwrap_or_default())
    }
}
