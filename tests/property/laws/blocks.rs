//! What holds for any bytes that are given as a VHD or a VDI.

#[path = "walk.rs"]
mod walk;

use std::path::Path;
use std::sync::Arc;

use ovfkit::disk::{DiskSource as _, vdi, vhd};

use walk::Walk;

/// A VHD is refused, or every offset is of some kind and reads as that kind, in any pieces
/// and without an error: what could not be read is told when it is opened. Returns whether
/// it was read.
pub fn vhd(bytes: &[u8]) -> bool {
    let opened = vhd::Image::open(Arc::new(bytes.to_vec()), Path::new("any.vhd"));
    let Ok(image) = opened else {
        return false;
    };
    drop(image.warnings());
    assert!(image.capacity() > 0);
    assert_eq!(Walk::over(&image).failed, None, "what is opened is read");
    true
}

/// The same of a VDI.
pub fn vdi(bytes: &[u8]) -> bool {
    let opened = vdi::Image::open(Arc::new(bytes.to_vec()), Path::new("any.vdi"));
    let Ok(image) = opened else {
        return false;
    };
    assert!(image.capacity() > 0);
    assert_eq!(Walk::over(&image).failed, None, "what is opened is read");
    true
}
