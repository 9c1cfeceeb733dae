//! `ovfkit init --from` with a file for ova-compose, and what becomes of it.

use std::fs;

use crate::scene::{Run, Scene};

/// A file as users of that program have it.
const FILE: &str = "\
system:
    name: photon
    type: vmx-14 vmx-20
    os_vmw: vmwarePhoton64Guest
    firmware: efi
    secure_boot: true
networks:
    vm_network: { name: VM Network, description: The VM Network network }
hardware:
    cpus: !param cpus=2
    memory: 2048
    sata1: { type: sata_controller }
    scsi1: { type: scsi_controller }
    cdrom1: { type: cd_drive, parent: sata1 }
    rootdisk: { type: hard_disk, parent: scsi1, raw_image: !param disk=disk.raw }
    data: { type: hard_disk, parent: scsi1, disk_capacity: 64, file_id: data.vmdk }
    ethernet1: { type: ethernet, subtype: VmxNet3, network: vm_network }
    videocard1: { type: video_card }
    vmci1: { type: vmci }
product: { product: Photon, vendor: Example Ltd., version: 1.10 }
eula: { file: eula.txt }
";

fn scene() -> Scene {
    let scene = Scene::new();
    scene.write("in/photon.yaml", FILE.as_bytes());
    scene.write("in/eula.txt", b"Be nice.\n");
    scene
}

#[track_caller]
fn init(scene: &Scene, arguments: &[&str]) -> Run {
    let all = [&["init", "--from", "../in/photon.yaml"], arguments].concat();
    scene.run(&all).succeeded()
}

#[test]
fn a_file_becomes_a_definition_that_packs() {
    let scene = scene();
    let run = init(&scene, &["-o", "vm.yaml"]);
    assert_eq!(run.text(), "");
    assert_eq!(
        run.stderr,
        "warning: not carried over: `hardware.data.file_id`: files are numbered when they are packed\n"
    );
    let text = fs::read_to_string(scene.path("out/vm.yaml")).expect("written");
    for line in [
        "parameters: { cpus: 2, disk: ../in/disk.raw }",
        "name: photon",
        "os: photon",
        "cpus: { count: '${cpus}', hot-add: false, hot-remove: false }",
        "  - { image: '${disk}', at: scsi0:0, title: rootdisk }",
        "  - { size: 64 MiB, at: scsi0:1, title: data }",
        "eula: ../in/eula.txt",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    scene
        .run(&["pack", "-d", "vm.yaml", "--set", "cpus=4", "-o", "vm.ova"])
        .succeeded();
    let info = scene.run(&["info", "vm.ova"]).succeeded().text();
    assert!(info.contains("4 CPUs"), "{info}");
    let verdict = scene.run(&["validate", "vm.ova", "--target", "vsphere:8.0"]);
    let verdict = verdict.succeeded();
    assert!(!verdict.text().contains("error"), "{}", verdict.text());
    assert!(!verdict.text().contains("warning"), "{}", verdict.text());
}

#[test]
fn options_go_over_the_file_and_its_parameters() {
    let scene = scene();
    let text = init(&scene, &["--cpus", "8"]).text();
    for line in [
        "parameters: { disk: ../in/disk.raw }",
        "cpus: { count: 8, hot-add: false, hot-remove: false }",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    let json = init(&scene, &["--format", "json"]).text();
    assert!(json.contains("\"count\": \"${cpus}\""), "{json}");
    scene.write("out/vm.json", json.as_bytes());
    scene
        .run(&["pack", "-d", "vm.json", "-o", "vm.ova"])
        .succeeded();
}

#[test]
fn mistakes_are_told_where_they_are() {
    let scene = scene();
    let file = FILE
        .replace("parent: scsi1, disk_cap", "parent: scsi2, disk_cap")
        .replace("vendor:", "vendour:");
    scene.write("in/photon.yaml", file.as_bytes());
    let run = scene.run(&["init", "--from", "../in/photon.yaml"]);
    assert_eq!(run.status.code(), Some(3), "{}", run.stderr);
    assert!(
        run.stderr.contains("product: there is no key `vendour`")
            && run.stderr.contains("../in/photon.yaml, line 20, column 29")
            && run.stderr.contains("did you mean `vendor`?"),
        "{}",
        run.stderr
    );
    let file = FILE.replace("parent: scsi1, disk_cap", "parent: scsi2, disk_cap");
    scene.write("in/photon.yaml", file.as_bytes());
    let run = scene.run(&["init", "--from", "../in/photon.yaml"]);
    assert!(
        run.stderr
            .contains("hardware.data.parent: there is no controller `scsi2`")
            && run.stderr.contains("known are: sata1, scsi1"),
        "{}",
        run.stderr
    );
}

#[test]
fn such_a_file_is_no_definition_and_the_other_way_round() {
    let scene = scene();
    let run = scene.run(&["pack", "-d", "../in/photon.yaml"]);
    assert_eq!(
        run.stderr,
        "error: the file is one for ova-compose, and no definition\n  \
           where: ../in/photon.yaml\n  \
           help:  make a definition of it: ovfkit init --from ../in/photon.yaml -o vm.yaml\n"
    );
    for (name, text) in [
        ("vm.yaml", "name: x\ndisks+: [disk.raw]\n"),
        ("vm.toml", "name = 'x'\n"),
        ("vm.conf", "name: x\nhardware: vmx-14\n"),
    ] {
        scene.write(&format!("in/{name}"), text.as_bytes());
        let run = scene.run(&["init", "--from", &format!("../in/{name}")]);
        assert!(
            run.stderr.contains("the file is a definition already")
                && run
                    .stderr
                    .contains(&format!("ovfkit pack --definition ../in/{name}")),
            "{}",
            run.stderr
        );
    }
    for (name, text, told) in [
        ("a.yaml", "colour: red\n", "this is no file for ova-compose"),
        ("b.yaml", "a: [\n", "this is not YAML"),
    ] {
        scene.write(&format!("in/{name}"), text.as_bytes());
        let run = scene.run(&["init", "--from", &format!("../in/{name}")]);
        assert!(!run.status.success());
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
}
