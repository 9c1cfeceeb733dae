//! Which parts of a disk are stored.

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::Result;
use crate::base::progress::{Observer, cancelled};
use crate::disk::ExtentKind;
use crate::disk::copy::extents;
use crate::ops::image::Image;

/// A stretch of a disk that is all of one kind; the names are those of `qemu-img map`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stretch {
    /// Where it begins, in bytes.
    pub start: u64,
    /// Its bytes.
    pub length: u64,
    /// Whether it reads as zeros without being stored.
    pub zero: bool,
    /// Whether it is stored.
    pub data: bool,
    /// Whether it is stored as deflated blocks that can be taken over as they are.
    pub compressed: bool,
}

/// Shows `each` stretch of `image` in order, neighbours of one kind as one.
pub fn map(
    image: &Image,
    observer: &mut dyn Observer,
    mut each: impl FnMut(&Stretch) -> Result<()>,
) -> Result<()> {
    let capacity = image.source.capacity();
    observer.begin("looking", capacity);
    let mut open: Option<Stretch> = None;
    for extent in extents(&*image.source, 0..capacity) {
        let (range, kind) = extent?;
        let next = Stretch {
            start: range.start,
            length: range.end - range.start,
            zero: kind == ExtentKind::Zero,
            data: kind != ExtentKind::Zero,
            compressed: matches!(kind, ExtentKind::Deflated { .. }),
        };
        match &mut open {
            Some(open) if (open.zero, open.compressed) == (next.zero, next.compressed) => {
                open.length += next.length;
            }
            _ => {
                if let Some(done) = open.replace(next) {
                    each(&done)?;
                }
            }
        }
        if observer.advanced(next.length).is_break() {
            return Err(cancelled());
        }
    }
    open.iter().try_for_each(each)
}
