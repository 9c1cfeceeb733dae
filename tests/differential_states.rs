//! Disks that are more than one table in one file: internal snapshots, backing
//! chains, external data files; packed, and unpacked as disks that stand alone.

mod support;

use std::path::Path;

use support::bench::{Bench, Packed, flattened, qemu_io, text};
use support::content::{Content, commands};
use support::qcow2::Qcow2;
use support::run::succeed;
use support::{KIB, MIB, parallel, stream, tools};

fn io(path: &Path, commands: &[&str]) {
    let commands: Vec<String> = commands.iter().map(ToString::to_string).collect();
    qemu_io(path, "qcow2", &commands);
}

fn snapshot(path: &Path, name: &str) {
    succeed("qemu-img", ["snapshot", "-c", name, text(path)]);
}

fn resize(path: &Path, size: u64) {
    let size = size.to_string();
    succeed(
        "qemu-img",
        ["resize", "-q", "-f", "qcow2", text(path), &size],
    );
}

/// Packs the snapshot `wanted` and compares it with what qemu-img converts,
/// as far as the disk had `size` bytes then.
///
/// qemu-img 10.0.2 converts a snapshot in the size the disk has *now*, reading
/// whatever lies behind the snapshot's end as zeros. ovfkit gives it the size
/// its table entry tells (the specification: "Virtual disk size of the snapshot
/// in bytes"), as a machine that returned to it would see.
fn compare_snapshot(bench: &Bench, image: &Path, wanted: &str, size: u64) {
    let packed = bench.pack(image, &["--snapshot", wanted]);
    let mut expected = flattened(image, "qcow2", &["-l", wanted]);
    let beyond = expected.split_off(usize::try_from(size).expect("a small size"));
    assert!(beyond.iter().all(|byte| *byte == 0), "a shorter snapshot");
    assert_eq!(packed.capacity(), size, "size of {wanted}");
    let file = std::fs::read(&packed.vmdk).expect("a VMDK");
    assert!(
        stream::read(&file).content() == expected,
        "content of {wanted}"
    );
    let (_directory, unpacked) = packed.converted(&["raw"]);
    let unpacked = std::fs::read(unpacked).expect("a raw disk");
    assert!(unpacked == expected, "{wanted}, unpacked");
}

#[test]
fn snapshots_by_name_and_by_id_in_the_size_they_had() {
    if !tools::have_qemu() {
        return;
    }
    let options = [
        "cluster_size=512",
        "cluster_size=64k",
        "cluster_size=2M",
        "extended_l2=on,cluster_size=16k",
        "cluster_size=64k,compression_type=zstd,lazy_refcounts=on,refcount_bits=64",
    ];
    parallel::each(&options, ToString::to_string, |options| {
        let bench = Bench::new();
        let image = bench.create("image.qcow2", options, 3 * MIB + 512);
        io(&image, &["write -q -c -P 1 0 2M", "write -q -P 2 2M 600k"]);
        snapshot(&image, "first");
        io(&image, &["write -q -P 3 512k 600k", "write -q -z 2M 128k"]);
        resize(&image, 35 * MIB);
        io(&image, &["write -q -P 4 3M 256k", "write -q -P 5 34M 1M"]);
        snapshot(&image, "second one");
        io(&image, &["discard -q 0 3M", "write -q -P 6 33M 1M"]);
        // Named like the id of another: an id wins, as with qemu-img.
        snapshot(&image, "1");
        io(&image, &["write -q -P 7 0 35M"]);
        for (wanted, size) in [
            ("first", 3 * MIB + 512),
            ("1", 3 * MIB + 512),
            ("second one", 35 * MIB),
            ("2", 35 * MIB),
            ("3", 35 * MIB),
        ] {
            compare_snapshot(&bench, &image, wanted, size);
        }
        bench.pack(&image, &[]).assert_same_as(&image, "qcow2");
    });
}

