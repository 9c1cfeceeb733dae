//! First-boot configuration: what packages hold of it, and what is refused.

use std::process::Command;

use crate::scene::{Scene, skip};

const DISK: &str = "../in/disk.raw";
const USER_DATA: &str = "#cloud-config\npackages: [nginx]\n";
const META_DATA: &str = "instance-id: web-01-a\nlocal-hostname: web-01\n";
const NETWORK_CONFIG: &str = "version: 2\nethernets:\n  ens192:\n    dhcp4: no\n";
const IGNITION: &str = "{\"ignition\": {\"version\": \"3.4.0\"}}\n";

/// The files `in/seed/user-data` and so on, and `in/c.ign`.
fn scene() -> Scene {
    let scene = Scene::new();
    std::fs::create_dir(scene.path("in/seed")).expect("a directory");
    scene.write("in/seed/user-data", USER_DATA.as_bytes());
    scene.write("in/seed/meta-data", META_DATA.as_bytes());
    scene.write("in/seed/network-config", NETWORK_CONFIG.as_bytes());
    scene.write("in/c.ign", IGNITION.as_bytes());
    scene
}

fn info(scene: &Scene, package: &str) -> String {
    scene.run(&["info", package]).succeeded().text()
}

/// That `package` has neither errors nor warnings for `target`.
#[track_caller]
fn clean(scene: &Scene, package: &str, target: &str) {
    let command = [
        "validate", "--deny", "warnings", "--target", target, package,
    ];
    let run = scene.run(&command);
    let said = run.text();
    assert!(run.status.success(), "{target}: {said}{}", run.stderr);
}

/// The files of the seed image `image` in `package`, by bsdtar; none if that is missing.
fn seeded(scene: &Scene, package: &str, image: &str) -> Option<Vec<(String, String)>> {
    if Command::new("bsdtar").arg("--version").output().is_err() {
        skip("bsdtar is missing (Debian: libarchive-tools)");
        return None;
    }
    scene
        .run(&["unpack", package, "-d", "unpacked", "--force"])
        .succeeded();
    let out = scene.path("out/files");
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir(&out).expect("a directory");
    let mut command = Command::new("bsdtar");
    command
        .arg("-xf")
        .arg(scene.path("out/unpacked").join(image))
        .arg("-C")
        .arg(&out);
    assert!(command.status().expect("bsdtar runs").success());
    let read = |name: String| {
        let content = std::fs::read_to_string(out.join(&name)).expect("readable");
        (name, content)
    };
    Some(crate::scene::names(&out).into_iter().map(read).collect())
}

