//! VHDX images that qemu-img and Hyper-V make, packed and unpacked by the real program and
//! read by the library: the same bytes as qemu-img and libvhdi read. What qemu-img cannot
//! make, such as overlays and logs that were not replayed, is made here.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ovfkit::base::storage::FileStorage;
use ovfkit::disk::vhdx::Image;
use ovfkit::disk::{DiskSource as _, ExtentKind};
use support::bench::{Bench, flattened, qemu_io, text};
use support::content::{CONTENTS, Content, commands, noise, prose};
use support::exit::{DENIED, INVALID, LIMIT, UNSUPPORTED, USAGE};
use support::refusal::refused;
use support::run::{ovfkit, run, succeed};
use support::vhdx::{BAT, Block, Entry, Parent, Recipe, Vhdx, Write};
use support::{MIB, cats, corpus, parallel, tools};

/// On both sides of the boundaries of sectors and blocks.
const SIZES: [u64; 4] = [40 * MIB, 33 * MIB + 512, MIB - 512, 512];

#[derive(Debug)]
struct Shape {
    options: &'static str,
    content: Content,
    size: u64,
}

impl Shape {
    fn make(&self, bench: &Bench) -> PathBuf {
        let (first, then) = commands(self.content, self.size, MIB, bench.root());
        let image = create(bench, "image.vhdx", self.options, self.size);
        qemu_io(&image, "vhdx", &written(first));
        qemu_io(&image, "vhdx", &written(then));
        image
    }
}

/// qemu-io cannot discard in a VHDX.
fn written(commands: Vec<String>) -> Vec<String> {
    let mut commands = commands;
    commands.retain(|command| !command.starts_with("discard"));
    commands
}

fn create(bench: &Bench, name: &str, options: &str, size: u64) -> PathBuf {
    let image = bench.path(name);
    let size = size.to_string();
    let arguments = ["create", "-q", "-f", "vhdx", "-o", options, text(&image)];
    succeed("qemu-img", arguments.into_iter().chain([size.as_str()]));
    image
}

fn open(path: &Path) -> Image {
    let storage = FileStorage::open(path).expect("opens");
    Image::open(Arc::new(storage), path).expect("a VHDX")
}

/// All of the disk, as the library reads it.
fn read(image: &Image) -> Vec<u8> {
    let mut disk = vec![0xCC; usize::try_from(image.capacity()).expect("small")];
    image.read_at(0, &mut disk).expect("reads");
    disk
}

/// Packed, unpacked and read, the disk is that of qemu-img.
fn pack_and_compare(bench: &Bench, image: &Path, size: u64) {
    let packed = bench.pack(image, &["--level", "1", "--json"]);
    packed.assert_same_as(image, "vhdx");
    packed.assert_comes_back(image, "vhdx", &["raw"]);
    assert_eq!(packed.capacity(), size);
    assert!(!packed.has_warnings(), "{}", packed.stderr);
    assert!(read(&open(image)) == flattened(image, "vhdx", &[]));
}

#[test]
fn images_as_qemu_makes_them() {
    if !tools::have_qemu() {
        return;
    }
    let options = [
        "subformat=dynamic,block_size=1M",
        "subformat=dynamic,block_size=2M,block_state_zero=off",
        "subformat=dynamic",
        "subformat=fixed,block_size=1M",
        "subformat=fixed,log_size=2M",
    ];
    let mut shapes = Vec::new();
    for options in options {
        for content in CONTENTS {
            shapes.extend(SIZES.map(|size| Shape {
                options,
                content,
                size,
            }));
        }
    }
    parallel::each(
        &shapes,
        |shape| format!("{shape:?}"),
        |shape| {
            let bench = Bench::new();
            pack_and_compare(&bench, &shape.make(&bench), shape.size);
        },
    );
}

#[test]
fn images_that_qemu_converts() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let mut disk = prose(3 << 20);
    disk.extend(vec![0; 5 << 20]);
    disk.extend(noise((1 << 20) + 512));
    let raw = bench.write("disk.raw", &disk);
    for options in [
        "subformat=dynamic,block_size=1M",
        "subformat=fixed,block_size=4M",
    ] {
        let image = bench.path("image.vhdx");
        let arguments = ["convert", "-f", "raw", "-O", "vhdx", "-o", options];
        succeed(
            "qemu-img",
            arguments.into_iter().chain([text(&raw), text(&image)]),
        );
        assert!(read(&open(&image)) == disk, "{options}");
        pack_and_compare(&bench, &image, disk.len() as u64);
    }
}

