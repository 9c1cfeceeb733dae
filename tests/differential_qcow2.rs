//! qcow2 images of every shape qemu-img makes, packed by the real program; the
//! VMDK has to hold what qemu-img reads from the image, and what is unpacked of the
//! package has to be the same disk.

mod support;

use std::path::PathBuf;

use support::bench::{Bench, qemu_io, text};
use support::content::{CONTENTS, Content, commands};
use support::run::succeed;
use support::{KIB, MIB, pairs, parallel, tools};

const CLUSTERS: [u64; 5] = [512, 4 * KIB, 64 * KIB, 256 * KIB, 2 * MIB];
/// Version and compression; version 2 knows deflate alone.
const FORMATS: [(&str, &str); 5] = [
    ("0.10", "none"),
    ("0.10", "zlib"),
    ("1.1", "none"),
    ("1.1", "zlib"),
    ("1.1", "zstd"),
];
const EXTENDED: [bool; 2] = [false, true];
/// On both sides of the boundaries of sectors, grains, clusters and grain
/// tables (32 MiB).
const SIZES: [u64; 7] = [
    40 * MIB,
    40 * MIB + 512,
    33 * MIB + 64 * KIB - 512,
    4 * MIB + 512,
    MIB,
    64 * KIB - 512,
    512,
];
const REFCOUNT_BITS: [u32; 3] = [16, 1, 64];
const LAZY: [bool; 2] = [false, true];
const PREALLOCATIONS: [&str; 4] = ["off", "metadata", "falloc", "full"];
/// What the disk becomes when it is unpacked.
const UNPACKED: [&[&str]; 4] = [
    &["raw"],
    &["qcow2"],
    &["qcow2", "-c"],
    &["qcow2", "-c", "-o", "compression_type=zstd"],
];

#[derive(Debug)]
struct Shape {
    cluster: u64,
    compat: &'static str,
    compression: &'static str,
    extended: bool,
    content: Content,
    size: u64,
    refcount_bits: u32,
    lazy: bool,
    preallocation: &'static str,
    unpacked: &'static [&'static str],
}

impl Shape {
    fn of(choice: &[usize]) -> Self {
        let (compat, compression) = FORMATS[choice[1]];
        Self {
            cluster: CLUSTERS[choice[0]],
            compat,
            compression,
            extended: EXTENDED[choice[2]],
            content: CONTENTS[choice[3]],
            size: SIZES[choice[4]],
            refcount_bits: REFCOUNT_BITS[choice[5]],
            lazy: LAZY[choice[6]],
            preallocation: PREALLOCATIONS[choice[7]],
            unpacked: UNPACKED[choice[8]],
        }
    }

    /// Whether qemu-img makes such an image.
    fn exists(&self) -> bool {
        let version_3 = self.compat == "1.1";
        (version_3 || !(self.extended || self.lazy) && self.refcount_bits == 16)
            && (!self.extended || self.cluster >= 16 * KIB)
            && (self.compression == "none" || self.preallocation == "off")
    }

    fn options(&self) -> String {
        let mut options = format!(
            "cluster_size={},compat={},refcount_bits={},preallocation={}",
            self.cluster, self.compat, self.refcount_bits, self.preallocation
        );
        if self.extended {
            options += ",extended_l2=on";
        }
        if self.lazy {
            options += ",lazy_refcounts=on";
        }
        if self.compression == "zstd" {
            options += ",compression_type=zstd";
        }
        options
    }

    fn make(&self, bench: &Bench) -> PathBuf {
        let (first, then) = commands(self.content, self.size, self.cluster, bench.root());
        let image = if self.compression == "none" {
            let image = bench.create("image.qcow2", &self.options(), self.size);
            qemu_io(&image, "qcow2", &first);
            image
        } else {
            let plain = bench.create("plain.qcow2", "", self.size);
            qemu_io(&plain, "qcow2", &first);
            compress(bench, "plain.qcow2", &self.options())
        };
        if !then.is_empty() {
            qemu_io(&image, "qcow2", &then);
        }
        image
    }
}

/// Compresses the qcow2 image `from` into a new one with `options`.
fn compress(bench: &Bench, from: &str, options: &str) -> PathBuf {
    let (from, image) = (bench.path(from), bench.path("image.qcow2"));
    succeed(
        "qemu-img",
        ["convert", "-c", "-f", "qcow2", "-O", "qcow2", "-o", options]
            .into_iter()
            .chain([text(&from), text(&image)]),
    );
    image
}

/// The full product of the axes has some 40,000 images. Taken are so many that
/// every value of each axis meets every value of every other one it can meet.
#[test]
fn every_pair_of_properties() {
    if !tools::have_qemu() {
        return;
    }
    let axes = [
        CLUSTERS.len(),
        FORMATS.len(),
        EXTENDED.len(),
        CONTENTS.len(),
        SIZES.len(),
        REFCOUNT_BITS.len(),
        LAZY.len(),
        PREALLOCATIONS.len(),
        UNPACKED.len(),
    ];
    let shapes: Vec<Shape> = pairs::cover(&axes, |choice| Shape::of(choice).exists())
        .iter()
        .map(|choice| Shape::of(choice))
        .collect();
    assert!(shapes.len() >= 42, "content and size alone make as many");
    parallel::each(&shapes, |shape| format!("{shape:?}"), pack_and_compare);
}

/// What a reader's code paths hang on most, in full.
#[test]
fn every_cluster_size_compression_and_content() {
    if !tools::have_qemu() {
        return;
    }
    let mut shapes = Vec::new();
    for cluster in CLUSTERS {
        for (compat, compression) in FORMATS {
            for extended in EXTENDED {
                // The zeros and islands are met often enough in the pairs.
                for content in [Content::Incompressible, Content::Rewritten] {
                    shapes.push(Shape {
                        cluster,
                        compat,
                        compression,
                        extended,
                        content,
                        size: 33 * MIB + 64 * KIB - 512,
                        refcount_bits: 16,
                        lazy: false,
                        preallocation: "off",
                        unpacked: UNPACKED[0],
                    });
                }
            }
        }
    }
    shapes.retain(Shape::exists);
    parallel::each(&shapes, |shape| format!("{shape:?}"), pack_and_compare);
}

fn pack_and_compare(shape: &Shape) {
    let bench = Bench::new();
    let image = shape.make(&bench);
    let packed = bench.pack(&image, &["--level", "1"]);
    packed.assert_same_as(&image, "qcow2");
    packed.assert_comes_back(&image, "qcow2", shape.unpacked);
    assert_eq!(packed.capacity(), shape.size);
    assert!(!packed.has_warnings(), "{}", packed.stderr);
}

/// Blocks that are taken over as they are make the same disk as blocks that
/// are compressed again.
#[test]
fn recompressing_changes_no_content() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let plain = bench.create("plain.qcow2", "", 40 * MIB);
    let (first, then) = commands(Content::Rewritten, 40 * MIB, 64 * KIB, bench.root());
    qemu_io(&plain, "qcow2", &first);
    let image = compress(&bench, "plain.qcow2", "cluster_size=64k");
    qemu_io(&image, "qcow2", &then);
    for (arguments, passed) in [
        (vec!["--json"], true),
        (vec!["--json", "--recompress"], false),
    ] {
        let packed = bench.pack(&image, &arguments);
        packed.assert_same_as(&image, "qcow2");
        assert_eq!(packed.report()["disks"][0]["passed_through"] != 0, passed);
    }
}
