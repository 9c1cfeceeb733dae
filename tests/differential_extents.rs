//! VMDKs whose descriptor is a text and whose extents are other files, packed and unpacked
//! by the real program: the same disk as qemu-img and libvmdk read, and the right one where
//! QEMU reads another. What a hostile descriptor names is not opened.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use support::bench::{Bench, flattened, qemu_io, text};
use support::content::{CONTENTS, Content, commands, noise, prose};
use support::esx::{Stored, cowd, described, se_sparse};
use support::exit::{DENIED, INVALID, IO, LIMIT, UNSUPPORTED};
use support::refusal::refused;
use support::run::{ovfkit, run, succeed};
use support::{KIB, MIB, cats, parallel, tools};

/// What qemu-img makes.
const SUBFORMATS: [&str; 3] = [
    "monolithicFlat",
    "twoGbMaxExtentFlat",
    "twoGbMaxExtentSparse",
];
const SIZES: [u64; 3] = [34 * MIB, 4 * MIB + 512, 512];

fn create(bench: &Bench, name: &str, subformat: &str, size: u64) -> PathBuf {
    let image = bench.path(name);
    let (options, size) = (format!("subformat={subformat}"), size.to_string());
    let arguments = [
        "create",
        "-q",
        "-f",
        "vmdk",
        "-o",
        &options,
        text(&image),
        &size,
    ];
    succeed("qemu-img", arguments);
    image
}

/// Packs the disk at `image`, and has it be what qemu-img reads.
fn same(bench: &Bench, image: &Path, arguments: &[&str]) {
    let arguments = [&["--level", "1"][..], arguments].concat();
    let packed = bench.pack(image, &arguments);
    packed.assert_same_as(image, "vmdk");
    packed.assert_comes_back(image, "vmdk", &["raw"]);
    assert!(!packed.has_warnings(), "{}", packed.stderr);
}

/// What the program reads of `image`.
fn content(bench: &Bench, image: &Path, arguments: &[&str]) -> Vec<u8> {
    let packed = bench.pack(image, arguments);
    let (_directory, raw) = packed.converted(&["raw"]);
    fs::read(raw).expect("a disk")
}

#[test]
fn as_qemu_makes_them() {
    if !tools::have_qemu() {
        return;
    }
    let mut shapes = Vec::new();
    for subformat in SUBFORMATS {
        for content in CONTENTS {
            shapes.extend(SIZES.map(|size| (subformat, content, size)));
        }
    }
    parallel::each(
        &shapes,
        |shape| format!("{shape:?}"),
        |(subformat, content, size)| {
            let bench = Bench::new();
            let (first, then) = commands(*content, *size, 64 * KIB, bench.root());
            let image = create(&bench, "image.vmdk", subformat, *size);
            qemu_io(&image, "vmdk", &first);
            qemu_io(&image, "vmdk", &then);
            same(&bench, &image, &[]);
        },
    );
}

/// Three extents, with data on both sides of where one ends.
#[test]
fn disks_of_several_extents() {
    if !tools::have_qemu() {
        return;
    }
    for subformat in ["twoGbMaxExtentFlat", "twoGbMaxExtentSparse"] {
        let bench = Bench::new();
        let image = create(&bench, "a disk.vmdk", subformat, 5 << 30);
        let prose = bench.write("prose", &prose(2 * MIB));
        let around = [4_192_256_u64, 2 * 4_192_256].map(|sector| {
            let start = sector * 512 - MIB - 512;
            format!("write -q -s {} {start} 2M", text(&prose))
        });
        qemu_io(&image, "vmdk", &around);
        qemu_io(&image, "vmdk", &["write -q -P 7 5368708608 512".to_owned()]);
        let lines = fs::read_to_string(&image).expect("a descriptor");
        assert!(lines.matches("\nRW ").count() >= 3, "{lines}");
        same(&bench, &image, &[]);
        // All of its files are its own, so none may be the output.
        let part = fs::read_dir(bench.root()).expect("the directory");
        let part = part.map(|entry| entry.expect("a file").path());
        let part = part.filter(|path| *path != image && path.extension() == image.extension());
        let part = part.max().expect("an extent");
        let mut pack = ovfkit();
        pack.arg("pack").arg(&image).arg("-o").arg(&part);
        let outcome = run(pack.args(["--force", "--format", "ova"]));
        assert!(!outcome.succeeded(), "packed over {}", part.display());
        same(&bench, &image, &[]);
    }
}

