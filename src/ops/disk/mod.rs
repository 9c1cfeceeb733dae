//! Verbs on a single disk image, one a file.

pub mod compare;
pub mod create;
pub mod info;
pub mod map;
pub mod measure;
pub mod resize;
pub mod snapshots;
