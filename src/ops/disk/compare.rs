//! Whether two images hold the same disk.

use std::num::NonZeroUsize;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::Result;
use crate::base::progress::Observer;
use crate::disk::compare::first_difference;
use crate::disk::open::OpenOptions;
use crate::ops::image::{self, Image};

/// What to compare.
#[derive(Debug, Clone)]
pub struct Compare<'c> {
    /// One image, and how it is read.
    pub one: (&'c Path, &'c OpenOptions),
    /// The other.
    pub other: (&'c Path, &'c OpenOptions),
    /// Whether disks of different sizes differ, whatever is on them. Without it, a shorter one
    /// is taken to go on with zeros, since many formats round sizes up.
    pub strict: bool,
    /// Threads that read.
    pub threads: NonZeroUsize,
}

/// What was found. Sizes and offsets are in bytes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CompareReport {
    /// The two images.
    pub disks: [ComparedDisk; 2],
    /// Whether a guest would see the same.
    pub identical: bool,
    /// The first byte that differs, if one does that both have, or that is not zero.
    pub first_difference: Option<u64>,
}

/// One of the images.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ComparedDisk {
    /// What it is called.
    pub name: String,
    /// The size the guest sees.
    pub capacity: u64,
}

/// Compares two disks as asked.
pub fn compare(request: &Compare<'_>, observer: &mut dyn Observer) -> Result<CompareReport> {
    let one = image::open(request.one.0, request.one.1, observer)?;
    let other = image::open(request.other.0, request.other.1, observer)?;
    let disks = [&one, &other].map(about);
    let total = one.source.capacity().max(other.source.capacity());
    observer.begin("comparing", total);
    let first = first_difference(&*one.source, &*other.source, request.threads, observer)?;
    let same_size = disks[0].capacity == disks[1].capacity;
    Ok(CompareReport {
        identical: first.is_none() && (same_size || !request.strict),
        disks,
        first_difference: first,
    })
}

fn about(image: &Image) -> ComparedDisk {
    ComparedDisk {
        name: image.names.join(" + "),
        capacity: image.source.capacity(),
    }
}