#[test]
fn libvmdk_reads_the_same() {
    if !tools::have_qemu() || !tools::have_module("pyvmdk") {
        return;
    }
    let read = |image: &Path| cats::printed(cats::cat("vmdk-cat", image));
    for subformat in SUBFORMATS {
        let bench = Bench::new();
        let image = create(&bench, "image.vmdk", subformat, 34 * MIB);
        let (first, _) = commands(Content::Islands, 34 * MIB, 64 * KIB, bench.root());
        qemu_io(&image, "vmdk", &first);
        assert!(read(&image) == content(&bench, &image, &[]), "{subformat}");
    }
    let bench = Bench::new();
    let disk = noise(MIB);
    bench.write(
        "x-delta.vmdk",
        &cowd(&disk, 512, |number| kinds(number, Stored::Zero)),
    );
    let text = described(
        "vmfsSparse",
        "parentCID=ffffffff",
        "RW 2048 VMFSSPARSE \"x-delta.vmdk\"",
    );
    let image = bench.write("x.vmdk", text.as_bytes());
    assert!(read(&image) == content(&bench, &image, &[]), "COWD");
}

/// Grains of every kind in turns.
fn kinds(number: usize, zero: Stored) -> Stored {
    [Stored::Data, Stored::Missing, zero, Stored::Data][number / 3 % 4]
}

/// Snapshots as ESX and ESXi make them, one on the other, on flat disks.
#[test]
fn snapshots_of_esx_as_qemu_reads_them() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let allow = ["--allow-backing", text(bench.root())];
    for sectors in [1, 9, 4096, 8 * 4096 + 17_u64] {
        let disk = |seed: u8| {
            let mut bytes = noise(sectors * 512);
            for byte in &mut bytes {
                *byte ^= seed;
            }
            bytes
        };
        bench.write("base-flat.vmdk", &disk(0));
        let line = format!("RW {sectors} VMFS \"base-flat.vmdk\"");
        let text_of = described("vmfs", "parentCID=ffffffff", &line);
        let base = bench.write("base.vmdk", text_of.as_bytes());
        same(&bench, &base, &[]);
        let on = |name: &str| format!("parentCID=0badcafe\nparentFileNameHint=\"{name}\"");
        for grain in [512, 4096, 65536] {
            let file = cowd(&disk(1), grain, |number| kinds(number, Stored::Zero));
            bench.write("one-delta.vmdk", &file);
            let line = format!("RW {sectors} VMFSSPARSE \"one-delta.vmdk\"");
            let text = described("vmfsSparse", &on("base.vmdk"), &line);
            let one = bench.write("one.vmdk", text.as_bytes());
            same(&bench, &one, &allow);
        }
        for zero in [Stored::Zero, Stored::Unmapped] {
            let file = se_sparse(&disk(2), |number| kinds(number, zero));
            bench.write("two-sesparse.vmdk", &file);
            let line = format!("RW {sectors} SESPARSE \"two-sesparse.vmdk\"");
            let text = described("seSparse", &on("one.vmdk"), &line);
            let two = bench.write("two.vmdk", text.as_bytes());
            same(&bench, &two, &allow);
            refused(&bench, &two, &[], DENIED, "needs the parent disk");
        }
    }
    // Named by a path of where it was made.
    let text = fs::read_to_string(bench.path("two.vmdk")).expect("a descriptor");
    let two = bench.path("two.vmdk");
    let once = content(&bench, &two, &allow);
    for hint in [
        "C:\\VMs\\one.vmdk",
        "/vmfs/volumes/5f/vm/one.vmdk",
        "./one.vmdk",
    ] {
        bench.write("two.vmdk", text.replace("one.vmdk", hint).as_bytes());
        assert!(content(&bench, &two, &allow) == once, "{hint}");
    }
    // Of another content.
    let text = text.replace("parentCID=0badcafe", "parentCID=1");
    let two = bench.write("two.vmdk", text.as_bytes());
    refused(&bench, &two, &allow, INVALID, "00000001 is expected");
    for (name, says) in [
        ("one-delta.vmdk", "COWD"),
        ("two-sesparse.vmdk", "seSparse"),
    ] {
        refused(&bench, &bench.path(name), &[], UNSUPPORTED, says);
    }
}

