//! Disks in several files inside packages, and alone: the descriptor is what is named.

use std::fs;
use std::process::Stdio;

use ovfkit::base::digest::Algorithm;

use crate::scene::{Run, Scene, finish, names};
use crate::tar_file::Tar;

/// A scene with the disk `out/disk.raw`, and it as VMDKs of two files each.
fn scene() -> (Scene, Vec<u8>) {
    let scene = Scene::new();
    let mut disk = crate::images::raw(3 << 20);
    disk[1 << 20..2 << 20].fill(0);
    scene.write("out/disk.raw", &disk);
    for (name, subformat) in [
        ("flat.vmdk", "monolithicFlat"),
        ("split.vmdk", "twoGbMaxExtentSparse"),
    ] {
        let setting = format!("subformat={subformat}");
        let request = ["convert", "-f", "raw", "disk.raw", name, "-o", &setting];
        scene.run(&request).succeeded();
    }
    (scene, disk)
}

fn file(scene: &Scene, name: &str) -> Vec<u8> {
    fs::read(scene.path("out").join(name)).expect("a file")
}

/// The package `out/name` of the `files` of the scene, each with the name it has there, with a
/// manifest.
fn package(scene: &Scene, name: &str, files: &[(&str, Vec<u8>)]) {
    let descriptor = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\"/>";
    let mut tar = Tar::default().file("vm.ovf", descriptor.as_bytes());
    let digest = Algorithm::Sha256.digest(descriptor.as_bytes());
    let mut manifest = format!("SHA256(vm.ovf)= {digest}\n");
    for (name, content) in files {
        tar = tar.file(name, content);
        let digest = Algorithm::Sha256.digest(content);
        manifest += &["SHA256(", name, ")= ", &digest, "\n"].concat();
    }
    let archive = tar.file("vm.mf", manifest.as_bytes()).end();
    scene.write(&format!("out/{name}"), &archive);
}

/// `flat.ova` and `split.ova`: one with the descriptor first, one with it last and both files
/// in a directory.
fn packages(scene: &Scene) -> [(&'static str, &'static str); 2] {
    let file = |name| file(scene, name);
    let flat = [
        ("flat.vmdk", file("flat.vmdk")),
        ("flat-flat.vmdk", file("flat-flat.vmdk")),
    ];
    package(scene, "flat.ova", &flat);
    let split = [
        ("d/split-s001.vmdk", file("split-s001.vmdk")),
        ("d/split.vmdk", file("split.vmdk")),
    ];
    package(scene, "split.ova", &split);
    [("flat.ova", "flat.vmdk"), ("split.ova", "d/split.vmdk")]
}

fn piped(scene: &Scene, package: &str, arguments: &[&str]) -> Run {
    let mut command = scene.command(&[&["unpack", "-"], arguments].concat());
    let file = fs::File::open(scene.path("out").join(package)).expect("open");
    let child = command.stdin(Stdio::from(file)).spawn();
    finish(child.expect("the program runs"))
}

#[test]
fn extents_are_found_among_the_files_of_a_package() {
    let (scene, disk) = scene();
    for (package, descriptor) in packages(&scene) {
        let member = format!("{package}:{descriptor}");
        for source in [package, &member] {
            let request = ["convert", source, "out.raw", "--force", "--verify"];
            scene.run(&request).succeeded();
            assert!(file(&scene, "out.raw") == disk, "{source}");
            let request = ["disk", "compare", "-F", "raw", source, "disk.raw"];
            scene.run(&request).succeeded();
            let measured = scene.run(&["disk", "measure", "-O", "raw", source]);
            let measured = measured.succeeded().text();
            assert!(measured.contains("3145728 bytes"), "{measured}");
            let map = scene.run(&["disk", "map", source]).succeeded().text();
            assert!(map.contains("vmdk, 3 MiB"), "{map}");
        }
        let info = scene.run(&["info", package, "--json"]).succeeded().text();
        let info: serde_json::Value = serde_json::from_str(&info).expect("a report");
        let members = info["package"]["members"].as_array().expect("members");
        let told = members.iter().filter_map(|member| {
            let disk = member.get("disk")?;
            Some((member["name"].as_str()?, disk.get("capacity")?.as_u64()?))
        });
        assert!(told.eq([(descriptor, 3 << 20)]), "{info}");
        let judged = scene.run(&["validate", package, "--deep"]);
        let said = judged.text();
        assert!(said.contains("all of 1 disk"), "{said}");
        assert!(!said.contains("DSK-03"), "{said}");
    }
}

