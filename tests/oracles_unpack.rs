//! Archives made by others: GNU tar in all its formats, Python's tarfile, COT, in
//! wrappers; and real packages. What is unpacked is what they put in.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::bench::{Bench, text};
use support::content::noise;
use support::run::{Outcome, ovfkit, run, succeed};
use support::{MIB, corpus, exit, tools};

const DESCRIPTOR: &str = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>\n";

/// Files of a package in the directory `name`, with a manifest by `sha256sum`.
fn files(bench: &Bench, name: &str, disk: &str) -> PathBuf {
    let directory = bench.path(name);
    fs::create_dir(&directory).expect("a directory");
    fs::write(directory.join("vm.ovf"), DESCRIPTOR).expect("room");
    fs::write(directory.join(disk), noise(700_000)).expect("room");
    let mut manifest = String::new();
    for name in ["vm.ovf", disk] {
        let sum = succeed("sha256sum", [text(&directory.join(name))]);
        let digest = sum.split(' ').next().expect("a digest");
        manifest += "SHA256(";
        manifest += name;
        manifest += ")= ";
        manifest += digest;
        manifest += "\n";
    }
    fs::write(directory.join("vm.mf"), manifest).expect("room");
    directory
}

/// `tar` with `options`, of `members` in `directory`.
fn tar(directory: &Path, archive: &Path, options: &[&str], members: &[&str]) {
    let mut command = Command::new("tar");
    command.arg("-C").arg(directory).args(options);
    let outcome = run(command.arg("-cf").arg(archive).args(members));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
}

fn unpack(input: &Path, output: &Path, arguments: &[&str]) -> Outcome {
    let mut command = ovfkit();
    command.arg("unpack").arg(input).arg("-d").arg(output);
    run(command.args(arguments))
}

/// Unpacks with success; returns the report.
fn unpacked(input: &Path, output: &Path) -> Value {
    let outcome = unpack(input, output, &["--json"]);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    serde_json::from_str(&outcome.text()).expect("a report")
}

fn info(input: &Path) -> Value {
    let outcome = run(ovfkit().arg("info").arg(input).arg("--json"));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    serde_json::from_str(&outcome.text()).expect("a report")
}

/// Both directories hold the same.
#[track_caller]
fn assert_same(one: &Path, other: &Path) {
    succeed("diff", ["-r", text(one), text(other)]);
}

#[test]
fn gnu_tar_in_all_formats_with_the_manifest_anywhere() {
    if !tools::have(&["tar", "sha256sum", "diff"]) {
        return;
    }
    let bench = Bench::new();
    let directory = files(&bench, "files", "a disk (1).vmdk");
    let first = ["vm.mf", "vm.ovf", "a disk (1).vmdk"];
    let last = ["vm.ovf", "a disk (1).vmdk", "vm.mf"];
    let behind = ["vm.ovf", "vm.mf", "a disk (1).vmdk"];
    for (format, dialect) in [
        ("v7", "v7"),
        ("oldgnu", "gnu"),
        ("gnu", "gnu"),
        ("ustar", "ustar"),
        ("posix", "pax"),
    ] {
        for (number, members) in [first, last, behind, ["./."; 3]].iter().enumerate() {
            let members = if number == 3 {
                &members[..1]
            } else {
                &members[..]
            };
            let archive = bench.path(&format!("{format}-{number}.ova"));
            tar(&directory, &archive, &["--format", format], members);
            let output = bench.path(&format!("{format}-{number}"));
            let report = unpacked(&archive, &output);
            assert_eq!(report["dialects"], serde_json::json!([dialect]));
            let verified = report["members"].as_array().expect("members");
            assert_eq!(
                verified
                    .iter()
                    .filter(|one| one["verified"] == true)
                    .count(),
                2
            );
            assert_same(&directory, &output);
            let package = &info(&archive)["package"];
            assert_eq!(package["manifest"]["complete"], true);
            assert_eq!(package["ending"], "whole");
        }
    }
}

