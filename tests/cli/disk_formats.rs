//! VHD and VDI as inputs: packed, begun with, unpacked and put into packages.

use std::fs;

use ovfkit::base::digest::Algorithm;

use crate::scene::{Scene, names};
use crate::tar_file::Tar;
use crate::vdi_file::{Stored, Vdi};
use crate::vhd_file::{Vhd, put};

/// A disk with three blocks of a VHD and five of a VDI, and the boot sector's mark.
fn disk() -> Vec<u8> {
    crate::images::raw(4 * 1024 * 1024 + 512)
}

fn vhd() -> Vec<u8> {
    Vhd::default().blocks(&disk(), |_| true)
}

fn vdi() -> Vec<u8> {
    Vdi::default().build(&disk(), |_| Stored::Data)
}

/// The content of the disk in the package `out/vm.ova`.
fn packed(scene: &Scene) -> Vec<u8> {
    let request = [
        "unpack", "vm.ova", "-d", "came", "--disks", "raw", "--force",
    ];
    scene.run(&request).succeeded();
    fs::read(scene.path("out/came/vm-disk1.raw")).expect("the disk")
}

#[test]
fn pack_a_vhd() {
    let scene = Scene::new();
    for (name, file) in [
        ("in/dynamic.vhd", vhd()),
        ("in/fixed.img", Vhd::default().fixed(&disk())),
    ] {
        scene.write(name, &file);
        let run = scene.pack(&[&format!("../{name}"), "--force"]).succeeded();
        assert!(run.text().contains("(vhd, 4 MiB)"), "{}", run.text());
        assert!(packed(&scene) == disk(), "{name}");
    }
    scene.write("in/cut.vhd", &vhd()[..3 << 20]);
    let says = ["block for guest offset 0", "byte ", "cut short"];
    scene.refuses(&["pack", "../in/cut.vhd"], 3, &says);
}

#[test]
fn pack_a_vdi() {
    let scene = Scene::new();
    scene.write("in/disk.vdi", &vdi());
    let run = scene.pack(&["../in/disk.vdi", "--name", "vm"]).succeeded();
    assert!(run.text().contains("(vdi, 4 MiB)"), "{}", run.text());
    assert!(packed(&scene) == disk());
    let mut old = vdi();
    put(&mut old, 0x44, &[2, 0, 0, 0]);
    scene.write("in/old.vdi", &old);
    let says = ["VDI version 0.2", "VBoxManage clonemedium"];
    scene.refuses(&["pack", "../in/old.vdi"], 4, &says);
    let delta = Vdi::on(&Vdi::default()).build(&disk(), |_| Stored::Free);
    scene.write("in/delta.vdi", &delta);
    let says = ["parent disk `{", "--allow-backing ../in"];
    scene.refuses(&["pack", "../in/delta.vdi"], 5, &says);
    let request = [
        "../in/delta.vdi",
        "--force",
        "--allow-backing",
        "../in",
        "--name",
        "vm",
    ];
    scene.pack(&request).succeeded();
    assert!(packed(&scene) == disk());
}

#[test]
fn begin_with_one() {
    let scene = Scene::new();
    scene.write("in/debian-12.vdi", &vdi());
    let run = scene
        .run(&["init", "--from", "../in/debian-12.vdi"])
        .succeeded();
    assert!(
        run.text().contains("The image is a vdi disk of 4 MiB"),
        "{}",
        run.text()
    );
}

#[test]
fn unpack_and_convert_them() {
    let scene = Scene::new();
    let descriptor = b"<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>";
    let fixed = Vhd::default().fixed(&disk());
    let files: [(&str, &[u8]); 4] = [
        ("vm.ovf", descriptor),
        ("a.vhd", &vhd()),
        ("b.VDI", &vdi()),
        ("c.vhd", &fixed),
    ];
    let mut manifest = String::new();
    let mut tar = Tar::default();
    for (name, content) in files {
        tar = tar.file(name, content);
        manifest += &[
            "SHA256(",
            name,
            ")= ",
            &Algorithm::Sha256.digest(content),
            "\n",
        ]
        .concat();
    }
    scene.write(
        "out/some.ova",
        &tar.file("vm.mf", manifest.as_bytes()).end(),
    );
    let request = ["unpack", "some.ova", "-d", "d", "--disks", "raw"];
    scene.run(&request).succeeded();
    let found = names(&scene.path("out/d"));
    assert_eq!(found, ["a.raw", "b.raw", "c.raw", "vm.mf", "vm.ovf"]);
    for name in ["a.raw", "b.raw", "c.raw"] {
        let content = fs::read(scene.path("out/d").join(name)).expect("the disk");
        assert!(content == disk(), "{name}");
    }
}

#[test]
fn put_them_into_packages() {
    let scene = Scene::new();
    scene.pack(&["../in/disk.raw", "--name", "vm"]).succeeded();
    scene.write("in/new.vhd", &vhd());
    let replace = "vm-disk1.vmdk=../in/new.vhd";
    let request = ["edit", "vm.ova", "--replace", replace, "--in-place"];
    scene.run(&request).succeeded();
    assert!(packed(&scene) == disk());
}
