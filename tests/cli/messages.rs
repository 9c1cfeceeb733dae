//! What is printed, for people and for programs.

use crate::images::{CLUSTER, qcow2_with, raw};
use crate::scene::Scene;

const DISK: &str = "../in/disk.raw";

#[test]
fn the_summary() {
    let scene = Scene::new();
    let run = scene.pack(&[DISK, "--cpus", "1"]).succeeded();
    let said = run.text();
    assert_eq!(run.stderr, "");
    for part in [
        "disk.raw (raw, 293 KiB): 293 KiB data, ",
        "1 CPU, 2 GiB RAM, BIOS",
        "output  vm.ova, ",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(!said.contains('\x1b'));
    for line in said.lines() {
        assert!(line.len() <= 80, "{line}");
    }
    let verbose = scene.pack(&[DISK, "--force", "-v"]).succeeded().text();
    assert!(verbose.contains("5 grains of 64 KiB"), "{verbose}");
    let digests = verbose
        .lines()
        .filter(|line| line.starts_with("  sha256  "));
    assert_eq!(digests.count(), 2, "{verbose}");
}

#[test]
fn the_summary_tells_the_disks_digest_and_where_it_belongs() {
    let scene = Scene::new();
    let one = scene.pack(&[DISK]).succeeded().text();
    let digest = one.lines().find_map(|line| line.strip_prefix("  sha256  "));
    assert_eq!(digest.map(str::len), Some(64), "{one}");
    assert!(
        !one.contains("vm-disk1.vmdk"),
        "a single one needs no name: {one}"
    );
    scene.write("in/two.raw", &raw(300_544));
    let two = scene
        .pack(&[DISK, "../in/two.raw", "--force"])
        .succeeded()
        .text();
    assert!(two.contains("          vm-disk1.vmdk\n  sha256  "), "{two}");
    assert!(two.contains("          vm-disk2.vmdk\n  sha256  "), "{two}");
}

#[test]
fn a_warning_is_told_even_when_packing_fails_for_it() {
    let scene = Scene::new();
    // Marked as corrupt, and with a first cluster behind the file's end.
    let mut image = qcow2_with(79, &[2]);
    image[3 * CLUSTER..3 * CLUSTER + 8].copy_from_slice(&(1_u64 << 40).to_be_bytes());
    scene.write("in/bad.qcow2", &image);
    let run = scene.pack(&["../in/bad.qcow2"]);
    assert_eq!(run.status.code(), Some(3), "{}", run.stderr);
    let warned = run
        .stderr
        .starts_with("warning: ../in/bad.qcow2: marked as corrupt");
    assert!(warned && run.stderr.contains("\nerror: "), "{}", run.stderr);
    let quiet = scene.pack(&["../in/bad.qcow2", "-q"]);
    assert!(quiet.stderr.starts_with("error: "), "{}", quiet.stderr);
}

#[test]
fn a_digest_outside_the_standard_is_noted() {
    let scene = Scene::new();
    let run = scene.pack(&[DISK, "--digest", "sha512"]).succeeded();
    assert!(
        run.stderr.starts_with("note: manifest: SHA512"),
        "{}",
        run.stderr
    );
}

#[test]
fn half_a_sector_is_noted() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &raw(300_000));
    let run = scene.pack(&[DISK]).succeeded();
    let note = "note: ../in/disk.raw: the disk has 300000 bytes, no multiple of a sector; \
                32 zeros are added\n";
    assert_eq!(run.stderr, note);
}

#[test]
fn quiet_is_silent() {
    let scene = Scene::new();
    let run = scene.pack(&[DISK, "-q"]).succeeded();
    assert!(run.stdout.is_empty() && run.stderr.is_empty());
    let run = scene.run(&["pack", "../in/none.raw", "-q"]);
    assert!(run.stderr.starts_with("error: cannot open"));
}

#[test]
fn the_report() {
    let scene = Scene::new();
    scene.write("in/disk.raw", &[raw(1 << 20), vec![0; 1 << 20]].concat());
    let run = scene.pack(&[DISK, "--json", "--mem", "1G"]).succeeded();
    let report: serde_json::Value = serde_json::from_str(&run.text()).expect("JSON");
    let size = std::fs::metadata(scene.path("out/vm.ova"))
        .expect("output")
        .len();
    assert_eq!(report["packages"].as_array().map(Vec::len), Some(1));
    let package = &report["packages"][0];
    assert_eq!(package["output"], "vm.ova");
    assert_eq!(package["format"], "ova");
    assert_eq!(package["size"], size);
    assert_eq!(package["digest"], "sha256");
    assert_eq!(package["machines"][0]["memory"], 1 << 30);
    let disk = &report["disks"][0];
    assert_eq!(disk["source"], DISK);
    assert_eq!(disk["source_format"], "raw");
    assert_eq!(disk["capacity"], 2 << 20);
    assert_eq!(disk["populated"], 1 << 20);
    assert_eq!(disk["grains"], 16);
    assert_eq!(disk["passed_through"], 0);
    assert_eq!(package["members"][0]["name"], "vm.ovf");
    assert_eq!(package["members"][0]["disk"], serde_json::Value::Null);
    assert_eq!(package["members"][1]["size"], disk["size"]);
    assert_eq!(package["members"][1]["disk"], 0);
    let digest = package["members"][1]["digest"].as_str().expect("text");
    assert_eq!(digest.len(), 64);
    assert_eq!(report["warnings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn help_and_version() {
    let scene = Scene::new();
    for request in [
        &["--help"][..],
        &["-h"],
        &["help", "pack"],
        &["pack", "--help"],
        &["os", "-h"],
    ] {
        let mut command = scene.command(request);
        command.env("COLUMNS", "200");
        let run = crate::scene::finish(command.spawn().expect("the program runs")).succeeded();
        let said = run.text();
        assert!(said.contains("Usage: ovfkit") && run.stderr.is_empty());
        for line in said.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
    let help = scene.run(&["--help"]).text();
    for code in ["  0  ", "  8  ", "130  "] {
        assert!(help.contains(code), "{help}");
    }
    let version = scene.run(&["--version"]).succeeded().text();
    assert_eq!(version, concat!("ovfkit ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_beginner_is_shown_the_way() {
    let scene = Scene::new();
    let help = scene.run(&["--help"]).text();
    for command in ["  ovfkit pack ", "  ovfkit init ", "  ovfkit validate "] {
        assert!(help.contains(command), "{help}");
    }
    // Neither an image nor a definition is given; either would do.
    let nothing = scene.run(&["pack"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(
        nothing.stderr.contains("--definition"),
        "{}",
        nothing.stderr
    );
    scene.write("in/a.qcow2", &qcow2_with(79, &[2]));
    let said = scene.run(&["info", "../in/a.qcow2"]).stderr;
    for part in ["a qcow2 disk image", "`ovfkit pack`", "`ovfkit validate`"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn operating_systems() {
    let scene = Scene::new();
    assert!(
        scene
            .run(&["os", "DEBIAN"])
            .succeeded()
            .text()
            .contains("debian12")
    );
    scene.refuses(&["os", "templeos"], 2, &["templeos", "lists all"]);
}
