//! VHDs that qemu-img, Virtual PC, Hyper-V and the tests themselves make, packed and unpacked
//! by the real program and read by the library: the same bytes as qemu-img and libvhdi read.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ovfkit::base::storage::FileStorage;
use ovfkit::disk::DiskSource;
use ovfkit::disk::gate::Gate;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::vhd::{Image, Variant};
use support::bench::{Bench, flattened, qemu_io, text};
use support::content::{CONTENTS, Content, commands, noise, prose};
use support::exit::{DENIED, INVALID, IO, USAGE};
use support::refusal::refused;
use support::run::{run, succeed};
use support::vhd::{Parent, Vhd, footer, put, sum_all, utf16};
use support::{KIB, MIB, cats, corpus, parallel, tools};

/// On both sides of the boundaries of sectors and blocks.
const SIZES: [u64; 5] = [
    40 * MIB,
    33 * MIB + 64 * KIB - 512,
    2 * MIB + 512,
    2 * MIB,
    512,
];

#[derive(Debug)]
struct Shape {
    subformat: &'static str,
    exactly: bool,
    content: Content,
    size: u64,
}

fn shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (subformat, exactly) in [("dynamic", true), ("dynamic", false), ("fixed", true)] {
        for content in CONTENTS {
            shapes.extend(SIZES.map(|size| Shape {
                subformat,
                exactly,
                content,
                size,
            }));
        }
    }
    shapes
}

impl Shape {
    fn make(&self, bench: &Bench) -> PathBuf {
        let (first, then) = commands(self.content, self.size, 2 * MIB, bench.root());
        let exactly = if self.exactly { "on" } else { "off" };
        let options = format!("subformat={},force_size={exactly}", self.subformat);
        let image = bench.path("image.vhd");
        let size = self.size.to_string();
        let arguments = ["create", "-q", "-f", "vpc", "-o", &options, text(&image)];
        succeed("qemu-img", arguments.into_iter().chain([size.as_str()]));
        qemu_io(&image, "vpc", &first);
        qemu_io(&image, "vpc", &then);
        image
    }
}

/// All of a disk, as the library reads it.
fn all_of(disk: &dyn DiskSource) -> Vec<u8> {
    let mut bytes = vec![0xCC; usize::try_from(disk.capacity()).expect("small")];
    disk.read_at(0, &mut bytes).expect("reads");
    bytes
}

fn opened(image: &Path) -> Image {
    let storage = FileStorage::open(image).expect("opens");
    Image::open(Arc::new(storage), image).expect("a VHD")
}

/// All of a disk over its parents.
fn over_parents(image: &Path, allowed: &Path) -> (Vec<u8>, Vec<String>) {
    let options = OpenOptions {
        gate: Gate::allowing(&[allowed.to_path_buf()]).expect("a directory"),
        ..OpenOptions::default()
    };
    let disk = open(image, &options).expect("opens");
    let warnings = disk.warnings.into_iter().map(|warning| warning.message);
    (all_of(&*disk.source), warnings.collect())
}

/// What libvhdi reads of `image`, over `parents`, the nearest first.
fn vhd_cat(image: &Path, parents: &[&Path]) -> Vec<u8> {
    let mut cat = cats::cat("vhd-cat", image);
    cat.args(parents);
    cats::printed(cat)
}

#[test]
fn as_qemu_makes_them() {
    if !tools::have_qemu() || !tools::have_module("pyvhdi") {
        return;
    }
    parallel::each(
        &shapes(),
        |shape| format!("{shape:?}"),
        |shape| {
            let bench = Bench::new();
            let image = shape.make(&bench);
            let packed = bench.pack(&image, &["--level", "1", "--json"]);
            packed.assert_same_as(&image, "vpc");
            assert!(!packed.has_warnings(), "{}", packed.stderr);
            assert_eq!(packed.report()["disks"][0]["source_format"], "vhd");
            let disk = opened(&image);
            assert!(all_of(&disk) == flattened(&image, "vpc", &[]));
            assert_eq!(disk.variant().name(), shape.subformat);
            if shape.exactly {
                assert_eq!(disk.capacity(), shape.size);
            } else {
                // Whole cylinders are not fewer bytes than were asked for.
                assert!(disk.capacity() >= shape.size);
            }
            // libvhdi shows the current size, which QEMU makes the same.
            assert!(all_of(&disk) == vhd_cat(&image, &[]));
        },
    );
}