/// Disks larger than a chunk, behind which the entries of the BAT are shifted.
#[test]
fn disks_of_several_chunks() {
    if !tools::have_qemu() {
        return;
    }
    let (gib, size) = (1 << 30, (9 << 30) + 512 * 3);
    for options in [
        "subformat=dynamic,block_size=1M",
        "subformat=dynamic,block_size=256M",
    ] {
        let bench = Bench::new();
        let image = create(&bench, "image.vhdx", options, size);
        let places = [
            0,
            4 * gib - 512,
            4 * gib + MIB,
            8 * gib - MIB,
            8 * gib - 512,
            size - 512,
        ];
        let command = |at: &u64| format!("write -P {} {at} 512", at % 251 + 1);
        qemu_io(
            &image,
            "vhdx",
            &places.iter().map(command).collect::<Vec<_>>(),
        );
        let packed = bench.pack(&image, &["--level", "1"]);
        packed.assert_same_as(&image, "vhdx");
        let disk = open(&image);
        for at in places {
            let mut sector = [0; 512];
            disk.read_at(at, &mut sector).expect("reads");
            let filled = u8::try_from(at % 251 + 1).expect("a byte");
            assert!(sector.iter().all(|byte| *byte == filled), "{at}");
        }
    }
}

/// An image by Hyper-V, with physical sectors of 4096 bytes.
#[test]
fn an_image_of_hyper_v() {
    let Some(sample) = corpus::file("samples/iotest-dynamic-1G.vhdx.bz2") else {
        return;
    };
    if !tools::have_qemu() || !tools::have(&["bunzip2"]) {
        return;
    }
    let bench = Bench::new();
    let unpacked = run(Command::new("bunzip2").arg("-kc").arg(&sample));
    assert!(unpacked.succeeded(), "{}", unpacked.stderr);
    let path = bench.write("hyperv.vhdx", &unpacked.stdout);
    let image = open(&path);
    let said = image.summary();
    assert_eq!((image.capacity(), said.block_size), (1 << 30, 32 * MIB));
    assert_eq!(
        (said.logical_sector_size, said.physical_sector_size),
        (512, 4096)
    );
    assert_eq!((said.variant, said.dirty_log), ("dynamic", false));
    let disk = read(&image);
    let (filled, zeros) = disk.split_at(66 << 20);
    let (first, second) = filled.split_at(33 << 20);
    assert!(first.iter().all(|byte| *byte == 0xA5) && second.iter().all(|byte| *byte == 0x96));
    assert!(zeros.iter().all(|byte| *byte == 0));
    let packed = bench.pack(&path, &["--level", "1"]);
    packed.assert_same_as(&path, "vhdx");
    assert!(!packed.has_warnings(), "{}", packed.stderr);
}

/// What is not stored is not read, also where the zeros of a fixed disk are holes.
#[test]
fn a_fixed_disk_is_read_where_it_holds_data() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = create(
        &bench,
        "image.vhdx",
        "subformat=fixed,block_size=1M",
        8 << 30,
    );
    qemu_io(&image, "vhdx", &["write -P 7 5G 1M".to_owned()]);
    let disk = open(&image);
    assert_eq!(disk.summary().variant, "fixed");
    let first = disk.extent_at(0).expect("an extent");
    if first.kind == ExtentKind::Data {
        eprintln!("SKIPPED: this file system does not tell of holes");
        return;
    }
    let (mut at, mut data) = (0, 0);
    while at < disk.capacity() {
        let extent = disk.extent_at(at).expect("an extent");
        at += extent.length;
        data += if extent.kind == ExtentKind::Data {
            extent.length
        } else {
            0
        };
    }
    assert!((MIB..4 * MIB).contains(&data), "{data}");
}

fn block(seed: u64) -> Vec<u8> {
    let mut bytes = noise(1 << 20);
    bytes.rotate_left(usize::try_from(seed).expect("small") * 4099);
    bytes
}

