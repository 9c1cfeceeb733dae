//! What holds for any bytes. The fuzz targets in `fuzz/` search for bytes for which
//! it does not. Those of `extent.rs` are held against the extents that `tests/vmdk` makes,
//! those of `vhdx.rs` against the images of `tests/vhdx`.

pub mod archive;
pub mod blocks;
pub mod data;
pub mod described;
pub mod descriptor;
pub mod image;
pub mod manifest;
pub mod round;
pub mod signature;
