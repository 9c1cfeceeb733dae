//! VMDKs that qemu-img, VMware's exporter and the program itself make, packed and
//! unpacked by the real program and read by the library: the same bytes as qemu-img
//! and libvmdk read; and what the strict check says of them.

mod support;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ovfkit::base::storage::FileStorage;
use ovfkit::disk::DiskSource as _;
use ovfkit::disk::vmdk::{FindingKind, Image, Report, TablesAt, check, repair, summary};
use support::bench::{Bench, Packed, flattened, qemu_io, text};
use support::content::{CONTENTS, Content, commands, noise, prose};
use support::exit::{DENIED, INVALID, LIMIT, UNSUPPORTED, USAGE};
use support::refusal::refused;
use support::run::{run, succeed};
use support::{KIB, MIB, cats, corpus, parallel, tools};

/// On both sides of the boundaries of sectors, grains and grain tables.
const SIZES: [u64; 5] = [
    40 * MIB,
    33 * MIB + 64 * KIB - 512,
    4 * MIB + 512,
    64 * KIB - 512,
    512,
];

#[derive(Debug)]
struct Shape {
    subformat: &'static str,
    options: &'static str,
    content: Content,
    size: u64,
}

fn shapes(subformat: &'static str, all_options: &[&'static str]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for options in all_options {
        for content in CONTENTS {
            shapes.extend(SIZES.map(|size| Shape {
                subformat,
                options,
                content,
                size,
            }));
        }
    }
    shapes
}

/// Converts `from` to the VMDK `name`.
fn convert(bench: &Bench, from: (&Path, &str), name: &str, options: &str, how: &[&str]) -> PathBuf {
    let path = bench.path(name);
    let arguments = ["convert", "-f", from.1, "-O", "vmdk", "-o", options];
    let arguments = arguments.iter().copied().chain(how.iter().copied());
    succeed("qemu-img", arguments.chain([text(from.0), text(&path)]));
    path
}

impl Shape {
    fn make(&self, bench: &Bench) -> PathBuf {
        let (first, then) = commands(self.content, self.size, 64 * KIB, bench.root());
        let options = format!("subformat={}{}", self.subformat, self.options);
        if self.subformat == "streamOptimized" {
            // Nothing can be written into one but by converting.
            let plain = bench.create("plain.qcow2", "", self.size);
            qemu_io(&plain, "qcow2", &first);
            qemu_io(&plain, "qcow2", &then);
            return convert(bench, (&plain, "qcow2"), "image.vmdk", &options, &[]);
        }
        let image = bench.path("image.vmdk");
        let size = self.size.to_string();
        let arguments = ["create", "-q", "-f", "vmdk", "-o", &options, text(&image)];
        succeed("qemu-img", arguments.into_iter().chain([size.as_str()]));
        qemu_io(&image, "vmdk", &first);
        qemu_io(&image, "vmdk", &then);
        image
    }
}

fn pack_and_compare(bench: &Bench, image: &Path, size: u64) -> Packed {
    let packed = bench.pack(image, &["--level", "1", "--json"]);
    packed.assert_same_as(image, "vmdk");
    packed.assert_comes_back(image, "vmdk", &["raw"]);
    assert_eq!(packed.capacity(), size);
    assert!(!packed.has_warnings(), "{}", packed.stderr);
    assert!(read(image) == flattened(image, "vmdk", &[]));
    packed
}

/// All of the disk, as the library reads it.
fn read(image: &Path) -> Vec<u8> {
    let storage = FileStorage::open(image).expect("opens");
    let image = Image::open(Arc::new(storage), image, false).expect("a VMDK");
    let mut disk = vec![0xCC; usize::try_from(image.capacity()).expect("small")];
    image.read_at(0, &mut disk).expect("reads");
    disk
}

fn checked(image: &Path) -> Report {
    let file = fs::File::open(image).expect("opens");
    check(file, 100, NonZeroUsize::MIN).expect("a stream")
}

#[test]
fn monolithic_sparse_as_qemu_makes_it() {
    if !tools::have_qemu() {
        return;
    }
    let options = ["", ",zeroed_grain=on", ",compat6=on,zeroed_grain=on"];
    parallel::each(
        &shapes("monolithicSparse", &options),
        |shape| format!("{shape:?}"),
        |shape| {
            let bench = Bench::new();
            pack_and_compare(&bench, &shape.make(&bench), shape.size);
        },
    );
}

