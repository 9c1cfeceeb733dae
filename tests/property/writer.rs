//! What is written reads back.

use std::num::NonZeroUsize;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::DiskSource;
use ovfkit::disk::vmdk::{self, AdapterType, EncodeOptions, Level, StreamOptions, StreamSummary};
use proptest::prelude::*;

use crate::model::{BLOCK, Fill, ModelDisk, disk, paint};
use crate::vmdk_file;

fn write(
    disk: &dyn DiskSource,
    threads: usize,
    level: Level,
    pass_through: bool,
) -> (Vec<u8>, StreamSummary) {
    let options = StreamOptions {
        name: "disk.vmdk",
        adapter: AdapterType::LsiLogic,
        encode: EncodeOptions {
            level,
            pass_through,
        },
        threads: NonZeroUsize::new(threads).unwrap(),
    };
    let mut file = Vec::new();
    let summary = vmdk::write(disk, &mut file, &options, &mut Unobserved).unwrap();
    (file, summary)
}

fn check(disk: &ModelDisk, file: &[u8], summary: &StreamSummary) {
    let (mut read, grains) = vmdk_file::read(file);
    assert_eq!(read.len() as u64, summary.capacity);
    assert!(read[disk.content.len()..].iter().all(|byte| *byte == 0));
    read.truncate(disk.content.len());
    assert!(read == disk.content, "the disk reads back");
    let stored = disk
        .content
        .chunks(BLOCK)
        .filter(|grain| grain.iter().any(|byte| *byte != 0));
    assert_eq!(
        grains,
        stored.count(),
        "every grain with data, and no other"
    );
    assert_eq!(summary.grains, grains as u64);
    assert_eq!(summary.file_size, file.len() as u64);
    assert!(summary.populated <= summary.capacity);
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Adaptive), (0..=6_u8).prop_map(Level::Fixed)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn disks_read_back_and_threads_do_not_matter(disk in disk(), level in level(), pass in any::<bool>()) {
        let (file, summary) = write(&disk, 1, level, pass);
        check(&disk, &file, &summary);
        if !pass {
            prop_assert_eq!(summary.passed_through, 0);
        }
        for threads in [2, 7] {
            prop_assert!(write(&disk, threads, level, pass) == (file.clone(), summary));
        }
    }
}

#[test]
fn deflated_blocks_pass_through_and_bad_ones_do_not() {
    let mut content = vec![0; 6 * BLOCK + 1000];
    for (index, block) in content.chunks_mut(BLOCK).enumerate() {
        paint(block, Fill::Pattern(u8::try_from(index).unwrap() + 1));
    }
    content[3 * BLOCK..4 * BLOCK].fill(0);
    let disk = ModelDisk {
        content,
        granularity: BLOCK as u64,
        // Deflated, the same framed, unended, zeros deflated, data, framed and
        // unended, and the last, which the capacity cuts.
        traits: vec![2, 10, 6, 2, 0, 14, 2],
    };
    let (file, summary) = write(&disk, 2, Level::Adaptive, true);
    check(&disk, &file, &summary);
    assert_eq!((summary.grains, summary.passed_through), (6, 3));
}

#[test]
fn tables_far_apart_are_found() {
    // One block of data in the first, the third and the last 32 MiB.
    let mut content = vec![0; (97 << 20) + 512];
    let size = content.len();
    for place in [0, 70 << 20, size - 512] {
        content[place..place + 512].fill(7);
    }
    let disk = ModelDisk {
        traits: vec![1; size.div_ceil(BLOCK)],
        content,
        granularity: 1,
    };
    let (file, summary) = write(&disk, 2, Level::Fixed(1), true);
    check(&disk, &file, &summary);
    assert!(file.len() < 100_000, "zeros take no room");
}
