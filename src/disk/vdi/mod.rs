//! VDI, VirtualBox' disk format. It is specified by VirtualBox' source alone
//! (`src/VBox/Storage/VDICore.h` and `VDI.cpp`).
//!
//! ```text
//! header, block map, then blocks, in the order they were first written
//! ```
//!
//! ```text
//! bytes     format       what stands where, its sizes and its limits
//! meaning   header       the header checked and typed
//!           map          guest offset -> block, through the block map
//!           search       the file that has the id of a parent
//! verbs     image        open, and read as a disk
//!           about        what it says of itself
//!           check        all of the map against the file
//!           resize       another size, and sectors written
//!           write        write an image of any disk
//! ```

mod about;
mod check;
mod format;
mod header;
mod image;
mod map;
mod resize;
mod search;
mod write;

pub use crate::disk::blocks::WriteSummary;
pub use about::About;
pub(in crate::disk) use about::about;
pub(in crate::disk) use check::check;
pub use format::{MAGIC, MAGIC_AT, limits};
pub use header::Variant;
pub use image::{Image, Parent};
pub(in crate::disk) use resize::resize;
pub use search::find;
pub use write::{Over, WriteOptions, create, write};

use crate::disk::blocks::Traits;

/// What errors say of the format.
const VDI: &Traits = &Traits {
    name: "VDI",
    help: "fetch or make the image again and compare its checksum with the publisher's; \
           `ovfkit disk check IMAGE` tells more",
    convert: "convert it in VirtualBox: VBoxManage clonemedium disk IMAGE NEW.vdi --format VDI",
};
