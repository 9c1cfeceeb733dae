//! An image reads as the disk it was made from, in any order and pieces.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ovfkit::disk::vhdx::Image;
use ovfkit::disk::{DiskSource, ExtentKind};
use proptest::prelude::*;

use crate::made::{Block, MIB, Parent, Recipe};
use crate::model::{Fill, paint};

pub fn open(bytes: Vec<u8>) -> ovfkit::Result<Image> {
    Image::open(Arc::new(bytes), Path::new("made.vhdx"))
}

pub fn whole(image: &Image) -> Vec<u8> {
    let mut disk = vec![0xCC; usize::try_from(image.capacity()).unwrap()];
    image.read_at(0, &mut disk).unwrap();
    disk
}

pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    paint(&mut bytes, Fill::Noise(seed));
    bytes
}

/// Sectors that are there in turns of random lengths.
fn sectors(count: usize) -> impl Strategy<Value = Vec<bool>> {
    let turns = prop::collection::vec(1..count / 2, 1..12);
    (any::<bool>(), turns).prop_map(move |(first, turns)| {
        let mut present = Vec::new();
        let mut now = first;
        for length in turns {
            present.extend(vec![now; length]);
            now = !now;
        }
        present.resize(count, now);
        present
    })
}

fn block(size: usize, sector: usize, overlay: bool) -> impl Strategy<Value = Block> {
    let stored = || any::<u64>().prop_map(move |seed| bytes(seed, size));
    prop_oneof![
        Just(Block::Absent),
        prop::sample::select(vec![1, 2, 3, 5]).prop_map(Block::Zeros),
        stored().prop_map(Block::Whole),
        (stored(), sectors(size / sector)).prop_map(move |(bytes, present)| {
            if overlay {
                Block::Partial(bytes, present)
            } else {
                Block::Whole(bytes)
            }
        }),
    ]
}

fn recipe(overlay: bool) -> impl Strategy<Value = Recipe> {
    let sector = prop::sample::select(vec![512_usize, 4096]);
    (sector, 0..2_usize, 1..4_usize, any::<bool>(), any::<bool>()).prop_flat_map(
        move |(sector, bits, count, backwards, fixed)| {
            let size = MIB << bits;
            let blocks = prop::collection::vec(block(size, sector, overlay), count);
            let last = 1..=size / sector;
            (blocks, last).prop_map(move |(blocks, last)| Recipe {
                block: size,
                sector: u32::try_from(sector).unwrap(),
                fixed,
                backwards,
                blocks: (0..).zip(blocks).collect(),
                parent: overlay.then(|| Parent::beside("base.vhdx", Recipe::new(0).data)),
                ..Recipe::new(((count - 1) * size + last * sector) as u64)
            })
        },
    )
}

/// An image that may be an overlay of another one with the same sectors.
fn chain() -> impl Strategy<Value = (Recipe, Option<Recipe>)> {
    prop_oneof![
        recipe(false).prop_map(|alone| (alone, None)),
        (recipe(true), recipe(false))
            .prop_filter("the same sectors", |(top, base)| top.sector == base.sector)
            .prop_map(|(top, base)| (top, Some(base))),
    ]
}

fn opened(top: &Recipe, base: Option<&Recipe>) -> (Image, Vec<u8>) {
    let mut image = open(top.build().bytes).unwrap();
    let mut beneath = Vec::new();
    if let Some(base) = base {
        image
            .attach_parent(open(base.build().bytes).unwrap())
            .unwrap();
        beneath = base.over(&[]);
    }
    (image, top.over(&beneath))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_read_gives_the_disks_bytes(
        (top, base) in chain(),
        reads in prop::collection::vec((0.0..1.0_f64, 1..300_000_usize), 1..20),
    ) {
        let (image, disk) = opened(&top, base.as_ref());
        prop_assert_eq!(image.capacity(), disk.len() as u64);
        prop_assert!(image.warnings().is_empty());
        prop_assert!(whole(&image) == disk);
        for (place, length) in reads {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let start = (place * disk.len() as f64) as usize;
            let end = disk.len().min(start + length);
            let mut read = vec![0xCC; end - start];
            image.read_at(start as u64, &mut read).unwrap();
            prop_assert!(read == disk[start..end], "{}..{}", start, end);
        }
    }

    #[test]
    fn extents_cover_the_disk_and_tell_the_truth((top, base) in chain()) {
        let (image, disk) = opened(&top, base.as_ref());
        let mut at = 0;
        while at < image.capacity() {
            let extent = image.extent_at(at).unwrap();
            prop_assert!(extent.length > 0 && at + extent.length <= image.capacity());
            let shown = &disk[usize::try_from(at).unwrap()..][..usize::try_from(extent.length).unwrap()];
            match extent.kind {
                ExtentKind::Zero => prop_assert!(shown.iter().all(|byte| *byte == 0)),
                ExtentKind::Data => {}
                ExtentKind::Deflated { .. } => prop_assert!(false, "nothing is compressed"),
            }
            at += extent.length;
        }
        // From inside a run as well.
        let middle = image.capacity() / 2;
        prop_assert!(image.extent_at(middle).unwrap().length <= image.capacity() - middle);
    }

    #[test]
    fn damaged_images_are_read_or_refused_but_never_panic(
        (top, _) in chain(),
        damage in prop::collection::vec((0..5_usize, 0.0..1.0_f64, any::<u8>()), 1..8),
        cut in 0.0..2.0_f64,
    ) {
        let mut made = top.build();
        for (part, place, value) in damage {
            // What is summed gets its sum again, so that what it says is looked at.
            let parts = [
                (crate::made::HEADERS[1], 80),
                (crate::made::REGIONS[0], 80),
                (crate::made::METADATA, 256),
                (crate::made::METADATA + (64 << 10), 200),
                (crate::made::BAT, 64),
            ];
            let (start, length) = parts[part];
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let at = start + (place * f64::from(length)) as usize;
            made.bytes[at] ^= value;
        }
        made.seal_header(crate::made::HEADERS[1]);
        made.seal_regions(crate::made::REGIONS[0]);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        made.bytes.truncate((cut * made.bytes.len() as f64) as usize);
        crate::laws::image(&made.bytes);
    }
}

