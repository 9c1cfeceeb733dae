//! What holds for any bytes that are given as a sparse extent of VMDK.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ovfkit::base::deflate::Inflater;
use ovfkit::disk::vmdk::{Image, Report, check, summary};
use ovfkit::disk::{DiskSource as _, ExtentKind, is_zero};

/// A damaged capacity may be huge, and a stream inflate to much: so far one looks.
const STEPS: usize = 512;
const BYTES: u64 = 8 << 20;
/// Bytes looked at of one extent.
const PIECE: u64 = 128 << 10;

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

/// A disk looked at from front to back.
#[derive(Default)]
struct Walk {
    /// Bytes in extents that are stored.
    stored: u64,
    /// The first error.
    failed: Option<String>,
    /// Whether the end was reached.
    whole: bool,
}

impl Walk {
    fn over(image: &Image) -> Self {
        let mut walk = Self::default();
        let (mut at, mut bytes) = (0, 0);
        for _ in 0..STEPS {
            if at >= image.capacity() || bytes > BYTES {
                break;
            }
            let left = image.capacity() - at;
            let (length, kind) = match image.extent_at(at) {
                Ok(extent) => (extent.length, Some(extent.kind)),
                Err(error) => {
                    walk.failed.get_or_insert(error.to_string());
                    (left.min(PIECE), None)
                }
            };
            assert!(length > 0 && length <= left, "{length} of {left}");
            if kind.is_some_and(|kind| kind != ExtentKind::Zero) {
                walk.stored += length;
            }
            walk.look(image, at, length.min(PIECE), kind);
            bytes += length.min(PIECE);
            at += length;
        }
        walk.whole = at >= image.capacity();
        walk
    }

    /// Reads `length` bytes from `at`, in one piece and in two.
    fn look(&mut self, image: &Image, at: u64, length: u64, kind: Option<ExtentKind>) {
        let read = |at, length: u64| {
            let mut bytes = vec![0xCC; usize::try_from(length).unwrap()];
            image.read_at(at, &mut bytes).map(|()| bytes)
        };
        let first = length / 3;
        let halves = read(at, first).and_then(|mut front| {
            front.extend(read(at + first, length - first)?);
            Ok(front)
        });
        let whole = match (read(at, length), halves) {
            (Ok(whole), Ok(halves)) => {
                assert!(whole == halves, "{length} bytes from {at} in two pieces");
                Some(whole)
            }
            (Err(whole), Err(_)) => {
                self.failed.get_or_insert(whole.to_string());
                None
            }
            (whole, halves) => panic!("{:?}, in two pieces {:?}", whole.err(), halves.err()),
        };
        match kind {
            Some(ExtentKind::Zero) => {
                let whole = whole.expect("zeros can be read");
                assert!(is_zero(&whole), "{length} bytes from {at}");
            }
            Some(ExtentKind::Deflated { block, .. }) if at.is_multiple_of(block) => {
                let mut window = Vec::new();
                let mut inflated = vec![0; usize::try_from(block).unwrap()];
                let taken = image.deflated_at(at, &mut window).is_ok()
                    && Inflater::new().zlib(&window, &mut inflated).is_ok();
                if taken {
                    let shown = usize::try_from(block.min(length)).unwrap();
                    let first = read(at, shown as u64).expect("a block that inflates can be read");
                    assert!(first == inflated[..shown], "the block at {at}");
                }
            }
            _ => {}
        }
    }
}
