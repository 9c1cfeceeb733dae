//! Images whose damage shows while they are read: L1 and L2 tables, data that
//! is cut off, compressed data that is none. Each is refused with its reason.

mod support;

use std::fs;
use std::os::unix::fs::FileExt as _;

use support::bench::Bench;
use support::exit::{DENIED, INVALID, LIMIT};
use support::refusal::{Base, Case, MEMORY, PATIENCE, all, case, refused, with};
use support::run::{ovfkit_within, run};
use support::tools;

/// The largest offset an entry can tell that starts a cluster.
const FAR: u64 = 0x00FF_FFFF_FFFF_0000;

const TABLES: &[Case] = &[
    case(
        "an L2 table within a cluster",
        Base::Plain,
        |i| i.or64(i.l1(), 512),
        INVALID,
        "L2 table at offset",
    ),
    case(
        "an L2 table past the end",
        Base::Plain,
        |i| i.put64(i.l1(), 1 << 40),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "an L2 table as far as can be told",
        Base::Plain,
        |i| i.put64(i.l1(), FAR),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "data within a cluster",
        Base::Plain,
        |i| i.or64(i.l2(), 512),
        INVALID,
        "L2 entry",
    ),
    case(
        "data past the end",
        Base::Plain,
        |i| i.put64(i.l2(), 1 << 40),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "data as far as can be told",
        Base::Plain,
        |i| i.put64(i.l2(), FAR),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "the second cluster past the end",
        Base::Plain,
        |i| i.put64(i.l2() + 8, 1 << 40),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "the last cluster within a cluster",
        Base::Plain,
        |i| i.put64(i.l2() + 120, 65536 + 1024),
        INVALID,
        "L2 entry",
    ),
    case(
        "a zero cluster in version 2",
        Base::Old,
        |i| i.or64(i.l2(), 1),
        INVALID,
        "version 2 has no zero clusters",
    ),
    case(
        "a zero cluster without data in version 2",
        Base::Old,
        |i| i.put64(i.l2() + 64, 1),
        INVALID,
        "version 2 has no zero clusters",
    ),
    case(
        "cut off in the L1 table",
        Base::Plain,
        |i| i.truncate(i.l1() + 4),
        INVALID,
        "L1 table at offset",
    ),
    case(
        "cut off in the L2 table",
        Base::Plain,
        |i| i.truncate(i.l2() + 100),
        INVALID,
        "L2 table at offset",
    ),
    case(
        "cut off in the data",
        Base::Plain,
        |i| i.truncate(i.data() + 60000),
        INVALID,
        "data cluster at offset",
    ),
    case(
        "cut off in compressed data",
        Base::Deflate,
        |i| i.truncate(i.compressed() + 100),
        INVALID,
        "does not decompress",
    ),
    case(
        "cut off before compressed data",
        Base::Deflate,
        |i| i.truncate(i.compressed()),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "cut off in zstd data",
        Base::Zstd,
        |i| i.truncate(i.compressed() + 100),
        INVALID,
        "does not decompress",
    ),
    case(
        "garbage for deflate data",
        Base::Deflate,
        |i| i.put(i.compressed(), &[0xFF; 64]),
        INVALID,
        "does not decompress",
    ),
    case(
        "garbage in deflate data",
        Base::Deflate,
        |i| i.put(i.compressed() + 300, &[0xFF; 64]),
        INVALID,
        "does not decompress",
    ),
    case(
        "garbage for zstd data",
        Base::Zstd,
        |i| i.put(i.compressed(), &[0xFF; 64]),
        INVALID,
        "does not decompress",
    ),
    case(
        "garbage in zstd data",
        Base::Zstd,
        |i| i.put(i.compressed() + 5, &[0xFF; 16]),
        INVALID,
        "does not decompress",
    ),
    case(
        "compressed data of a sector where there are more",
        Base::Deflate,
        |i| i.put64(i.l2(), i.get64(i.l2()) & !(0xFF << 54)),
        INVALID,
        "does not decompress",
    ),
    case(
        "compressed data as far as can be told",
        Base::Deflate,
        |i| i.or64(i.l2(), (1 << 54) - 1),
        INVALID,
        "beyond the end of the file",
    ),
    case(
        "a subcluster both stored and zero",
        Base::Extended,
        |i| i.or64(i.l2() + 8, 1 << 32),
        INVALID,
        "both stored and zero",
    ),
    case(
        "subclusters stored nowhere",
        Base::Extended,
        |i| i.put64(i.l2() + 24, 1),
        INVALID,
        "stored in a cluster that is not",
    ),
    with(
        &["--allow-backing", "."],
        case(
            "a compressed cluster in a data file",
            Base::DataFile,
            |i| i.or64(i.l2(), 1 << 62),
            INVALID,
            "compressed cluster in an image with a data file",
        ),
    ),
    with(
        &["--allow-backing", "."],
        case(
            "data past the data file's end",
            Base::DataFile,
            |i| i.put64(i.l2(), 1 << 40 | 1 << 63),
            INVALID,
            "beyond the end of the file",
        ),
    ),
    case(
        "a backing file nobody allowed",
        Base::Overlay,
        |_| {},
        DENIED,
        "needs the backing file `base.qcow2`",
    ),
    case(
        "a data file nobody allowed",
        Base::DataFile,
        |_| {},
        DENIED,
        "needs the data file",
    ),
];

#[test]
fn damaged_tables_and_data() {
    all(TABLES);
}

/// A small file may claim to be any disk.
#[test]
fn disks_larger_than_any_vmdk() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.create("image.qcow2", "cluster_size=2M", 1 << 50);
    refused(&bench, &image, &[], LIMIT, "a VMDK holds at most");
    // The most an L1 table of 32 MiB tells, which the file has in full.
    let image = bench.create("image.qcow2", "cluster_size=2M", 1 << 60);
    refused(&bench, &image, &[], LIMIT, "a VMDK holds at most");
    let raw = bench.path("disk.raw");
    let file = fs::File::create(&raw).expect("room for a file");
    if file.write_all_at(&[1], (64 << 40) + 511).is_ok() {
        refused(&bench, &raw, &[], LIMIT, "a VMDK holds at most");
    }
}

/// The other way round: these are no damage, only much of nothing.
#[test]
fn the_largest_disk_takes_little_time_and_memory() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.create("image.qcow2", "cluster_size=2M", 64 << 40);
    let ova = bench.path("vm.ova");
    let mut command = ovfkit_within(MEMORY);
    command.arg("pack").arg(&image).arg("-o").arg(&ova);
    let outcome = run(command.args(["--threads", "2"]));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    assert!(outcome.elapsed < PATIENCE, "it took {:?}", outcome.elapsed);
}
