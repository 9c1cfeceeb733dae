//! What QEMU makes of a qcow2 this library writes: sound, as asked, and the same disk; to another
//! reader, too.

mod support;

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::Level;
use ovfkit::disk::detect::Format;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::qcow2::{Backing, Packing, Preallocation, Version, WriteOptions, create, write};

use support::bench::{Bench, qemu_io, text};
use support::run::{run, succeed};
use support::{cats, tools};
use tempfile::TempDir;

/// Clusters of data here and there, dense and sparse, that compress well or not at
/// all, over more than one L2 table and more than one refcount block.
const WRITES: [(&str, u64, u64); 7] = [
    ("0x11", 0, 3 << 20),
    ("0xa5", (7 << 20) + 512, 70_000),
    ("0x00", 9 << 20, 1 << 20),
    ("0xff", 511 << 20, 3 << 20),
    ("0x01", (1 << 30) - 512, 512),
    ("0x42", (2 << 30) + 4096, 1 << 20),
    ("0x77", (5 << 30) - 4096, 8192),
];

const DEFLATE: Packing = Packing::Deflate(Level::Adaptive);

/// What is usual, with clusters of 2^`bits` bytes.
fn options(cluster_bits: u32, packing: Packing) -> WriteOptions {
    WriteOptions {
        cluster_bits,
        packing,
        ..WriteOptions::new(NonZeroUsize::new(2).expect("not zero"))
    }
}

/// Every kind of image, and what is particular about it.
fn kinds() -> Vec<WriteOptions> {
    let mut kinds: Vec<_> = [
        (16, Packing::Plain),
        (16, DEFLATE),
        (16, Packing::Zstd(3)),
        (9, Packing::Plain),
        (9, Packing::Deflate(Level::Fixed(1))),
        (12, Packing::Deflate(Level::Fixed(9))),
        (21, Packing::Plain),
        (21, Packing::Deflate(Level::Fixed(6))),
        (21, Packing::Zstd(1)),
    ]
    .map(|(bits, packing)| options(bits, packing))
    .into();
    for (bits, packing) in [(16, Packing::Plain), (12, DEFLATE)] {
        kinds.push(WriteOptions {
            version: Version::V2,
            ..options(bits, packing)
        });
    }
    for (bits, packing) in [(14, Packing::Plain), (16, DEFLATE), (17, Packing::Zstd(1))] {
        kinds.push(WriteOptions {
            extended_l2: true,
            lazy_refcounts: true,
            ..options(bits, packing)
        });
    }
    for refcount_bits in [1, 2, 4, 8, 32, 64] {
        for (bits, packing) in [(16, DEFLATE), (10, Packing::Plain)] {
            kinds.push(WriteOptions {
                refcount_bits,
                ..options(bits, packing)
            });
        }
    }
    for (bits, extended_l2, refcount_bits) in [(16, false, 16), (17, true, 1)] {
        kinds.push(WriteOptions {
            extended_l2,
            refcount_bits,
            preallocation: Preallocation::Holes,
            ..options(bits, Packing::Plain)
        });
    }
    kinds
}

/// QEMU has to find the image at `path` sound, and to be what was asked for.
fn assert_sound(path: &Path, options: &WriteOptions) -> serde_json::Value {
    let said = succeed("qemu-img", ["check", "-f", "qcow2", text(path)]);
    assert!(said.contains("No errors were found"), "{options:?}: {said}");
    let info = ["info", "-f", "qcow2", "--output=json", text(path)];
    let info: serde_json::Value =
        serde_json::from_str(&succeed("qemu-img", info)).expect("a report");
    assert_eq!(info["cluster-size"], 1 << options.cluster_bits);
    let data = &info["format-specific"]["data"];
    assert_eq!(data["refcount-bits"], options.refcount_bits);
    match options.version {
        Version::V2 => assert_eq!(data["compat"], "0.10"),
        Version::V3 => {
            assert_eq!(data["compat"], "1.1");
            assert_eq!(data["extended-l2"], options.extended_l2);
            assert_eq!(data["lazy-refcounts"], options.lazy_refcounts);
        }
    }
    let zstd = matches!(options.packing, Packing::Zstd(_));
    assert_eq!(data["compression-type"], if zstd { "zstd" } else { "zlib" });
    info
}

