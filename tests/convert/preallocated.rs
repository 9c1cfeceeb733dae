//! Images whose room is taken when they are made.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::Value;

use crate::models::models;
use crate::support::bench::{Bench, text};
use crate::support::run::{ovfkit, run, succeed};
use crate::support::{MIB, parallel, tools};
use crate::{Output, converts, output};

const OUTPUTS: [Output; 7] = [
    output("asked.raw", "raw", &["-o", "preallocation=falloc"], false),
    output("zeros.raw", "raw", &["-o", "preallocation=full"], false),
    output(
        "places.qcow2",
        "qcow2",
        &["-o", "preallocation=metadata"],
        true,
    ),
    output(
        "asked.qcow2",
        "qcow2",
        &["-o", "preallocation=falloc"],
        true,
    ),
    output("zeros.qcow2", "qcow2", &["-o", "preallocation=full"], true),
    output(
        "parts.qcow2",
        "qcow2",
        &[
            "-o",
            "preallocation=metadata,extended_l2=on,cluster_size=16K",
        ],
        true,
    ),
    output(
        "old.qcow2",
        "qcow2",
        &["-o", "preallocation=full,compat=0.10,cluster_size=512"],
        true,
    ),
];

/// qemu-img finds a place for all of the disk.
fn assert_all_has_a_place(image: &Path, output: &Output) {
    let map = ["map", "--output=json", "-f", output.format, text(image)];
    let map: Value = serde_json::from_str(&succeed("qemu-img", map)).expect("a map");
    for run in map.as_array().expect("a list") {
        assert!(run["offset"].is_u64(), "{}: {run}", output.file);
    }
}

/// Whether the file has room for all of it.
fn is_reserved(image: &Path) -> bool {
    let about = fs::metadata(image).expect("an image");
    about.blocks() * 512 >= about.len()
}

#[test]
fn room_is_taken_and_the_disk_is_the_same() {
    if !tools::have_qemu() {
        return;
    }
    let models = models();
    let small: Vec<_> = models
        .iter()
        .filter(|model| model.size <= 64 * MIB)
        .collect();
    parallel::each(
        &small,
        |model| model.name.to_owned(),
        |model| {
            let bench = Bench::new();
            let raw = model.make(&bench);
            for output in &OUTPUTS {
                converts(&bench, &raw, &raw, output);
                let image = bench.path(output.file);
                assert_all_has_a_place(&image, output);
                let metadata = output.arguments[1].contains("metadata");
                assert!(metadata || is_reserved(&image), "{}", output.file);
                // As many bytes as were foretold.
                let mut measure = ovfkit();
                measure.args(["disk", "measure", "--json", "-O", output.format]);
                let told = run(measure.args(output.arguments).arg(&raw));
                assert!(told.succeeded(), "{}", told.stderr);
                let told: Value = serde_json::from_str(&told.text()).expect("a report");
                let length = fs::metadata(&image).expect("an image").len();
                assert_eq!(told["required"], length, "{}", output.file);
                // The next one is measured by its own.
                fs::remove_file(&image).expect("removed");
            }
        },
    );
}

#[test]
fn an_empty_image_has_room_too() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    for output in &OUTPUTS {
        let image = bench.path(output.file);
        let mut command = ovfkit();
        command
            .args(["disk", "create", "-q"])
            .args(output.arguments);
        let made = run(command.arg(&image).arg("5M"));
        assert!(made.succeeded(), "{}", made.stderr);
        assert_all_has_a_place(&image, output);
        if output.checked {
            let check = ["check", "-q", "-f", output.format, text(&image)];
            succeed("qemu-img", check);
        }
    }
    // 16 MiB of tables, and places that are holes.
    let image = bench.path("vast.qcow2");
    let mut command = ovfkit();
    command.args(["disk", "create", "-q", "-o"]);
    command
        .arg("preallocation=metadata,cluster_size=2M")
        .arg(&image);
    let made = run(command.arg("4T"));
    assert!(made.succeeded(), "{}", made.stderr);
    let about = fs::metadata(&image).expect("an image");
    assert!(about.len() > 4 << 40 && about.blocks() * 512 < 64 * MIB);
    succeed("qemu-img", ["check", "-q", "-f", "qcow2", text(&image)]);
}

#[test]
fn what_has_no_such_room_is_refused() {
    let bench = Bench::new();
    let base = bench.write("base.raw", &[7; 4096]);
    for (arguments, why) in [
        (
            &["-O", "qcow2", "-c", "-o", "preallocation=metadata"][..],
            "compress",
        ),
        (&["-O", "raw", "-o", "preallocation=metadata"], "metadata"),
        (&["-O", "vhdx", "-o", "preallocation=full"], "preallocation"),
    ] {
        let mut command = ovfkit();
        command.args(["convert", "-f", "raw"]).args(arguments);
        let said = run(command.arg(&base).arg(bench.path("none")));
        assert_eq!(said.code, Some(2), "{}", said.stderr);
        assert!(said.stderr.contains(why), "{}", said.stderr);
    }
    let mut command = ovfkit();
    command.args(["disk", "create", "-b", "base.raw", "-F", "raw"]);
    command.args(["-o", "preallocation=metadata"]);
    let said = run(command.arg(bench.path("over.qcow2")));
    assert_eq!(said.code, Some(2), "{}", said.stderr);
    assert!(said.stderr.contains("backing file"), "{}", said.stderr);
}
