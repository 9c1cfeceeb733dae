//! What is around a descriptor.

pub(super) mod archive;
pub(super) mod certificate;
pub(super) mod disks;
pub(super) mod manifest;
pub(super) mod members;
pub(super) mod streams;

use super::{Rule, Sink, shown};