/// A sector on each side of every boundary between blocks, and nothing else.
#[test]
fn islands_at_every_boundary() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = bench.path("image.vhd");
    let arguments = ["create", "-q", "-f", "vpc", "-o", "force_size=on"];
    succeed(
        "qemu-img",
        arguments.into_iter().chain([text(&image), "64M"]),
    );
    let writes: Vec<_> = (1..32)
        .filter(|block| block % 5 != 0)
        .map(|block| format!("write -q -P {block} {} 1024", block * 2 * MIB - 512))
        .collect();
    qemu_io(&image, "vpc", &writes);
    let packed = bench.pack(&image, &[]);
    packed.assert_same_as(&image, "vpc");
    assert!(all_of(&opened(&image)) == flattened(&image, "vpc", &[]));
}

/// The size is that of the program that made the disk.
#[test]
fn disks_of_virtual_pc_and_hyper_v() {
    for (name, creator_shows) in [
        ("virtualpc-dynamic", 136_363_130_880),
        ("hyperv2012r2-dynamic", 136_365_211_648),
    ] {
        let Some(sample) = corpus::file(&format!("samples/{name}.vhd.bz2")) else {
            return;
        };
        if !tools::have(&["bunzip2"]) {
            return;
        }
        let bench = Bench::new();
        let unpacked = run(Command::new("bunzip2").arg("-kc").arg(&sample));
        assert!(unpacked.succeeded(), "{}", unpacked.stderr);
        let path = bench.write("image.vhd", &unpacked.stdout);
        let disk = opened(&path);
        assert_eq!(
            (disk.capacity(), disk.variant()),
            (creator_shows, Variant::Dynamic)
        );
        let told = disk.warnings();
        assert_eq!(
            told.len(),
            usize::from(name.starts_with("virtualpc")),
            "{told:?}"
        );
        let packed = bench.pack(&path, &[]);
        assert_eq!(packed.capacity(), creator_shows);
        assert_eq!(packed.has_warnings(), !told.is_empty(), "{}", packed.stderr);
    }
}

/// Whose disks have the size their geometry makes, QEMU knows, too.
#[test]
fn sizes_by_creator() {
    if !tools::have_qemu() {
        return;
    }
    for creator in [
        b"vpc ", b"qemu", b"qem2", b"win ", b"vbox", b"tap\0", b"wa\0\0", b"?\0\0\0",
    ] {
        let bench = Bench::new();
        let vhd = Vhd {
            creator: *creator,
            ..Vhd::default()
        };
        let mut file = vhd.fixed(&noise(10 * MIB));
        let last = file.len() - 512;
        // 300 cylinders, 4 heads, 17 sectors.
        put(&mut file, last + footer::GEOMETRY, &[1, 44, 4, 17]);
        sum_all(&mut file);
        let path = bench.write("image.vhd", &file);
        assert!(
            all_of(&opened(&path)) == flattened(&path, "vpc", &[]),
            "{}",
            creator.escape_ascii()
        );
    }
}

/// Blocks of every size, in any order, and sectors that were never written.
#[test]
fn blocks_of_other_sizes() {
    if !tools::have_module("pyvhdi") {
        return;
    }
    let disk = noise(3 * MIB + 1024);
    for block in [64 * KIB, 512 * KIB, MIB, 2 * MIB] {
        let bench = Bench::new();
        let vhd = Vhd {
            block: usize::try_from(block).expect("small"),
            ..Vhd::default()
        };
        let per_block = block / 512;
        // libvhdi does not look at the bitmaps of dynamic disks.
        let path = bench.write(
            "image.vhd",
            &vhd.blocks(&disk, |sector| {
                !(sector as u64 / per_block).is_multiple_of(3)
            }),
        );
        let read = all_of(&opened(&path));
        assert!(read == vhd_cat(&path, &[]), "blocks of {block} bytes");
        assert!(read != disk && read.len() == disk.len());
    }
}

/// A base, a disk on it, and a disk on that. Sectors of both are never in one byte of a bitmap:
/// of those, libvhdi takes all behind the first that is stored for stored.
fn chain(bench: &Bench, locators: Vec<([u8; 4], Vec<u8>)>) -> [PathBuf; 3] {
    let on = |parent: &Vhd, short, locators| Parent {
        id: parent.id,
        time_stamp: parent.time_stamp,
        short,
        locators,
    };
    let base = Vhd::default();
    let middle = Vhd {
        id: *b"in the middle...",
        parent: Some(on(
            &base,
            "base.vhd",
            vec![(*b"W2ru", utf16(r".\base.vhd"))],
        )),
        ..Vhd::default()
    };
    let top = Vhd {
        id: *b"on top of them..",
        parent: Some(on(&middle, "middle.vhd", locators)),
        ..Vhd::default()
    };
    [
        bench.write(
            "base.vhd",
            &base.blocks(&prose(6 * MIB), |sector| sector / 4096 != 1),
        ),
        bench.write(
            "middle.vhd",
            &middle.blocks(&noise(6 * MIB), |sector| {
                sector / 8 % 9 == 0 && sector < 9000
            }),
        ),
        bench.write(
            "top.vhd",
            &top.blocks(&vec![9; 6 << 20], |sector| (304..320).contains(&sector)),
        ),
    ]
}