/// An overlay of an overlay of a base, with sectors of this size.
fn chain(sector: u32) -> [Recipe; 3] {
    let present = |from: usize, to: usize| {
        let count = (1 << 20) / sector as usize;
        (0..count)
            .map(|number| (from..to).contains(&number))
            .collect()
    };
    let base = Recipe {
        sector,
        data: 1,
        blocks: [
            (0, Block::Whole(block(1))),
            (1, Block::Whole(block(2))),
            (3, Block::Whole(block(3))),
        ]
        .into(),
        ..Recipe::new(4 * MIB)
    };
    let middle = Recipe {
        sector,
        data: 2,
        parent: Some(Parent::beside("base.vhdx", 1)),
        blocks: [
            (1, Block::Partial(block(4), present(3, 77))),
            (2, Block::Whole(block(5))),
        ]
        .into(),
        ..Recipe::new(4 * MIB)
    };
    let top = Recipe {
        sector,
        data: 3,
        parent: Some(Parent::beside("middle.vhdx", 2)),
        blocks: [
            (0, Block::Partial(block(6), present(0, 1))),
            (1, Block::Partial(block(7), present(70, 200))),
            (3, Block::Zeros(2)),
        ]
        .into(),
        ..Recipe::new(4 * MIB)
    };
    [base, middle, top]
}

fn write_chain(bench: &Bench, chain: &[Recipe; 3]) -> [PathBuf; 3] {
    let names = ["base.vhdx", "middle.vhdx", "top.vhdx"];
    let made = chain.iter().zip(names);
    let paths: Vec<_> = made
        .map(|(recipe, name)| bench.write(name, &recipe.build().bytes))
        .collect();
    paths.try_into().expect("three")
}

fn as_libvhdi_reads(paths: &[&PathBuf]) -> Vec<u8> {
    let mut cat = cats::cat("vhdx-cat", paths[0]);
    cat.args(&paths[1..]);
    cats::printed(cat)
}

#[test]
fn libvhdi_reads_the_same() {
    if !tools::have_qemu() || !tools::have_module("pyvhdi") {
        return;
    }
    for content in CONTENTS {
        for options in [
            "subformat=dynamic,block_size=1M",
            "subformat=fixed,block_size=1M",
        ] {
            let bench = Bench::new();
            let shape = Shape {
                options,
                content,
                size: 33 * MIB,
            };
            let image = shape.make(&bench);
            assert!(
                as_libvhdi_reads(&[&image]) == read(&open(&image)),
                "{shape:?}"
            );
        }
    }
}

#[test]
fn disks_on_a_parent() {
    if !tools::have(&["qemu-img", "tar"]) || !tools::have_module("pyvhdi") {
        return;
    }
    for sector in [512, 4096] {
        let bench = Bench::new();
        let chain = chain(sector);
        let [base, middle, top] = write_chain(&bench, &chain);
        let disk = chain
            .iter()
            .fold(Vec::new(), |disk, recipe| recipe.over(&disk));
        // libvhdi shows the parent through a block of zeros, which the specification forbids
        // (2.5.1.1); such is the last one.
        let read = as_libvhdi_reads(&[&top, &middle, &base]);
        assert!(read[..3 << 20] == disk[..3 << 20], "sectors of {sector}");
        assert_eq!(read.len(), disk.len());
        let raw = bench.write("disk.raw", &disk);
        let allow = ["--allow-backing", text(bench.root())];
        let packed = bench.pack(&top, &[&allow[..], &["--json"]].concat());
        packed.assert_same_as(&raw, "raw");
        refused(
            &bench,
            &top,
            &[],
            DENIED,
            r"needs the parent disk `./middle.vhdx`",
        );
        // Written to, a parent gets another identifier.
        let written = Recipe {
            data: 9,
            ..chain[1].clone()
        };
        bench.write("middle.vhdx", &written.build().bytes);
        refused(&bench, &top, &allow, INVALID, "is expected");
        // A disk on itself.
        fs::copy(&top, &middle).expect("a copy");
        let own = Recipe {
            parent: Some(Parent::beside("middle.vhdx", 2)),
            ..chain[1].clone()
        };
        bench.write("middle.vhdx", &own.build().bytes);
        refused(&bench, &top, &allow, INVALID, "is the image itself");
        // A parent has to be a VHDX, and to be there.
        fs::copy(&raw, &middle).expect("a copy");
        refused(&bench, &top, &allow, INVALID, "no VHDX image");
        fs::remove_file(&middle).expect("it");
        refused(
            &bench,
            &top,
            &allow,
            support::exit::IO,
            "cannot open the parent disk",
        );
    }
}

