//! VDIs that qemu-img and the tests themselves make, packed and unpacked by the real program
//! and read by the library: the same bytes as qemu-img reads.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use ovfkit::disk::gate::Gate;
use ovfkit::disk::open::{OpenOptions, OpenedDisk, open};
use support::bench::{Bench, flattened, qemu_io, text};
use support::content::{CONTENTS, Content, commands, noise, prose};
use support::exit::{DENIED, INVALID, USAGE};
use support::refusal::refused;
use support::run::succeed;
use support::vdi::{Stored, Vdi};
use support::{KIB, MIB, parallel, tools};

/// On both sides of the boundaries of sectors and blocks.
const SIZES: [u64; 6] = [
    40 * MIB,
    33 * MIB + 64 * KIB - 512,
    4 * MIB + 512,
    MIB,
    MIB - 512,
    512,
];

#[derive(Debug)]
struct Shape {
    fixed: bool,
    content: Content,
    size: u64,
}

impl Shape {
    fn make(&self, bench: &Bench) -> PathBuf {
        let (first, then) = commands(self.content, self.size, MIB, bench.root());
        let image = bench.path("image.vdi");
        let options = if self.fixed {
            "static=on"
        } else {
            "static=off"
        };
        let size = self.size.to_string();
        let arguments = ["create", "-q", "-f", "vdi", "-o", options, text(&image)];
        succeed("qemu-img", arguments.into_iter().chain([size.as_str()]));
        qemu_io(&image, "vdi", &first);
        qemu_io(&image, "vdi", &then);
        image
    }
}

fn opened(image: &Path, allowed: &[PathBuf]) -> OpenedDisk {
    let options = OpenOptions {
        gate: Gate::allowing(allowed).expect("directories"),
        ..OpenOptions::default()
    };
    open(image, &options).expect("opens")
}

/// All of a disk, as the library reads it.
fn all_of(disk: &OpenedDisk) -> Vec<u8> {
    let disk = &disk.source;
    let mut bytes = vec![0xCC; usize::try_from(disk.capacity()).expect("small")];
    disk.read_at(0, &mut bytes).expect("reads");
    bytes
}

#[test]
fn as_qemu_makes_them() {
    if !tools::have_qemu() {
        return;
    }
    let shapes: Vec<_> = [false, true]
        .into_iter()
        .flat_map(|fixed| CONTENTS.map(|content| (fixed, content)))
        .flat_map(|(fixed, content)| {
            SIZES.map(|size| Shape {
                fixed,
                content,
                size,
            })
        })
        .collect();
    parallel::each(
        &shapes,
        |shape| format!("{shape:?}"),
        |shape| {
            let bench = Bench::new();
            let image = shape.make(&bench);
            let packed = bench.pack(&image, &["--level", "1", "--json"]);
            packed.assert_same_as(&image, "vdi");
            assert!(!packed.has_warnings(), "{}", packed.stderr);
            assert_eq!(packed.capacity(), shape.size);
            assert_eq!(packed.report()["disks"][0]["source_format"], "vdi");
            assert!(all_of(&opened(&image, &[])) == flattened(&image, "vdi", &[]));
        },
    );
}

/// A sector on each side of boundaries between blocks, and blocks made from a raw disk.
#[test]
fn islands_and_conversions() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let mut disk = vec![0; 33 << 20];
    for block in (1..33_usize).filter(|block| block % 5 != 0) {
        disk[(block << 20) - 512..(block << 20) + 512].fill(block.to_le_bytes()[0]);
    }
    let raw = bench.write("disk.raw", &disk);
    for options in ["static=on", "static=off"] {
        let image = bench.path("image.vdi");
        let arguments = ["convert", "-f", "raw", "-O", "vdi", "-o", options];
        succeed(
            "qemu-img",
            arguments.into_iter().chain([text(&raw), text(&image)]),
        );
        assert!(all_of(&opened(&image, &[])) == disk, "{options}");
        bench.pack(&image, &[]).assert_same_as(&raw, "raw");
    }
}

/// Entries that tell of zeros, sizes that are no whole sectors, and blocks out of order;
/// and what QEMU refuses: blocks of other sizes, and bytes in front of them.
#[test]
fn what_virtualbox_may_make() {
    if !tools::have_qemu() {
        return;
    }
    let how = |block: usize| [Stored::Data, Stored::Zero, Stored::Free][block % 3];
    for (size, block, extra, qemu_reads) in [
        (5 * MIB + 1000, MIB, 0, true),
        (5 * MIB, MIB, 0, true),
        (5 * MIB + 7, 64 * KIB, 0, false),
        (5 * MIB, MIB, 512, false),
        (300 * KIB, 4 * KIB, 24, false),
    ] {
        let bench = Bench::new();
        let [block, extra] = [block, extra].map(|bytes| usize::try_from(bytes).expect("small"));
        let vdi = Vdi {
            block,
            extra,
            ..Vdi::default()
        };
        let mut disk = noise(size);
        let image = bench.write("image.vdi", &vdi.build(&disk, how));
        for (number, bytes) in disk.chunks_mut(block).enumerate() {
            if how(number) != Stored::Data {
                bytes.fill(0);
            }
        }
        assert!(
            all_of(&opened(&image, &[])) == disk,
            "blocks of {block} bytes"
        );
        if qemu_reads {
            // QEMU rounds up to a sector, with whatever the block has there.
            let flat = flattened(&image, "vdi", &[]);
            assert!(flat.starts_with(&disk), "as QEMU reads it");
        }
        disk.resize(disk.len().next_multiple_of(512), 0);
        let raw = bench.write("disk.raw", &disk);
        bench.pack(&image, &[]).assert_same_as(&raw, "raw");
    }
}