#[test]
fn disks_on_a_parent() {
    if !tools::have_qemu() || !tools::have_module("pyvhdi") {
        return;
    }
    let bench = Bench::new();
    let [base, middle, top] = chain(&bench, vec![(*b"W2ru", utf16(r".\middle.vhd"))]);
    let (read, warnings) = over_parents(&top, bench.root());
    assert!(
        read == vhd_cat(&top, &[&middle, &base]),
        "as libvhdi reads it"
    );
    assert!(warnings.is_empty(), "{warnings:?}");
    assert!(read[304 * 512..320 * 512].iter().all(|byte| *byte == 9));
    // qemu-img would not look for the parent.
    let raw = bench.write("flat.raw", &read);
    let allow = ["--allow-backing", text(bench.root())];
    let packed = bench.pack(&top, &allow);
    packed.assert_same_as(&raw, "raw");
    refused(
        &bench,
        &top,
        &[],
        DENIED,
        "needs the parent disk `./middle.vhd`",
    );
    // A qcow2 image on a VHD with parents.
    let image = bench.create_on("image.qcow2", "", ("top.vhd", "vpc"), None);
    bench.pack(&image, &allow).assert_same_as(&raw, "raw");
}

/// Whoever names the parent, it is found, also when the disks were moved.
#[test]
fn parents_are_found_by_the_names_of_every_system() {
    for locators in [
        vec![],
        vec![(*b"W2ku", utf16(r"D:\Virtual Machines\middle.vhd"))],
        vec![(*b"MacX", b"file://./middle.vhd".to_vec())],
        vec![(*b"MacX", b"file:///nowhere/at/all/middle.vhd\0".to_vec())],
        vec![(*b"Wi2r", b".\\middle.vhd".to_vec())],
        vec![(*b"W2ru", utf16(r"..\gone\middle.vhd"))],
    ] {
        let bench = Bench::new();
        let shown = format!("{locators:?}");
        let [_, _, top] = chain(&bench, locators);
        let (read, _) = over_parents(&top, bench.root());
        assert!(
            read[304 * 512..320 * 512].iter().all(|byte| *byte == 9),
            "{shown}"
        );
        assert!(read.starts_with(&noise(512)), "{shown}");
    }
}

#[test]
fn parents_that_do_not_fit() {
    let bench = Bench::new();
    let allow = ["--allow-backing", text(bench.root())];
    let [base, middle, top] = chain(&bench, vec![(*b"W2ru", utf16("middle.vhd"))]);
    let good = fs::read(&middle).expect("a VHD");
    // Of another id.
    fs::copy(&base, &middle).expect("a copy");
    refused(&bench, &top, &allow, INVALID, "its parent disk has the id");
    // No VHD.
    fs::write(&middle, prose(MIB)).expect("room");
    refused(&bench, &top, &allow, INVALID, "this is no VHD");
    // The disk itself, and a loop of two.
    fs::copy(&top, &middle).expect("a copy");
    refused(&bench, &top, &allow, INVALID, "is the image itself");
    fs::remove_file(&middle).expect("there");
    refused(&bench, &top, &allow, IO, "cannot open the parent disk");
    // Changed since, by its footer and by its file.
    let changed = Vhd {
        time_stamp: 5,
        ..Vhd::default()
    };
    fs::write(&middle, &good).expect("room");
    fs::write(&base, changed.fixed(&prose(6 * MIB))).expect("room");
    let (_, warnings) = over_parents(&top, bench.root());
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("another time of change"),
        "{warnings:?}"
    );
    // Its file was not.
    let noted = std::time::SystemTime::UNIX_EPOCH
        + std::time::Duration::from_secs(946_684_800 + 700_000_000);
    let file = fs::File::options().write(true).open(&base).expect("there");
    file.set_modified(noted).expect("a time");
    assert!(over_parents(&top, bench.root()).1.is_empty());
}

#[test]
fn formats_asked_for_by_name() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let disk = prose(MIB);
    let image = bench.write("image.raw", &Vhd::default().fixed(&disk));
    for format in ["vhd", "vpc", "VHD"] {
        let packed = bench.pack(&image, &["--input-format", format]);
        assert_eq!(packed.capacity(), MIB);
    }
    // Told so, the footer is a part of the disk.
    let packed = bench.pack(&image, &["--input-format", "raw"]);
    assert_eq!(packed.capacity(), MIB + 512);
    refused(
        &bench,
        &image,
        &["--input-format", "vdi"],
        INVALID,
        "no VDI",
    );
    refused(
        &bench,
        &image,
        &["--snapshot", "s"],
        USAGE,
        "a vhd disk has no snapshots",
    );
}
