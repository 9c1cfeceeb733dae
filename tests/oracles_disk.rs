//! The VMDK, byte for byte, by readers that share no code with ovfkit: a parser
//! written for these tests, and libvmdk.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use support::bench::{Bench, flattened, qemu_io, text};
use support::content::{CONTENTS, commands, noise, prose};
use support::run::succeed;
use support::{KIB, MIB, parallel, stream, tools};

/// Bytes, and where they stand.
type Piece = (u64, fn() -> Vec<u8>);

/// Disks that meet the format's boundaries, as raw files.
struct Disk {
    name: &'static str,
    size: u64,
    pieces: &'static [Piece],
    /// Grains there have to be.
    grains: usize,
}

/// A grain, and what a grain table covers.
const GRAIN: u64 = 64 * KIB;
const TABLE: u64 = 32 * MIB;

const DISKS: &[Disk] = &[
    Disk {
        name: "one byte",
        size: 1,
        pieces: &[(0, || vec![1])],
        grains: 1,
    },
    Disk {
        name: "nothing but zeros",
        size: 40 * MIB,
        pieces: &[(MIB, || vec![0; 1 << 20])],
        grains: 0,
    },
    Disk {
        name: "one grain",
        size: GRAIN,
        pieces: &[(100, || prose(1000))],
        grains: 1,
    },
    Disk {
        name: "a sector more than a grain",
        size: GRAIN + 512,
        pieces: &[(GRAIN - 1, || vec![1, 2])],
        grains: 2,
    },
    Disk {
        name: "exactly a grain table",
        size: TABLE,
        pieces: &[(TABLE - 1, || vec![1])],
        grains: 1,
    },
    Disk {
        name: "a sector more than a grain table",
        size: TABLE + 512,
        pieces: &[(TABLE - 1, || vec![1, 2])],
        grains: 2,
    },
    Disk {
        name: "a grain table of zeros between two others",
        size: 3 * TABLE,
        pieces: &[(5, || vec![1]), (3 * TABLE - 5, || vec![2])],
        grains: 2,
    },
    Disk {
        name: "an odd end",
        size: 5 * MIB + 100,
        pieces: &[(5 * MIB, || prose(100)), (3 * MIB, || prose(200_000))],
        grains: 5,
    },
    Disk {
        name: "noise, which deflates to more than it was",
        size: 3 * MIB + 512,
        pieces: &[(0, || noise((3 << 20) + 512))],
        grains: 49,
    },
    Disk {
        name: "a directory of more than a sector",
        size: 129 * TABLE,
        pieces: &[(128 * TABLE + 7, || prose(70_000))],
        grains: 2,
    },
];

fn make(bench: &Bench, disk: &Disk) -> std::path::PathBuf {
    let path = bench.path("disk.raw");
    let file = File::create(&path).expect("room for a disk");
    file.set_len(disk.size).expect("a sparse file");
    for (at, piece) in disk.pieces {
        file.write_all_at(&piece(), *at).expect("room for data");
    }
    path
}

#[test]
fn the_structure_is_what_the_format_asks_for() {
    if !tools::have(&["tar"]) {
        return;
    }
    parallel::each(
        DISKS,
        |disk| disk.name.to_owned(),
        |disk| {
            let bench = Bench::new();
            let raw = make(&bench, disk);
            for level in ["0", "1", "4", "12"] {
                let packed = bench.pack(&raw, &["--level", level]);
                let file = fs::read(&packed.vmdk).expect("a VMDK");
                let extent = stream::read(&file);
                assert_eq!(extent.capacity, disk.size.div_ceil(512));
                assert_eq!(extent.grains.len(), disk.grains);
                check_descriptor(&extent);
                if disk.size < 256 * MIB {
                    let mut content = extent.content();
                    let filled = content.split_off(usize::try_from(disk.size).expect("small"));
                    assert!(content == fs::read(&raw).expect("the disk"));
                    assert!(filled.iter().all(|byte| *byte == 0));
                }
            }
        },
    );
}

/// The lines readers need, each once, and the extent's own file name.
fn check_descriptor(extent: &stream::Extent) {
    let text = &extent.descriptor;
    assert!(text.starts_with("# Disk DescriptorFile\n") && text.ends_with('\n'));
    let size = format!("RW {} SPARSE \"vm-disk1.vmdk\"", extent.capacity);
    let value = |key: &str| {
        let lines: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix(key))
            .collect();
        assert_eq!(lines.len(), 1, "{key} in\n{text}");
        lines[0].trim_matches('"').to_owned()
    };
    value(&size);
    assert_eq!(value("version="), "1");
    assert_eq!(value("parentCID="), "ffffffff");
    assert_eq!(value("createType="), "streamOptimized");
    let cid = value("CID=");
    assert!(cid.len() == 8 && cid.as_str() < "fffffffe", "{cid}");
    assert!(value("ddb.longContentID = ").ends_with(&cid));
    let cylinders: u64 = value("ddb.geometry.cylinders = ")
        .parse()
        .expect("a number");
    assert!((1..=65535).contains(&cylinders));
}

