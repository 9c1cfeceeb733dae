//! What holds for any bytes that are given as a sparse extent of VMDK.

#[path = "walk.rs"]
mod walk;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ovfkit::disk::DiskSource as _;
use ovfkit::disk::vmdk::{Image, Report, check, summary};

use walk::Walk;

/// An extent is refused, or every offset is of some kind and reads as that kind, in any
/// pieces; and one that the strict check calls sound is read to the last grain, and
/// holds as much as the check told. Returns whether it was read.
pub fn extent(bytes: &[u8]) -> bool {
    let path = Path::new("any.vmdk");
    let file = Arc::new(bytes.to_vec());
    let opened = Image::open(Arc::clone(&file) as _, path, false);
    let salvaged = Image::open(Arc::clone(&file) as _, path, true);
    let summary = summary(&*file, path);
    if let Ok(image) = &opened {
        let salvaged = salvaged.as_ref().expect("what is whole is salvaged");
        assert_eq!(image.capacity(), salvaged.capacity());
        assert_eq!(image.capacity(), summary.expect("a summary").capacity);
        drop(image.warnings());
    }
    let report = check(bytes, 10, NonZeroUsize::MIN);
    let again = check(bytes, 10, NonZeroUsize::MIN.saturating_add(2));
    assert_eq!(report.is_ok(), again.is_ok(), "whatever the threads");
    if let (Ok(report), Ok(again)) = (&report, &again) {
        assert_eq!(report, again, "whatever the threads");
        assert_eq!(report.is_sound(), report.findings.is_empty());
        assert!(report.findings.len() <= 10);
    }
    match report.ok().filter(Report::is_sound) {
        Some(report) => {
            let image = opened.as_ref().expect("what is sound is opened");
            assert_eq!(image.capacity(), report.capacity);
            if let Some(walk) = looked_at(image) {
                assert_eq!(walk.failed, None, "what is sound is read");
                if walk.whole {
                    assert_eq!(walk.stored, report.populated, "as much as was told");
                }
            }
        }
        None => drop(opened.as_ref().map(looked_at)),
    }
    if opened.is_err() {
        drop(salvaged.as_ref().map(looked_at));
    }
    opened.is_ok()
}

/// Looks at all of a disk that stands alone.
fn looked_at(image: &Image) -> Option<Walk> {
    image.parent().is_none().then(|| Walk::over(image))
}