#[test]
fn a_disk_of_several_files_is_unpacked_as_one() {
    let (scene, disk) = scene();
    for (package, descriptor) in packages(&scene) {
        let stem = descriptor.trim_end_matches(".vmdk");
        for form in ["raw", "vmdk"] {
            let request = ["unpack", package, "-d", "file", "--disks", form, "--json"];
            let report = scene.run(&request).succeeded().text();
            let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
            let image = format!("{stem}.{form}");
            assert_eq!(report["disks"].as_array().map(Vec::len), Some(1));
            assert_eq!(report["disks"][0]["name"], descriptor);
            let members = report["members"].as_array().expect("members");
            let of_disk = |member: &&serde_json::Value| {
                member["file"] == *image && member["verified"] == true
            };
            assert_eq!(members.iter().filter(of_disk).count(), 2, "{report}");
            piped(&scene, package, &["-d", "pipe", "--disks", form]).succeeded();
            for output in ["file", "pipe"] {
                let directory = scene.path("out").join(output);
                let (below, name) = image.rsplit_once('/').unwrap_or(("", &image));
                let beside = names(&directory.join(below));
                if below.is_empty() {
                    assert_eq!(beside, [name, "vm.mf", "vm.ovf"]);
                } else {
                    assert_eq!(beside, [name]);
                }
                let image = directory.join(&image);
                let image = image.to_str().expect("text");
                let request = ["convert", "-f", form, image, "again.raw", "--force"];
                scene.run(&request).succeeded();
                assert!(file(&scene, "again.raw") == disk, "{package} {form}");
                fs::remove_dir_all(directory).expect("removed");
            }
        }
    }
    // The descriptor alone stands for all of the disk, an extent alone for itself.
    let request = [
        "unpack", "flat.ova", "-d", "one", "--disks", "vhd", "--only",
    ];
    scene
        .run(&[&request[..], &["flat.vmdk"]].concat())
        .succeeded();
    assert_eq!(names(&scene.path("out/one")), ["flat.vhd"]);
    scene
        .run(&[&request[..], &["*-flat*", "--force"]].concat())
        .succeeded();
    assert_eq!(
        names(&scene.path("out/one")),
        ["flat-flat.vmdk", "flat.vhd"]
    );
}

#[test]
fn files_beside_a_descriptor_of_ovf_are_found_too() {
    let (scene, disk) = scene();
    let ovf = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
               xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"><References>\
               <File ovf:id=\"f\" ovf:href=\"flat.vmdk\"/></References></Envelope>";
    scene.write("out/vm.ovf", ovf.as_bytes());
    let request = ["unpack", "vm.ovf", "-d", "d", "--disks", "raw"];
    scene.run(&request).succeeded();
    assert_eq!(names(&scene.path("out/d")), ["flat.raw", "vm.ovf"]);
    assert!(file(&scene, "d/flat.raw") == disk);
    let judged = scene.run(&["validate", "vm.ovf", "--deep"]).text();
    assert!(!judged.contains("DSK-03"), "{judged}");
}