#[test]
fn snapshots_of_old_images() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.create("image.qcow2", "compat=0.10", 2 * MIB);
    io(&image, &["write -q -P 1 0 1M"]);
    snapshot(&image, "then");
    io(&image, &["write -q -P 2 512k 1M"]);
    compare_snapshot(&bench, &image, "then", 2 * MIB);
    // The first version of the format had no extra data, so no size either.
    let mut patched = Qcow2::read(&image);
    let entry = patched.snapshots();
    patched.put32(entry + 36, 0);
    patched.put(entry + 40, b"1then");
    patched.write(&image);
    compare_snapshot(&bench, &image, "then", 2 * MIB);
}

#[test]
fn a_snapshot_of_an_overlay_reads_the_backing_file() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let base = bench.create("base.qcow2", "cluster_size=4k", 4 * MIB);
    io(&base, &["write -q -P 1 0 3M"]);
    let image = bench.create_on("image.qcow2", "", ("base.qcow2", "qcow2"), None);
    io(&image, &["write -q -P 2 1M 100k"]);
    snapshot(&image, "then");
    io(&image, &["write -q -P 3 0 4M"]);
    let packed = bench.pack(
        &image,
        &["--snapshot", "then", "--allow-backing", text(bench.root())],
    );
    let expected = flattened(&image, "qcow2", &["-l", "then"]);
    let file = std::fs::read(&packed.vmdk).expect("a VMDK");
    assert!(stream::read(&file).content() == expected);
}

/// A chain: what its images are made with, from the base up.
struct Chain {
    name: &'static str,
    /// Options of the base, or `raw`; with `-c` it is compressed.
    base: &'static str,
    base_size: u64,
    /// Options of each overlay, and its size where it differs.
    overlays: &'static [(&'static str, Option<u64>)],
}

const CHAINS: &[Chain] = &[
    Chain {
        name: "small clusters on a compressed base",
        base: "-c cluster_size=64k",
        base_size: 34 * MIB,
        overlays: &[("cluster_size=4k", None)],
    },
    Chain {
        name: "sectors on a compressed base",
        base: "-c cluster_size=64k",
        base_size: 2 * MIB,
        overlays: &[("cluster_size=512", None)],
    },
    Chain {
        name: "the base's cluster size, so blocks are passed through",
        base: "-c cluster_size=64k",
        base_size: 34 * MIB + 512,
        overlays: &[("cluster_size=64k", None)],
    },
    Chain {
        name: "huge clusters on a compressed base",
        base: "-c cluster_size=4k",
        base_size: 34 * MIB,
        overlays: &[("cluster_size=2M", None)],
    },
    Chain {
        name: "subclusters on a compressed base",
        base: "-c cluster_size=64k",
        base_size: 34 * MIB,
        overlays: &[("cluster_size=64k,extended_l2=on", None)],
    },
    Chain {
        name: "version 2 on zstd",
        base: "-c cluster_size=64k,compression_type=zstd",
        base_size: 8 * MIB,
        overlays: &[("compat=0.10,cluster_size=256k", None)],
    },
    Chain {
        name: "on raw",
        base: "raw",
        base_size: 34 * MIB,
        overlays: &[("", None)],
    },
    Chain {
        name: "subclusters on raw of an odd size",
        base: "raw",
        base_size: 2 * MIB + 1000,
        overlays: &[("extended_l2=on,cluster_size=16k", Some(4 * MIB))],
    },
    Chain {
        name: "three deep",
        base: "-c cluster_size=4k,compression_type=zstd",
        base_size: 34 * MIB,
        overlays: &[
            ("cluster_size=64k,extended_l2=on", None),
            ("cluster_size=512", None),
        ],
    },
    Chain {
        name: "five deep, growing and shrinking",
        base: "raw",
        base_size: 3 * MIB,
        overlays: &[
            ("cluster_size=2M", Some(5 * MIB)),
            ("cluster_size=4k", Some(2 * MIB)),
            ("cluster_size=64k", Some(7 * MIB)),
            ("cluster_size=512", Some(6 * MIB + 512)),
        ],
    },
    Chain {
        name: "a backing file shorter than the overlay, ending within a block",
        base: "-c cluster_size=64k",
        base_size: MIB + 32 * KIB,
        overlays: &[("cluster_size=64k", Some(3 * MIB))],
    },
    Chain {
        name: "a backing file shorter than the overlay, ending within a sector",
        base: "raw",
        base_size: MIB + 100,
        overlays: &[("cluster_size=4k", Some(3 * MIB))],
    },
    Chain {
        name: "a backing file longer than the overlay, which ends within a block",
        base: "-c cluster_size=64k",
        base_size: 4 * MIB,
        overlays: &[("cluster_size=64k", Some(MIB + 512))],
    },
    Chain {
        name: "a backing file longer than the overlay",
        base: "raw",
        base_size: 4 * MIB,
        overlays: &[("cluster_size=2M", Some(MIB + 512))],
    },
];

