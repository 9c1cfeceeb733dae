//! `ovfkit unpack --disks`: disks as other platforms take them.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;

use ovfkit::disk::DiskSource as _;
use ovfkit::disk::qcow2::Image;

use crate::scene::{Scene, finish};

const DISK: &str = "../in/disk.raw";

/// `vm.ova` with the disk of the scene, whose capacity is whole sectors.
fn scene() -> (Scene, Vec<u8>) {
    let scene = Scene::new();
    scene.pack(&[DISK, "--name", "vm"]).succeeded();
    let mut content = fs::read(scene.path("in/disk.raw")).expect("the disk");
    content.resize(content.len().next_multiple_of(512), 0);
    (scene, content)
}

fn qcow2(scene: &Scene, name: &str) -> Vec<u8> {
    let path = scene.path(name);
    let file = fs::read(&path).expect("the image");
    let image = Image::open(Arc::new(file), &path, None).expect("it opens");
    let mut content = vec![0; usize::try_from(image.capacity()).expect("small")];
    image.read_at(0, &mut content).expect("it can be read");
    content
}

#[test]
fn disks_become_what_is_asked_for() {
    let (scene, content) = scene();
    scene
        .run(&["unpack", "vm.ova", "-d", "raw", "--disks", "raw"])
        .succeeded();
    assert!(fs::read(scene.path("out/raw/vm-disk1.raw")).expect("read") == content);
    for method in [&[][..], &["--compress", "deflate"], &["--compress", "zstd"]] {
        let request = ["unpack", "vm.ova", "-d", "q", "--force", "--disks", "qcow2"];
        let run = scene.run(&[&request[..], method].concat()).succeeded();
        assert!(
            run.text().contains("vm-disk1.qcow2: qcow2, "),
            "{}",
            run.text()
        );
        assert!(
            run.stderr.contains("still names the disks"),
            "{}",
            run.stderr
        );
        assert!(
            qcow2(&scene, "out/q/vm-disk1.qcow2") == content,
            "{method:?}"
        );
    }
    let names = crate::scene::names(&scene.path("out/q"));
    assert_eq!(names, ["vm-disk1.qcow2", "vm.mf", "vm.ovf"]);
}

#[test]
fn a_package_from_a_pipe_is_converted_too() {
    let (scene, content) = scene();
    let mut command = scene.command(&["unpack", "-", "-d", "piped", "--disks", "qcow2"]);
    let file = fs::File::open(scene.path("out/vm.ova")).expect("open");
    let child = command.stdin(Stdio::from(file)).spawn();
    finish(child.expect("the program runs")).succeeded();
    assert!(qcow2(&scene, "out/piped/vm-disk1.qcow2") == content);
    let names = crate::scene::names(&scene.path("out/piped"));
    assert_eq!(names, ["vm-disk1.qcow2", "vm.mf", "vm.ovf"]);
}

#[test]
fn a_disk_that_is_damaged_leaves_nothing() {
    let (scene, _) = scene();
    let mut package = fs::read(scene.path("out/vm.ova")).expect("the package");
    // A grain begins at sector 128 of the disk; its stream behind a marker.
    let disk = package
        .windows(4)
        .position(|bytes| bytes == b"KDMV")
        .expect("a disk");
    package[disk + 128 * 512 + 40] ^= 0x10;
    scene.write("out/vm.ova", &package);
    let request = ["unpack", "vm.ova", "-d", "d", "--disks", "raw"];
    scene.refuses(&request, 3, &["vm-disk1.vmdk"]);
}

#[test]
fn only_qcow2_can_be_compressed() {
    let (scene, _) = scene();
    let request = ["unpack", "vm.ova", "--disks", "raw", "--compress", "zstd"];
    scene.refuses(&request, 2, &["--compress", "--disks qcow2"]);
}