/// What is wrong with the files of a disk, and what is said of it: in a package, and alone.
#[test]
fn extents_that_are_not_there_or_too_short_are_told() {
    let (scene, _) = scene();
    let (flat, content) = (file(&scene, "flat.vmdk"), file(&scene, "flat-flat.vmdk"));
    let text = String::from_utf8(flat).expect("text");
    let named = |name: &str| text.replace("flat-flat.vmdk", name).into_bytes();
    fs::create_dir(scene.path("out/w")).expect("a directory");
    for (descriptor, extent, code, says) in [
        (
            named("gone.vmdk"),
            &content[..],
            3,
            "`gone.vmdk` is not beside it",
        ),
        (
            named("flat-flat.vmdk"),
            &content[..1000],
            3,
            "the extent has 1000 bytes",
        ),
        (
            named("../flat-flat.vmdk"),
            &content,
            5,
            "`../flat-flat.vmdk` is named by more",
        ),
        (
            named("/etc/passwd"),
            &content,
            5,
            "`/etc/passwd` is named by more",
        ),
        (named("disk.vmdk"), &content, 3, "`disk.vmdk`"),
    ] {
        let files = [
            ("disk.vmdk", descriptor.clone()),
            ("flat-flat.vmdk", extent.to_vec()),
        ];
        package(&scene, "bad.ova", &files);
        scene.write("out/w/disk.vmdk", &descriptor);
        scene.write("out/w/flat-flat.vmdk", extent);
        scene.refuses(&["convert", "bad.ova:disk.vmdk", "x.raw"], code, &[says]);
        let request = ["unpack", "bad.ova", "-d", "d", "--disks", "raw"];
        scene.refuses(&request, code, &[says]);
        let run = piped(&scene, "bad.ova", &["-d", "d", "--disks", "raw"]);
        assert_eq!(run.status.code(), Some(code), "{}", run.stderr);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert!(!scene.path("out/d").exists());
        for judged in ["bad.ova", "w/disk.vmdk"] {
            let run = scene.run(&["validate", judged]);
            assert_eq!(run.status.code(), Some(9), "{judged}: {}", run.stderr);
            let found = run.text();
            assert!(found.contains("DSK-031") && found.contains(says), "{found}");
        }
    }
    let run = scene.run(&["validate", "flat.vmdk", "--deep"]).succeeded();
    assert!(run.text().contains("all of 1 disk"), "{}", run.text());
    fs::remove_file(scene.path("out/w/flat-flat.vmdk")).expect("removed");
    scene.write("out/w/disk.vmdk", text.as_bytes());
    #[cfg(unix)]
    for (target, says) in [
        ("nowhere", "is not beside it"),
        ("../disk.raw", "needs the extent"),
    ] {
        let link = scene.path("out/w/flat-flat.vmdk");
        std::os::unix::fs::symlink(target, &link).expect("a link");
        let run = scene.run(&["validate", "w/disk.vmdk"]);
        assert_eq!(run.status.code(), Some(9), "{}", run.stderr);
        assert!(run.text().contains(says), "{}", run.text());
        fs::remove_file(link).expect("removed");
    }
}

#[test]
fn a_descriptor_hides_no_damage_of_a_disk_that_stands_alone() {
    let (scene, _) = scene();
    scene
        .run(&["convert", "-f", "raw", "disk.raw", "whole.vmdk"])
        .succeeded();
    let mut whole = file(&scene, "whole.vmdk");
    // A grain begins at sector 128; its stream behind a marker.
    whole[128 * 512 + 40] ^= 0x10;
    let text = String::from_utf8(file(&scene, "split.vmdk")).expect("text");
    let described = text.replace("split-s001.vmdk", "whole.vmdk").into_bytes();
    package(
        &scene,
        "hidden.ova",
        &[("a.vmdk", described), ("whole.vmdk", whole)],
    );
    let judged = scene.run(&["validate", "hidden.ova", "--deep"]).text();
    let mut lines = judged.lines().zip(judged.lines().skip(1));
    let found = lines.any(|(finding, place)| {
        finding.starts_with("error[DSK-103]") && place.contains("hidden.ova:whole.vmdk")
    });
    assert!(found, "{judged}");
}
