//! The backup of a GUID partition table that `ovfkit disk resize --move-gpt` moved, as sfdisk
//! sees it, in every format whose disks get another size. It knows files in sectors of 512 bytes
//! alone.

mod support;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use support::bench::{Bench, flattened, text};
use support::locked::Locked;
use support::run::{ovfkit, run, succeed};
use support::{MIB, parallel, tools};

/// Formats, as `convert` and qemu-img call them.
const FORMATS: [(&str, &str); 5] = [
    ("raw", "raw"),
    ("qcow2", "qcow2"),
    ("vhdx", "vhdx"),
    ("vhd", "vpc"),
    ("vdi", "vdi"),
];

/// A disk with a table and two partitions, the last of which ends at 31 MiB.
fn partitioned(bench: &Bench) -> PathBuf {
    let path = bench.path("made.raw");
    let file = File::create(&path).expect("room");
    file.set_len(64 * MIB).expect("room");
    let mut sfdisk = tools::program("sfdisk")
        .arg("-q")
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("sfdisk runs");
    let mut input = sfdisk.stdin.take().expect("a pipe");
    input
        .write_all(b"label: gpt\nsize=20MiB\nsize=10MiB\n")
        .expect("a reader");
    drop(input);
    assert!(sfdisk.wait().expect("it ends").success());
    path
}

fn resize(path: &Path, arguments: &[&str]) -> String {
    let mut command = ovfkit();
    let done = run(command.args(["disk", "resize"]).arg(path).args(arguments));
    assert!(done.succeeded(), "{arguments:?}: {}", done.stderr);
    done.stderr
}

/// What sfdisk finds on the disk, which has to be whole; without the size of the disk.
#[track_caller]
fn verified(path: &Path, format: &str) -> String {
    verified_content(path, &flattened(path, format, &[]))
}

/// The same of the disk that the image at `path` holds.
#[track_caller]
fn verified_content(path: &Path, disk: &[u8]) -> String {
    let raw = path.with_extension("verified");
    fs::write(&raw, disk).expect("room");
    let said = succeed("sfdisk", ["--verify", text(&raw)]);
    assert!(said.contains("No errors detected."), "{said}");
    let told = run(tools::program("sfdisk").arg("-d").arg(&raw));
    // It warns of a backup that is not where it belongs.
    assert_eq!(told.stderr, "");
    let lines = told.text();
    let lines = lines.lines().filter(|line| !line.starts_with("last-lba"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_moved_backup_is_whole() {
    if !(tools::have_qemu() && tools::have(&["sfdisk"])) {
        return;
    }
    parallel::each(
        &FORMATS,
        |case| format!("{case:?}"),
        |(format, in_qemu)| {
            let bench = Bench::new();
            let made = partitioned(&bench);
            let path = bench.path("disk.img");
            let mut command = ovfkit();
            command
                .args(["convert", "-q", "-O", format])
                .arg(&made)
                .arg(&path);
            assert!(run(&mut command).succeeded());
            let table = verified(&path, in_qemu);
            // At once, a little, and much; and back.
            for size in ["68157440", "128M", "1G", "33M", "64M"] {
                let said = resize(&path, &[size, "--shrink", "--move-gpt"]);
                assert_eq!(said, "", "{size}");
                assert_eq!(verified(&path, in_qemu), table, "{size}");
            }
            // Later.
            assert!(resize(&path, &["96M"]).contains("is not at the end"));
            assert_eq!(resize(&path, &["96M", "--move-gpt"]), "");
            assert_eq!(verified(&path, in_qemu), table);
            assert!(resize(&path, &["-8M", "--shrink"]).contains("is gone"));
            assert_eq!(resize(&path, &["+0", "--move-gpt"]), "");
            assert_eq!(verified(&path, in_qemu), table);
        },
    );
}

#[test]
fn in_an_encrypted_image_it_is_encrypted() {
    if !(tools::have_qemu() && tools::have(&["sfdisk"])) {
        return;
    }
    parallel::each(
        &["encrypt.format=luks", "encrypt.format=aes"],
        |options| (*options).to_owned(),
        |options| {
            let locked = Locked::new(options, 64 * MIB);
            let made = partitioned(&locked.bench);
            // Its front and its end.
            let written = |offset: u64, length: u64| {
                let name = locked.bench.path(&format!("part{offset}"));
                let disk = fs::read(&made).expect("a disk");
                let range = usize::try_from(offset).expect("small");
                fs::write(
                    &name,
                    &disk[range..][..usize::try_from(length).expect("small")],
                )
                .expect("room");
                format!("write -q -s {} {offset} {length}", text(&name))
            };
            locked.io(&[
                written(0, MIB),
                written(63 * MIB, MIB),
                "write -q -P 7 5M 3M".to_owned(),
            ]);
            let verified = || verified_content(&locked.image, &locked.flattened(&[]));
            let table = verified();
            let secret = text(&locked.secret);
            for size in ["68157952", "1G", "33M"] {
                let more = [size, "--shrink", "--move-gpt", "--secret-file", secret];
                let told = resize(&locked.image, &more);
                // The old encryption is weak, and that is told.
                assert!(told.is_empty() || options.contains("aes"), "{told}");
                assert_eq!(verified(), table, "{size}");
                locked.assert_sound();
                let disk = locked.flattened(&[]);
                assert!(disk[5 << 20..8 << 20].iter().all(|byte| *byte == 7));
            }
        },
    );
}