/// A parent elsewhere; names that lead to no file.
#[test]
fn where_a_parent_is_looked_for() {
    if !tools::have(&["qemu-img", "tar"]) {
        return;
    }
    let bench = Bench::new();
    let [base, mut middle, _] = chain(512);
    fs::create_dir_all(bench.path("a/b")).expect("a directory");
    fs::create_dir_all(bench.path("c")).expect("a directory");
    bench.write("c/base.vhdx", &base.build().bytes);
    let allow = ["--allow-backing", text(bench.root())];
    let mut with = |paths: &[(&str, &str)]| {
        middle.parent = Some(Parent {
            data: 1,
            paths: paths
                .iter()
                .map(|(key, path)| ((*key).to_owned(), (*path).to_owned()))
                .collect(),
        });
        bench.write("a/b/top.vhdx", &middle.build().bytes)
    };
    let absolute = ("absolute_win32_path", r"\\?\C:\vm\base.vhdx");
    let top = with(&[absolute, ("relative_path", r"..\..\c\base.vhdx")]);
    bench.pack(&top, &allow);
    let directory = bench.path("a");
    let inside = ["--allow-backing", text(&directory)];
    refused(&bench, &top, &inside, DENIED, "is in no allowed directory");
    if !cfg!(windows) {
        let top = with(&[absolute]);
        refused(&bench, &top, &allow, UNSUPPORTED, "a path of Windows alone");
    }
    let top = with(&[("relative_path", "json:{}")]);
    refused(&bench, &top, &allow, DENIED, "is never followed");
}

#[test]
fn chains_have_an_end() {
    if !tools::have(&["qemu-img", "tar"]) {
        return;
    }
    let bench = Bench::new();
    let overlay = |number: u128| Recipe {
        data: number,
        parent: Some(Parent::beside(&format!("{}.vhdx", number + 1), number + 1)),
        ..Recipe::new(MIB)
    };
    for number in 0..65 {
        bench.write(&format!("{number}.vhdx"), &overlay(number).build().bytes);
    }
    let allow = ["--allow-backing", text(bench.root())];
    refused(
        &bench,
        &bench.path("0.vhdx"),
        &allow,
        LIMIT,
        "longer than 64 images",
    );
}

/// A disk in a file whose BAT does not tell of a block yet that its log does.
fn torn() -> (Vhdx, Vec<u8>) {
    let recipe = Recipe {
        blocks: [(0, Block::Whole(block(1))), (1, Block::Whole(block(2)))].into(),
        ..Recipe::new(2 * MIB)
    };
    let mut image = recipe.build();
    let sector = image.bytes[BAT..BAT + 4096].to_vec();
    image.put64(BAT + 8, 0);
    image.dirty();
    let length = image.bytes.len();
    let spoil = vec![Write::Zeros(BAT as u64, 4096)];
    let mend = vec![Write::Sector(BAT as u64, sector)];
    let first = Entry::new(4, 0xF_F000, length, spoil).build();
    // The second goes on at the start of the log.
    image.log(0xF_F000, &first);
    image.log(0, &Entry::new(5, 0xF_F000, length, mend).build());
    (image, recipe.over(&[]))
}

