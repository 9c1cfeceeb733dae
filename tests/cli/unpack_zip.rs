//! `ovfkit unpack` of packages in zip archives, and as zip archives.

use std::fs;
use std::process::Stdio;

use ovfkit::base::digest::Algorithm;
use serde_json::Value;

use crate::scene::{Scene, names};
use crate::tar_file::Tar;
use crate::zip_file::{Entry, Zip, stored};

const DESCRIPTOR: &str = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>";
const DISK: &[u8] = b"a disk, a disk, a disk";

fn manifest() -> String {
    let line = |name: &str, content: &[u8]| {
        format!("SHA256({name})= {}\n", Algorithm::Sha256.digest(content))
    };
    line("vm.ovf", DESCRIPTOR.as_bytes()) + &line("vm.vmdk", DISK)
}

fn ova() -> Vec<u8> {
    Tar::default()
        .file("vm.ovf", DESCRIPTOR.as_bytes())
        .file("vm.vmdk", DISK)
        .file("vm.mf", manifest().as_bytes())
        .end()
}

/// `in/vm.zip` is a package; it is unpacked into `out/vm`.
fn unpacked(archive: &[u8]) -> (Scene, Value) {
    let scene = Scene::new();
    scene.write("in/vm.zip", archive);
    let run = scene.run(&["unpack", "../in/vm.zip", "--json"]).succeeded();
    let report = serde_json::from_str(&run.text()).expect("a report");
    (scene, report)
}

/// `archive` is refused with `code`; nothing is left.
#[track_caller]
fn refused(archive: &[u8], code: i32, parts: &[&str]) {
    let scene = Scene::new();
    scene.write("in/vm.zip", archive);
    scene.refuses(&["unpack", "../in/vm.zip", "-d", "vm"], code, parts);
    let request = ["unpack", "../in/vm.zip", "-d", ".", "--force"];
    scene.refuses(&request, code, parts);
}

#[test]
fn an_ova_in_a_zip_is_a_package() {
    let ova = ova();
    for archive in [
        Zip::default().file("vm.ova", &ova).end(),
        Zip::default()
            .file("README.txt", b"read me")
            .file("__MACOSX/dir/._VM.OVA", b"extended attributes")
            .entry(&stored("dir/VM.OVA", &ova))
            .end(),
    ] {
        let (scene, report) = unpacked(&archive);
        assert_eq!(report["wrapper"], "zip");
        assert_eq!(report["dialects"], serde_json::json!(["ustar"]));
        assert_eq!(names(&scene.path("out/vm")), ["vm.mf", "vm.ovf", "vm.vmdk"]);
        assert_eq!(fs::read(scene.path("out/vm/vm.vmdk")).expect("read"), DISK);
        let printed = scene.run(&["unpack", "../in/vm.zip", "--descriptor"]);
        assert_eq!(printed.succeeded().text(), DESCRIPTOR);
    }
}

#[test]
fn the_files_of_a_package_in_a_zip_are_one() {
    let long = format!("dir/{}.vmdk", "long-".repeat(40));
    // The descriptor need not come first, nor the manifest before the disk.
    let archive = Zip::default()
        .entry(&Entry {
            mode: 0o040_755,
            ..stored("dir/", b"")
        })
        .file("dir/vm.vmdk", DISK)
        .file(&long, b"")
        .entry(&stored("dir/vm.mf", manifest().as_bytes()))
        .file("dir/vm.ovf", DESCRIPTOR.as_bytes())
        .end();
    let (scene, report) = unpacked(&archive);
    assert_eq!(report["wrapper"], "zip");
    assert_eq!(report["dialects"], serde_json::json!([]));
    assert_eq!(report["members"][0]["name"], "dir/vm.ovf");
    let members = report["members"].as_array().expect("members");
    let verified = members.iter().filter(|member| member["verified"] == true);
    assert_eq!(verified.count(), 2);
    assert_eq!(
        fs::read(scene.path("out/vm/dir/vm.vmdk")).expect("read"),
        DISK
    );
    assert!(scene.path("out/vm").join(&long).exists());
    let only = ["unpack", "../in/vm.zip", "-d", "only", "--only", "*.vmdk"];
    scene.run(&only).succeeded();
    let about = scene.run(&["info", "../in/vm.zip", "--json"]).succeeded();
    let about: Value = serde_json::from_str(&about.text()).expect("a report");
    assert_eq!(about["package"]["wrapper"], "zip");
}

