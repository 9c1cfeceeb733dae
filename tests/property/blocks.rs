//! A VHD or VDI reads as the disk it was made from, in any order and pieces; and damaged
//! ones are refused or read.

use std::path::Path;
use std::sync::Arc;

use ovfkit::disk::{DiskSource, ExtentKind, is_zero, vdi, vhd};
use proptest::prelude::*;

use crate::change::{hold, other_bytes};
use crate::laws::blocks as laws;
use crate::model::content;
use crate::vdi_file::{Stored, Vdi};
use crate::vhd_file::{Parent, Vhd, sum_all};

/// Fixed and dynamic ones, with a parent and without.
const VHDS: [&[u8]; 3] = [
    include_bytes!("seeds/vhd/fixed.vhd"),
    include_bytes!("seeds/vhd/dynamic.vhd"),
    include_bytes!("seeds/vhd/differencing.vhd"),
];
const VDIS: [&[u8]; 2] = [
    include_bytes!("seeds/vdi/dynamic.vdi"),
    include_bytes!("seeds/vdi/differencing.vdi"),
];
/// What is put into bytes.
const WORDS: [&[u8]; 5] = [
    b"\xff\xff\xff\xff",
    b"\0\0\0\x03",
    b"\0\0\0\0\0\0\x02\0",
    b"\xfe\xff\xff\xff",
    b"conectix",
];

/// A format, and the sizes of its blocks as a power of two.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Fixed,
    Vhd(u32),
    Vdi(u32, usize),
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Fixed),
        (9..=21_u32).prop_map(Shape::Vhd),
        (9..=21_u32, prop_oneof![Just(0), 1..2000_usize])
            .prop_map(|(bits, extra)| Shape::Vdi(bits, extra)),
    ]
}

/// The image of `disk` over `parent`, and what it has to read as. Bits of `choice` tell
/// which sectors or blocks are stored.
fn made(
    shape: Shape,
    disk: &[u8],
    parent: Option<&[u8]>,
    choice: u64,
) -> (Box<dyn DiskSource>, Vec<u8>) {
    let two = |number: usize| choice >> (number * 7 % 61) & 3;
    let beneath = |at: usize, length: usize| {
        let mut bytes = vec![0; length];
        let from = parent
            .and_then(|parent| parent.get(at..))
            .unwrap_or_default();
        let shown = from.len().min(length);
        bytes[..shown].copy_from_slice(&from[..shown]);
        bytes
    };
    let mut expected = disk.to_vec();
    let path = Path::new("made");
    match shape {
        Shape::Fixed => {
            let file = Vhd::default().fixed(disk);
            let image = vhd::Image::open(Arc::new(file), path).expect("opens");
            (Box::new(image), expected)
        }
        Shape::Vhd(bits) => {
            // Whole blocks are stored, not at all, or by the sector.
            let per_block = (1_usize << bits) / 512;
            let written = |sector: usize| match two(sector / per_block) {
                0 => false,
                1 => true,
                _ => two(sector) & 1 == 1,
            };
            let base = Vhd::default();
            let vhd = Vhd {
                block: 1 << bits,
                parent: parent.map(|_| Parent {
                    id: base.id,
                    short: "base.vhd",
                    ..Parent::default()
                }),
                ..Vhd::default()
            };
            for (sector, bytes) in expected.chunks_mut(512).enumerate() {
                if !written(sector) {
                    bytes.copy_from_slice(&beneath(sector * 512, bytes.len()));
                }
            }
            let file = vhd.blocks(disk, written);
            let mut image = vhd::Image::open(Arc::new(file), path).expect("opens");
            if let Some(parent) = parent {
                let file = Arc::new(base.fixed(parent));
                let parent = vhd::Image::open(file, path).expect("opens");
                image.attach_parent(parent, None).expect("fits");
            }
            (Box::new(image), expected)
        }
        Shape::Vdi(bits, extra) => {
            let how = |block: usize| match two(block) {
                0 => Stored::Free,
                1 => Stored::Zero,
                _ => Stored::Data,
            };
            let base = Vdi::default();
            let vdi = Vdi {
                block: 1 << bits,
                extra,
                ..parent.map_or(base.clone(), |_| Vdi::on(&base))
            };
            for (block, bytes) in expected.chunks_mut(1 << bits).enumerate() {
                match how(block) {
                    Stored::Free => bytes.copy_from_slice(&beneath(block << bits, bytes.len())),
                    Stored::Zero => bytes.fill(0),
                    Stored::Data => {}
                }
            }
            let file = vdi.build(disk, how);
            let mut image = vdi::Image::open(Arc::new(file), path).expect("opens");
            if let Some(parent) = parent {
                let file = Arc::new(base.build(parent, |_| Stored::Data));
                let parent = vdi::Image::open(file, path).expect("opens");
                image.attach_parent(parent).expect("fits");
            }
            (Box::new(image), expected)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_read_gives_the_disks_bytes(
        shape in shape(),
        disk in content(3 << 20),
        parent in prop::option::of(content(3 << 20)),
        choice in any::<u64>(),
        reads in prop::collection::vec((0.0..1.0_f64, 1..300_000_usize), 1..20),
    ) {
        let (image, expected) = made(shape, &disk, parent.as_deref(), choice);
        prop_assert_eq!(image.capacity(), expected.len() as u64);
        for (place, length) in reads {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let start = (place * expected.len() as f64) as usize;
            let end = expected.len().min(start + length);
            let mut read = vec![0xCC; end - start];
            image.read_at(start as u64, &mut read).unwrap();
            prop_assert!(read == expected[start..end], "{}..{}", start, end);
        }
    }

    #[test]
    fn extents_cover_the_disk_and_tell_the_truth(
        shape in shape(),
        disk in content(1 << 20),
        parent in prop::option::of(content(1 << 20)),
        choice in any::<u64>(),
    ) {
        let (image, expected) = made(shape, &disk, parent.as_deref(), choice);
        let mut at = 0;
        while at < image.capacity() {
            let extent = image.extent_at(at).unwrap();
            prop_assert!(extent.length > 0 && at + extent.length <= image.capacity());
            let end = at + extent.length;
            let range = usize::try_from(at).unwrap()..usize::try_from(end).unwrap();
            if extent.kind == ExtentKind::Zero {
                prop_assert!(is_zero(&expected[range]));
            } else {
                prop_assert_eq!(extent.kind, ExtentKind::Data);
            }
            at = end;
        }
    }
}

#[test]
fn vhds_of_other_bytes() {
    assert!(VHDS.iter().all(|seed| laws::vhd(seed)));
    let read = hold(4000, &VHDS, laws::vhd, |dice, seed| {
        let mut bytes = other_bytes(dice, seed, &WORDS);
        // Most changes break a checksum; without that they go further.
        if dice.roll(4) != 0 && bytes.len() > 2048 {
            sum_all(&mut bytes);
        }
        bytes
    });
    assert!(read > 400, "{read} were read");
}

#[test]
fn vdis_of_other_bytes() {
    assert!(VDIS.iter().all(|seed| laws::vdi(seed)));
    let read = hold(4000, &VDIS, laws::vdi, |dice, seed| {
        other_bytes(dice, seed, &WORDS)
    });
    assert!(read > 400, "{read} were read");
}
