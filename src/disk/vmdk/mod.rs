//! VMDK, VMware's disk format ("Virtual Disk Format 5.0", technical note).
//!
//! Written is the streamOptimized variant, the one OVF packages carry:
//!
//! ```text
//! sector 0        header, gdOffset = "at the end"
//! sector 1..20    descriptor, text, padded with zeros
//! sector 128..    for every 32 MiB of disk that hold data:
//!                   grains (64 KiB each, zlib), each behind its marker
//!                   grain table marker, grain table
//!                 grain directory marker, grain directory
//!                 footer marker, footer (the header with the real gdOffset)
//!                 end-of-stream marker: the last sector of the file
//! ```
//!
//! Nothing is written for zeros, and nothing is ever written twice, so any
//! `Write` will do.

mod descriptor;
mod encode;
mod format;
mod level;
mod stream;

pub use descriptor::AdapterType;
pub use encode::EncodeOptions;
pub use format::limits;
pub use level::Level;
pub use stream::{StreamOptions, StreamSummary, capacity_of, write};
