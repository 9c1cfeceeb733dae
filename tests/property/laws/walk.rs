//! A disk looked at from front to back: every offset is of some kind and reads as that
//! kind, in any pieces.

use ovfkit::base::deflate::Inflater;
use ovfkit::disk::{DiskSource, ExtentKind, is_zero};

/// A damaged capacity may be huge, and a stream inflate to much: so far one looks.
const STEPS: usize = 512;
const BYTES: u64 = 8 << 20;
/// Bytes looked at of one extent.
const PIECE: u64 = 128 << 10;

/// A disk looked at from front to back.
#[derive(Default)]
pub struct Walk {
    /// Bytes in extents that are stored.
    pub stored: u64,
    /// The first error.
    pub failed: Option<String>,
    /// Whether the end was reached.
    pub whole: bool,
}

impl Walk {
    pub fn over(image: &dyn DiskSource) -> Self {
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
    fn look(&mut self, image: &dyn DiskSource, at: u64, length: u64, kind: Option<ExtentKind>) {
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