#[test]
fn stream_optimized_as_qemu_makes_it() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &shapes("streamOptimized", &["", ",hwversion=14"]),
        |shape| format!("{shape:?}"),
        |shape| {
            let bench = Bench::new();
            let image = shape.make(&bench);
            let packed = pack_and_compare(&bench, &image, shape.size);
            let disk = &packed.report()["disks"][0];
            let (grains, passed) = (&disk["grains"], &disk["passed_through"]);
            // A last grain that the disk cuts is compressed in part by qemu-img.
            let [grains, passed] = [grains, passed].map(|count| count.as_u64().expect("a count"));
            let cut = u64::from(shape.size % (64 * KIB) != 0);
            assert!(passed <= grains && passed + cut >= grains, "{disk}");
            assert!(checked(&packed.vmdk).is_sound());
        },
    );
}

/// Several writers at once leave grains out of order, which no table minds.
#[test]
fn grains_out_of_order() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = bench.write("disk.raw", &prose(8 << 20));
    let options = "subformat=streamOptimized";
    let image = convert(
        &bench,
        (&raw, "raw"),
        "image.vmdk",
        options,
        &["-W", "-m", "8"],
    );
    pack_and_compare(&bench, &image, 8 * MIB);
}

/// What the program writes is sound, and packed again comes out byte for byte.
#[test]
fn a_package_packed_again_is_the_same() {
    if !tools::have_qemu() {
        return;
    }
    parallel::each(
        &CONTENTS,
        |content| format!("{content:?}"),
        |content| {
            let bench = Bench::new();
            let size = 33 * MIB + 512;
            let image = bench.create("image.qcow2", "", size);
            let (first, then) = commands(*content, size, 64 * KIB, bench.root());
            qemu_io(&image, "qcow2", &first);
            qemu_io(&image, "qcow2", &then);
            let once = bench.pack(&image, &[]);
            let report = checked(&once.vmdk);
            assert!(report.is_sound(), "{report:#?}");
            let again = bench.pack(&once.vmdk, &["--json"]);
            assert!(fs::read(&once.vmdk).expect("one") == fs::read(&again.vmdk).expect("other"));
            let disk = &again.report()["disks"][0];
            assert_eq!(disk["passed_through"], report.grains);
            assert_eq!(disk["populated"], report.grains * 64 * KIB);
            assert_eq!(report.length, fs::metadata(&once.vmdk).expect("it").len());
        },
    );
}

/// What importers object to in qemu-img's streams depends on the last grain.
#[test]
fn the_check_tells_what_is_wrong_with_qemus_streams() {
    if !tools::have_qemu() {
        return;
    }
    let mut compressible = noise(1 << 20);
    compressible.extend(prose(64 << 10));
    for (content, expected) in [
        (vec![0; 4 << 20], FindingKind::End),
        (noise(1 << 20), FindingKind::End),
        (compressible, FindingKind::AfterEnd),
    ] {
        let bench = Bench::new();
        let raw = bench.write("disk.raw", &content);
        let options = "subformat=streamOptimized";
        let image = convert(&bench, (&raw, "raw"), "image.vmdk", options, &[]);
        let report = checked(&image);
        let kinds: Vec<_> = report.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [expected], "{report:#?}");
        assert_eq!(report.capacity, content.len() as u64);
        // What makes the end right makes the stream right, and leaves the disk as it is.
        let mut bytes = fs::read(&image).expect("read");
        let mended = repair(&bytes).expect("a stream").expect("to be mended");
        bytes.truncate(usize::try_from(mended.keep).expect("small"));
        bytes.resize(usize::try_from(mended.length()).expect("small"), 0);
        let image = bench.write("mended.vmdk", &bytes);
        assert!(checked(&image).is_sound());
        assert!(read(&image) == content);
    }
}

