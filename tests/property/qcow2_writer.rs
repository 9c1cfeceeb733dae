//! A qcow2 that is written reads back.

use std::io::Cursor;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::qcow2::{
    Image, Packing, Preallocation, Version, WriteOptions, WriteSummary, write,
};
use ovfkit::disk::{DiskSource, ExtentKind, Level};
use proptest::prelude::*;

use crate::model::{BLOCK, Fill, ModelDisk, disk, paint};

fn written(disk: &dyn DiskSource, options: &WriteOptions) -> (Vec<u8>, WriteSummary) {
    let mut file = Cursor::new(Vec::new());
    let summary = write(disk, &mut file, options, &mut Unobserved).unwrap();
    (file.into_inner(), summary)
}

fn open(file: &[u8]) -> Image {
    Image::open(Arc::new(file.to_vec()), Path::new("written"), None).unwrap()
}

pub fn options() -> impl Strategy<Value = WriteOptions> {
    let bits = prop::sample::select(vec![9, 12, 14, 16, 18, 21]);
    let level = prop_oneof![Just(Level::Adaptive), (1..=9_u8).prop_map(Level::Fixed)];
    let packing = prop_oneof![
        Just(Packing::Plain),
        level.prop_map(Packing::Deflate),
        (1..=5_i32).prop_map(Packing::Zstd),
    ];
    let flags = any::<(bool, bool, bool, bool)>();
    let preallocation = prop::sample::select(vec![
        Preallocation::None,
        Preallocation::Holes,
        Preallocation::Zeros,
    ]);
    let options = (bits, packing, flags, 0..=6_u32, preallocation);
    options.prop_map(|(cluster_bits, packing, flags, order, preallocation)| {
        let (pass_through, old, extended_l2, lazy_refcounts) = flags;
        let usual = WriteOptions {
            cluster_bits,
            packing,
            pass_through,
            preallocation: match packing {
                Packing::Plain => preallocation,
                _ => Preallocation::None,
            },
            ..WriteOptions::new(NonZeroUsize::MIN)
        };
        if old && !matches!(packing, Packing::Zstd(_)) {
            return WriteOptions {
                version: Version::V2,
                ..usual
            };
        }
        WriteOptions {
            extended_l2: extended_l2 && cluster_bits >= 14,
            lazy_refcounts,
            refcount_bits: 1 << order,
            ..usual
        }
    })
}

/// What the guest reads where an extent is told as zero.
fn assert_zeros_are_told_right(image: &Image, content: &[u8]) {
    let mut at = 0;
    while at < image.capacity() {
        let extent = image.extent_at(at).unwrap();
        if extent.kind == ExtentKind::Zero {
            let start = usize::try_from(at).unwrap().min(content.len());
            let end = usize::try_from(at + extent.length)
                .unwrap()
                .min(content.len());
            assert!(content[start..end].iter().all(|byte| *byte == 0));
        }
        at += extent.length;
    }
}

/// Every deflated cluster inflates in small pieces, with a window of 4 KiB, as QEMU may
/// do it: no match reaches further back.
fn assert_narrow(image: &Image) {
    let mut at = 0;
    while at < image.capacity() {
        let extent = image.extent_at(at).unwrap();
        let ExtentKind::Deflated { block, .. } = extent.kind else {
            at += extent.length;
            continue;
        };
        let mut window = Vec::new();
        image.deflated_at(at, &mut window).unwrap();
        let mut stream = flate2::Decompress::new_with_window_bits(false, 12);
        while stream.total_out() < block {
            let input = usize::try_from(stream.total_in()).unwrap();
            let mut piece = [0; 700];
            let before = stream.total_out();
            stream
                .decompress(&window[input..], &mut piece, flate2::FlushDecompress::None)
                .unwrap();
            assert!(stream.total_out() > before, "the cluster at {at} goes on");
        }
        at += block;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn images_read_back_and_threads_do_not_matter(disk in disk(), options in options()) {
        let (file, summary) = written(&disk, &options);
        prop_assert_eq!(summary.file_size, file.len() as u64);
        prop_assert_eq!(file.len() % (1 << options.cluster_bits), 0);
        prop_assert!(summary.compressed <= summary.clusters);
        let may_pass = options.pass_through && options.cluster_bits == 16;
        let most_passed = if may_pass { summary.compressed } else { 0 };
        prop_assert!(summary.passed_through <= most_passed);
        let image = open(&file);
        prop_assert_eq!(image.capacity(), disk.capacity().next_multiple_of(512));
        let mut read = vec![0; disk.content.len()];
        image.read_at(0, &mut read).unwrap();
        prop_assert!(read == disk.content, "the disk reads back");
        assert_zeros_are_told_right(&image, &disk.content);
        assert_narrow(&image);
        for threads in [2, 7] {
            let threads = NonZeroUsize::new(threads).unwrap();
            let again = written(&disk, &WriteOptions { threads, ..options });
            prop_assert!(again == (file.clone(), summary));
        }
    }
}

#[test]
fn deflated_clusters_pass_through_within_the_window_only() {
    let mut content = vec![0; 8 * BLOCK + 1000];
    for (block, seed) in content.chunks_mut(BLOCK).zip(1..) {
        // Noise that comes again 20,000 bytes further on.
        paint(&mut block[..1000], Fill::Noise(seed));
        if block.len() == BLOCK {
            block.copy_within(..1000, 20_000);
        }
    }
    content[4 * BLOCK..5 * BLOCK].fill(0);
    let disk = ModelDisk {
        content,
        granularity: BLOCK as u64,
        // Narrow, the same framed, wide, narrow without an end, zeros, data, wide and
        // framed, narrow, and the last, which the capacity cuts.
        traits: vec![18, 26, 2, 22, 18, 0, 10, 18, 18],
    };
    let options = |cluster_bits, packing, pass_through| WriteOptions {
        cluster_bits,
        packing,
        pass_through,
        ..WriteOptions::new(NonZeroUsize::MIN)
    };
    let deflate = Packing::Deflate(Level::Adaptive);
    for (options, passed) in [
        (options(16, deflate, true), 4),
        (options(16, deflate, false), 0),
        (options(15, deflate, true), 0),
        (options(16, Packing::Zstd(1), true), 0),
        (options(16, Packing::Plain, true), 0),
    ] {
        let (file, summary) = written(&disk, &options);
        assert_eq!(summary.passed_through, passed, "{options:?}");
        let image = open(&file);
        let mut read = vec![0; disk.content.len()];
        image.read_at(0, &mut read).unwrap();
        assert!(read == disk.content, "{options:?}");
        assert_narrow(&image);
        // What was written once is taken over whole, if it is what is wanted.
        let again = written(&image, &options);
        assert_eq!(again.0, file);
        if options.pass_through && options.packing == deflate {
            assert_eq!(again.1.passed_through, summary.compressed);
        }
    }
}