/// qemu-img aborts, leaves out, or reads zeros.
#[test]
fn where_qemu_is_wrong() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let disk = noise(128 * 512);
    let (front, back) = disk.split_at(64 * 512);
    bench.write("a.raw", front);
    bench.write("b.raw", back);
    let pack = |kind: &str, lines: &str| {
        let text = described(kind, "parentCID=ffffffff", lines);
        let image = bench.write("disk.vmdk", text.as_bytes());
        (content(&bench, &image, &[]), image)
    };
    let (read, _) = pack(
        "monolithicFlat",
        "RDONLY 64 FLAT \"a.raw\" 0\nRDONLY 64 FLAT \"b.raw\" 0",
    );
    assert!(read == disk, "RDONLY");
    let (read, image) = pack(
        "twoGbMaxExtentFlat",
        "RW 64 FLAT \"a.raw\" 0\nRW 16 ZERO  \nRW 64 FLAT \"b.raw\" 0\t",
    );
    assert!(read == [front, &[0; 8192], back].concat(), "ZERO");
    assert!(
        flattened(&image, "vmdk", &[]) == disk,
        "QEMU leaves the zeros out"
    );
    let (read, _) = pack("custom", "RW 64 VMFS \"a.raw\"\nRW 64 VMFS \"b.raw\"");
    assert!(read == disk, "custom");
    for kind in ["monolithicSparse", "streamOptimized"] {
        let raw = bench.write("disk.raw", &disk);
        let (own, option) = (bench.path("x.vmdk"), format!("subformat={kind}"));
        let arguments = ["convert", "-f", "raw", "-O", "vmdk", "-o", &option];
        succeed(
            "qemu-img",
            arguments.into_iter().chain([text(&raw), text(&own)]),
        );
        let (read, _) = pack(kind, "RW 128 SPARSE \"x.vmdk\"");
        assert!(read == disk, "{kind}");
        // The descriptor stands where the header says.
        let mut moved = fs::read(&own).expect("a VMDK");
        let end = moved.len().next_multiple_of(512);
        moved.resize(end, 0);
        moved.extend_from_within(512..21 * 512);
        moved[512..21 * 512].fill(0);
        moved[28..36].copy_from_slice(&(end as u64 / 512).to_le_bytes());
        if kind == "monolithicSparse" {
            let image = bench.write("moved.vmdk", &moved);
            assert!(content(&bench, &image, &[]) == disk, "moved");
        }
    }
    let image = |lines: &str| {
        let text = described("monolithicFlat", "parentCID=ffffffff", lines);
        bench.write("disk.vmdk", text.as_bytes())
    };
    let short = image("RW 65 FLAT \"a.raw\" 0");
    refused(&bench, &short, &[], INVALID, "RW 65 FLAT \"a.raw\" 0");
    assert_eq!(flattened(&short, "vmdk", &[]).len(), 65 * 512);
    let locked = image("RW 64 FLAT \"a.raw\" 0\nNOACCESS 64 FLAT \"b.raw\" 0");
    refused(&bench, &locked, &[], UNSUPPORTED, "NOACCESS");
    let itself = image("RW 1 FLAT \"disk.vmdk\" 0");
    refused(&bench, &itself, &[], INVALID, "belongs to the disk already");
    symlink("disk.vmdk", bench.path("alias")).expect("a link");
    let itself = image("RW 1 FLAT \"alias\" 0");
    refused(&bench, &itself, &[], INVALID, "belongs to the disk already");
}

