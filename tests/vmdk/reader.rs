//! An extent reads as the disk it was made from, in any order and pieces, and
//! is written again as the same disk by any number of threads.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ovfkit::base::deflate::Inflater;
use ovfkit::base::progress::Unobserved;
use ovfkit::disk::vmdk::{
    self, AdapterType, EncodeOptions, Image, Level, StreamOptions, StreamSummary, TablesAt,
};
use ovfkit::disk::{DiskSource, ExtentKind, Framing};
use proptest::prelude::*;

use crate::image::{
    Built, Layout, Recipe, Stored, build, descriptor, field, long, put, recipe, word,
};
use crate::laws;
use crate::model::{Fill, disk};

pub fn open(file: Vec<u8>) -> ovfkit::Result<Image> {
    Image::open(Arc::new(file), Path::new("made.vmdk"), false)
}

fn whole(image: &Image) -> Vec<u8> {
    let mut disk = vec![0xCC; usize::try_from(image.capacity()).unwrap()];
    image.read_at(0, &mut disk).unwrap();
    disk
}

fn write(disk: &dyn DiskSource, threads: usize) -> (Vec<u8>, StreamSummary) {
    let options = StreamOptions {
        name: "disk.vmdk",
        adapter: AdapterType::LsiLogic,
        encode: EncodeOptions {
            level: Level::Fixed(1),
            pass_through: true,
        },
        threads: NonZeroUsize::new(threads).unwrap(),
    };
    let mut file = Vec::new();
    let summary = vmdk::write(disk, &mut file, &options, &mut Unobserved).unwrap();
    (file, summary)
}

