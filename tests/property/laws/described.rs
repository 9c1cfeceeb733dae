//! What holds for any bytes that are given as the descriptor of a disk, and as an extent of
//! ESX.

// Laws are alone in their fuzz targets, and beside one another in the property tests.
#[allow(clippy::duplicate_mod)]
#[path = "walk.rs"]
mod walk;

use std::path::Path;
use std::sync::Arc;

use ovfkit::disk::DiskSource as _;
use ovfkit::disk::vmdk::{Described, ExtentFile, Image};

use walk::Walk;

/// Good extents of every kind.
const FILES: [&[u8]; 4] = [
    &[7; 65536],
    include_bytes!("../seeds/esx/cowd.vmdk"),
    include_bytes!("../seeds/esx/sesparse.vmdk"),
    include_bytes!("../seeds/extent/footer.vmdk"),
];

/// The disk that `text` describes, the names in which lead to `files` in turns.
fn open(text: &[u8], files: &[&[u8]]) -> ovfkit::Result<Option<Image>> {
    let path = Path::new("any.vmdk");
    let Some(described) = Described::read(&text.to_vec(), path)? else {
        return Ok(None);
    };
    let names = described.files().iter();
    let extents: Vec<_> = names
        .zip(files.iter().cycle())
        .map(|(name, bytes)| ExtentFile {
            storage: Arc::new(bytes.to_vec()),
            path: name.into(),
        })
        .collect();
    described.open(&extents, false).map(Some)
}

/// A descriptor is refused, or every offset of its disk is of some kind and reads as that
/// kind, in any pieces, and without an error, as its extents have none. Returns whether it was
/// read.
pub fn described(text: &[u8]) -> bool {
    let Ok(Some(image)) = open(text, &FILES) else {
        return false;
    };
    drop(image.warnings());
    assert!(image.capacity() > 0 && image.capacity().is_multiple_of(512));
    if image.parent().is_none() {
        assert_eq!(Walk::over(&image).failed, None, "what is whole is read");
    }
    true
}

/// An extent of ESX is refused, or every offset is of some kind and reads as that kind, in any
/// pieces. Returns whether it was opened.
pub fn esx(bytes: &[u8]) -> bool {
    // As many sectors as its header tells.
    let sectors = if bytes.starts_with(b"COWD") {
        let field = bytes.get(12..).and_then(|rest| rest.first_chunk());
        field.map_or(0, |field| u32::from_le_bytes(*field).into())
    } else {
        let field = bytes.get(16..).and_then(|rest| rest.first_chunk());
        field.map_or(0, |field| u64::from_le_bytes(*field))
    };
    let text = format!("# Disk DescriptorFile\nRW {sectors} VMFSSPARSE \"x\"\n");
    match open(text.as_bytes(), &[bytes]) {
        Ok(image) => {
            let image = image.expect("a descriptor");
            assert_eq!(image.capacity(), sectors * 512);
            drop(Walk::over(&image));
            true
        }
        Err(_) => false,
    }
}
