//! Raw disks: sparse, of odd sizes, and block devices; and unpacked again.

mod support;

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;

use support::bench::{Bench, text};
use support::content::{noise, prose};
use support::run::run;
use support::{KIB, MIB, parallel, stream, tools};

/// Bytes and where they stand; everything else is a hole.
type Pieces = Vec<(u64, Vec<u8>)>;

fn write(path: &Path, size: u64, pieces: &Pieces) {
    let file = File::create(path).expect("room for a file");
    file.set_len(size).expect("a sparse file");
    for (at, bytes) in pieces {
        file.write_all_at(bytes, *at).expect("room for data");
    }
}

#[test]
fn odd_sizes_are_filled_up_with_zeros_to_a_sector() {
    if !tools::have_qemu() {
        return;
    }
    let sizes = [
        1,
        511,
        512,
        513,
        1000,
        65535,
        65536,
        65537,
        MIB - 1,
        MIB + 1,
        4 * MIB + 100,
        32 * MIB - 1,
        32 * MIB + 1,
    ];
    parallel::each(&sizes, ToString::to_string, |size| {
        let bench = Bench::new();
        let raw = bench.path("disk.raw");
        let tail = prose((*size).min(3000));
        write(&raw, *size, &vec![(size - tail.len() as u64, tail)]);
        let packed = bench.pack(&raw, &[]);
        packed.assert_same_as(&raw, "raw");
        packed.assert_comes_back(&raw, "raw", &["raw"]);
        packed.assert_comes_back(&raw, "raw", &["qcow2"]);
        assert_eq!(packed.capacity(), size.next_multiple_of(512));
        let told = packed.stderr.contains("zeros are added");
        assert_eq!(told, size % 512 != 0, "{}", packed.stderr);
    });
}

#[test]
fn sparse_files() {
    if !tools::have_qemu() {
        return;
    }
    let page = |n: u64| n * 4 * KIB;
    let cases: [(&str, u64, Pieces); 6] = [
        ("a hole alone", 40 * MIB, vec![]),
        ("data at both ends", 40 * MIB, {
            vec![(0, noise(5000)), (40 * MIB - 5000, noise(5000))]
        }),
        ("islands of a page", 34 * MIB, {
            (0..400).map(|n| (page(n * 21), prose(4096))).collect()
        }),
        ("a sea with lakes", 4 * MIB, {
            (0..60).map(|n| (page(n * 17), noise(page(13)))).collect()
        }),
        ("zeros that are stored", 8 * MIB, {
            vec![(MIB, vec![0; 3 << 20]), (2 * MIB, prose(100))]
        }),
        ("much of nothing but a sector", 64 << 30, {
            vec![((64 << 30) - 512, prose(512))]
        }),
    ];
    parallel::each(
        &cases,
        |(name, ..)| (*name).to_owned(),
        |(_, size, pieces)| {
            let bench = Bench::new();
            let raw = bench.path("disk.img");
            write(&raw, *size, pieces);
            let packed = bench.pack(&raw, &["--level", "1"]);
            packed.assert_same_as(&raw, "raw");
            packed.assert_comes_back(&raw, "raw", &["raw"]);
            assert_eq!(packed.capacity(), *size);
        },
    );
}

/// qemu-img takes half a minute to look at so much of a VMDK, and no time for what
/// becomes of it.
#[test]
fn a_terabyte_of_nothing_but_a_sector() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = bench.path("disk.img");
    write(&raw, 1 << 40, &vec![((1 << 40) - 512, prose(512))]);
    let packed = bench.pack(&raw, &[]);
    assert_eq!(packed.capacity(), 1 << 40);
    packed.assert_comes_back(&raw, "raw", &["raw"]);
    packed.assert_comes_back(&raw, "raw", &["qcow2"]);
}

/// What a file holds is told by its content before its name; what is asked for
/// is taken before both.
#[test]
fn a_qcow2_image_asked_for_as_raw_is_raw() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.create("disk.raw", "", MIB);
    bench.pack(&image, &[]).assert_same_as(&image, "qcow2");
    let packed = bench.pack(&image, &["--input-format", "raw"]);
    packed.assert_same_as(&image, "raw");
}

#[test]
fn a_block_device() {
    if !tools::have_qemu() || !tools::have(&["losetup"]) {
        return;
    }
    let bench = Bench::new();
    let raw = bench.path("disk.raw");
    let size = 5 * MIB + 512;
    write(
        &raw,
        size,
        &vec![(MIB, noise(100_000)), (size - 100, prose(100))],
    );
    let attached =
        run(Command::new("losetup").args(["--find", "--show", "--read-only", text(&raw)]));
    if !attached.succeeded() {
        eprintln!(
            "SKIPPED: no loop device to be had: {}",
            attached.stderr.trim()
        );
        return;
    }
    let device = Loop(attached.text().trim().to_owned());
    let named = bench.pack(Path::new(&device.0), &["--input-format", "raw"]);
    named.assert_same_as(&raw, "raw");
    assert_eq!(named.capacity(), size);
    let file = std::fs::read(&named.vmdk).expect("a VMDK");
    assert!(stream::read(&file).content() == std::fs::read(&raw).expect("the disk"));
}

/// An attached loop device.
struct Loop(String);

impl Drop for Loop {
    fn drop(&mut self) {
        run(Command::new("losetup").args(["--detach", &self.0]));
    }
}