fn part(disk: &[u8], start: u64, length: u64) -> &[u8] {
    let start = usize::try_from(start).unwrap();
    &disk[start..start + usize::try_from(length).unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_read_gives_the_disks_bytes(
        recipe in recipe(),
        reads in prop::collection::vec((0.0..1.0_f64, 1..300_000_usize), 1..20),
    ) {
        let built = build(&recipe);
        let image = open(built.file).unwrap();
        prop_assert_eq!(image.capacity(), built.disk.len() as u64);
        prop_assert_eq!(image.warnings().len(), usize::from(recipe.layout == Layout::Bare));
        for (place, length) in reads {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let start = (place * built.disk.len() as f64) as usize;
            let end = built.disk.len().min(start + length);
            let mut read = vec![0xCC; end - start];
            image.read_at(start as u64, &mut read).unwrap();
            prop_assert!(read == built.disk[start..end], "{}..{}", start, end);
        }
    }

    #[test]
    fn extents_cover_the_disk_and_tell_the_truth(recipe in recipe()) {
        let built = build(&recipe);
        let image = open(built.file).unwrap();
        let mut at = 0;
        let mut stored = 0;
        while at < image.capacity() {
            let extent = image.extent_at(at).unwrap();
            prop_assert!(extent.length > 0 && at + extent.length <= image.capacity());
            let expected = part(&built.disk, at, extent.length);
            match extent.kind {
                ExtentKind::Zero => prop_assert!(expected.iter().all(|byte| *byte == 0)),
                ExtentKind::Deflated { block, framing, .. } => {
                    prop_assert_eq!((at % block, framing), (0, Framing::Zlib));
                    let mut window = Vec::new();
                    image.deflated_at(at, &mut window).unwrap();
                    let mut block = vec![0; usize::try_from(block).unwrap()];
                    Inflater::new().zlib(&window, &mut block).unwrap();
                    let shown = block.len().min(expected.len());
                    prop_assert!(block[..shown] == expected[..shown]);
                }
                ExtentKind::Data => prop_assert_eq!(recipe.layout, Layout::Sparse),
            }
            if extent.kind != ExtentKind::Zero {
                stored += extent.length;
            }
            at += extent.length;
        }
        let grain = (recipe.grain * 512) as u64;
        let expected: u64 = built.grains.iter().map(|(number, _)| {
            grain.min(image.capacity() - *number as u64 * grain)
        }).sum();
        prop_assert_eq!(stored, expected);
    }

    #[test]
    fn damage_breaks_no_law(
        recipe in recipe(),
        damage in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..8),
        cut in 0.0..1.2_f64,
        near_header in any::<bool>(),
    ) {
        let mut file = build(&recipe).file;
        for (place, value) in damage {
            let reach = if near_header { 80 } else { file.len() };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let at = (place * reach as f64) as usize;
            file[at] ^= value;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        file.truncate((cut * file.len() as f64) as usize);
        laws::extent(&file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever layout a disk comes in, it leaves as the same stream.
    #[test]
    fn extents_are_written_again_by_any_number_of_threads(recipe in recipe()) {
        let built = build(&recipe);
        let image = open(built.file).unwrap();
        let (file, summary) = write(&image, 1);
        for threads in [2, 7] {
            prop_assert!(write(&image, threads) == (file.clone(), summary));
        }
        prop_assert!(whole(&open(file).unwrap()) == built.disk);
        let passable = recipe.grain == 128 && recipe.layout != Layout::Sparse;
        let whole_grains = built.grains.iter().filter(|(number, _)| {
            !recipe.short_last || (number + 1) * 65_536 <= built.disk.len()
        });
        prop_assert_eq!(
            summary.passed_through,
            if passable { whole_grains.count() as u64 } else { 0 }
        );
    }

    /// What this project writes comes back, and is written again byte for byte:
    /// its grains are taken over as they are.
    #[test]
    fn written_streams_read_back_and_pass_through_unchanged(disk in disk()) {
        let (file, summary) = write(&disk, 2);
        let image = open(file.clone()).unwrap();
        let read = whole(&image);
        prop_assert!(read[..disk.content.len()] == disk.content);
        prop_assert!(read[disk.content.len()..].iter().all(|byte| *byte == 0));
        // The content's name depends on a capacity that is no whole sector.
        let (mut again, twice) = write(&image, 7);
        let text = 512..21 * 512;
        again[text.clone()].copy_from_slice(&file[text]);
        prop_assert!(again == file);
        prop_assert_eq!((twice.grains, twice.passed_through), (summary.grains, summary.grains));
    }
}

/// What fuzzing starts from.
#[test]
fn the_seeds_are_read() {
    for seed in [
        &include_bytes!("../property/seeds/extent/sparse.vmdk")[..],
        include_bytes!("../property/seeds/extent/front.vmdk"),
        include_bytes!("../property/seeds/extent/footer.vmdk"),
        include_bytes!("../property/seeds/extent/bare.vmdk"),
    ] {
        assert!(laws::extent(seed));
    }
}

/// What is done to a good extent.
type Change = fn(&mut Built);

#[test]
fn a_redundant_directory_stands_in_for_a_damaged_one() {
    let recipe = Recipe {
        layout: Layout::Sparse,
        version: 1,
        grain: 8,
        entries: 4,
        redundant: true,
        missing: 0,
        short_last: false,
        grains: vec![Stored::Data(Fill::Pattern(3)); 12],
    };
    let built = build(&recipe);
    let harms: [(&str, Change); 3] = [
        ("1 of 3", |built| {
            word(&mut built.file, built.directory * 512 + 4, 1 << 30);
        }),
        ("2 of 3", |built| {
            built.file[built.directory * 512..][..8].fill(0);
        }),
        ("3 of 3", |built| {
            long(&mut built.file, field::DIRECTORY, 1 << 40);
        }),
    ];
    for (told, harm) in harms {
        let mut harmed = built.clone();
        harm(&mut harmed);
        let image = open(harmed.file).unwrap();
        assert!(whole(&image) == built.disk);
        let warnings = image.warnings();
        assert!(warnings[0].message.contains(told), "{warnings:?}");
    }
}

#[test]
fn a_stream_that_was_cut_is_refused_or_salvaged() {
    let recipe = Recipe {
        layout: Layout::Footer,
        version: 3,
        grain: 128,
        entries: 512,
        redundant: false,
        missing: 0,
        short_last: false,
        grains: vec![Stored::Data(Fill::Noise(9)); 6],
    };
    let built = build(&recipe);
    let fourth = built.grains[3].1 * 512;
    for (length, grains) in [
        (fourth, 3),
        (fourth + 5, 3),
        (fourth + 700, 3),
        (built.grains[4].1 * 512 - 1, 4),
        (built.file.len() - 512, 6),
    ] {
        let cut = Arc::new(built.file[..length].to_vec());
        let error = Image::open(Arc::clone(&cut) as _, Path::new("cut.vmdk"), false)
            .err()
            .unwrap();
        assert!(error.message().contains("breaks off"), "{error}");
        assert!(error.advice().unwrap().contains("--salvage"));
        let image = Image::open(cut, Path::new("cut.vmdk"), true).unwrap();
        let read = whole(&image);
        let (kept, lost) = read.split_at(grains * 65_536);
        assert!(kept == &built.disk[..kept.len()] && lost.iter().all(|byte| *byte == 0));
        assert!(image.warnings()[0].message.contains("is lost"));
    }
}

#[test]
fn what_does_not_keep_a_disk_from_being_read_is_a_warning() {
    let doubts: [(&str, Change); 2] = [
        ("not closed cleanly", |built| {
            built.file[field::UNCLEAN] = 1;
        }),
        ("tells of 9 sectors", |built| {
            let text = descriptor("monolithicSparse", 9);
            put(&mut built.file, 512, &[0; 512]);
            put(&mut built.file, 512, text.as_bytes());
        }),
    ];
    for (says, doubt) in doubts {
        let mut built = build(&Recipe {
            layout: Layout::Sparse,
            version: 2,
            grain: 8,
            entries: 512,
            redundant: false,
            missing: 0,
            short_last: false,
            grains: vec![Stored::Data(Fill::Pattern(1)); 2],
        });
        doubt(&mut built);
        let image = open(built.file).unwrap();
        let warnings = image.warnings();
        assert!(
            warnings.len() == 1 && warnings[0].message.contains(says),
            "{warnings:?}"
        );
        assert!(whole(&image) == built.disk);
    }
}

#[test]
fn a_summary_tells_what_the_extent_says() {
    for (layout, tables) in [
        (Layout::Sparse, TablesAt::Front),
        (Layout::Front, TablesAt::Front),
        (Layout::Footer, TablesAt::Footer),
        (Layout::Bare, TablesAt::Nowhere),
    ] {
        let built = build(&Recipe {
            layout,
            version: 3,
            grain: 16,
            entries: 128,
            redundant: false,
            missing: 3,
            short_last: true,
            grains: vec![Stored::Data(Fill::Pattern(1)); 2],
        });
        let summary = vmdk::summary(&built.file, Path::new("made.vmdk")).unwrap();
        assert_eq!((summary.capacity, summary.grain_size), (29 * 512, 8192));
        assert_eq!(summary.tables, tables);
        assert_eq!(summary.compressed, layout != Layout::Sparse);
        assert_eq!((summary.cid, summary.parent_cid), (Some(0x00C0_FFEE), None));
        assert_eq!(summary.adapter_type.as_deref(), Some("lsilogic"));
        assert_eq!(summary.ddb.len(), 1);
    }
}