#[test]
fn disks_out_of_a_zip_are_converted() {
    let scene = Scene::new();
    scene.pack(&["../in/disk.raw", "--name", "vm"]).succeeded();
    let mut content = fs::read(scene.path("in/disk.raw")).expect("the disk");
    content.resize(content.len().next_multiple_of(512), 0);
    let ova = fs::read(scene.path("out/vm.ova")).expect("the package");
    scene.write("in/vm.zip", &Zip::default().file("vm.ova", &ova).end());
    let request = ["unpack", "../in/vm.zip", "-d", "d", "--disks", "raw"];
    scene.run(&request).succeeded();
    assert!(fs::read(scene.path("out/d/vm-disk1.raw")).expect("read") == content);
}

#[test]
fn a_zip_has_to_be_a_file() {
    let scene = Scene::new();
    scene.write("in/vm.zip", &Zip::default().file("vm.ova", &ova()).end());
    for command in [["unpack", "-", "-d", "vm"].as_slice(), &["info", "-"]] {
        let mut command = scene.command(command);
        let input = fs::File::open(scene.path("in/vm.zip")).expect("open");
        command.stdin(Stdio::from(input));
        let parts = [
            "a zip archive cannot be read from a pipe",
            "save it to a file",
        ];
        scene.check_refusal(command, 4, &parts);
    }
}

#[test]
fn names_and_kinds_are_judged_as_in_an_ova() {
    let vm = || Zip::default().file("vm.ovf", DESCRIPTOR.as_bytes());
    for name in ["../x", "/x", "a/../../x", "a\\x", "C:x", "x\0y", "x\ny"] {
        refused(&vm().file(name, b"x").end(), 5, &[]);
    }
    let link = Entry {
        mode: 0o120_777,
        ..stored("link", b"/etc/passwd")
    };
    refused(&vm().entry(&link).end(), 5, &["a symbolic link"]);
    refused(&vm().file("VM.ovf", b"x").end(), 3, &["VM.ovf"]);
    refused(&vm().file("x", b"").file("x/y", b"").end(), 3, &[]);
    let latin = Entry {
        name: b"caf\xE9.vmdk",
        ..stored("", DISK)
    };
    refused(&vm().entry(&latin).end(), 4, &["UTF-8"]);
}

#[test]
fn what_is_no_sound_zip_is_refused() {
    let vm = || Zip::default().file("vm.ovf", DESCRIPTOR.as_bytes());
    let with = |entry: Entry<'_>| vm().entry(&entry).end();
    let disk = || stored("vm.vmdk", DISK);
    let short = &DISK[1..];
    for (archive, code, parts) in [
        (
            with(Entry { crc: 1, ..disk() }),
            3,
            &["`vm.vmdk`", "CRC-32"][..],
        ),
        (
            with(Entry {
                stored: short,
                ..disk()
            }),
            3,
            &["1 bytes early"],
        ),
        (with(Entry { size: 5, ..disk() }), 3, &["longer than"]),
        (
            with(Entry {
                method: 8,
                ..disk()
            }),
            3,
            &["`vm.vmdk` in the zip archive is damaged"],
        ),
        (
            with(Entry { flags: 1, ..disk() }),
            4,
            &["`vm.vmdk`", "encrypted", "7z x"],
        ),
        (
            with(Entry {
                method: 12,
                ..disk()
            }),
            4,
            &["compressed by method 12"],
        ),
        (
            with(Entry {
                offset: Some(0),
                ..disk()
            }),
            3,
            &["shares bytes"],
        ),
        (
            with(Entry {
                size: u32::MAX - 1,
                ..disk()
            }),
            8,
            &["200 times as large"],
        ),
        (
            vm().end()[..70].to_vec(),
            3,
            &["the zip archive is damaged"],
        ),
        (
            Zip::default()
                .file("a.ova", &ova())
                .file("b.ova", &ova())
                .end(),
            4,
            &["several packages: a.ova, b.ova"],
        ),
        (
            Zip::default().file("a.ova", b"no archive").end(),
            3,
            &["the zip holds no tar archive"],
        ),
        (Zip::default().end(), 4, &["an empty zip archive"]),
    ] {
        refused(&archive, code, parts);
    }
    // A count that lies, and more files than anybody has.
    let mut miscounted = vm().end();
    let at = miscounted.len() - 22 + 8;
    miscounted[at] = 2;
    miscounted[at + 2] = 2;
    refused(&miscounted, 3, &["it lists 1 files and counts 2"]);
    let mut many = vm();
    for number in 0..40_000 {
        many = many.entry(&stored(&format!("{number}"), b""));
    }
    refused(&many.end(), 8, &["more than 32768 files"]);
}
