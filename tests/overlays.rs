//! Images made by `ovfkit disk create -b`: other readers see what is beneath, and go on with them.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::bench::{Bench, qemu_io, text};
use support::exit::{INVALID, USAGE};
use support::run::{Outcome, ovfkit, run, succeed};
use support::{KIB, MIB, cats, parallel, tools};

const GIB: u64 = 1 << 30;
const CHOSEN: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// A format whose images are made on their own, as its ending and qemu-img name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Format {
    ending: &'static str,
    qemu: &'static str,
    /// Options of qemu-img for a disk of the size that is asked for.
    exact: &'static str,
}

const FORMATS: [Format; 5] = [
    format("qcow2", "qcow2", ""),
    format("vmdk", "vmdk", ""),
    format("vhdx", "vhdx", ""),
    format("vhd", "vpc", "force_size=on"),
    format("vdi", "vdi", ""),
];

const fn format(ending: &'static str, qemu: &'static str, exact: &'static str) -> Format {
    Format {
        ending,
        qemu,
        exact,
    }
}

/// Sizes of disks, at bounds of blocks, and of the chunks of a VHDX.
const SIZES: [u64; 4] = [512, 5 * MIB + 512, 40 * MIB, 9 * GIB + MIB];

/// A disk with something at its start, in the middle and at its end, raw and in `format`.
fn base(bench: &Bench, format: Format, size: u64) -> (PathBuf, PathBuf) {
    let raw = bench.path("base.raw");
    let file = File::create(&raw).expect("a file");
    file.set_len(size).expect("a hole");
    for (at, fill) in [(0, 1), (size / 2 / 512 * 512, 2), (size - 512, 3)] {
        file.write_all_at(&[fill; 512], at).expect("room");
    }
    let image = bench.path(&format!("base.{}", format.ending));
    let mut arguments = vec!["convert", "-f", "raw", "-O", format.qemu];
    if !format.exact.is_empty() {
        arguments.extend(["-o", format.exact]);
    }
    arguments.extend([text(&raw), text(&image)]);
    succeed("qemu-img", arguments);
    (raw, image)
}

fn create(bench: &Bench, name: &str, arguments: &[&str]) -> Outcome {
    let mut command = ovfkit();
    command.args(["disk", "create"]).arg(bench.path(name));
    if arguments.contains(&"-b") {
        command.arg("--allow-backing").arg(bench.root());
    }
    run(command.args(arguments))
}

fn created(bench: &Bench, name: &str, on: &str) -> PathBuf {
    let said = create(bench, name, &["-q", "-b", on]);
    assert!(said.succeeded(), "{name}: {}", said.stderr);
    bench.path(name)
}

/// ovfkit finds the image whole, and the disk that is in `raw`.
#[track_caller]
fn ours(bench: &Bench, image: &Path, raw: &Path) {
    let mut check = ovfkit();
    let check = run(check.args(["disk", "check"]).arg(image));
    assert!(check.succeeded(), "{}", check.text());
    let mut compare = ovfkit();
    compare.args([
        "disk",
        "compare",
        "--strict",
        "-F",
        "raw",
        "--allow-backing",
    ]);
    let compare = run(compare.arg(bench.root()).arg(image).arg(raw));
    assert!(compare.succeeded(), "{}{}", compare.text(), compare.stderr);
}

/// Programs that print the disk of the first of `images`, each of which rests on the next one.
fn readers(format: Format, images: &[&Path]) -> Vec<std::process::Command> {
    let with_parents = |mut cat: std::process::Command| {
        cat.args(&images[1..]);
        cat
    };
    match format.ending {
        "vhd" if tools::have_module("pyvhdi") => {
            vec![with_parents(cats::cat("vhd-cat", images[0]))]
        }
        // Not libvhdi: where there is no sector bitmap, it takes the start of the file for one.
        "vhdx" => cats::dissect("vhdx", images[0]).into_iter().collect(),
        "vdi" => (cats::dissect("vdi", images[0]).into_iter())
            .map(with_parents)
            .collect(),
        // libvmdk does not read over a parent that is not given to it, and QEMU has compared.
        _ => Vec::new(),
    }
}