/// Makes the chain's images; returns the last one's name.
fn make(bench: &Bench, chain: &Chain) -> String {
    let content = commands(Content::Text, chain.base_size, 64 * KIB, bench.root()).0;
    let mut below = if chain.base == "raw" {
        let path = bench.path("base.raw");
        let file = std::fs::File::create(&path).expect("room for a file");
        file.set_len(chain.base_size).expect("a sparse file");
        qemu_io(&path, "raw", &content);
        ("base.raw".to_owned(), "raw")
    } else {
        let base = bench.create("base0.qcow2", "", chain.base_size);
        qemu_io(&base, "qcow2", &content);
        let (from, to) = (text(&base).to_owned(), bench.path("base.qcow2"));
        let mut arguments = vec!["convert", "-f", "qcow2", "-O", "qcow2"];
        let options = chain.base.strip_prefix("-c ");
        arguments.extend(options.map(|_| "-c"));
        arguments.extend(["-o", options.unwrap_or(chain.base), &from, text(&to)]);
        succeed("qemu-img", arguments);
        ("base.qcow2".to_owned(), "qcow2")
    };
    for (number, (options, size)) in (1_u64..).zip(chain.overlays) {
        let name = format!("overlay{number}.qcow2");
        let overlay = bench.create_on(&name, options, (&below.0, below.1), *size);
        // Data beside the base's, zeros and discards over it, in pieces of
        // other sizes than anyone's clusters.
        let at = number * 200 * KIB;
        io(
            &overlay,
            &[
                &format!("write -q -P {number} {at} 1536"),
                &format!("write -q -z {} 70k", at + 70 * KIB),
                &format!("write -q -P 0 {} 512", at + 30 * KIB),
                &format!("discard -q {} 64k", at + 150 * KIB),
            ],
        );
        below = (name, "qcow2");
    }
    below.0
}

#[test]
fn backing_chains() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        CHAINS,
        |chain| chain.name.to_owned(),
        |chain| {
            let bench = Bench::new();
            let image = bench.path(&make(&bench, chain));
            for (recompress, unpacked) in [
                (&["--level", "1"][..], "raw"),
                (&["--level", "1", "--recompress"], "qcow2"),
            ] {
                let mut arguments = vec!["--allow-backing", text(bench.root())];
                arguments.extend(recompress);
                let packed = bench.pack(&image, &arguments);
                packed.assert_same_as(&image, "qcow2");
                packed.assert_comes_back(&image, "qcow2", &[unpacked]);
                assert_size(&packed, &image);
            }
        },
    );
}

/// The capacity has to be what qemu-img tells.
fn assert_size(packed: &Packed, image: &Path) {
    let told = succeed("qemu-img", ["info", "--output=json", text(image)]);
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["virtual-size"], packed.capacity());
}

#[test]
fn a_backing_file_whose_format_is_not_stated_is_recognised() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let base = bench.create("base.qcow2", "", MIB);
    io(&base, &["write -q -P 1 0 1M"]);
    let image = bench.create_on("image.qcow2", "", ("base.qcow2", "qcow2"), None);
    let mut patched = Qcow2::read(&image);
    let extension = patched
        .bytes
        .windows(4)
        .position(|bytes| bytes == 0xE279_2ACA_u32.to_be_bytes())
        .expect("the backing format's extension");
    // To an extension nobody knows.
    patched.put32(extension as u64, 0x0BAD_CAFE);
    patched.write(&image);
    let packed = bench.pack(&image, &["--allow-backing", text(bench.root())]);
    packed.assert_same_as(&base, "qcow2");
}

