//! What holds for any bytes that are given as an image of any format.

// Laws are alone in their fuzz targets, and beside one another in the property tests.
#[allow(clippy::duplicate_mod)]
#[path = "walk.rs"]
mod walk;

use std::path::Path;
use std::sync::Arc;

use ovfkit::base::storage::Storage;
use ovfkit::disk::DiskSource;
use ovfkit::disk::about::about;
use ovfkit::disk::alone::open_whole;
use ovfkit::disk::check::{Level, Report, check, repair};
use ovfkit::disk::detect::{Format, format_of};
use ovfkit::disk::open::OpenOptions;
use ovfkit::disk::step::{Piece, Step};

use walk::Walk;

/// Bytes a repair may add.
const MOST_ADDED: u64 = 64 << 20;
/// Bytes of the disk that are compared before and after a repair.
const COMPARED: u64 = 1 << 20;

/// An image is refused, or every offset is of some kind and reads as that kind, in any pieces; it
/// can be told of and checked; and a repair leaves no more wrong than there was, and what could
/// be read as it was. Returns whether it was read.
pub fn image(bytes: &[u8]) -> bool {
    let path = Path::new("any");
    let Ok(format) = format_of(&bytes.to_vec(), path, None) else {
        return false;
    };
    let storage: Arc<dyn Storage> = Arc::new(bytes.to_vec());
    let told = about(&storage, format, path);
    let opened = open(bytes, format);
    if let Some(disk) = &opened {
        let told = told.expect("what is read tells of itself");
        assert_eq!(told.virtual_size, disk.capacity());
        Walk::over(&**disk);
    }
    if let Ok(report) = check(&storage, format, path) {
        if let Some(disk) = &opened {
            sound_is_read(&report, format, &**disk);
        }
        for level in [Level::Leaks, Level::All] {
            repaired(bytes, format, level, &report, opened.as_deref());
        }
    }
    opened.is_some()
}

/// What a check finds nothing wrong with can be read.
/// Streams of compressed clusters are not inflated by a check of a qcow2.
fn sound_is_read(report: &Report, format: Format, disk: &dyn DiskSource) {
    let looked_at = report.compressed_clusters.is_none_or(|count| count == 0);
    if format == Format::Qcow2 && looked_at && !report.is_corrupt() {
        assert!(front(disk).is_some(), "{report:?}");
    }
}

/// Repairs the image and holds it against what it was.
fn repaired(
    bytes: &[u8],
    format: Format,
    level: Level,
    before: &Report,
    disk: Option<&dyn DiskSource>,
) {
    let path = Path::new("any");
    let storage: Arc<dyn Storage> = Arc::new(bytes.to_vec());
    let mut now = bytes.to_vec();
    let done = repair(&storage, format, path, level, &mut |step| {
        apply(&mut now, step);
        Ok(())
    });
    if done.is_err() || now == bytes {
        return;
    }
    let storage: Arc<dyn Storage> = Arc::new(now.clone());
    let after = check(&storage, format, path).expect("what is repaired is checked");
    let wrong = |report: &Report| report.corruptions + report.check_errors;
    assert!(wrong(&after) <= wrong(before), "{before:?}\n{after:?}");
    if let Some(disk) = disk {
        let again = open(&now, format).expect("what was read is read");
        assert_eq!(again.capacity(), disk.capacity());
        // What is cut off of a qcow2's last cluster becomes zeros, as it is to QEMU.
        if let Some(before) = front(disk) {
            assert!(front(&*again) == Some(before), "{level:?}");
        }
    }
}

/// The disk, if it can be read by itself.
fn open(bytes: &[u8], format: Format) -> Option<Box<dyn DiskSource>> {
    let options = OpenOptions {
        format: Some(format),
        ..OpenOptions::default()
    };
    let opened = open_whole(Arc::new(bytes.to_vec()), Path::new("any"), &options, None);
    opened.ok().map(|opened| opened.source)
}

/// What is at the front of a disk, as far as it can be read.
fn front(disk: &dyn DiskSource) -> Option<Vec<u8>> {
    let length = usize::try_from(disk.capacity().min(COMPARED)).unwrap();
    let mut bytes = vec![0; length];
    disk.read_at(0, &mut bytes).ok().map(|()| bytes)
}

fn apply(bytes: &mut Vec<u8>, step: Step) {
    let to = |length: u64| usize::try_from(length).expect("a length in memory");
    let most = bytes.len() as u64 + MOST_ADDED;
    match step {
        Step::Extend { length } => {
            assert!(length <= most, "{length} bytes");
            bytes.resize(bytes.len().max(to(length)), 0);
        }
        Step::Overwrite(edits) => {
            let mut end = 0;
            for edit in edits {
                let at = to(edit.offset);
                assert!(at >= end, "an edit over another");
                end = at + edit.bytes.len();
                bytes[at..end].copy_from_slice(&edit.bytes);
            }
        }
        Step::Anew(pieces) => {
            let length: u64 = pieces.iter().map(Piece::length).sum();
            assert!(length <= most, "{length} bytes");
            let pieces = pieces.into_iter().map(|piece| match piece {
                Piece::Kept(range) => bytes[to(range.start)..to(range.end)].to_vec(),
                Piece::New(bytes) => bytes,
                Piece::Zeros(length) => vec![0; to(length)],
            });
            *bytes = pieces.collect::<Vec<_>>().concat();
        }
        Step::Truncate { length } => bytes.truncate(to(length)),
    }
}