#[test]
fn what_is_beneath_shows() {
    if !tools::have_qemu() {
        return;
    }
    let cases: Vec<_> = FORMATS
        .iter()
        .flat_map(|format| SIZES.map(|size| (*format, size)))
        .collect();
    parallel::each(
        &cases,
        |case| format!("{case:?}"),
        |(format, size)| {
            let bench = Bench::new();
            let (raw, base) = base(&bench, *format, *size);
            let ending = format.ending;
            let over = created(&bench, &format!("over.{ending}"), &format!("base.{ending}"));
            let top = created(
                &bench,
                &format!("top.{ending}"),
                &format!("./over.{ending}"),
            );
            for image in [&over, &top] {
                ours(&bench, image, &raw);
                // QEMU refuses parents of the other formats, or passes over them.
                if ["qcow2", "vmdk"].contains(&ending) {
                    let compare = ["compare", "-f", format.qemu, "-F", "raw"];
                    let images = [text(image), text(&raw)];
                    let said = succeed("qemu-img", compare.into_iter().chain(images));
                    assert!(said.contains("identical"), "{said}");
                    succeed("qemu-img", ["check", "-q", "-f", format.qemu, text(image)]);
                }
            }
            // Readers that print all of it take long for a large one.
            if *size < GIB {
                for reader in readers(*format, &[&over, &base]) {
                    cats::assert_prints(reader, &raw);
                }
                for reader in readers(*format, &[&top, &over, &base]) {
                    cats::assert_prints(reader, &raw);
                }
            }
        },
    );
}

#[test]
fn qemu_goes_on_with_a_vmdk() {
    if !tools::have_qemu() {
        return;
    }
    for options in ["", "subformat=twoGbMaxExtentSparse"] {
        let bench = Bench::new();
        let (raw, _) = base(&bench, FORMATS[1], 3 * GIB);
        let mut arguments = vec!["-q", "-b", "base.vmdk"];
        if !options.is_empty() {
            arguments.extend(["-o", options]);
        }
        let said = create(&bench, "over.vmdk", &arguments);
        assert!(said.succeeded(), "{}", said.stderr);
        let writes = ["write -q -P 7 1M 70k", "write -q -P 8 2900M 1k"].map(str::to_owned);
        qemu_io(&bench.path("over.vmdk"), "vmdk", &writes);
        qemu_io(&raw, "raw", &writes);
        ours(&bench, &bench.path("over.vmdk"), &raw);
        // The parent may not change any more.
        let change = ["write -q -P 9 0 512".to_owned()];
        qemu_io(&bench.path("base.vmdk"), "vmdk", &change);
        let mut map = ovfkit();
        map.args(["disk", "map", "--allow-backing"])
            .arg(bench.root());
        let said = run(map.arg(bench.path("over.vmdk")));
        assert_eq!(said.code, Some(INVALID), "{}", said.text());
    }
}

#[test]
fn a_vhdx_is_the_same_disk_to_its_guest() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    // Sectors of 4096 bytes, which qemu-img does not make.
    for (name, sector) in [("large.vhdx", 4096), ("small.vhdx", 512)] {
        let sectors = format!("logical_sector_size={sector}");
        let said = create(&bench, name, &["-q", "-o", &sectors, "20M"]);
        assert!(said.succeeded(), "{}", said.stderr);
    }
    for name in ["large.vhdx", "small.vhdx"] {
        let over = created(&bench, &format!("over-{name}"), name);
        let (parent, own) = (about(&bench.path(name)), about(&over));
        for key in ["logical-sector-size", "virtual-disk-id"] {
            assert_eq!(own[key], parent[key], "{name}");
        }
        assert_eq!(own["variant"], "differencing");
        assert_eq!(own["parent-linkage"], parent["data-write-guid"]);
        assert_ne!(own["data-write-guid"], parent["data-write-guid"]);
    }
}

/// What only the format of the image has.
fn about(image: &Path) -> Value {
    let mut info = ovfkit();
    let said = run(info.args(["disk", "info", "--json"]).arg(image));
    assert!(said.succeeded(), "{}", said.stderr);
    let mut told: Value = serde_json::from_str(&said.text()).expect("JSON");
    told["format-specific"]["data"].take()
}

