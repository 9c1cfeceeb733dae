//! Disks that are converted on their way out of a package, plain, in gzip, in chunks and
//! in zip archives: sound to QEMU, and the same disk.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::bench::{Bench, text};
use support::content::noise;
use support::run::{ovfkit, run, succeed};
use support::{MIB, tools};

/// A disk of data here and there, over more than one grain table, as the files of a
/// package in a directory.
fn package(bench: &Bench) -> (PathBuf, PathBuf) {
    let source = bench.create("source.qcow2", "", 3 << 30);
    for (pattern, offset, length) in [
        ("0x11", 0_u64, 5_u64 << 20),
        ("0xa5", (40 << 20) + 512, 70_000),
        ("0xff", (1 << 30) - 512, 2 << 20),
        ("0x42", (3 << 30) - 512, 512),
    ] {
        let command = format!("write -q -P {pattern} {offset} {length}");
        succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);
    }
    let noise = bench.write("noise", &noise(MIB));
    let command = format!("write -q -s {} 300M 1M", text(&noise));
    succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);
    let packed = bench.pack(&source, &["--name", "vm"]);
    (source, packed.directory)
}

fn shell(directory: &Path, script: &str) {
    let outcome = run(Command::new("bash")
        .args(["-ec", script])
        .current_dir(directory));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
}

/// Unpacks `package` in every format, from a file and, if it can be, from a pipe.
#[track_caller]
fn assert_converts(bench: &Bench, source: &Path, package: &Path, disk: &str, piped: bool) {
    for format in ["raw", "qcow2", "vmdk", "vhdx", "vhd", "vdi"] {
        for pipe in [false, true] {
            if pipe && !piped {
                continue;
            }
            assert_same(bench, source, (package, pipe), disk, &["--disks", format]);
        }
    }
}

/// Unpacks `package`, from a file or a pipe, with its disk in a form, and has QEMU hold that
/// against `source`.
#[track_caller]
fn assert_same(
    bench: &Bench,
    source: &Path,
    (package, pipe): (&Path, bool),
    disk: &str,
    form: &[&str],
) {
    let output = bench.path("unpacked");
    let script = if pipe {
        "cat \"$1\" | \"$0\" unpack - -d \"$2\" -q \"${@:3}\""
    } else {
        "\"$0\" unpack \"$1\" -d \"$2\" -q \"${@:3}\""
    };
    let program = ovfkit().get_program().to_owned();
    let outcome = run(Command::new("bash")
        .args(["-ec", script])
        .arg(program)
        .args([package, &output])
        .args(form));
    assert!(outcome.succeeded(), "{form:?}: {}", outcome.stderr);
    let format = form[1];
    let disk = output.join(format!("{disk}.{format}"));
    if ["qcow2", "vhdx", "vdi"].contains(&format) {
        succeed("qemu-img", ["check", "-q", text(&disk)]);
    }
    let in_qemu = if format == "vhd" { "vpc" } else { format };
    let compare = ["compare", "-q", "-f", "qcow2", "-F", in_qemu];
    succeed(
        "qemu-img",
        compare.into_iter().chain([text(source), text(&disk)]),
    );
    fs::remove_dir_all(&output).expect("removed");
}

#[test]
fn every_form_is_the_same_disk_to_qemu() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let (source, directory) = package(&bench);
    shell(
        &directory,
        "tar -cf ../plain.ova vm.ovf vm-disk1.vmdk vm.mf",
    );
    let package = directory.parent().expect("a parent").join("plain.ova");
    for (format, settings) in [
        ("qcow2", &["-c", "-o", "compression_type=zstd"][..]),
        ("qcow2", &["-c", "-o", "compat=v2,cluster_size=4K"]),
        ("vmdk", &["-o", "subformat=monolithicSparse"]),
        ("vmdk", &["-o", "subformat=monolithicFlat"]),
        ("vmdk", &["-o", "subformat=twoGbMaxExtentSparse"]),
        ("vhdx", &["-o", "subformat=fixed"]),
        ("vhd", &["-o", "subformat=fixed,align=1M"]),
        ("vdi", &["-o", "subformat=fixed"]),
    ] {
        let form = [&["--disks", format][..], settings].concat();
        for pipe in [false, true] {
            assert_same(&bench, &source, (&package, pipe), "vm-disk1", &form);
        }
    }
}

#[test]
fn disks_are_the_same_whatever_they_come_in() {
    if !tools::have_qemu() || !tools::have(&["gzip", "split", "sha256sum"]) {
        return;
    }
    let bench = Bench::new();
    let (source, directory) = package(&bench);
    shell(
        &directory,
        "tar -cf ../plain.ova vm.ovf vm-disk1.vmdk vm.mf
         cp vm-disk1.vmdk chunked.vmdk
         split -b 700000 -d -a 9 chunked.vmdk chunked.vmdk.
         sha256sum --tag vm.ovf chunked.vmdk.0* >chunks.mf
         tar -cf ../chunks.ova vm.ovf chunked.vmdk.0* chunks.mf
         gzip -c vm-disk1.vmdk >disk.vmdk.gz
         tar -cf ../gzip.ova vm.ovf disk.vmdk.gz
         split -b 500000 -d -a 9 disk.vmdk.gz disk.vmdk.gz.
         tar -cf ../both.ova vm.ovf disk.vmdk.gz.0*",
    );
    let above = directory.parent().expect("a parent");
    for (archive, disk) in [
        ("plain.ova", "vm-disk1"),
        ("chunks.ova", "chunked"),
        ("gzip.ova", "disk"),
        ("both.ova", "disk"),
    ] {
        assert_converts(&bench, &source, &above.join(archive), disk, true);
    }
}

#[test]
fn zip_archives_by_the_programs_that_make_them() {
    if !tools::have_qemu() || !tools::have(&["zip"]) || !tools::have_module("zipfile") {
        return;
    }
    let bench = Bench::new();
    let (source, directory) = package(&bench);
    let python = "\
import sys, zipfile
with zipfile.ZipFile('../large.zip', 'w', zipfile.ZIP_DEFLATED) as archive:
    for name in 'vm-disk1.vmdk', 'vm.mf', 'vm.ovf':
        with open(name, 'rb') as file, archive.open(name, 'w', force_zip64=True) as entry:
            entry.write(file.read())
with zipfile.ZipFile('../tree.zip', 'w') as archive:
    for name in 'vm.ovf', 'vm-disk1.vmdk', 'vm.mf':
        archive.write(name, 'appliance/' + name)
";
    fs::write(directory.join("make.py"), python).expect("room");
    shell(
        &directory,
        &format!(
            "tar -cf vm.ova vm.ovf vm-disk1.vmdk vm.mf
             zip -q ../files.zip vm-disk1.vmdk vm.ovf vm.mf
             zip -q -0 ../stored.zip vm.ova
             # To a pipe, so that sizes stand behind the content.
             zip -q - vm.ova | cat >../streamed.zip
             {} make.py",
            tools::PYTHON
        ),
    );
    let above = directory.parent().expect("a parent");
    for (archive, disk) in [
        ("files.zip", "vm-disk1"),
        ("stored.zip", "vm-disk1"),
        ("streamed.zip", "vm-disk1"),
        ("large.zip", "vm-disk1"),
        ("tree.zip", "appliance/vm-disk1"),
    ] {
        assert_converts(&bench, &source, &above.join(archive), disk, false);
    }
}