/// As VirtualBox has them: the disk, and two snapshots of it in a directory below.
fn chain(bench: &Bench) -> (PathBuf, PathBuf, Vec<u8>) {
    let snapshots = bench.path("Snapshots");
    fs::create_dir(&snapshots).expect("room");
    let base = Vdi::default();
    let middle = Vdi::on(&base);
    let top = Vdi {
        id: *b"on top of them..",
        ..Vdi::on(&middle)
    };
    let (low, mid) = (prose(6 * MIB), noise(6 * MIB));
    bench.write(
        "web.vdi",
        &base.build(&low, |block| [Stored::Data, Stored::Free][block / 5]),
    );
    let how = |block| [Stored::Free, Stored::Data, Stored::Zero][block % 3];
    fs::write(snapshots.join("{a}.vdi"), middle.build(&mid, how)).expect("room");
    let path = snapshots.join("{b}.vdi");
    let how = |block| {
        if block == 3 {
            Stored::Data
        } else {
            Stored::Free
        }
    };
    fs::write(&path, top.build(&vec![9; 6 << 20], how)).expect("room");
    let mib = 1 << 20;
    let mut disk = vec![0; 6 * mib];
    disk[..mib].copy_from_slice(&low[..mib]);
    disk[mib..2 * mib].copy_from_slice(&mid[mib..2 * mib]);
    disk[3 * mib..4 * mib].fill(9);
    disk[4 * mib..5 * mib].copy_from_slice(&mid[4 * mib..5 * mib]);
    (path, snapshots, disk)
}

#[test]
fn disks_on_a_parent() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let (top, snapshots, disk) = chain(&bench);
    let read = opened(&top, &[bench.root().to_path_buf()]);
    assert!(read.warnings.is_empty(), "{:?}", read.warnings);
    assert_eq!(read.files.len(), 3);
    assert!(all_of(&read) == disk);
    let raw = bench.write("flat.raw", &disk);
    let packed = bench.pack(&top, &["--allow-backing", text(bench.root())]);
    packed.assert_same_as(&raw, "raw");
    // A parent that is elsewhere, where it is allowed.
    let elsewhere = bench.path("elsewhere");
    fs::create_dir(&elsewhere).expect("room");
    fs::rename(bench.path("web.vdi"), elsewhere.join("renamed")).expect("moved");
    assert!(all_of(&opened(&top, &[snapshots, elsewhere])) == disk);
}

#[test]
fn parents_that_are_not_to_be_found() {
    let bench = Bench::new();
    let (top, snapshots, _) = chain(&bench);
    let allow = ["--allow-backing", text(bench.root())];
    // The id of the one in the middle, as VirtualBox shows it.
    refused(
        &bench,
        &top,
        &[],
        DENIED,
        "needs the parent disk `{68632061-6c69-2064-6f66-2069742e2e2e}`",
    );
    // Allowed is a directory that has not all of them.
    let below = ["--allow-backing", text(&snapshots)];
    refused(&bench, &top, &below, INVALID, "was not found");
    // Two with the same id.
    fs::copy(bench.path("web.vdi"), bench.path("copy of web.vdi")).expect("a copy");
    refused(&bench, &top, &allow, INVALID, "2 files have the id");
    fs::remove_file(bench.path("copy of web.vdi")).expect("there");
    // A loop.
    let middle = snapshots.join("{a}.vdi");
    let around = Vdi {
        id: Vdi::on(&Vdi::default()).id,
        parent: *b"on top of them..",
        ..Vdi::default()
    };
    let good = fs::read(&middle).expect("a VDI");
    fs::write(&middle, around.build(&prose(MIB), |_| Stored::Free)).expect("room");
    refused(&bench, &top, &allow, INVALID, "is the image itself");
    fs::write(&middle, good).expect("room");
    // Written to since.
    let written = Vdi {
        modification: *b"another one.....",
        ..Vdi::default()
    };
    bench.write("web.vdi", &written.build(&prose(6 * MIB), |_| Stored::Data));
    let disk = opened(&top, &[bench.root().to_path_buf()]);
    assert_eq!(disk.warnings.len(), 1, "{:?}", disk.warnings);
    assert!(disk.warnings[0].message.contains("written to since"));
}

#[test]
fn formats_asked_for_by_name() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.write(
        "image",
        &Vdi::default().build(&prose(MIB), |_| Stored::Data),
    );
    for arguments in [&["--input-format", "vdi"][..], &[]] {
        assert_eq!(bench.pack(&image, arguments).capacity(), MIB);
    }
    refused(
        &bench,
        &image,
        &["--input-format", "vhd"],
        INVALID,
        "no VHD",
    );
    refused(
        &bench,
        &image,
        &["--snapshot", "s"],
        USAGE,
        "a vdi disk has no snapshots",
    );
}