#[test]
fn long_names_in_three_ways() {
    if !tools::have(&["tar", "sha256sum", "diff"]) {
        return;
    }
    let bench = Bench::new();
    let long = format!("{}.vmdk", "long-".repeat(40));
    let directory = files(&bench, "long", &long);
    for format in ["oldgnu", "gnu", "posix"] {
        let archive = bench.path(&format!("long-{format}.ova"));
        tar(
            &directory,
            &archive,
            &["--format", format],
            &["vm.ovf", &long, "vm.mf"],
        );
        let output = bench.path(&format!("long-{format}"));
        unpacked(&archive, &output);
        assert_same(&directory, &output);
    }
    // ustar's prefix field holds directories.
    let inside = bench.path("inside");
    let deep = format!("{}/{}", "d".repeat(90), "e".repeat(60));
    fs::create_dir_all(inside.join(&deep)).expect("directories");
    fs::rename(&directory, inside.join(&deep).join("vm")).expect("moved");
    let archive = bench.path("deep.ova");
    let below = ["vm.ovf", "vm.mf"].map(|name| format!("{deep}/vm/{name}"));
    tar(
        &inside,
        &archive,
        &["--format", "ustar"],
        &[&below[0], &below[1]],
    );
    let outcome = unpack(&archive, &bench.path("deep"), &["--keep-going"]);
    assert_eq!(outcome.code, Some(exit::INVALID), "the disk is not in it");
    let found = fs::read_to_string(bench.path("deep").join(&below[0]));
    assert_eq!(found.expect("below directories"), DESCRIPTOR);
}

#[test]
fn wrappers_by_the_programs_that_make_them() {
    if !tools::have(&["tar", "sha256sum", "diff", "gzip", "xz", "zstd"]) {
        return;
    }
    let bench = Bench::new();
    let directory = files(&bench, "wrapped", "vm.vmdk");
    for (program, options) in [
        ("gzip", &["-c"][..]),
        ("xz", &["-c", "-9"]),
        ("xz", &["-c", "--block-size=65536", "--check=sha256"]),
        ("zstd", &["-c", "-19"]),
    ] {
        let archive = bench.path("vm.tar");
        tar(&directory, &archive, &[], &["vm.ovf", "vm.vmdk", "vm.mf"]);
        let packed = run(Command::new(program).args(options).arg(&archive));
        // The name tells nothing.
        let renamed = bench.write("renamed.ovf", &packed.stdout);
        let output = tempfile::tempdir_in(bench.root()).expect("a directory");
        let report = unpacked(&renamed, output.path());
        assert_eq!(report["wrapper"], program);
        assert_same(&directory, output.path());
        assert_eq!(info(&renamed)["package"]["wrapper"], program);
        let cut = bench.write("cut.ova", &packed.stdout[..packed.stdout.len() / 2]);
        let outcome = unpack(&cut, &bench.path("cut"), &[]);
        assert_eq!(outcome.code, Some(exit::INVALID), "{}", outcome.stderr);
        assert!(!bench.path("cut").exists());
    }
}

