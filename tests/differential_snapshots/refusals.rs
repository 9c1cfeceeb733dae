//! What is refused, with nothing written.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::kinds::Kind;
use super::special::snapshots;
use super::support::bench::{Bench, qemu_io, text};
use super::support::qcow2::Qcow2;
use super::support::run::{ovfkit, run, succeed};
use super::support::{MIB, exit, tools};
use super::trial::{Who, our_check};

#[track_caller]
fn refuses(path: &Path, arguments: &[&str], code: i32, parts: &[&str]) {
    let before = fs::read(path).expect("an image");
    let outcome = snapshots(path, arguments);
    let said = &outcome.stderr;
    assert_eq!(outcome.code, Some(code), "{arguments:?}: {said}");
    for part in parts.iter().chain(&["help:"]) {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(fs::read(path).expect("an image") == before, "{arguments:?}");
}

const EACH: [[&str; 2]; 3] = [["--create", "new"], ["--apply", "one"], ["--delete", "one"]];

#[test]
fn refcounts_that_are_too_narrow() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("one-bit.qcow2", "refcount_bits=1", MIB);
    // Nothing is shared yet.
    assert!(snapshots(&path, &["--create", "empty"]).succeeded());
    assert!(our_check(&path));
    qemu_io(&path, "qcow2", &["write -P 1 0 64k".to_owned()]);
    let parts = ["refcounts of 1 bit tell", "refcount_bits=16"];
    refuses(&path, &["--create", "new"], exit::UNSUPPORTED, &parts);
    assert!(snapshots(&path, &["--apply", "empty"]).succeeded());
    assert!(snapshots(&path, &["--delete", "empty"]).succeeded());
    assert!(our_check(&path));
    let mut trial = Kind::TwoBits.with_two();
    let parts = ["refcounts of 2 bits tell of 3 uses"];
    refuses(&trial.path, &["--create", "new"], exit::UNSUPPORTED, &parts);
    // What is not shared by both can be counted.
    trial.delete("one", Who::We);
    trial.judge("deleted");
    trial.apply("two", Who::We);
    trial.judge("applied");
}

#[test]
fn marks_damage_and_other_formats() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    for (bit, part) in [
        (1, "not closed cleanly"),
        (2, "marked the image as corrupt"),
    ] {
        let path = bench.create("marked.qcow2", "", MIB);
        succeed("qemu-img", ["snapshot", "-c", "one", text(&path)]);
        let file = File::options().write(true).open(&path).expect("an image");
        file.write_all_at(&[bit], 79).expect("room");
        for change in EACH {
            refuses(&path, &change, exit::INVALID, &[part, "--repair all"]);
        }
        file.write_all_at(&[0x80], 79).expect("room");
        refuses(&path, &EACH[0], exit::UNSUPPORTED, &["does not know"]);
    }
    let path = bench.create("damaged.qcow2", "", MIB);
    qemu_io(&path, "qcow2", &["write -P 1 0 64k".to_owned()]);
    succeed("qemu-img", ["snapshot", "-c", "one", text(&path)]);
    let mut image = Qcow2::read(&path);
    let block = image.get64(image.get64(48));
    image.put(block + image.data() / 65536 * 2, &[0, 1]);
    image.write(&path);
    for change in EACH {
        let parts = ["the image is damaged", "--repair all"];
        refuses(&path, &change, exit::INVALID, &parts);
    }
    // What is repaired can be changed.
    let repaired = run(ovfkit()
        .args(["disk", "check", "-q", "--repair", "all"])
        .arg(&path));
    assert!(repaired.succeeded(), "{}", repaired.stderr);
    assert!(snapshots(&path, &EACH[2]).succeeded());
    let data = bench.path("data.raw");
    let path = bench.create("data.qcow2", &format!("data_file={}", text(&data)), MIB);
    refuses(&path, &EACH[0], exit::UNSUPPORTED, &["with a data file"]);
    let path = bench.path("disk.vmdk");
    succeed(
        "qemu-img",
        ["create", "-q", "-f", "vmdk", text(&path), "1M"],
    );
    for change in EACH {
        refuses(&path, &change, exit::USAGE, &["vmdk disk has no snapshots"]);
    }
}