#[test]
fn properties_tell_a_guest_of_vsphere() {
    let scene = scene();
    let files = "../in/seed/user-data,../in/seed/meta-data,../in/seed/network-config";
    let target = ["--cloud-init", files, "--target", "vsphere:7.0"];
    scene.pack(&[&[DISK][..], &target].concat()).succeeded();
    let said = info(&scene, "vm.ova");
    for part in [
        "handed over by com.vmware.guestInfo",
        "First boot\n",
        "instance-id     string  \"web-01-a\"",
        "hostname        string  \"web-01\"",
        "\"I2Nsb3VkLWNvbmZpZwpwYWNrYWdlczogW25naW54XQo=\"",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(!said.contains("CD drive"), "{said}");
    clean(&scene, "vm.ova", "vsphere:7.0");
    // By option on any target.
    let properties = ["--cloud-init", files, "--seed", "properties", "--force"];
    scene.pack(&[&[DISK][..], &properties].concat()).succeeded();
    assert!(info(&scene, "vm.ova").contains("\"web-01-a\""));
}

#[test]
fn a_cd_tells_the_guests_of_all_others() {
    let scene = scene();
    let everywhere = ["portable", "virtualbox", "workstation", "esxi:8.0"];
    for target in everywhere {
        let options = ["--cloud-init", "../in/seed", "--target", target, "--force"];
        scene.pack(&[&[DISK][..], &options].concat()).succeeded();
        let said = info(&scene, "vm.ova");
        assert!(said.contains("CD drive, vm-seed.iso"), "{target}:\n{said}");
        assert!(!said.contains("properties"), "{target}:\n{said}");
        if target != "portable" {
            clean(&scene, "vm.ova", target);
        }
    }
    let Some(files) = seeded(&scene, "vm.ova", "vm-seed.iso") else {
        return;
    };
    let expected = [
        ("meta-data", META_DATA),
        ("network-config", NETWORK_CONFIG),
        ("user-data", USER_DATA),
    ];
    let expected = expected.map(|(name, content)| (name.to_owned(), content.to_owned()));
    assert_eq!(files, expected);
}

#[test]
fn several_targets_have_each_its_way() {
    let scene = scene();
    let command = [
        "pack",
        DISK,
        "--name",
        "web",
        "--cloud-init",
        "../in/seed/user-data",
        "--target",
        "vsphere:8.0",
        "--target",
        "virtualbox",
        "--target",
        "portable",
    ];
    scene.run(&command).succeeded();
    let properties = info(&scene, "web-vsphere-8.0.ova");
    assert!(properties.contains("user-data"), "{properties}");
    assert!(!properties.contains("web-seed.iso"), "{properties}");
    let cd = info(&scene, "web-virtualbox-7.ova");
    assert!(cd.contains("CD drive, web-seed.iso"), "{cd}");
    clean(&scene, "web-vsphere-8.0.ova", "vsphere:8.0");
    clean(&scene, "web-virtualbox-7.ova", "virtualbox");
    let Some(files) = seeded(&scene, "web-virtualbox-7.ova", "web-seed.iso") else {
        return;
    };
    assert_eq!(
        seeded(&scene, "web-portable.ova", "web-seed.iso"),
        Some(files.clone())
    );
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["meta-data", "user-data"]);
    assert!(files[0].1.starts_with("instance-id: \"iid-"), "{files:?}");
    assert!(
        files[0].1.ends_with("\nlocal-hostname: \"web\"\n"),
        "{files:?}"
    );
}

#[test]
fn a_definition_names_files_beside_itself() {
    let scene = scene();
    scene.write("in/seed/vendor", b"#!/bin/sh\n");
    let text = "\
name: web
disks: [disk.raw]
cloud-init:
  user-data: seed/user-data
  meta-data: seed/meta-data
  vendor-data: seed/vendor
  as: iso
";
    scene.write("in/web.yaml", text.as_bytes());
    let command = [
        "pack",
        "-d",
        "../in/web.yaml",
        "--target",
        "vsphere",
        "-o",
        "web.ova",
    ];
    scene.run(&command).succeeded();
    if let Some(files) = seeded(&scene, "web.ova", "web-seed.iso") {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["meta-data", "user-data", "vendor-data"]);
    }
    // An option goes over the way, and over the files; those are beside the directory one is in.
    let refused = [&command[..], &["--force", "--seed", "properties"]].concat();
    scene.refuses(
        &refused,
        4,
        &["vendor-data", "where: ../in/seed/vendor", "seed image"],
    );
    scene.write("out/mine", b"#!/bin/sh\n");
    let option = ["--force", "--seed", "properties", "--cloud-init", "mine"];
    scene.run(&[&command[..], &option].concat()).succeeded();
    assert!(info(&scene, "web.ova").contains("\"IyEvYmluL3NoCg==\""));
    // A directory will do.
    scene.write("in/web.yaml", b"disks: [disk.raw]\ncloud-init: seed\n");
    scene
        .run(&[&command[..], &["--force"]].concat())
        .succeeded();
    assert!(info(&scene, "web.ova").contains("\"web-01-a\""));
}