/// QEMU, which replays a log into the file, makes the same of it.
#[test]
fn a_log_that_was_not_replayed() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let (image, disk) = torn();
    let path = bench.write("torn.vhdx", &image.bytes);
    assert!(read(&open(&path)) == disk);
    let packed = bench.pack(&path, &["--json"]);
    assert!(
        packed.stderr.contains("not closed cleanly"),
        "{}",
        packed.stderr
    );
    let raw = bench.write("disk.raw", &disk);
    packed.assert_same_as(&raw, "raw");
    assert!(
        fs::read(&path).expect("it") == image.bytes,
        "the file stays as it is"
    );
    let copy = bench.write("copy.vhdx", &image.bytes);
    succeed(
        "qemu-img",
        ["check", "-q", "-f", "vhdx", "-r", "all", text(&copy)],
    );
    assert!(flattened(&copy, "vhdx", &[]) == disk);
    assert!(read(&open(&copy)) == disk);
}

/// The same in a package: `info` tells of it, and `unpack` converts it.
#[test]
fn a_vhdx_in_a_package() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let (image, disk) = torn();
    let raw = bench.write("disk.raw", &disk);
    let packed = bench.pack(&raw, &["--format", "ova"]);
    let inside = packed.directory.join("vm-disk1.vhdx");
    fs::write(&inside, &image.bytes).expect("room");
    let descriptor = packed.directory.join("vm.ovf");
    let described = fs::read_to_string(&descriptor).expect("a descriptor");
    fs::write(&descriptor, described.replace(".vmdk\"", ".vhdx\"")).expect("room");
    fs::remove_file(packed.directory.join("vm.mf")).expect("a manifest");
    let told = run(ovfkit().arg("info").arg(&descriptor).arg("--json"));
    let told: serde_json::Value = serde_json::from_str(&told.text()).expect("JSON");
    let members = told["package"]["members"].as_array().expect("members");
    let member = members.iter().find(|member| !member["disk"].is_null());
    let told = &member.expect("a disk")["disk"];
    assert_eq!(
        (&told["format"], &told["capacity"]),
        (&"vhdx".into(), &(2 * MIB).into())
    );
    assert_eq!(told["variant"], "dynamic");
    let vhdx = &told["vhdx"];
    assert_eq!(
        (&vhdx["block_size"], &vhdx["dirty_log"]),
        (&MIB.into(), &true.into())
    );
    let out = bench.path("out");
    let mut unpack = ovfkit();
    unpack
        .arg("unpack")
        .arg(&descriptor)
        .arg("-d")
        .arg(&out)
        .args(["--disks", "raw"]);
    let outcome = run(&mut unpack);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("not closed cleanly"),
        "{}",
        outcome.stderr
    );
    assert!(fs::read(out.join("vm-disk1.raw")).expect("it") == disk);
}

#[test]
fn what_is_not_read_is_told() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = create(&bench, "image.vhdx", "block_size=1M", 4 * MIB);
    refused(&bench, &image, &["--snapshot", "s"], USAGE, "no snapshots");
    let raw = bench.write("disk.raw", &prose(64 << 10));
    refused(
        &bench,
        &raw,
        &["--input-format", "vhdx"],
        INVALID,
        "no VHDX image",
    );
    qemu_io(&image, "vhdx", &["write -P 7 3M 1M".to_owned()]);
    let good = fs::read(&image).expect("it");
    let cut = bench.write("cut", &good[..good.len() - 1]);
    refused(&bench, &cut, &[], INVALID, "beyond the end");
    let front = bench.write("front", &good[..100 << 10]);
    refused(&bench, &front, &[], INVALID, "too short");
    let empty = bench.write("empty", b"");
    refused(
        &bench,
        &empty,
        &["--input-format", "vhdx"],
        INVALID,
        "the file is empty",
    );
}

/// Numbers that ask for much are refused with little memory, and at once.
#[test]
fn numbers_that_would_fill_the_memory() {
    if !tools::have(&["tar"]) {
        return;
    }
    let bench = Bench::new();
    let mut image = Recipe::new(MIB).build();
    image.put64((2 << 20) + (64 << 10) + 8, 64 << 40);
    let path = bench.write("huge.vhdx", &image.bytes);
    refused(&bench, &path, &[], INVALID, "the BAT has room for");
    // A file that is as long, all of it a hole.
    let sparse = bench.write("sparse.vhdx", &Recipe::new(MIB).build().bytes);
    let file = fs::File::options().write(true).open(&sparse).expect("it");
    if file.set_len(1 << 43).is_ok() {
        assert_eq!(open(&sparse).capacity(), MIB);
    }
}
