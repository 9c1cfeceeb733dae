//! Files named inside images: loops, chains too long, names that are no files
//! or that nobody allowed. None is opened unasked.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::bench::{Bench, text};
use support::exit::{DENIED, INVALID, IO, LIMIT, UNSUPPORTED, USAGE};
use support::qcow2::Qcow2;
use support::refusal::{at, refused};
use support::run::succeed;
use support::{MIB, tools};

/// Names `backing` of `format` in the image at `path`, unchecked.
fn rebase(path: &Path, backing: &str, format: &str) {
    let mut arguments = vec!["rebase", "-u", "-f", "qcow2", "-b", backing];
    arguments.extend(["-F", format, text(path)]);
    succeed("qemu-img", arguments);
}

fn image_on(bench: &Bench, backing: &str, format: &str) -> PathBuf {
    let image = bench.create("image.qcow2", "", MIB);
    rebase(&image, backing, format);
    image
}

#[test]
fn loops_of_backing_files() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let allow = ["--allow-backing", text(bench.root())];
    let image = image_on(&bench, "image.qcow2", "qcow2");
    refused(&bench, &image, &allow, INVALID, "is the image itself");
    refused(&bench, &image, &[], DENIED, "needs the backing file");
    // By another name for the same file.
    std::os::unix::fs::symlink("image.qcow2", bench.path("link")).expect("a link");
    rebase(&image, "link", "qcow2");
    refused(&bench, &image, &allow, INVALID, "is the image itself");
    fs::hard_link(&image, bench.path("twin")).expect("a link");
    rebase(&image, "twin", "raw");
    refused(&bench, &image, &allow, INVALID, "is the image itself");
    let other = bench.create("other.qcow2", "", MIB);
    rebase(&other, "image.qcow2", "qcow2");
    rebase(&image, "other.qcow2", "qcow2");
    refused(&bench, &image, &allow, INVALID, "or one that rests on it");
}

#[test]
fn a_chain_too_long() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let allow = ["--allow-backing", text(bench.root())];
    let template = image_on(&bench, "chain-00.qcow2", "qcow2");
    let template = Qcow2::read(&template);
    let name = template.get64(at::BACKING_OFFSET);
    bench.create("chain-00.qcow2", "", MIB);
    for number in 1..70 {
        let mut link = Qcow2 {
            bytes: template.bytes.clone(),
        };
        link.put(name, format!("chain-{:02}.qcow2", number - 1).as_bytes());
        link.write(&bench.path(&format!("chain-{number:02}.qcow2")));
    }
    let (longest, too_long) = (bench.path("chain-63.qcow2"), bench.path("chain-64.qcow2"));
    bench
        .pack(&longest, &allow)
        .assert_same_as(&longest, "qcow2");
    refused(&bench, &too_long, &allow, LIMIT, "longer than 64 images");
    let last = bench.path("chain-69.qcow2");
    refused(&bench, &last, &allow, LIMIT, "longer than 64 images");
}

/// `--allow-backing` is for directories; no protocol is ever followed.
#[test]
fn backing_files_that_are_no_files() {
    if !tools::have_qemu() {
        return;
    }
    let names = [
        "nbd://127.0.0.1:1/x",
        "nbd:unix:/tmp/x",
        "https://127.0.0.1:1/x",
        "file:base.qcow2",
        "json:{\"driver\":\"raw\",\"file\":{\"driver\":\"file\",\"filename\":\"/etc/hostname\"}}",
        "fat:/tmp",
    ];
    for name in names {
        let bench = Bench::new();
        let image = image_on(&bench, name, "raw");
        for arguments in [&["--allow-backing", "/"][..], &[]] {
            refused(&bench, &image, arguments, DENIED, "which is never followed");
        }
        // And as the name of a data file.
        let data = bench.path("data.bin");
        let image = bench.create("with.qcow2", &format!("data_file={}", text(&data)), MIB);
        let mut renamed = Qcow2::read(&image);
        let extension = renamed
            .bytes
            .windows(4)
            .position(|bytes| bytes == b"DATA")
            .expect("the data file's extension") as u64;
        renamed.put32(
            extension + 4,
            u32::try_from(name.len()).expect("a short name"),
        );
        // What follows moves, or is overwritten: the end follows the name.
        renamed.put(extension + 8, &[0; 256]);
        renamed.put(extension + 8, name.as_bytes());
        renamed.write(&image);
        refused(
            &bench,
            &image,
            &["--allow-backing", "/"],
            DENIED,
            "which is never followed",
        );
    }
}

#[test]
fn backing_files_outside_of_what_is_allowed_or_nowhere() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    for directory in ["in", "out"] {
        fs::create_dir(bench.path(directory)).expect("room for a directory");
    }
    let allowed = bench.path("in");
    let allow = ["--allow-backing", text(&allowed)];
    bench.write("out/secret", &[7; 4096]);
    let image = bench.create("in/image.qcow2", "", MIB);
    for name in ["../out/secret", "/etc/hostname", "/proc/self/environ"] {
        rebase(&image, name, "raw");
        refused(&bench, &image, &allow, DENIED, "in no allowed directory");
        refused(&bench, &image, &[], DENIED, "needs the backing file");
    }
    std::os::unix::fs::symlink("../out/secret", bench.path("in/link")).expect("a link");
    rebase(&image, "link", "raw");
    refused(&bench, &image, &allow, DENIED, "in no allowed directory");
    rebase(&image, "nothing-here", "raw");
    refused(&bench, &image, &allow, IO, "cannot open the backing file");
    // Other than a file.
    rebase(&image, ".", "raw");
    refused(&bench, &image, &allow, USAGE, "directory");
    succeed("mkfifo", [bench.path("in/pipe")]);
    rebase(&image, "pipe", "raw");
    refused(
        &bench,
        &image,
        &allow,
        USAGE,
        "neither a file nor a block device",
    );
    bench.write("in/disk.qed", b"QED\0");
    rebase(&image, "disk.qed", "qed");
    refused(&bench, &image, &allow, UNSUPPORTED, "has the format `qed`");
}
