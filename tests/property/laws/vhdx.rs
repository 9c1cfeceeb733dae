//! What holds for any bytes that are given as a VHDX.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use ovfkit::disk::vhdx::Image;
use ovfkit::disk::{DiskSource as _, ExtentKind, is_zero};

use crate::made::{
    BAT, Block, Entry, HEADERS, LOG, LOG_BYTES, METADATA, MIB, Parent, REGIONS, Recipe, Vhdx, Write,
};

/// A damaged capacity may be huge: so far one looks.
const STEPS: usize = 256;
const BYTES: u64 = 8 << 20;
/// Bytes looked at of one extent.
const PIECE: u64 = 128 << 10;

/// An image is refused, or every offset is of some kind and reads as that kind, in any
/// pieces. Returns whether it was read.
pub fn image(bytes: &[u8]) -> bool {
    let Ok(image) = Image::open(Arc::new(bytes.to_vec()), Path::new("any.vhdx")) else {
        return false;
    };
    drop(image.warnings());
    drop(image.parent());
    let (mut at, mut looked) = (0, 0);
    for _ in 0..STEPS {
        if at >= image.capacity() || looked > BYTES {
            break;
        }
        // All that could be wrong with a block was found by opening.
        let extent = image.extent_at(at).expect("an extent");
        let left = image.capacity() - at;
        assert!(
            extent.length > 0 && extent.length <= left,
            "{extent:?} of {left}"
        );
        let length = extent.length.min(PIECE);
        let read = |at, length: u64| {
            let mut bytes = vec![0xCC; usize::try_from(length).expect("a piece")];
            image
                .read_at(at, &mut bytes)
                .expect("what is there is read");
            bytes
        };
        let whole = read(at, length);
        let first = length / 3;
        let halves = [read(at, first), read(at + first, length - first)].concat();
        assert!(whole == halves, "{length} bytes from {at} in two pieces");
        if extent.kind == ExtentKind::Zero {
            assert!(is_zero(&whole), "{length} bytes from {at}");
        }
        looked += length;
        at += extent.length;
    }
    true
}

/// Where changes may go: an image has MiB in which nothing matters.
const PARTS: [usize; 7] = [
    HEADERS[1],
    REGIONS[0],
    METADATA,
    METADATA + (64 << 10),
    BAT,
    // The entry of the sector bitmap is the 4097th.
    BAT + 4096 * 8,
    LOG,
];

/// The same of an image that `changes` were made to. Each is a byte that tells the part, two
/// bytes of an offset in it, a byte that tells how many bytes follow, and these. Sums are made
/// right again, so that what was changed is looked at.
pub fn changed(changes: &[u8]) -> bool {
    let mut made = base();
    let mut rest = changes;
    while let [part, low, high, count, more @ ..] = rest {
        let at = PARTS[usize::from(*part) % PARTS.len()];
        let at = at + usize::from(u16::from_le_bytes([*low, *high])) % 8192;
        let (bytes, more) = more.split_at(more.len().min((*count).into()));
        made.put(at, bytes);
        rest = more;
    }
    made.seal_header(HEADERS[1]);
    made.seal_regions(REGIONS[0]);
    let length = made.bytes[LOG + 8..LOG + 12]
        .try_into()
        .expect("four bytes");
    let length = u32::from_le_bytes(length) as usize;
    if (64..=LOG_BYTES).contains(&length) {
        made.seal(LOG, length);
    }
    image(&made.bytes)
}

/// An overlay that was not closed cleanly, with everything there can be in one.
fn base() -> Vhdx {
    static MADE: OnceLock<Vhdx> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let stored = || {
            (0..MIB)
                .map(|at| at.to_le_bytes()[1] | 1)
                .collect::<Vec<u8>>()
        };
        let present = (0..2048).map(|sector| sector % 37 < 9).collect();
        let mut made = Recipe {
            parent: Some(Parent::beside("base.vhdx", 1)),
            blocks: [
                (0, Block::Whole(stored())),
                (1, Block::Partial(stored(), present)),
                (2, Block::Zeros(2)),
            ]
            .into(),
            ..Recipe::new(5 << 20)
        }
        .build();
        let bat = made.bytes[BAT..BAT + 4096].to_vec();
        let writes = vec![
            Write::Sector(BAT as u64, bat),
            Write::Zeros(4 * MIB as u64, 8192),
        ];
        let entry = Entry::new(1, 0, made.bytes.len(), writes).build();
        made.log(0, &entry);
        made.dirty();
        made
    });
    made.clone()
}