/// Behind the first chunk the entries of blocks are shifted by one.
#[test]
fn blocks_behind_a_chunk_are_found() {
    for (sector, chunk) in [(512, 4096_u64), (4096, 32768)] {
        let numbers = [
            0,
            chunk - 1,
            chunk,
            chunk + 1,
            2 * chunk - 1,
            2 * chunk,
            2 * chunk + 1,
        ];
        let recipe = Recipe {
            sector,
            blocks: numbers
                .into_iter()
                .map(|number| (number, Block::Whole(bytes(number + 1, MIB))))
                .collect(),
            ..Recipe::new((2 * chunk + 2) << 20)
        };
        let image = open(recipe.build().bytes).unwrap();
        let (mut at, mut found) = (0, BTreeMap::new());
        while at < image.capacity() {
            let extent = image.extent_at(at).unwrap();
            if extent.kind == ExtentKind::Data {
                found.insert(at >> 20, extent.length >> 20);
            }
            at += extent.length;
        }
        assert_eq!(
            found.values().sum::<u64>(),
            numbers.len() as u64,
            "{found:?}"
        );
        for number in numbers {
            let mut read = vec![0; MIB];
            image.read_at(number << 20, &mut read).unwrap();
            assert!(read == bytes(number + 1, MIB), "block {number}");
        }
        let mut across = vec![0; 2 * MIB];
        image.read_at((chunk - 1) << 20, &mut across).unwrap();
        let expected = [bytes(chunk, MIB), bytes(chunk + 1, MIB)].concat();
        assert!(across == expected);
    }
}

/// A parent may be smaller, larger, or an overlay itself; it has to be the right one.
#[test]
fn an_overlay_lies_on_its_parent() {
    let base = Recipe {
        data: 1,
        blocks: [
            (0, Block::Whole(bytes(1, MIB))),
            (1, Block::Whole(bytes(2, MIB))),
        ]
        .into(),
        ..Recipe::new(2 << 20)
    };
    let middle = Recipe {
        data: 2,
        parent: Some(Parent::beside("base.vhdx", 1)),
        blocks: [(1, Block::Zeros(3)), (2, Block::Whole(bytes(3, MIB)))].into(),
        ..Recipe::new(3 << 20)
    };
    let mut present = vec![false; 2048];
    present[0] = true;
    present[2046] = true;
    let top = Recipe {
        data: 3,
        parent: Some(Parent::beside("middle.vhdx", 2)),
        blocks: [(0, Block::Partial(bytes(4, MIB), present))].into(),
        ..Recipe::new(4 << 20)
    };
    let make = |recipe: &Recipe| open(recipe.build().bytes).unwrap();
    let mut lower = make(&middle);
    lower.attach_parent(make(&base)).unwrap();
    let mut image = make(&top);
    assert_eq!(
        image.parent().unwrap(),
        Some(vec!["./middle.vhdx".to_owned()])
    );
    assert_eq!(image.summary().variant, "differencing");
    image.attach_parent(lower).unwrap();
    assert!(whole(&image) == top.over(&middle.over(&base.over(&[]))));

    let error = make(&top).attach_parent(make(&base)).unwrap_err();
    assert!(error.message().contains("is expected"), "{error}");
    let other = Recipe {
        data: 2,
        sector: 4096,
        ..Recipe::new(3 << 20)
    };
    let error = make(&top).attach_parent(make(&other)).unwrap_err();
    assert!(error.message().contains("sectors of 512 bytes"), "{error}");
}

#[test]
fn what_an_image_says_of_itself() {
    let recipe = Recipe {
        fixed: true,
        sector: 4096,
        block: 2 * MIB,
        ..Recipe::new(8 << 20)
    };
    let summary = open(recipe.build().bytes).unwrap().summary();
    assert_eq!(summary.variant, "fixed");
    assert_eq!(
        (summary.block_size, summary.logical_sector_size),
        (2 << 20, 4096)
    );
    assert_eq!((summary.physical_sector_size, summary.parent), (4096, None));
    assert!(!summary.dirty_log);
    assert_eq!(
        open(Recipe::new(512).build().bytes)
            .unwrap()
            .summary()
            .variant,
        "dynamic"
    );
}