#[test]
fn names_that_mean_none_or_several() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("disk.qcow2", "", MIB);
    for change in &EACH[1..] {
        let parts = ["the image has no snapshots", "--create NAME"];
        refuses(&path, change, exit::USAGE, &parts);
    }
    for name in ["same", "same", "1", "4"] {
        succeed("qemu-img", ["snapshot", "-c", name, text(&path)]);
    }
    for change in ["--apply", "--delete"] {
        refuses(
            &path,
            &[change, "none"],
            exit::USAGE,
            &["no snapshot `none`", "`same` (id 1)"],
        );
        let parts = ["`same` is the name or id of several", "ids are 1, 2"];
        refuses(&path, &[change, "same"], exit::USAGE, &parts);
        refuses(&path, &[change, "1"], exit::USAGE, &["ids are 1, 3"]);
    }
    // The name and the id of one.
    assert!(snapshots(&path, &["--delete", "4"]).succeeded());
    refuses(
        &path,
        &["--create", "same"],
        exit::USAGE,
        &["there is a snapshot `same`"],
    );
    refuses(
        &path,
        &["--create", "2"],
        exit::USAGE,
        &["`2` is the id of a snapshot"],
    );
    refuses(
        &path,
        &["--create", "a\tb"],
        exit::USAGE,
        &["control characters"],
    );
    refuses(
        &path,
        &["--create", &"n".repeat(256)],
        exit::USAGE,
        &["256 bytes; 255"],
    );
    assert!(snapshots(&path, &["--create", &"n".repeat(255)]).succeeded());
    // The next id is not one that is a name.
    succeed("qemu-img", ["snapshot", "-c", "5", text(&path)]);
    succeed("qemu-img", ["snapshot", "-c", "6", text(&path)]);
    let made = snapshots(&path, &["--create", "made"]);
    assert!(made.text().contains("created  7 made"), "{}", made.text());
    assert!(our_check(&path));
}

#[test]
fn more_snapshots_than_there_can_be() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("many.qcow2", "", MIB);
    let mut image = Qcow2::read(&path);
    let table = image.bytes.len().next_multiple_of(65536);
    image.bytes.resize(table, 0);
    for number in 1..=65_536 {
        let id = format!("{number:05}");
        let mut entry = vec![0; 64];
        entry[12..16].copy_from_slice(&[0, 5, 0, 5]);
        entry[39] = 24;
        entry[48..56].copy_from_slice(&MIB.to_be_bytes());
        entry.extend_from_slice(id.as_bytes());
        entry.extend_from_slice(id.as_bytes());
        entry.resize(80, 0);
        image.bytes.extend_from_slice(&entry);
    }
    let end = image.bytes.len().next_multiple_of(65536);
    image.bytes.resize(end, 0);
    image.put32(60, 65_536);
    image.put64(64, table as u64);
    image.write(&path);
    let repaired = run(ovfkit()
        .args(["disk", "check", "-q", "--repair", "all"])
        .arg(&path));
    assert!(repaired.succeeded(), "{}", repaired.stderr);
    refuses(
        &path,
        &["--create", "one"],
        exit::LIMIT,
        &["at most 65536", "--delete NAME"],
    );
    assert!(snapshots(&path, &["--delete", "00777"]).succeeded());
    assert!(snapshots(&path, &["--create", "one"]).succeeded());
    assert!(our_check(&path));
    refuses(&path, &["--create", "two"], exit::LIMIT, &["at most 65536"]);
}

#[test]
fn sizes_that_others_would_take_over() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("old.qcow2", "compat=0.10", MIB);
    for name in ["one", "two"] {
        succeed("qemu-img", ["snapshot", "-c", name, text(&path)]);
    }
    // The first tells of a smaller disk.
    let mut image = Qcow2::read(&path);
    let at = image.snapshots() + 48;
    image.put64(at, MIB / 2);
    image.write(&path);
    let parts = ["do not tell their size", "amend"];
    refuses(&path, &["--apply", "one"], exit::UNSUPPORTED, &parts);
    assert!(snapshots(&path, &["--apply", "two"]).succeeded());
    // One that says it has more than its table reaches.
    let path = bench.create("vast.qcow2", "", MIB);
    succeed("qemu-img", ["snapshot", "-c", "one", text(&path)]);
    let mut image = Qcow2::read(&path);
    for size in [1 << 40, u64::MAX] {
        let at = image.snapshots() + 48;
        image.put64(at, size);
        image.write(&path);
        refuses(&path, &["--apply", "one"], exit::INVALID, &["needs"]);
    }
    assert!(snapshots(&path, &["--delete", "one"]).succeeded());
    assert!(our_check(&path));
}