/// Grains that were taken over from an image are as good as new ones.
#[test]
fn the_structure_holds_for_blocks_taken_over() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &CONTENTS,
        |content| format!("{content:?}"),
        |content| {
            let bench = Bench::new();
            let size = 33 * MIB + 512;
            let plain = bench.create("plain.qcow2", "", size);
            let (first, then) = commands(*content, size, GRAIN, bench.root());
            qemu_io(&plain, "qcow2", &first);
            let image = bench.path("image.qcow2");
            let arguments = ["convert", "-c", "-f", "qcow2", "-O", "qcow2"];
            succeed(
                "qemu-img",
                arguments.into_iter().chain([text(&plain), text(&image)]),
            );
            if !then.is_empty() {
                qemu_io(&image, "qcow2", &then);
            }
            let packed = bench.pack(&image, &["--json"]);
            let file = fs::read(&packed.vmdk).expect("a VMDK");
            let extent = stream::read(&file);
            assert!(extent.content() == flattened(&image, "qcow2", &[]));
            assert!(packed.report()["disks"][0]["passed_through"] != 0);
        },
    );
}

/// A compressed block at the end of a disk that was shrunk holds what stood
/// behind the new end. It must not come back when the disk grows again.
#[test]
fn a_block_taken_over_holds_nothing_behind_the_end() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let prose = bench.write("prose", &prose(MIB));
    let image = bench.path("image.qcow2");
    let arguments = ["convert", "-c", "-f", "raw", "-O", "qcow2"];
    succeed(
        "qemu-img",
        arguments.into_iter().chain([text(&prose), text(&image)]),
    );
    let size = MIB - 20 * KIB;
    let shrink = ["resize", "-q", "-f", "qcow2", "--shrink", text(&image)];
    let told = size.to_string();
    succeed("qemu-img", shrink.into_iter().chain([told.as_str()]));
    let packed = bench.pack(&image, &["--json"]);
    let file = fs::read(&packed.vmdk).expect("a VMDK");
    // Its reader refuses data behind the capacity.
    assert!(stream::read(&file).content() == flattened(&image, "qcow2", &[]));
    assert_eq!(packed.capacity(), size);
    assert_eq!(packed.report()["disks"][0]["passed_through"], 15);
}

#[test]
fn libvmdk_reads_every_byte() {
    if !tools::have(&["tar", "vmdkinfo"]) || !tools::have_module("pyvmdk") {
        return;
    }
    // libvmdk follows the extent's name in the descriptor.
    let script = "\
import sys, pyvmdk
disk, source = pyvmdk.handle(), open(sys.argv[2], 'rb')
disk.open(sys.argv[1])
disk.open_extent_data_files()
size, at = disk.get_media_size(), 0
while at < size:
    step = min(1 << 20, size - at)
    if disk.read_buffer(step) != source.read(step).ljust(step, b'\\0'):
        sys.exit(f'difference behind byte {at}')
    at += step
print(size)
";
    // It takes minutes for gigabytes of nothing.
    let disks: Vec<&Disk> = DISKS.iter().filter(|disk| disk.size < 256 * MIB).collect();
    parallel::each(
        &disks,
        |disk| disk.name.to_owned(),
        |disk| {
            let bench = Bench::new();
            let raw = make(&bench, disk);
            let packed = bench.pack(&raw, &[]);
            let size = disk.size.next_multiple_of(512);
            let arguments = ["-c", script, text(&packed.vmdk), text(&raw)];
            let read = succeed(tools::PYTHON, arguments);
            assert_eq!(read.trim(), size.to_string());
            check_info(&packed.vmdk, size);
        },
    );
}

fn check_info(vmdk: &Path, size: u64) {
    let said = succeed("vmdkinfo", [text(vmdk)]);
    assert!(said.contains("Stream optimized"), "{said}");
    let media = said
        .lines()
        .find(|line| line.contains("Media size:"))
        .expect("a size");
    // "8.0 MiB (8388608 bytes)", or "512 bytes" for small ones.
    assert!(media.contains(&format!("{size} bytes")), "{said}");
    assert!(said.contains("vm-disk1.vmdk"), "{said}");
}