#[test]
fn libvmdk_reads_the_same() {
    if !tools::have_qemu() || !tools::have_module("pyvmdk") {
        return;
    }
    for (subformat, content) in ["monolithicSparse", "streamOptimized"]
        .into_iter()
        .flat_map(|subformat| CONTENTS.map(|content| (subformat, content)))
    {
        let bench = Bench::new();
        let shape = Shape {
            subformat,
            options: "",
            content,
            size: 33 * MIB,
        };
        let image = shape.make(&bench);
        let printed = cats::printed(cats::cat("vmdk-cat", &image));
        assert!(printed == read(&image), "{shape:?}");
    }
}

/// An export of VMware's: 100 sectors of data, spread over 16 GiB.
#[test]
fn an_export_of_vmware_esx() {
    let Some(sample) = corpus::file("samples/iotest-version3.vmdk.bz2") else {
        return;
    };
    if !tools::have_qemu() || !tools::have(&["bunzip2"]) {
        return;
    }
    let bench = Bench::new();
    let unpacked = run(Command::new("bunzip2").arg("-kc").arg(&sample));
    assert!(unpacked.succeeded(), "{}", unpacked.stderr);
    let export = bench.write("export.vmdk", &unpacked.stdout);
    let report = checked(&export);
    assert!(report.is_sound(), "{report:#?}");
    let said = summary(&unpacked.stdout, &export).expect("a summary");
    assert_eq!((said.capacity, said.grain_size), (16 << 30, 64 * KIB));
    assert_eq!(
        (said.tables, said.cid),
        (TablesAt::Footer, Some(0xA454_774A))
    );
    let image = Image::open(Arc::new(unpacked.stdout), &export, false).expect("a VMDK");
    let mut at = 0;
    for number in 0..100_u64 {
        let filled = number * 655_360 + number * 512;
        // Between the filled sectors lie less than two MiB of zeros.
        let mut bytes = vec![0xCC; usize::try_from(filled + 512 - at).expect("little")];
        image.read_at(at, &mut bytes).expect("reads");
        let (zeros, sector) = bytes.split_at(bytes.len() - 512);
        assert!(zeros.iter().all(|byte| *byte == 0));
        let digit = b'0' + u8::try_from(number % 10).expect("a digit");
        assert!(sector.iter().all(|byte| *byte == digit), "sector {number}");
        at = filled + 512;
    }
    let rest = image.extent_at(128 * MIB).expect("an extent");
    assert_eq!(rest.kind, ovfkit::disk::ExtentKind::Zero);
    let packed = bench.pack(&export, &["--json"]);
    packed.assert_same_as(&export, "vmdk");
    let disk = &packed.report()["disks"][0];
    assert_eq!(disk["passed_through"], disk["grains"]);
}

#[test]
fn disks_on_a_parent() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let allow = ["--allow-backing", text(bench.root())];
    let raw = bench.write("disk.raw", &prose(6 << 20));
    let options = "subformat=streamOptimized";
    convert(&bench, (&raw, "raw"), "base.vmdk", options, &[]);
    let create = |name: &str, on: &str| {
        let path = bench.path(name);
        let on = bench.path(on);
        let arguments = ["create", "-q", "-f", "vmdk", "-b", text(&on), "-F", "vmdk"];
        let arguments = arguments.into_iter().chain(["-o", "zeroed_grain=on"]);
        succeed("qemu-img", arguments.chain([text(&path)]));
        path
    };
    let middle = create("middle.vmdk", "base.vmdk");
    let write = |at: u64, length: u64| vec![format!("write -P 9 {at} {length}")];
    qemu_io(&middle, "vmdk", &write(100 * KIB, 3 * KIB));
    qemu_io(&middle, "vmdk", &["write -z 1M 256k".to_owned()]);
    let top = create("top.vmdk", "middle.vmdk");
    qemu_io(&top, "vmdk", &write(3 * MIB - 512, 1024));
    refused(&bench, &top, &[], DENIED, "needs the parent disk");
    let packed = bench.pack(&top, &[&allow[..], &["--json"]].concat());
    packed.assert_same_as(&top, "vmdk");
    assert_ne!(packed.report()["disks"][0]["passed_through"], 0);
    // Written to, a parent gets another content id.
    qemu_io(&middle, "vmdk", &write(0, 512));
    refused(&bench, &top, &allow, INVALID, "is expected");
    // A parent has to be a VMDK.
    fs::copy(&raw, &middle).expect("a copy");
    refused(&bench, &top, &allow, INVALID, "no sparse VMDK");
    // A disk on itself.
    fs::copy(&top, &middle).expect("a copy");
    refused(&bench, &top, &allow, INVALID, "is the image itself");
}

