//! Images of which not all is the disk's: encrypted ones, machines' states, bitmaps, what other
//! programs leave.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::kinds::Kind;
use super::support::bench::{Bench, qemu_io, text};
use super::support::locked::Locked;
use super::support::qcow2::Qcow2;
use super::support::run::{Outcome, ovfkit, run, succeed};
use super::support::step::qemu_check;
use super::support::{KIB, MIB, tools};
use super::trial::{Trial, Who, listed, our_check, state};

pub(crate) fn snapshots(path: &Path, arguments: &[&str]) -> Outcome {
    run(ovfkit()
        .args(["disk", "snapshots"])
        .arg(path)
        .args(arguments))
}

#[track_caller]
fn done(path: &Path, arguments: &[&str]) -> Outcome {
    let outcome = snapshots(path, arguments);
    assert!(outcome.succeeded(), "{arguments:?}: {}", outcome.stderr);
    outcome
}

fn write(path: &Path, commands: &[&str]) {
    let commands: Vec<_> = commands.iter().map(|it| (*it).to_owned()).collect();
    qemu_io(path, "qcow2", &commands);
}

#[test]
fn an_encrypted_image_needs_no_secret() {
    if !tools::have_qemu() {
        return;
    }
    for options in ["encrypt.format=luks", "encrypt.format=aes,compat=0.10"] {
        let locked = Locked::new(options, 4 * MIB);
        let io = |command: &str| locked.io(&[command.to_owned()]);
        io("write -P 1 0 1M");
        done(&locked.image, &["--create", "one"]);
        let one = locked.flattened(&[]);
        io("write -P 2 512k 1M");
        done(&locked.image, &["--create", "two"]);
        let two = locked.flattened(&[]);
        io("write -P 3 0 64k");
        assert!(locked.flattened(&["-l", "snapshot.name=one"]) == one);
        done(&locked.image, &["--apply", "one"]);
        assert!(locked.flattened(&[]) == one);
        done(&locked.image, &["--delete", "one"]);
        assert!(locked.flattened(&["-l", "snapshot.name=two"]) == two);
        assert!(our_check(&locked.image));
        locked.assert_sound();
        // Without the secret qemu-img changes nothing.
        let refused = run(tools::program("qemu-img")
            .args(["snapshot", "-d", "two"])
            .arg(&locked.image));
        assert!(!refused.succeeded());
        done(&locked.image, &["--delete", "two"]);
        assert!(locked.flattened(&[]) == one);
    }
}

/// An image with a snapshot `running` that has 200 KiB of a machine's state, and its disk.
fn with_state(bench: &Bench) -> (std::path::PathBuf, Vec<u8>) {
    let path = bench.create("state.qcow2", "", 4 * MIB);
    write(&path, &["write -P 1 0 1M", "write -b -P 9 0 200k"]);
    succeed("qemu-img", ["snapshot", "-c", "running", text(&path)]);
    let mut image = Qcow2::read(&path);
    let entry = image.snapshots();
    // Its size stands in the fixed part, and in front of the extra data.
    image.put32(entry + 32, 200 << 10);
    image.put64(entry + 40, 200 << 10);
    image.write(&path);
    (path.clone(), state(&path, None))
}

#[test]
fn the_state_of_a_machine_stays_in_its_snapshot_alone() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let (path, disk) = with_state(&bench);
    write(&path, &["write -P 2 0 64k"]);
    let changed = state(&path, None);
    let outcome = done(&path, &["--apply", "running"]);
    assert!(
        outcome.stderr.contains("not brought back"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.text().contains("200 KiB of the machine's state"));
    assert!(qemu_check(&path) && our_check(&path));
    assert!(state(&path, None) == disk && changed != disk);
    // The disk has no state behind its end any more, and no new snapshot has.
    let l1 = Qcow2::read(&path);
    assert_eq!(l1.bytes[36..40], [0, 0, 0, 1]);
    done(&path, &["--create", "off"]);
    assert!(qemu_check(&path));
    // QEMU still finds the state.
    succeed("qemu-img", ["snapshot", "-a", "running", text(&path)]);
    let read = succeed("qemu-io", ["-c", "read -b -P 9 0 200k", text(&path)]);
    assert!(!read.contains("failed"), "{read}");
    let before = fs::metadata(&path).expect("an image").len();
    for name in ["running", "off"] {
        done(&path, &["--apply", "off"]);
        done(&path, &["--delete", name]);
        assert!(qemu_check(&path) && our_check(&path), "{name}");
    }
    assert!(state(&path, None) == disk);
    assert!(fs::metadata(&path).expect("an image").len() < before);
}

