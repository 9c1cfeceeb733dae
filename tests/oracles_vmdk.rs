//! What QEMU and libvmdk make of the VMDKs that machines run from: as asked, and the
//! same disk.

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::num::NonZeroUsize;
use std::path::Path;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::vmdk::AdapterType;
use ovfkit::disk::vmdk::hosted::{Subformat, WriteOptions, WriteSummary, write_files};

use support::bench::{Bench, flattened, qemu_io, text};
use support::content::{CONTENTS, commands};
use support::run::succeed;
use support::{KIB, MIB, cats, tools};

const SUBFORMATS: [(Subformat, &str); 3] = [
    (Subformat::MonolithicSparse, "monolithicSparse"),
    (Subformat::MonolithicFlat, "monolithicFlat"),
    (Subformat::TwoGbMaxExtentSparse, "twoGbMaxExtentSparse"),
];

/// Writes the disk of the qcow2 at `source` to `directory`.
fn written(source: &Path, directory: &Path, subformat: Subformat) -> WriteSummary {
    let disk = open(source, &OpenOptions::default()).expect("the source opens");
    let options = WriteOptions {
        subformat,
        name: "disk.vmdk",
        adapter: AdapterType::LsiLogic,
        hardware_version: 13,
        threads: NonZeroUsize::new(2).expect("not zero"),
    };
    let mut create = |name: &str| Ok(File::create_new(directory.join(name)).expect("a new file"));
    write_files(&*disk.source, &mut create, &options, &mut Unobserved).expect("it is written")
}

/// The names and lengths of the files in `directory`.
fn files(directory: &Path) -> BTreeMap<String, u64> {
    let entries = fs::read_dir(directory).expect("a directory");
    let entries = entries.map(|entry| entry.expect("an entry"));
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().expect("text");
        (name, entry.metadata().expect("a file").len())
    };
    entries.map(file).collect()
}

/// QEMU has to find the same disk as at `source`, of this kind.
fn assert_same(source: &Path, disk: &Path, kind: &str) {
    let formats = ["compare", "-f", "qcow2", "-F", "vmdk"];
    let said = succeed(
        "qemu-img",
        formats.into_iter().chain([text(source), text(disk)]),
    );
    assert!(said.contains("Images are identical."), "{kind}: {said}");
    let info = ["info", "-f", "vmdk", "--output=json", text(disk)];
    let info: serde_json::Value =
        serde_json::from_str(&succeed("qemu-img", info)).expect("a report");
    assert_eq!(info["format-specific"]["data"]["create-type"], kind);
    let said = succeed("qemu-img", ["check", "-f", "vmdk", text(disk)]);
    assert!(said.contains("No errors were found"), "{kind}: {said}");
}

#[test]
fn disks_are_the_same_in_every_form() {
    if !tools::have_qemu() || !tools::have_module("pyvmdk") {
        return;
    }
    for size in [34 * MIB + 512, 4 * MIB, 64 * KIB - 512, 512] {
        for content in CONTENTS {
            let bench = Bench::new();
            let source = bench.create("source.qcow2", "", size);
            let (first, then) = commands(content, size, 64 * KIB, bench.root());
            qemu_io(&source, "qcow2", &[first, then].concat());
            let flat = flattened(&source, "qcow2", &[]);
            for (subformat, kind) in SUBFORMATS {
                let directory = bench.path(kind);
                fs::create_dir(&directory).expect("room for a directory");
                let summary = written(&source, &directory, subformat);
                let files = files(&directory);
                assert_eq!(summary.files, files.len() as u64);
                assert_eq!(summary.file_size, files.values().sum::<u64>());
                assert_eq!(summary.capacity, size);
                let disk = directory.join("disk.vmdk");
                assert_same(&source, &disk, kind);
                let printed = cats::printed(cats::cat("vmdk-cat", &disk));
                assert!(printed == flat, "{kind}, {content:?}, {size} bytes");
            }
        }
    }
}

#[test]
fn large_disks_are_in_pieces_and_take_little_room() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let piece = 2047 * MIB;
    // Data on both sides of where pieces meet, and beyond 4 GiB; the third is empty.
    let size = 4 * piece + MIB + 512;
    let source = bench.create("source.qcow2", "", size);
    let writes = [piece - 512, 2 * piece - 65_536, 4 * piece, size - 512];
    let writes = writes.map(|at| format!("write -q -P 0x5a {at} {}", (size - at).min(1024)));
    qemu_io(&source, "qcow2", &writes);
    for (subformat, kind) in SUBFORMATS {
        let directory = bench.path(kind);
        fs::create_dir(&directory).expect("room for a directory");
        let summary = written(&source, &directory, subformat);
        assert_same(&source, &directory.join("disk.vmdk"), kind);
        let files = files(&directory);
        match subformat {
            Subformat::MonolithicSparse => assert_eq!(summary.grains, 5),
            Subformat::MonolithicFlat => assert_eq!(files["disk-flat.vmdk"], size),
            Subformat::TwoGbMaxExtentSparse => {
                assert_eq!(files.len(), 6);
                assert!(files["disk-s001.vmdk"] > files["disk-s003.vmdk"]);
                assert!(files.contains_key("disk-s005.vmdk"));
            }
        }
    }
}