#[test]
fn ids_are_unique_or_as_chosen() {
    let bench = Bench::new();
    for (ending, key) in [
        ("vdi", "uuid"),
        ("vhd", "unique-id"),
        ("vhdx", "virtual-disk-id"),
    ] {
        let name = |number: u32| format!("{number}.{ending}");
        let id = |number: u32| {
            let id = about(&bench.path(&name(number)))[key].clone();
            id.as_str()
                .expect("an id")
                .trim_matches(['{', '}'])
                .to_owned()
        };
        for number in [1, 2] {
            assert!(create(&bench, &name(number), &["-q", "1M"]).succeeded());
        }
        assert_ne!(id(1), id(2), "{ending}");
        let chosen = format!("uuid={CHOSEN}");
        assert!(create(&bench, &name(3), &["-q", "-o", &chosen, "1M"]).succeeded());
        assert_eq!(id(3), CHOSEN);
        // The same content has the same id, unless another is wanted.
        for (number, more) in [(4, &[][..]), (5, &[]), (6, &["-o", "uuid=random"])] {
            let mut convert = ovfkit();
            convert.args(["convert", "-q"]).args(more);
            let done = run(convert
                .arg(bench.path(&name(1)))
                .arg(bench.path(&name(number))));
            assert!(done.succeeded(), "{}", done.stderr);
        }
        assert!(id(4) == id(5) && id(5) != id(6), "{ending}");
        let wrong = create(&bench, &name(7), &["-o", "uuid=none", "1M"]);
        assert_eq!(wrong.code, Some(USAGE), "{}", wrong.stderr);
    }
}

#[test]
fn what_cannot_lie_over_another_is_refused() {
    let bench = Bench::new();
    for name in [
        "base.vhdx",
        "base.vhd",
        "base.vdi",
        "base.vmdk",
        "base.qcow2",
    ] {
        assert!(create(&bench, name, &["-q", "4M"]).succeeded());
    }
    let sub = bench.path("sub");
    fs::create_dir(&sub).expect("a directory");
    fs::copy(bench.path("base.vhd"), sub.join("a\\b.vhd")).expect("copied");
    let absolute = bench.path("base.vhdx");
    for (name, arguments, why) in [
        (
            "x.vhdx",
            &["-b", "base.qcow2"][..],
            "made on a vhdx disk alone",
        ),
        ("x.vmdk", &["-b", "base.vdi"], "made on a vmdk disk alone"),
        (
            "x.raw",
            &["-b", "base.qcow2"],
            "a raw disk is not made on another",
        ),
        (
            "x.vhdx",
            &["-b", "base.vhdx", "-o", "subformat=fixed"],
            "holds all of its disk",
        ),
        (
            "x.vhd",
            &["-b", "base.vhd", "-o", "align=3M"],
            "not rounded",
        ),
        (
            "x.vmdk",
            &["-b", "base.vmdk", "-o", "subformat=monolithicFlat"],
            "holds all of its disk",
        ),
        (
            "x.vmdk",
            &["-b", "base.vmdk", "-o", "subformat=streamOptimized"],
            "holds all of its disk",
        ),
        ("x.vhdx", &["-b", text(&absolute)], "from the directory"),
        ("x.vhd", &["-b", "sub/a\\b.vhd"], "backslash"),
        (
            "x.vmdk",
            &["-b", "base.vmdk", "-o", "compression_level=5"],
            "holds all of its disk",
        ),
        (
            "x.vmdk",
            &["-b", "base.vmdk", "-c"],
            "holds all of its disk",
        ),
    ] {
        let said = create(&bench, name, arguments);
        assert_eq!(said.code, Some(USAGE), "{arguments:?}: {}", said.stderr);
        assert!(said.stderr.contains(why), "{arguments:?}: {}", said.stderr);
        assert!(!bench.path(name).exists());
    }
    let mut sized = ovfkit();
    sized.args(["disk", "create", "-b", "base.vdi"]);
    let said = run(sized.arg(bench.path("x.vdi")).arg("5M"));
    assert!(
        said.code == Some(USAGE) && said.stderr.contains("has its size"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_name_has_bounds() {
    let bench = Bench::new();
    assert!(create(&bench, "base.vhd", &["-q", "1M"]).succeeded());
    let long = format!("{}.vhd", "b".repeat(251));
    fs::rename(bench.path("base.vhd"), bench.path(&long)).expect("renamed");
    let over = created(&bench, "over.vhd", &long);
    let raw = bench.path("zeros");
    File::create(&raw)
        .and_then(|file| file.set_len(MIB))
        .expect("a hole");
    ours(&bench, &over, &raw);
    // As deep as it may be: a path of 3 KiB.
    let deep = format!(
        "{}{long}",
        "./".repeat(usize::try_from(3 * KIB / 2).expect("few"))
    );
    let over = created(&bench, "deep.vhd", &deep);
    ours(&bench, &over, &raw);
}
