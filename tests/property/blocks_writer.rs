//! A VHDX, VHD or VDI that is written reads back, whatever its options.

use std::io::{Cursor, Seek, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use ovfkit::base::progress::Unobserved;
use ovfkit::base::storage::{FileStorage, Storage};
use ovfkit::disk::blocks::Uuid;
use ovfkit::disk::{DiskSource, ExtentKind, vdi, vhd, vhdx};
use proptest::prelude::*;

use crate::counter::Counter;
use crate::islands::{Islands, islands};
use crate::model::disk;

const MIB: u64 = 1 << 20;

/// A format, and how it is written.
#[derive(Debug, Clone, Copy)]
enum Format {
    Vhdx(vhdx::WriteOptions),
    Vhd(vhd::WriteOptions),
    Vdi(vdi::WriteOptions),
}

/// What a writer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    capacity: u64,
    blocks: u64,
    file_size: u64,
}

/// What the writers of all formats answer, in fields of the same names.
macro_rules! written {
    ($format:ident, $options:expr, $disk:expr, $output:expr, $threads:expr) => {{
        let options = $format::WriteOptions {
            threads: $threads,
            ..$options
        };
        let summary = $format::write($disk, $output, &options, &mut Unobserved).unwrap();
        Written {
            capacity: summary.capacity,
            blocks: summary.blocks,
            file_size: summary.file_size,
        }
    }};
}

impl Format {
    fn write(self, disk: &dyn DiskSource, output: impl Write + Seek, threads: usize) -> Written {
        let threads = NonZeroUsize::new(threads).unwrap();
        match self {
            Self::Vhdx(options) => written!(vhdx, options, disk, output, threads),
            Self::Vhd(options) => written!(vhd, options, disk, output, threads),
            Self::Vdi(options) => written!(vdi, options, disk, output, threads),
        }
    }

    /// The image as its reader has it, without a warning.
    fn open(self, storage: Arc<dyn Storage>) -> Box<dyn DiskSource> {
        let path = Path::new("written");
        let variant = if self.is_fixed() { "fixed" } else { "dynamic" };
        match self {
            Self::Vhdx(options) => {
                let image = vhdx::Image::open(storage, path).unwrap();
                assert_eq!(image.warnings(), []);
                let summary = image.summary();
                assert_eq!(summary.variant, variant);
                assert_eq!(summary.block_size, options.block_size);
                assert_eq!(summary.logical_sector_size, options.logical_sector_size);
                assert_eq!(summary.physical_sector_size, options.physical_sector_size);
                Box::new(image)
            }
            Self::Vhd(_) => {
                let image = vhd::Image::open(storage, path).unwrap();
                assert_eq!(image.warnings(), []);
                assert_eq!(image.variant().name(), variant);
                Box::new(image)
            }
            Self::Vdi(_) => {
                let image = vdi::Image::open(storage, path).unwrap();
                assert_eq!(image.warnings(), []);
                assert_eq!(image.variant().name(), variant);
                Box::new(image)
            }
        }
    }

    /// What capacities are a multiple of.
    fn unit(self) -> u64 {
        match self {
            Self::Vhdx(options) => options.logical_sector_size,
            Self::Vhd(options) => options.align,
            Self::Vdi(_) => 512,
        }
    }

    /// Bytes of a block.
    fn block(self) -> u64 {
        match self {
            Self::Vhdx(options) => options.block_size,
            Self::Vhd(_) => 2 * MIB,
            Self::Vdi(_) => MIB,
        }
    }

    fn is_fixed(self) -> bool {
        match self {
            Self::Vhdx(vhdx::WriteOptions { fixed, .. })
            | Self::Vhd(vhd::WriteOptions { fixed, .. })
            | Self::Vdi(vdi::WriteOptions { fixed, .. }) => fixed,
        }
    }
}

fn vhdx(most: u64) -> impl Strategy<Value = Format> {
    let bits = 20..=most.ilog2();
    let sectors = prop::sample::select(vec![(512, 512), (512, 4096), (4096, 4096)]);
    (any::<bool>(), bits, sectors).prop_map(|(fixed, bits, (logical, physical))| {
        Format::Vhdx(vhdx::WriteOptions {
            fixed,
            block_size: 1 << bits,
            logical_sector_size: logical,
            physical_sector_size: physical,
            ..vhdx::WriteOptions::new(NonZeroUsize::MIN)
        })
    })
}

