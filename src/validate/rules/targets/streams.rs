//! For importers that take stream-optimised VMDKs alone: what the descriptor calls the disks,
//! and what they are.

use super::{Document, Sink, format_of_content, is_stream_optimised, shown};
use crate::disk::kind::Kind as DiskKind;
use crate::validate::document::attr;
use crate::validate::package::Disk;
use crate::validate::rules::package::disks;
use crate::validate::scene::Scene;

/// Tells of disks the descriptor gives another format.
pub(super) fn other_names(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().copied() {
        if format_of_content(disk).is_some_and(|format| !is_stream_optimised(format)) {
            sink.on(disk, "format", "is another format");
        }
    }
}

/// Whether the bytes are those of a stream-optimised VMDK, as far as was looked.
fn is_stream(disk: &Disk) -> bool {
    match (disk.kind, &disk.vmdk) {
        (DiskKind::Vmdk, Some(summary)) => summary
            .create_type
            .as_deref()
            .is_none_or(|kind| kind.eq_ignore_ascii_case("streamOptimized")),
        // One that cannot be read is told by another rule, and what is inside gzip is not
        // known.
        (DiskKind::Vmdk, None) | (DiskKind::Gzip, _) => true,
        _ => false,
    }
}

/// Tells of disks of another format whatever the descriptor says.
pub(super) fn other_disks(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    for (element, disk) in disks::pairs(scene) {
        // What the descriptor says itself is told there.
        let says_so = attr(element, "format").is_none_or(is_stream_optimised);
        if says_so && !is_stream(disk) {
            let found = disk.vmdk.as_ref().and_then(|vmdk| vmdk.create_type.clone());
            let found = found.unwrap_or_else(|| disk.kind.to_string());
            sink.on(element, "format", format!("the file is {}", shown(&found)));
        }
    }
}