fn assert_same(one: &Path, other: &Path) {
    let formats = ["compare", "-f", "qcow2", "-F", "qcow2"];
    let said = succeed(
        "qemu-img",
        formats.into_iter().chain([text(one), text(other)]),
    );
    assert!(said.contains("Images are identical."), "{said}");
}

#[test]
fn images_are_sound_and_hold_the_same_disk() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let source = bench.create("source.qcow2", "", 6 << 30);
    for (pattern, offset, length) in WRITES {
        let command = format!("write -q -P {pattern} {offset} {length}");
        succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);
    }
    // Noise, which no packing makes smaller.
    let noise: Vec<u8> = (0_u32..1 << 20)
        .map(|n| {
            n.wrapping_mul(2_654_435_761)
                .rotate_left(n % 31)
                .to_le_bytes()[1]
        })
        .collect();
    let noise = bench.write("noise", &noise);
    let command = format!("write -q -s {} 300M 1M", text(&noise));
    succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);

    let disk = open(&source, &OpenOptions::default()).expect("the source opens");
    for options in kinds() {
        let path = bench.path("written.qcow2");
        let file = File::create(&path).expect("room for a file");
        let source_disk = disk.source.as_ref();
        let summary = write(source_disk, file, &options, &mut Unobserved).expect("it is written");
        let info = assert_sound(&path, &options);
        assert_eq!(info["virtual-size"], summary.capacity);
        assert_same(&source, &path);
        // QEMU goes on with it.
        let command = format!("write -q -P 0x33 {} 4096", (3_u64 << 30) + 8192);
        qemu_io(&path, "qcow2", &[command]);
        assert_sound(&path, &options);
    }
}

/// Whether readers other than QEMU know such images. libqcow knows no subclusters and no zstd;
/// Dissect's subclusters fail on QEMU's images, too, and zstd takes a module of its own.
fn is_read_by_others(options: &WriteOptions) -> bool {
    !options.extended_l2 && !matches!(options.packing, Packing::Zstd(_))
}

/// A disk that libqcow shows as a file; gone when dropped.
struct Shown(TempDir);

impl Shown {
    fn new(image: &Path) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        run(Command::new("qcowmount").arg(image).arg(place.path()));
        Self(place)
    }

    fn disk(&self) -> std::io::Result<Vec<u8>> {
        std::fs::read(self.0.path().join("qcow1"))
    }

    /// Whether this machine lets us show disks at all, as many a container does not.
    fn is_allowed() -> bool {
        if !tools::have_qemu() || !tools::have(&["qcowmount", "fusermount"]) {
            return false;
        }
        let bench = Bench::new();
        let allowed = Self::new(&bench.create("any.qcow2", "", 1 << 20));
        let allowed = allowed.disk().is_ok();
        if !allowed {
            eprintln!("SKIPPED: nothing can be mounted by FUSE here");
        }
        allowed
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        run(Command::new("fusermount").arg("-u").arg(self.0.path()));
    }
}

/// Hands an image of every kind that others read to `read`, and holds what that sees to the disk.
fn assert_read_by_others(read: impl Fn(&Path) -> Vec<u8>) {
    let mut disk = vec![0; 33 << 20];
    for (at, length) in [
        (0, 300_000),
        (5 << 20, 70_000),
        ((9 << 20) + 512, 4096),
        ((33 << 20) - 1536, 1536),
    ] {
        for (number, byte) in (0_u32..).zip(&mut disk[at..at + length]) {
            *byte = number.wrapping_mul(2_654_435_761).to_be_bytes()[1];
        }
    }
    for (number, byte) in (0_u32..).zip(&mut disk[20 << 20..21 << 20]) {
        *byte = (number / 7).to_be_bytes()[3];
    }
    let bench = Bench::new();
    let raw = bench.write("disk.raw", &disk);
    let opening = OpenOptions {
        format: Some(Format::Raw),
        ..OpenOptions::default()
    };
    let source = open(&raw, &opening).expect("a raw disk").source;
    let mut count = 0;
    for options in kinds().iter().filter(|kind| is_read_by_others(kind)) {
        let path = bench.path("written.qcow2");
        let file = File::create(&path).expect("room for a file");
        write(&*source, file, options, &mut Unobserved).expect("it is written");
        assert!(read(&path) == disk, "{options:?}");
        count += 1;
    }
    assert!(count > 15, "{count} kinds");
}