/// Grains that show through an image above are taken over too.
#[test]
fn a_qcow2_image_on_a_vmdk() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = bench.write("disk.raw", &prose(6 << 20));
    let options = "subformat=streamOptimized";
    convert(&bench, (&raw, "raw"), "base.vmdk", options, &[]);
    let image = bench.create_on("image.qcow2", "", ("base.vmdk", "vmdk"), Some(7 * MIB));
    qemu_io(&image, "qcow2", &["write -P 9 100k 3k".to_owned()]);
    let allow = ["--json", "--allow-backing", text(bench.root())];
    let packed = bench.pack(&image, &allow);
    packed.assert_same_as(&image, "qcow2");
    let disk = &packed.report()["disks"][0];
    assert_eq!(
        (&disk["grains"], &disk["passed_through"]),
        (&96.into(), &95.into())
    );
}

#[test]
fn what_is_not_read_is_told_by_name() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = bench.write("disk.raw", &prose(1 << 20));
    let options = "subformat=twoGbMaxExtentSparse";
    convert(&bench, (&raw, "raw"), "image.vmdk", options, &[]);
    let piece = bench.path("image-s001.vmdk");
    refused(&bench, &piece, &[], UNSUPPORTED, "one piece of a disk");
    for (magic, says) in [
        (&b"COWD\x01\0\0\0"[..], "COWD"),
        (b"\xbe\xba\xfe\xca\0\0\0\0", "seSparse"),
    ] {
        let image = bench.write("image", &[magic, &[0; 4096]].concat());
        refused(&bench, &image, &[], UNSUPPORTED, says);
    }
    let options = "subformat=streamOptimized";
    let image = convert(&bench, (&raw, "raw"), "stream.vmdk", options, &[]);
    refused(&bench, &image, &["--snapshot", "s"], USAGE, "no snapshots");
}

/// Numbers that ask for much are refused with little memory, and at once.
#[test]
fn numbers_that_would_fill_the_memory() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = bench.write("disk.raw", &prose(1 << 20));
    let options = "subformat=streamOptimized";
    let image = convert(&bench, (&raw, "raw"), "image.vmdk", options, &[]);
    let good = fs::read(image).expect("a VMDK");
    for (offset, value, code, says) in [
        (12, 1_u64 << 54, LIMIT, "grain directory would take"),
        (12, u64::MAX, INVALID, "capacity"),
        // A directory of 32 MiB is allowed, but not there.
        (12, 1 << 39, INVALID, "beyond the end"),
        (20, 1 << 21, LIMIT, "compressed grain would take"),
        (36, 1 << 40, LIMIT, "descriptor would take"),
        (44, u64::MAX, INVALID, "numGTEsPerGT"),
        (56, u64::MAX - 1, INVALID, "grain directory at offset"),
    ] {
        let mut file = good.clone();
        file[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
        // The redundant directory would stand in.
        file[8] = 1;
        let image = bench.write("hostile.vmdk", &file);
        refused(&bench, &image, &[], code, says);
    }
}

/// What is left of a cut stream is packed only when that is asked for.
#[test]
fn a_cut_stream_is_salvaged_when_asked() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = bench.write("disk.raw", &prose(1 << 20));
    let whole = bench.pack(&raw, &[]);
    let file = fs::read(&whole.vmdk).expect("a VMDK");
    let cut = bench.write("cut.vmdk", &file[..file.len() / 2]);
    refused(&bench, &cut, &[], INVALID, "breaks off at byte");
    let packed = bench.pack(&cut, &["--salvage"]);
    assert!(packed.stderr.contains("is lost"), "{}", packed.stderr);
    let (read, disk) = (read(&packed.vmdk), prose(1 << 20));
    let kept = read.chunks(65536).zip(disk.chunks(65536));
    let kept = kept.take_while(|(read, disk)| read == disk).count();
    assert!((1..16).contains(&kept), "{kept} grains");
    assert!(read[kept * 65536..].iter().all(|byte| *byte == 0));
}