#[test]
fn backing_files_in_other_directories() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    for directory in ["bases", "overlays"] {
        std::fs::create_dir(bench.path(directory)).expect("room");
    }
    let base = bench.create("bases/a:base.qcow2", "", MIB);
    io(&base, &["write -q -P 1 0 1M"]);
    let absolute = bench.path("bases/middle.qcow2");
    // A name with a colon behind a slash, relative to the image's directory.
    bench.create_on("bases/middle.qcow2", "", ("./a:base.qcow2", "qcow2"), None);
    let image = bench.create_on("overlays/image.qcow2", "", (text(&absolute), "qcow2"), None);
    let allowed = bench.path("bases");
    let packed = bench.pack(&image, &["--allow-backing", text(&allowed)]);
    packed.assert_same_as(&image, "qcow2");
}

/// Names in a backing file that was reached through a link start where the link
/// stands.
#[test]
fn backing_files_behind_links() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    for (directory, pattern) in [("here", 1), ("there", 2)] {
        std::fs::create_dir(bench.path(directory)).expect("room");
        let root = bench.create(&format!("{directory}/root.qcow2"), "", MIB);
        io(&root, &[&format!("write -q -P {pattern} 0 1M")]);
    }
    bench.create_on("there/middle.qcow2", "", ("root.qcow2", "qcow2"), None);
    let link = bench.path("here/link.qcow2");
    std::os::unix::fs::symlink("../there/middle.qcow2", link).expect("a link");
    let image = bench.create_on("here/image.qcow2", "", ("link.qcow2", "qcow2"), None);
    let packed = bench.pack(&image, &["--allow-backing", text(bench.root())]);
    packed.assert_same_as(&image, "qcow2");
    packed.assert_same_as(&bench.path("here/root.qcow2"), "qcow2");
    // The other way round: the image itself behind a link.
    let link = bench.path("there/link.qcow2");
    std::os::unix::fs::symlink("../here/image.qcow2", &link).expect("a link");
    std::os::unix::fs::symlink("middle.qcow2", bench.path("there/base.qcow2")).expect("a link");
    succeed(
        "qemu-img",
        [
            "rebase",
            "-u",
            "-f",
            "qcow2",
            "-b",
            "base.qcow2",
            "-F",
            "qcow2",
            text(&image),
        ],
    );
    let packed = bench.pack(&link, &["--allow-backing", text(bench.root())]);
    packed.assert_same_as(&link, "qcow2");
    packed.assert_same_as(&bench.path("there/root.qcow2"), "qcow2");
}

#[test]
fn external_data_files() {
    if !tools::have_qemu() {
        return;
    }
    let options = [
        "",
        "data_file_raw=on",
        "cluster_size=512",
        "cluster_size=2M,data_file_raw=on",
        "extended_l2=on",
        "extended_l2=on,data_file_raw=on,cluster_size=16k",
        "preallocation=metadata",
        "preallocation=full,data_file_raw=on",
        "preallocation=falloc,refcount_bits=1",
    ];
    parallel::each(&options, ToString::to_string, |options| {
        for content in [Content::Islands, Content::Zeros, Content::Discarded] {
            let bench = Bench::new();
            let size = 34 * MIB + 512;
            let all = format!("data_file={},{options}", text(&bench.path("data.bin")));
            let image = bench.create("image.qcow2", all.trim_end_matches(','), size);
            let (first, then) = commands(content, size, 64 * KIB, bench.root());
            qemu_io(&image, "qcow2", &first);
            if !then.is_empty() {
                qemu_io(&image, "qcow2", &then);
            }
            let packed = bench.pack(&image, &["--allow-backing", text(bench.root())]);
            packed.assert_same_as(&image, "qcow2");
            if options.contains("data_file_raw") {
                packed.assert_same_as(&bench.path("data.bin"), "raw");
            }
        }
    });
}