#[test]
fn dissect_reads_the_same_disk() {
    if tools::built("dissect/bin/python").is_some() {
        assert_read_by_others(|path| {
            cats::printed(cats::dissect("qcow2", path).expect("it is there"))
        });
    }
}

#[test]
fn libqcow_reads_the_same_disk() {
    if Shown::is_allowed() {
        assert_read_by_others(|path| Shown::new(path).disk().expect("it is shown"));
    }
}

#[test]
fn clusters_qemu_deflated_are_taken_over() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let source = bench.create("source.qcow2", "", 64 << 20);
    let text_file: Vec<u8> = (0..300_000_u32)
        .flat_map(|n| n.to_string().into_bytes())
        .collect();
    let text_file = bench.write("text", &text_file);
    let command = format!("write -q -s {} 1M 5M", text(&text_file));
    qemu_io(&source, "qcow2", &[command]);
    let deflated = bench.path("deflated.qcow2");
    let arguments = [
        "convert",
        "-c",
        "-O",
        "qcow2",
        text(&source),
        text(&deflated),
    ];
    succeed("qemu-img", arguments);
    let disk = open(&deflated, &OpenOptions::default()).expect("it opens");
    let path = bench.path("written.qcow2");
    let file = File::create(&path).expect("room for a file");
    let options = options(16, DEFLATE);
    let summary = write(disk.source.as_ref(), file, &options, &mut Unobserved).expect("written");
    assert!(summary.clusters > 70, "{summary:?}");
    assert_eq!(summary.passed_through, summary.clusters);
    assert_sound(&path, &options);
    assert_same(&source, &path);
}

#[test]
fn overlays_hold_nothing_and_show_what_is_beneath() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let base = bench.create("base.qcow2", "", 3 << 20);
    qemu_io(&base, "qcow2", &["write -q -P 0x55 1M 100k".to_owned()]);
    let backing = Some(Backing {
        file: "base.qcow2",
        format: "qcow2",
    });
    for options in kinds() {
        let path = bench.path("overlay.qcow2");
        let file = File::create(&path).expect("room for a file");
        if options.preallocation != Preallocation::None {
            // Places would hide what is beneath.
            create(file, 3 << 20, backing, &options).expect_err("refused");
            continue;
        }
        let summary = create(file, 3 << 20, backing, &options).expect("it is written");
        assert_eq!((summary.clusters, summary.capacity), (0, 3 << 20));
        let info = assert_sound(&path, &options);
        assert_eq!(info["backing-filename"], "base.qcow2");
        assert_eq!(info["backing-filename-format"], "qcow2");
        assert_same(&base, &path);
        qemu_io(&path, "qcow2", &["write -q -P 0x66 1M 4k".to_owned()]);
        qemu_io(&path, "qcow2", &["read -q -P 0x55 1028k 60k".to_owned()]);
        assert_sound(&path, &options);
    }
    // And one on nothing, as large as can be.
    let path = bench.path("blank.qcow2");
    let usual = options(16, Packing::Plain);
    let file = File::create(&path).expect("room for a file");
    create(file, 1 << 51, None, &usual).expect("2 PiB");
    assert_eq!(assert_sound(&path, &usual)["virtual-size"], 1_u64 << 51);
    let file = File::create(&path).expect("room for a file");
    create(file, (1 << 51) + 512, None, &usual).expect_err("more than 2 PiB");
}