#[test]
fn ignition_is_told_by_properties() {
    let scene = scene();
    scene
        .pack(&[DISK, "--ignition", "../in/c.ign", "--target", "vsphere"])
        .succeeded();
    let said = info(&scene, "vm.ova");
    for part in [
        "handed over by com.vmware.guestInfo",
        "guestinfo.ignition.config.data",
        "\"base64\"",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    let options = ["--ignition", "../in/c.ign", "--force", "--target"];
    for (target, part) in [
        ("workstation", "which this platform does not hand to guests"),
        ("virtualbox", "an Ignition config by properties is left out"),
        ("esxi", "an Ignition config by properties is left out"),
    ] {
        let run = scene.pack(&[&[DISK][..], &options, &[target]].concat());
        let said = run.succeeded().stderr;
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let scene = scene();
    let packed = |epoch: &str| {
        let options = [
            "pack",
            DISK,
            "-o",
            "vm.ova",
            "--cloud-init",
            "../in/seed",
            "--force",
        ];
        let mut command = scene.command(&options);
        let child = command
            .env("SOURCE_DATE_EPOCH", epoch)
            .spawn()
            .expect("it runs");
        crate::scene::finish(child).succeeded();
        std::fs::read(scene.path("out/vm.ova")).expect("packed")
    };
    let early = packed("1700000000");
    assert!(early == packed("1700000000"), "the same again");
    // The image tells the time too: 2023-11-14 22:13:20.
    let volume = b"2023111422132000";
    assert!(
        early.windows(volume.len()).any(|bytes| bytes == volume),
        "the time is told"
    );
    assert!(early != packed("1700000001"), "another time");
}

#[test]
fn wrong_files_are_refused_at_their_place() {
    let scene = scene();
    for (name, content) in [
        ("plain", "packages: [nginx]\n"),
        ("list", "# names\n- a\n"),
        ("broken", "a: 1\nb: [\n"),
        ("c.bu", "variant: fcos\nversion: 1.5.0\n"),
    ] {
        scene.write(&format!("in/{name}"), content.as_bytes());
    }
    let user_data = "../in/seed/user-data";
    let with = |meta_data: &str| format!("{user_data},../in/{meta_data}");
    for (option, value, code, parts) in [
        (
            "--cloud-init",
            "../in/none".to_owned(),
            6,
            ["cannot read", "where: --cloud-init, ../in/none"],
        ),
        (
            "--cloud-init",
            with("none"),
            6,
            ["cannot read", "../in/none"],
        ),
        (
            "--cloud-init",
            "../in/plain".to_owned(),
            3,
            [
                "begins with `packages: [nginx]`",
                "where: --cloud-init, ../in/plain",
            ],
        ),
        (
            "--cloud-init",
            with("list"),
            3,
            ["a list", "../in/list, line 2, column 1"],
        ),
        (
            "--cloud-init",
            with("broken"),
            3,
            ["not YAML", "../in/broken, line 3"],
        ),
        (
            "--cloud-init",
            format!("{user_data},,,{user_data}"),
            2,
            ["4 files are named", "where: --cloud-init"],
        ),
        (
            "--cloud-init",
            format!(",{user_data}"),
            2,
            ["no user-data", "where: --cloud-init"],
        ),
        (
            "--ignition",
            "../in/c.bu".to_owned(),
            3,
            ["Butane", "where: --ignition, ../in/c.bu"],
        ),
        (
            "--ignition",
            user_data.to_owned(),
            3,
            ["user-data for cloud-init", "where: --ignition"],
        ),
    ] {
        scene.refuses(&["pack", DISK, option, &value], code, &parts);
    }
    scene.write(
        "in/vm.yaml",
        b"disks: [disk.raw]\ncloud-init:\n  user-data: none\n",
    );
    let command = ["pack", "-d", "../in/vm.yaml"];
    scene.refuses(
        &command,
        6,
        &[
            "none: cannot read",
            "where: ../in/vm.yaml, line 3, column 14",
        ],
    );
}

#[test]
fn ways_that_lead_nowhere_are_refused() {
    let scene = scene();
    let files = ["--cloud-init", "../in/seed"];
    let ignition = ["--ignition", "../in/c.ign"];
    for (options, code, parts) in [
        (
            &["--seed", "iso"][..],
            2,
            ["there are no files for cloud-init", "where: --seed"],
        ),
        (
            &[files[0], files[1], "--seed", "cd"],
            2,
            ["there is no form `cd`", "where: --seed"],
        ),
        (
            &[ignition[0], ignition[1], "--seed", "iso"],
            4,
            ["no seed image is made for Ignition", "where: --seed"],
        ),
        (
            &[
                files[0],
                files[1],
                "--seed",
                "properties",
                "--target",
                "proxmox",
            ],
            2,
            [
                "Proxmox VE does not take first-boot configuration as properties",
                "where: --seed",
            ],
        ),
        (
            &[
                files[0],
                files[1],
                "--target",
                "vsphere",
                "--property",
                "user-data=x",
            ],
            2,
            ["the property `user-data` has a value", "where: --property"],
        ),
    ] {
        scene.refuses(&[&["pack", DISK], options].concat(), code, &parts);
    }
}