/// CVE-2022-47951 and its kin: files of the host, as extents of an image that was uploaded.
#[test]
fn hostile_descriptors() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let inside = bench.path("in");
    fs::create_dir(&inside).expect("a directory");
    bench.write("secret", &noise(4096));
    bench.write("in/good", &noise(4096));
    symlink("../secret", bench.path("in/link")).expect("a link");
    symlink("/dev/zero", bench.path("in/zero")).expect("a link");
    fs::create_dir(bench.path("in/directory")).expect("a directory");
    succeed("mkfifo", [text(&bench.path("in/fifo"))]);
    let image = |lines: &str| {
        let text = described("monolithicFlat", "parentCID=ffffffff", lines);
        bench.write("in/disk.vmdk", text.as_bytes())
    };
    let secret = bench.path("secret");
    for name in [
        "/etc/passwd",
        text(&secret),
        "../secret",
        "./good",
        "link",
        "zero",
        "..",
        "",
        "/dev/stdin",
        "/proc/self/environ",
    ] {
        let image = image(&format!("RW 1 FLAT \"{name}\" 0"));
        refused(&bench, &image, &[], DENIED, "needs the extent");
    }
    for name in ["nbd://127.0.0.1:1/x", "json:{}/x"] {
        let image = image(&format!("RW 1 FLAT \"{name}\" 0"));
        refused(&bench, &image, &[], DENIED, "never followed");
    }
    let gone = image("RW 1 FLAT \"gone\" 0");
    refused(&bench, &gone, &[], IO, "cannot open the extent");
    for (name, says) in [("fifo", "neither a file"), ("directory", "a directory")] {
        let image = image(&format!("RW 1 FLAT \"{name}\" 0"));
        refused(&bench, &image, &[], INVALID, says);
    }
    let dead = ["--allow-backing", "/dev"];
    refused(
        &bench,
        &image("RW 1 FLAT \"zero\" 0"),
        &dead,
        INVALID,
        "neither a file",
    );
    // What was allowed is read.
    let allow = ["--allow-backing", text(bench.root())];
    for name in ["../secret", "link", "./good"] {
        let image = image(&format!("RW 8 FLAT \"{name}\" 0"));
        assert!(content(&bench, &image, &allow) == noise(4096), "{name}");
    }
    // The directory of a link to the descriptor is not that of the descriptor.
    let image = image("RW 8 FLAT \"good\" 0");
    symlink(&image, bench.path("good.vmdk")).expect("a link");
    bench.write("good", &noise(4096));
    refused(
        &bench,
        &bench.path("good.vmdk"),
        &[],
        DENIED,
        "needs the extent",
    );
    // Much that would be asked for by little.
    let many = bench.write("many", "RW 8 ZERO\n".repeat(9000).as_bytes());
    let lines = fs::read_to_string(many).expect("text");
    let text = described("custom", "", &lines);
    let image = bench.write("in/many.vmdk", text.as_bytes());
    refused(&bench, &image, &[], LIMIT, "more than 8192");
    let text = described("custom", "", "RW 18014398509481984 ZERO");
    let image = bench.write("in/large.vmdk", text.as_bytes());
    refused(&bench, &image, &[], LIMIT, "");
}

/// The other commands take it as any image.
#[test]
fn an_image_for_every_command() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let image = create(&bench, "image.vmdk", "twoGbMaxExtentSparse", 3 * MIB);
    qemu_io(&image, "vmdk", &["write -q -P 5 1M 64k".to_owned()]);
    let said = run(ovfkit().args(["init", "--from"]).arg(&image));
    assert!(said.succeeded(), "{}", said.stderr);
    assert!(
        said.text().contains("a vmdk disk of 3 MiB"),
        "{}",
        said.text()
    );
    let small = bench.create("small.qcow2", "", MIB);
    let packed = bench.pack(&small, &[]);
    let other = bench.path("other.ova");
    let mut edit = ovfkit();
    edit.arg("edit").arg(&packed.ova).arg("-o").arg(&other);
    edit.arg("--replace")
        .arg(format!("vm-disk1.vmdk={}", text(&image)));
    let said = run(&mut edit);
    assert!(said.succeeded(), "{}", said.stderr);
    succeed(
        "tar",
        [
            "-C",
            text(bench.root()),
            "-xf",
            text(&other),
            "vm-disk1.vmdk",
        ],
    );
    let disk = bench.path("vm-disk1.vmdk");
    let verdict = succeed("qemu-img", ["compare", text(&image), text(&disk)]);
    assert!(verdict.contains("identical"), "{verdict}");
    // In a package its neighbours are the files beside it.
    let ovf = bench.path("flat.ovf");
    let descriptor = fs::read_to_string(packed.directory.join("vm.ovf")).expect("a descriptor");
    fs::write(&ovf, descriptor.replace("vm-disk1.vmdk", "image.vmdk")).expect("a descriptor");
    let archive = bench.path("flat.ova");
    let files = ["flat.ovf", "image.vmdk", "image-s001.vmdk"];
    let arguments = ["-C", text(bench.root()), "-cf", text(&archive)];
    succeed("tar", arguments.into_iter().chain(files));
    for package in [&ovf, &archive] {
        let to = bench.path("unpacked");
        let mut unpack = ovfkit();
        unpack.arg("unpack").arg(package).arg("-d").arg(&to);
        let said = run(unpack.args(["--disks", "raw", "--force"]));
        assert!(said.succeeded(), "{}", said.stderr);
        let raw = to.join("image.raw");
        let verdict = succeed("qemu-img", ["compare", text(&image), text(&raw)]);
        assert!(verdict.contains("identical"), "{verdict}");
        assert!(!to.join("image-s001.vmdk").exists());
    }
}