fn vhd() -> impl Strategy<Value = Format> {
    let align = prop::sample::select(vec![512, 3 * 512, 4096, MIB]);
    let id = prop::option::of(Just(
        Uuid::parse("00112233-4455-6677-8899-aabbccddeeff").unwrap(),
    ));
    (any::<bool>(), align, id, any::<u32>()).prop_map(|(fixed, align, id, time_stamp)| {
        Format::Vhd(vhd::WriteOptions {
            fixed,
            align,
            id,
            time_stamp,
            ..vhd::WriteOptions::new(NonZeroUsize::MIN)
        })
    })
}

fn vdi() -> impl Strategy<Value = Format> {
    any::<bool>().prop_map(|fixed| {
        Format::Vdi(vdi::WriteOptions {
            fixed,
            ..vdi::WriteOptions::new(NonZeroUsize::MIN)
        })
    })
}

/// Formats with blocks of at most so many bytes, where that can be chosen.
fn format(most: u64) -> impl Strategy<Value = Format> {
    prop_oneof![vhdx(most), vhd(), vdi()]
}

/// A format, and a disk that has most of what it has beside the boundaries of its blocks.
fn format_and_islands() -> impl Strategy<Value = (Format, Islands)> {
    format(256 * MIB).prop_flat_map(|format| {
        // More than a chunk of any VHDX.
        (Just(format), islands(34 << 30, format.block()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn images_of_blocks_read_back_and_threads_do_not_matter(
        disk in disk(),
        format in format(4 * MIB),
    ) {
        let mut file = Cursor::new(Vec::new());
        let written = format.write(&disk, &mut file, 1);
        let file = file.into_inner();
        prop_assert_eq!(written.file_size, file.len() as u64);
        prop_assert_eq!(written.capacity, disk.capacity().next_multiple_of(format.unit()));
        for threads in [2, 7] {
            let mut again = Cursor::new(Vec::new());
            prop_assert_eq!(format.write(&disk, &mut again, threads), written);
            prop_assert!(again.into_inner() == file, "{} threads", threads);
        }
        let image = format.open(Arc::new(file));
        prop_assert_eq!(image.capacity(), written.capacity);
        let mut read = vec![0xCC; usize::try_from(image.capacity()).unwrap()];
        image.read_at(0, &mut read).unwrap();
        let (shown, behind) = read.split_at(disk.content.len());
        prop_assert!(shown == disk.content, "the disk reads back");
        prop_assert!(behind.iter().all(|byte| *byte == 0), "it ends with zeros");
    }

    #[test]
    fn large_disks_read_back_from_few_bytes((format, disk) in format_and_islands()) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let written = format.write(&disk, &mut file, 2);
        prop_assert_eq!(written.file_size, file.as_file().metadata().unwrap().len());
        // It asks no more of its output than to be written to.
        let mut counter = Counter::default();
        prop_assert_eq!(format.write(&disk, &mut counter, 1), written);
        prop_assert_eq!(counter.length, written.file_size);
        // Only what holds data has a block.
        let blocks = |disk: &Islands| {
            let holding = disk.sectors.iter().filter(|(_, fill)| **fill != 0);
            let mut blocks: Vec<_> = holding.map(|(at, _)| at * 512 / format.block()).collect();
            blocks.dedup();
            blocks.len() as u64
        };
        if !format.is_fixed() {
            prop_assert_eq!(written.blocks, blocks(&disk));
        }
        let image = format.open(Arc::new(FileStorage::open(file.path()).unwrap()));
        prop_assert_eq!(image.capacity(), written.capacity);
        let mut at = 0;
        while at < disk.capacity {
            let extent = image.extent_at(at).unwrap();
            let end = disk.capacity.min(at + extent.length);
            match extent.kind {
                ExtentKind::Zero => prop_assert!(disk.is_zero(at, end), "zeros {}..{}", at, end),
                _ => compare(&*image, &disk, at, end),
            }
            at = end;
        }
    }
}

/// Both read the same from `start` to `end`.
fn compare(image: &dyn DiskSource, disk: &Islands, start: u64, end: u64) {
    let mut at = start;
    while at < end {
        let length = usize::try_from((end - at).min(MIB)).unwrap();
        let (mut one, mut other) = (vec![0xCC; length], vec![0xDD; length]);
        image.read_at(at, &mut one).unwrap();
        disk.read_at(at, &mut other).unwrap();
        assert!(one == other, "{length} bytes from {at}");
        at += length as u64;
    }
}
