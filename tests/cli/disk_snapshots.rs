//! `ovfkit disk snapshots`: what it says when it changes something, and what it refuses.

use std::fs;

use serde_json::Value;

use crate::scene::{Run, Scene};

/// A qcow2 with a disk of data.
fn scene() -> Scene {
    let scene = Scene::new();
    let arguments = [
        "convert",
        "-q",
        "-O",
        "qcow2",
        "../in/disk.raw",
        "disk.qcow2",
    ];
    scene.run(&arguments).succeeded();
    scene
}

fn snapshots(scene: &Scene, arguments: &[&str]) -> Run {
    scene.run(&[&["disk", "snapshots", "disk.qcow2"], arguments].concat())
}

#[test]
fn what_is_done_is_told() {
    let scene = scene();
    let said = snapshots(&scene, &["--create", "before upgrade"]).succeeded();
    assert!(
        said.text().contains("created  1 before upgrade, taken 20"),
        "{}",
        said.text()
    );
    assert_eq!(said.stderr, "");
    let said = snapshots(&scene, &["--create", "second", "-q"]).succeeded();
    assert!(said.stdout.is_empty() && said.stderr.is_empty());
    let listed = snapshots(&scene, &[]).succeeded().text();
    assert!(
        listed.contains("1 before upgrade") && listed.contains("2 second"),
        "{listed}"
    );
    scene
        .run(&["disk", "resize", "disk.qcow2", "+1M", "-q"])
        .succeeded();
    let said = snapshots(&scene, &["--apply", "1", "--json"]).succeeded();
    let report: Value = serde_json::from_str(&said.text()).expect("JSON");
    assert_eq!(report["filename"], "disk.qcow2");
    assert_eq!(report["done"], "applied");
    assert_eq!(report["snapshot"]["name"], "before upgrade");
    assert_eq!(report["snapshot"]["disk-size"], report["capacity"]);
    let before = report["before"].as_u64().expect("a size");
    assert_eq!(report["capacity"], before - (1 << 20));
    scene
        .run(&["disk", "resize", "disk.qcow2", "+1M", "-q"])
        .succeeded();
    let said = snapshots(&scene, &["--apply", "second"]).succeeded().text();
    assert!(
        said.contains("applied  2 second") && said.contains("before "),
        "{said}"
    );
    for wanted in ["2", "before upgrade"] {
        let said = snapshots(&scene, &["--delete", wanted]).succeeded().text();
        assert!(said.contains("deleted  "), "{said}");
    }
    assert!(snapshots(&scene, &[]).text().contains("none"));
    scene.run(&["disk", "check", "disk.qcow2"]).succeeded();
    let compared = ["disk", "compare", "disk.qcow2", "../in/disk.raw"];
    scene.run(&compared).succeeded();
    assert_eq!(scene.outputs(), ["disk.qcow2"], "nothing is left behind");
}

#[test]
fn what_cannot_be_is_refused() {
    let scene = scene();
    let refuses = |arguments: &[&str], code, parts: &[&str]| {
        scene.refuses(&[&["disk", "snapshots"], arguments].concat(), code, parts);
    };
    refuses(
        &["disk.qcow2", "--apply", "x"],
        2,
        &["has no snapshots", "--create"],
    );
    refuses(&["disk.qcow2", "--create", ""], 2, &["is empty"]);
    refuses(
        &["disk.qcow2", "--create", "a\u{7}"],
        2,
        &["control characters"],
    );
    refuses(
        &["../in/disk.raw", "--create", "a"],
        2,
        &["disk.raw", "qcow2 alone"],
    );
    refuses(&["none.qcow2", "--create", "a"], 6, &["cannot open"]);
    refuses(&[".", "--create", "a"], 2, &["this is a directory"]);
    for both in [
        ["--create", "--apply"],
        ["--apply", "--delete"],
        ["--create", "--delete"],
    ] {
        let arguments = ["disk.qcow2", both[0], "a", both[1], "a"];
        let said = scene.run(&[&["disk", "snapshots"], &arguments[..]].concat());
        assert_eq!(said.status.code(), Some(2));
        assert!(
            said.stderr.contains("cannot be used with"),
            "{}",
            said.stderr
        );
    }
    let said = snapshots(&scene, &["-q"]);
    assert_eq!(said.status.code(), Some(2));
    snapshots(&scene, &["--create", "a"]).succeeded();
    refuses(
        &["disk.qcow2", "--create", "a"],
        2,
        &["`a` already", "another name"],
    );
    refuses(
        &["disk.qcow2", "--create", "1"],
        2,
        &["the id of a snapshot"],
    );
    refuses(
        &["disk.qcow2", "--delete", "b"],
        2,
        &["no snapshot `b`", "`a` (id 1)"],
    );
}

#[test]
fn a_change_that_was_interrupted_is_completed() {
    let scene = scene();
    scene.write("out/.disk.qcow2.ovfkit-journal", b"OVFKITJ\n");
    snapshots(&scene, &["--create", "a"]).succeeded();
    assert_eq!(scene.outputs(), ["disk.qcow2"]);
}

#[cfg(unix)]
#[test]
fn an_image_that_cannot_be_written_to_stays() {
    use std::os::unix::fs::PermissionsExt as _;

    let scene = scene();
    let path = scene.path("out/disk.qcow2");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("a file");
    // Nothing keeps an administrator from writing.
    if fs::File::options().write(true).open(&path).is_err() {
        let arguments = ["disk", "snapshots", "disk.qcow2", "--create", "a"];
        scene.refuses(&arguments, 6, &["cannot write to it"]);
    }
}
