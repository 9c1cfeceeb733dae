//! A qcow2 that is written reads back.

use std::io::Cursor;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::DiskSource;
use ovfkit::disk::qcow2::{Image, Packing, WriteOptions, WriteSummary, write};
use proptest::prelude::*;

use crate::model::disk;

fn written(
    disk: &dyn DiskSource,
    cluster_bits: u32,
    packing: Packing,
    threads: usize,
) -> (Vec<u8>, WriteSummary) {
    let options = WriteOptions {
        cluster_bits,
        packing,
        threads: NonZeroUsize::new(threads).unwrap(),
    };
    let mut file = Cursor::new(Vec::new());
    let summary = write(disk, &mut file, &options, &mut Unobserved).unwrap();
    (file.into_inner(), summary)
}

fn packing() -> impl Strategy<Value = Packing> {
    prop_oneof![
        Just(Packing::Plain),
        (1..=9_u32).prop_map(Packing::Deflate),
        (1..=5_i32).prop_map(Packing::Zstd),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn images_read_back_and_threads_do_not_matter(
        disk in disk(),
        bits in prop::sample::select(vec![9, 12, 16, 18, 21]),
        packing in packing(),
    ) {
        let (file, summary) = written(&disk, bits, packing, 1);
        prop_assert_eq!(summary.file_size, file.len() as u64);
        prop_assert_eq!(file.len() % (1 << bits), 0);
        prop_assert!(summary.compressed <= summary.clusters);
        let image = Image::open(Arc::new(file.clone()), Path::new("written"), None).unwrap();
        prop_assert_eq!(image.capacity(), disk.capacity().next_multiple_of(512));
        let mut read = vec![0; disk.content.len()];
        image.read_at(0, &mut read).unwrap();
        prop_assert!(read == disk.content, "the disk reads back");
        for threads in [2, 7] {
            let again = written(&disk, bits, packing, threads);
            prop_assert!(again == (file.clone(), summary));
        }
    }
}
