//! Inputs that cannot be packed: each is told apart, and nothing is written.

use std::process::Command;

use crate::images::{CLUSTER, noise, qcow2, qcow2_over, qcow2_with};
use crate::scene::{Scene, skip};

const DISK: &str = "../in/image.qcow2";

#[track_caller]
fn refused(image: &[u8], code: i32, parts: &[&str]) {
    let scene = Scene::new();
    scene.write("in/image.qcow2", image);
    let parts = [&["where:", DISK], parts].concat();
    scene.refuses(&["pack", DISK, "-o", "vm.ova"], code, &parts);
    // The form with several files is no different.
    scene.refuses(&["pack", DISK, "--format", "ovf", "-o", "vm"], code, &parts);
}

#[test]
fn the_made_up_image_packs() {
    let scene = Scene::new();
    scene.write("in/image.qcow2", &qcow2());
    scene.pack(&[DISK]).succeeded();
    assert_eq!(scene.outputs(), ["vm.ova"]);
}

#[test]
fn what_is_no_file() {
    let scene = Scene::new();
    scene.refuses(
        &["pack", "../in/none.raw"],
        6,
        &["no such file", "where: ../in/none.raw", "spelling"],
    );
    scene.refuses(&["pack", "../in"], 2, &["directory", "where: ../in"]);
    #[cfg(unix)]
    {
        scene.refuses(&["pack", "/dev/zero"], 2, &["neither a file nor"]);
        let fifo = scene.path("in/fifo");
        assert!(
            Command::new("mkfifo")
                .arg(fifo)
                .status()
                .expect("mkfifo")
                .success()
        );
        scene.refuses(&["pack", "../in/fifo"], 2, &["pipe", "where: ../in/fifo"]);
    }
}

#[test]
fn empty_and_cut_files() {
    refused(b"", 3, &["empty"]);
    refused(
        b"QFI\xfb\0\0\0\x03",
        3,
        &["8 bytes long", "cut short", "checksum"],
    );
    refused(&qcow2()[..100], 3, &["too short"]);
    refused(
        &qcow2()[..CLUSTER + 7],
        3,
        &["refcount table", "beyond the end"],
    );
    refused(
        &qcow2()[..3 * CLUSTER],
        3,
        &["L2 table", "byte 196608 (0x30000)"],
    );
    refused(
        &qcow2()[..7 * CLUSTER],
        3,
        &["data cluster", "why:", "cut short"],
    );
    let scene = Scene::new();
    scene.write("in/empty.raw", b"");
    scene.refuses(&["pack", "../in/empty.raw"], 3, &["empty"]);
}

#[test]
fn a_qcow2_image_qemu_made_and_somebody_cut() {
    let scene = Scene::new();
    let made = Command::new("qemu-img")
        .args(["convert", "-c", "-f", "raw", "-O", "qcow2"])
        .args([scene.path("in/disk.raw"), scene.path("in/image.qcow2")])
        .status();
    let Ok(made) = made else {
        return skip("qemu-img is missing (Debian: qemu-utils)");
    };
    assert!(made.success());
    scene.pack(&[DISK]).succeeded();
    let whole = std::fs::read(scene.path("in/image.qcow2")).expect("read");
    for length in [whole.len() / 2, whole.len() - 4096, 5 * CLUSTER] {
        refused(&whole[..length.min(whole.len() - 513)], 3, &["help:"]);
    }
}

#[test]
fn other_formats() {
    refused(
        &noise(CLUSTER),
        3,
        &["named qcow2 but does not start as one"],
    );
    refused(b"KDMV and little more", 3, &["too short for a VMDK header"]);
    refused(
        b"# Disk DescriptorFile\nversion=1\n",
        3,
        &["the descriptor is invalid", "no extents"],
    );
    refused(
        b"<!DOCTYPE html><title>404</title>",
        4,
        &["a web page", "fetch"],
    );
    let scene = Scene::new();
    scene.write("in/what", &[7; 4096]);
    scene.refuses(&["pack", "../in/what"], 4, &["--input-format raw"]);
}

#[test]
fn features_nobody_knows() {
    refused(
        &qcow2_with(72, &(1_u64 << 40).to_be_bytes()),
        4,
        &["bit 40"],
    );
    refused(&qcow2_with(4, &4_u32.to_be_bytes()), 4, &["version 4"]);
}

#[test]
fn encrypted_without_the_header_of_the_encryption() {
    refused(&qcow2_with(32, &2_u32.to_be_bytes()), 3, &["LUKS header"]);
}

#[test]
fn numbers_that_would_fill_the_memory() {
    for (offset, code, part) in [
        (20, 3, "cluster_bits"),
        (36, 8, "L1 table"),
        (56, 8, "refcount table"),
        (60, 8, "snapshots"),
        (100, 3, "header_length"),
    ] {
        let image = qcow2_with(offset, &u32::MAX.to_be_bytes());
        refused(&image, code, &[part]);
    }
    refused(&qcow2_with(24, &u64::MAX.to_be_bytes()), 3, &["l1_size"]);
    // A disk of 65 TiB in clusters of 2 MiB.
    let mut large = qcow2_with(20, &21_u32.to_be_bytes());
    large[24..32].copy_from_slice(&(65_u64 << 40).to_be_bytes());
    large[36..40].copy_from_slice(&130_u32.to_be_bytes());
    large[40..48].copy_from_slice(&(2_u64 << 20).to_be_bytes());
    large[48..56].copy_from_slice(&(2_u64 << 20).to_be_bytes());
    large.resize(5 << 20, 0);
    refused(&large, 8, &["64 TiB"]);
}