#[test]
fn python_and_its_sizes_beyond_eight_gigabytes() {
    if !tools::have_module("tarfile") {
        return;
    }
    let script = "\
import sys, tarfile
form = {'gnu': tarfile.GNU_FORMAT, 'pax': tarfile.PAX_FORMAT}[sys.argv[1]]
with open(sys.argv[2], 'wb') as file:
    text = sys.argv[3].encode()
    for name, size in ('vm.ovf', len(text)), ('vm.vmdk', 50 << 30), ('vm.mf', 0):
        member = tarfile.TarInfo(name)
        member.size = size
        member.mtime = 1234567890
        file.write(member.tobuf(form))
        end = file.tell() + -(-size // 512) * 512
        file.write(text if name == 'vm.ovf' else b'')
        file.seek(end)
    file.write(bytes(1024))
";
    let bench = Bench::new();
    for dialect in ["gnu", "pax"] {
        let archive = bench.path(&format!("{dialect}.ova"));
        succeed(
            tools::PYTHON,
            ["-c", script, dialect, text(&archive), DESCRIPTOR],
        );
        let begun = Instant::now();
        let outcome = unpack(&archive, &bench.path("none"), &["--only", "*.iso"]);
        let package = &info(&archive)["package"];
        // Only headers and the descriptor are read.
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(outcome.code, Some(exit::USAGE));
        let said = &outcome.stderr;
        assert!(said.contains("vm.ovf, vm.vmdk, vm.mf"), "{said}");
        assert_eq!(package["members"][1]["size"], 50_u64 << 30);
        // Python writes the headers of PAX only where they are needed.
        let dialects = &package["dialects"];
        assert!(
            dialects
                .as_array()
                .expect("a list")
                .contains(&dialect.into()),
            "{dialects}"
        );
    }
}

#[test]
fn what_is_packed_is_unpacked() {
    if !tools::have_qemu() || !tools::have(&["sha256sum", "diff"]) {
        return;
    }
    let bench = Bench::new();
    let disk = bench.write("disk.raw", &noise(3 * MIB));
    let packed = bench.pack(&disk, &["--iso", text(&bench.write("a.iso", &noise(5000)))]);
    let output = bench.path("again");
    let report = unpacked(&packed.ova, &output);
    fs::remove_file(output.join("vm.mf")).expect("a manifest");
    // Plain tar unpacked it beside the archive.
    for name in ["vm.ovf", "vm-disk1.vmdk", "a.iso"] {
        succeed(
            "cmp",
            [text(&output.join(name)), text(&packed.directory.join(name))],
        );
        let sum = succeed("sha256sum", [text(&output.join(name))]);
        let members = report["members"].as_array().expect("members");
        let member = members.iter().find(|member| member["name"] == name);
        let digest = member.expect("a member")["digest"]
            .as_str()
            .expect("a digest");
        assert!(sum.starts_with(digest), "{sum}");
    }
}

#[test]
fn what_cot_makes_is_unpacked() {
    if !tools::have_qemu() || !tools::have(&["cot"]) {
        return;
    }
    let bench = Bench::new();
    let disk = bench.write("disk.raw", &noise(100_000));
    let packed = bench.pack(&disk, &["--digest", "sha1"]);
    let edited = bench.path("edited.ova");
    let mut cot = tools::program("cot");
    cot.args(["-f", "edit-product", text(&packed.ova), "-o", text(&edited)]);
    let outcome = run(cot.args(["-v", "1", "-V", "Version 1"]));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    let report = unpacked(&edited, &bench.path("cot"));
    let verified = report["members"].as_array().expect("members");
    assert_eq!(
        verified
            .iter()
            .filter(|one| one["verified"] == true)
            .count(),
        2,
        "{report}"
    );
}

#[test]
fn real_packages_are_what_other_programs_make_of_them() {
    let Some(companions) = corpus::file("corpus/companions") else {
        return;
    };
    if !tools::have(&["tar", "diff"]) {
        return;
    }
    let bench = Bench::new();
    // Its descriptor was edited after the manifest was made.
    let archive = companions.join("ruby-ovf__ourOVF.ova");
    let outcome = unpack(&archive, &bench.path("strict"), &[]);
    assert_eq!(outcome.code, Some(exit::INVALID));
    assert!(outcome.stderr.contains("ourOVF.ovf"), "{}", outcome.stderr);
    assert!(!bench.path("strict").exists());
    unpack(&archive, &bench.path("kept"), &["--keep-going"]);
    let theirs = bench.path("theirs");
    fs::create_dir(&theirs).expect("a directory");
    succeed("tar", ["-C", text(&theirs), "-xf", text(&archive)]);
    assert_same(&theirs, &bench.path("kept"));
    let package = &info(&archive)["package"];
    assert_eq!(package["certificate"], "ourOVF.cert");
    assert_eq!(package["dialects"], serde_json::json!(["gnu"]));

    let Some(descriptor) = corpus::file("corpus/ovf/glennmatthews+cot__ubuntu.2.0.ovf") else {
        return;
    };
    let files = bench.path("ubuntu");
    fs::create_dir(&files).expect("a directory");
    for (from, to) in [
        (descriptor, "ubuntu.2.0.ovf"),
        (companions.join("cot__ubuntu.2.0.mf"), "ubuntu.2.0.mf"),
        (
            companions.join("cot__ubuntu.2.0-disk1.vmdk"),
            "ubuntu.2.0-disk1.vmdk",
        ),
    ] {
        fs::write(files.join(to), fs::read(from).expect("real")).expect("room");
    }
    let package = &info(&files)["package"];
    assert_eq!(package["form"], "ovf");
    assert_eq!(
        package["manifest"]["algorithms"],
        serde_json::json!(["sha256"])
    );
    assert_eq!(package["manifest"]["complete"], true);
    unpacked(&files, &bench.path("copy"));
    assert_same(&files, &bench.path("copy"));
}
