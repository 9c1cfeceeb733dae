//! The same disk makes the same bytes: whatever the number of threads, the
//! image's format, the time or the run.

mod support;

use std::fs;
use std::path::Path;

use support::bench::{Bench, qemu_io, text};
use support::content::{Content, commands};
use support::run::{ovfkit, run, succeed};
use support::{KIB, MIB, tools};

/// A raw disk with some of everything.
fn disk(bench: &Bench) -> std::path::PathBuf {
    let size = 36 * MIB + 512;
    let plain = bench.create("plain.qcow2", "", size);
    for content in [Content::Incompressible, Content::Text, Content::Rewritten] {
        let (first, then) = commands(content, size, 64 * KIB, bench.root());
        qemu_io(&plain, "qcow2", &first);
        if !then.is_empty() {
            qemu_io(&plain, "qcow2", &then);
        }
    }
    convert(bench, &plain, "disk.raw", &["-O", "raw"])
}

fn convert(bench: &Bench, from: &Path, name: &str, arguments: &[&str]) -> std::path::PathBuf {
    let to = bench.path(name);
    let mut all = vec!["convert"];
    all.extend(arguments);
    all.extend([text(from), text(&to)]);
    succeed("qemu-img", all);
    to
}

/// The package of `disk`, at time `epoch` where there is one.
fn package(bench: &Bench, disk: &Path, epoch: Option<&str>, arguments: &[&str]) -> Vec<u8> {
    let out = tempfile::tempdir_in(bench.root()).expect("room for a directory");
    let ova = out.path().join("vm.ova");
    let mut command = ovfkit();
    command.arg("pack").arg(disk).arg("-o").arg(&ova);
    command.args(arguments);
    if let Some(epoch) = epoch {
        command.env("SOURCE_DATE_EPOCH", epoch);
    }
    let outcome = run(&mut command);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    fs::read(ova).expect("a package")
}

#[test]
fn whatever_the_threads_and_the_run() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = disk(&bench);
    let compressed = convert(
        &bench,
        &raw,
        "disk.qcow2",
        &["-c", "-f", "raw", "-O", "qcow2"],
    );
    for (image, level) in [(&raw, "1"), (&raw, "4"), (&compressed, "4")] {
        let arguments = |threads| ["--level", level, "--threads", threads];
        let first = package(&bench, image, None, &arguments("1"));
        for threads in ["1", "2", "7"] {
            let again = package(&bench, image, None, &arguments(threads));
            assert!(first == again, "{threads} threads, {}", image.display());
        }
    }
}

#[test]
fn whatever_the_image_s_format() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = disk(&bench);
    let expected = package(&bench, &raw, None, &[]);
    for (number, options) in [
        "",
        "cluster_size=512",
        "cluster_size=2M",
        "compat=0.10",
        "extended_l2=on",
        "preallocation=full",
    ]
    .iter()
    .enumerate()
    {
        let mut arguments = vec!["-f", "raw", "-O", "qcow2"];
        if !options.is_empty() {
            arguments.extend(["-o", options]);
        }
        let name = format!("disk{number}.qcow2");
        let image = convert(&bench, &raw, &name, &arguments);
        assert!(expected == package(&bench, &image, None, &[]), "{options}");
    }
    // Compressed blocks are taken over unless they are to be made anew.
    for options in ["compression_type=zlib", "compression_type=zstd"] {
        let name = options.replace('=', "-");
        let arguments = ["-c", "-f", "raw", "-O", "qcow2", "-o", options];
        let image = convert(&bench, &raw, &name, &arguments);
        let made = package(&bench, &image, None, &["--recompress"]);
        assert!(expected == made, "{options}");
    }
}

#[test]
fn the_time_changes_nothing_but_the_headers_times() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let raw = disk(&bench);
    let usual = package(&bench, &raw, None, &[]);
    let dated = package(&bench, &raw, Some("1700000000"), &[]);
    assert!(usual != dated, "the time has to show");
    assert!(timeless(&usual) == timeless(&dated), "more than times");
    assert!(dated == package(&bench, &raw, Some("1700000000"), &[]));
    let listed = bench.write("dated.ova", &dated);
    let listing = succeed("tar", ["--utc", "--full-time", "-tvf", text(&listed)]);
    assert_eq!(listing.matches(" 2023-11-14 22:13:20 ").count(), 3);
}

/// The archive with the times and checksums of its headers blotted out.
fn timeless(archive: &[u8]) -> Vec<u8> {
    let mut bytes = archive.to_vec();
    let mut at = 0;
    while bytes[at] != 0 {
        let size = std::str::from_utf8(&bytes[at + 124..at + 135]).expect("digits");
        let size = usize::from_str_radix(size, 8).expect("octal digits");
        bytes[at + 136..at + 156].fill(0);
        at += 512 + size.next_multiple_of(512);
    }
    bytes
}