#[test]
fn a_table_at_the_end_of_all_numbers_is_damage_and_no_failing_disk() {
    let mut image = qcow2_with(60, &1_u32.to_be_bytes());
    let far = u64::MAX << 16;
    image[64..72].copy_from_slice(&far.to_be_bytes());
    refused(
        &image,
        3,
        &["snapshot table", "end of the file, which has 524288"],
    );
}

#[test]
fn files_an_image_names_stay_shut() {
    refused(&qcow2_over("/etc/hostname"), 5, &["--allow-backing /etc"]);
    refused(&qcow2_over("nbd://host/x"), 5, &["nbd:"]);
    // Neither the terminal nor a shell is steered by such a name.
    let name = "\x1b[2J/x;id #/\u{202E}y";
    let scene = Scene::new();
    scene.write("in/image.qcow2", &qcow2_over(name));
    scene.refuses(&["pack", DISK], 5, &["in/\u{FFFD}[2J/x;id #'`"]);
    let run = scene.run(&["pack", DISK]);
    assert!(!run.stderr.contains('\u{202E}'));
}

#[test]
fn an_image_that_rests_on_itself() {
    let scene = Scene::new();
    scene.write("in/image.qcow2", &qcow2_over("image.qcow2"));
    let request = ["pack", DISK, "--allow-backing", "../in"];
    scene.refuses(&request, 3, &["the image itself", "never end"]);
}

#[test]
fn snapshots_that_are_not() {
    let scene = Scene::new();
    scene.write("in/image.qcow2", &qcow2());
    scene.refuses(&["pack", DISK, "--snapshot", "a"], 2, &["no snapshot `a`"]);
    let request = ["pack", "../in/disk.raw", "--snapshot", "a"];
    scene.refuses(&request, 2, &["raw disk has no snapshots"]);
}

#[test]
fn cd_images() {
    let scene = Scene::new();
    let iso = |name: &'static str| ["pack", "../in/disk.raw", "--name", "vm", "--iso", name];
    scene.refuses(&iso("../in/none.iso"), 6, &["where: ../in/none.iso"]);
    scene.write("in/empty.iso", b"");
    scene.refuses(&iso("../in/empty.iso"), 3, &["empty"]);
    // Names the package has of its own.
    for name in ["vm.ovf", "VM.MF", "vm-disk1.vmdk"] {
        scene.write(&format!("in/{name}"), b"a CD");
        let path: &'static str = format!("../in/{name}").leak();
        scene.refuses(&iso(path), 2, &["two files", name]);
    }
}

#[test]
fn disks_are_packed_where_they_lie_in_a_package() {
    let scene = Scene::new();
    scene.write("in/other.raw", &crate::images::raw(512 << 10));
    let both = ["pack", "../in/disk.raw", "../in/other.raw", "-o", "two.ova"];
    scene.run(&both).succeeded();
    let (one, other) = ("two.ova:two-disk1.vmdk", "two.ova:two-disk2.vmdk");
    // The name is the disk's, and not the archive's.
    scene.run(&["pack", other]).succeeded();
    assert_eq!(scene.outputs(), ["two-disk2.ova", "two.ova"]);
    for named in ["two-disk2.ova", "two-disk2.ova:two-disk2-disk1.vmdk"] {
        let request = ["disk", "compare", "-F", "raw", named, "../in/other.raw"];
        scene.run(&request).succeeded();
    }
    scene
        .run(&["pack", one, other, "-o", "again.ova"])
        .succeeded();
    scene
        .run(&["pack", "two-disk2.ova", "-o", "only.ova"])
        .succeeded();
    let definition = format!("disks: [out/{other}]\n");
    scene.write("vm.yaml", definition.as_bytes());
    let request = ["pack", "-d", "../vm.yaml", "-o", "defined.ova", "--json"];
    let report = scene.run(&request).succeeded().text();
    assert!(report.contains("two.ova:two-disk2.vmdk"), "{report}");
    scene.refuses(&["pack", one, one, "-o", "x.ova"], 2, &["twice"]);
    let over = ["pack", one, "-o", "two.ova", "--force"];
    scene.refuses(&over, 2, &["the output is one of the files to be read"]);
    let gone = ["pack", "two.ova:gone.vmdk", "-o", "x.ova"];
    scene.refuses(&gone, 2, &["has no file `gone.vmdk`", "two-disk1.vmdk"]);
    scene.refuses(&["pack", "two.ova", "-o", "x.ova"], 2, &["has 2 disks"]);
    let alone = ["pack", "two.ova:two.ovf", "-o", "x.ova"];
    scene.refuses(&alone, 4, &["two.ova:two.ovf"]);
}