#[test]
fn bitmaps_stay_where_they_are_right() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let path = bench.create("bitmap.qcow2", "", 4 * MIB);
    write(&path, &["write -P 1 0 1M"]);
    done(&path, &["--create", "one"]);
    succeed("qemu-img", ["bitmap", "--add", text(&path), "changed"]);
    write(&path, &["write -P 2 0 64k"]);
    let before = fs::read(&path).expect("an image");
    let refused = snapshots(&path, &["--apply", "one"]);
    assert_eq!(refused.code, Some(4));
    assert!(
        refused.stderr.contains("bitmap --remove"),
        "{}",
        refused.stderr
    );
    assert!(fs::read(&path).expect("an image") == before);
    for change in [
        ["--create", "two"],
        ["--delete", "one"],
        ["--delete", "two"],
    ] {
        done(&path, &change);
        assert!(qemu_check(&path) && our_check(&path), "{change:?}");
        let info = succeed("qemu-img", ["info", text(&path)]);
        assert!(info.contains("name: changed"), "{info}");
        assert!(!info.contains("in-use"), "{info}");
    }
}

#[test]
fn leaks_are_freed_and_features_nobody_keeps_up_are_taken_back() {
    if !tools::have_qemu() {
        return;
    }
    for change in [["--create", "new"], ["--apply", "one"], ["--delete", "one"]] {
        let mut trial = Trial::new(Kind::Plain);
        trial.write(0, 256 * KIB, 1);
        trial.create("one", Who::Qemu);
        trial.write(0, 64 * KIB, 2);
        let mut image = Qcow2::read(&trial.path);
        // A cluster of the disk alone is counted twice, and one behind all others once.
        let block = image.get64(image.get64(48));
        let own = image.data() / 65536;
        image.put(block + own * 2, &[0, 2]);
        let entry = image.l2();
        image.put64(entry, image.data());
        let last = image.bytes.len() as u64 / 65536;
        image.put(block + last * 2, &[0, 1]);
        image.bytes.resize(image.bytes.len() + 65536, 7);
        image.put64(88, 1 << 40);
        image.write(&trial.path);
        assert!(!qemu_check(&trial.path));
        done(&trial.path, &change);
        match change[0] {
            "--create" => trial.kept.push(("new".to_owned(), trial.disk.clone())),
            "--apply" => trial.disk = trial.kept[0].1.clone(),
            _ => trial.kept.clear(),
        }
        trial.judge(change[0]);
        assert_eq!(Qcow2::read(&trial.path).get64(88), 0);
    }
}

#[test]
fn entries_nobody_knows_stay_as_they_are() {
    if !tools::have_qemu() {
        return;
    }
    let mut trial = Kind::Plain.with_two();
    // More extra data than is known, and a name that is no text.
    let mut image = Qcow2::read(&trial.path);
    let table = image.snapshots();
    let at = usize::try_from(table).expect("a place");
    let mut entry = image.bytes[at..at + 40].to_vec();
    entry[36..40].copy_from_slice(&[0, 0, 0, 32]);
    entry.extend_from_slice(&image.bytes[at + 40..at + 64]);
    entry.extend_from_slice(b"unknown!");
    entry.extend_from_slice(b"1\xFFne");
    entry.resize(entry.len().next_multiple_of(8), 0);
    let second = image.bytes[at + 72..at + 144].to_vec();
    image.put(table, &[entry.clone(), second].concat());
    image.write(&trial.path);
    done(&trial.path, &["--create", "three"]);
    done(&trial.path, &["--delete", "two"]);
    let image = Qcow2::read(&trial.path);
    let at = usize::try_from(image.snapshots()).expect("a place");
    assert!(image.bytes[at..at + entry.len()] == entry);
    done(&trial.path, &["--apply", "1"]);
    done(&trial.path, &["--delete", "1"]);
    assert_eq!(listed(&trial.path), ["three"]);
    trial.kept = vec![("three".to_owned(), trial.disk.clone())];
    trial.disk = state(&trial.path, None);
    trial.judge("at the end");
}

#[test]
fn freed_clusters_are_taken_again() {
    if !tools::have_qemu() {
        return;
    }
    let mut trial = Trial::new(Kind::Plain);
    trial.write(0, MIB, 1);
    trial.create("kept", Who::We);
    let length = |trial: &Trial| fs::metadata(&trial.path).expect("an image").len();
    let mut before = 0;
    for round in 0..6 {
        trial.create("new", Who::We);
        trial.apply("kept", Who::We);
        trial.delete("new", Who::We);
        if round == 1 {
            before = length(&trial);
        }
    }
    trial.judge("at the end");
    assert_eq!(length(&trial), before);
}

#[test]
fn the_last_cluster_may_be_cut_off() {
    if !tools::have_qemu() {
        return;
    }
    // A compressed cluster at the end of the file, which ends within the last sector.
    let mut trial = Trial::new(Kind::Compressed);
    trial.write(0, 128 * KIB, 1);
    let bytes = fs::metadata(&trial.path).expect("an image").len();
    let end = bytes.next_multiple_of(65536) - 65536 + 300;
    File::options()
        .write(true)
        .open(&trial.path)
        .and_then(|file| {
            let mut behind = vec![0; 65536];
            let read = File::open(&trial.path)?.read_at(&mut behind, end)?;
            assert!(behind[..read].iter().all(|byte| *byte == 0));
            file.set_len(end)
        })
        .expect("a shorter file");
    for name in ["one", "two"] {
        trial.create(name, Who::We);
        trial.judge(name);
    }
    trial.apply("one", Who::We);
    trial.delete("two", Who::We);
    trial.judge("at the end");
}
