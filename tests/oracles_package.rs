//! The archive, by programs that read archives: GNU tar, Python's tarfile, the
//! digest programs, and the bytes of the headers themselves.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::bench::{Bench, Packed, qemu_io, text};
use support::content::noise;
use support::run::{run, succeed};
use support::{MIB, tools};

/// A package of two disks and a CD image.
fn package(bench: &Bench, arguments: &[&str]) -> Packed {
    let first = bench.create("first.qcow2", "", 40 * MIB);
    qemu_io(&first, "qcow2", &["write -q -P 1 1M 3M".to_owned()]);
    let second = bench.write("second.raw", &noise(700_000));
    let iso = bench.write("seed.iso", &noise(100_001));
    let mut all = vec![text(&second), "--iso", text(&iso)];
    all.extend(arguments);
    bench.pack(&first, &all)
}

const MEMBERS: [&str; 5] = [
    "vm.ovf",
    "vm-disk1.vmdk",
    "vm-disk2.vmdk",
    "seed.iso",
    "vm.mf",
];

#[test]
fn gnu_tar_lists_it_without_complaint() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let packed = package(&bench, &[]);
    let mut command = Command::new("tar");
    command.args(["--full-time", "--utc", "--numeric-owner", "-tvf"]);
    let outcome = run(command.arg(&packed.ova).env("LC_ALL", "C"));
    assert!(outcome.succeeded() && outcome.stderr.is_empty());
    let listing = outcome.text();
    assert_eq!(listing.lines().count(), MEMBERS.len());
    for (line, name) in listing.lines().zip(MEMBERS) {
        assert!(line.starts_with("-rw-r--r-- 0/0 "), "{line}");
        let told = format!(" 2000-01-01 00:00:00 {name}");
        assert!(line.ends_with(&told), "{line}");
    }
}

#[test]
fn python_reads_it_as_plain_ustar() {
    if !tools::have_qemu() || !tools::have_module("tarfile") {
        return;
    }
    // Strictly as a stream, and told what every header says.
    let script = "\
import hashlib, json, sys, tarfile
with tarfile.open(sys.argv[1], 'r|', errorlevel=2) as archive:
    for member in archive:
        content = archive.extractfile(member).read()
        print(json.dumps([member.name, member.size, member.mode, member.uid, member.gid,
            member.uname, member.gname, member.mtime, member.type.decode(),
            member.pax_headers, hashlib.sha256(content).hexdigest()]))
";
    let bench = Bench::new();
    let packed = package(&bench, &[]);
    let said = succeed(tools::PYTHON, ["-c", script, text(&packed.ova)]);
    assert_eq!(said.lines().count(), MEMBERS.len());
    for (line, name) in said.lines().zip(MEMBERS) {
        let file = packed.directory.join(name);
        let size = fs::metadata(&file).expect("an unpacked member").len();
        let digest = succeed("sha256sum", [text(&file)]);
        let told: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let expected = serde_json::json!([
            name,
            size,
            0o644,
            0,
            0,
            "",
            "",
            946_684_800,
            "0",
            {},
            &digest[..64]
        ]);
        assert_eq!(told, expected);
    }
}

/// Every block of the archive is accounted for: a ustar header whose unused
/// fields are zero, its content, zeros up to the block's end; two blocks of
/// zeros end it, and nothing follows.
#[test]
fn every_header_is_plain_ustar() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let packed = package(&bench, &[]);
    let bytes = fs::read(&packed.ova).expect("a package");
    let mut at = 0;
    for name in MEMBERS {
        let header = &bytes[at..at + 512];
        assert_eq!(&header[257..265], b"ustar\x0000", "magic and version");
        assert_eq!(header[..100], padded(name)[..], "name");
        assert_eq!(&header[100..108], b"0000644\0", "mode");
        assert_eq!(&header[108..116], b"0000000\0", "owner");
        assert_eq!(&header[116..124], b"0000000\0", "group");
        assert_eq!(number(&header[136..148]), 946_684_800, "time");
        assert_eq!(header[156], b'0', "type");
        assert!(header[157..257].iter().all(|byte| *byte == 0), "link");
        assert!(header[265..329].iter().all(|byte| *byte == 0), "names");
        assert!(header[345..].iter().all(|byte| *byte == 0), "prefix");
        let told = number(&header[148..156]);
        assert_eq!(told, checksum(header), "checksum");
        let size = number(&header[124..136]);
        let content = &bytes[at + 512..at + 512 + size];
        let file = fs::read(packed.directory.join(name)).expect("a member");
        assert!(content == file, "content of {name}");
        let end = at + 512 + size;
        at = end.next_multiple_of(512);
        assert!(bytes[end..at].iter().all(|byte| *byte == 0), "padding");
    }
    assert_eq!(bytes.len(), at + 1024, "two blocks end it");
    assert!(bytes[at..].iter().all(|byte| *byte == 0), "the end");
}

fn padded(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(100, 0);
    bytes
}

/// An octal field.
fn number(field: &[u8]) -> usize {
    let digits = field.split(|byte| !byte.is_ascii_digit()).next();
    let digits = std::str::from_utf8(digits.unwrap_or_default()).expect("digits");
    usize::from_str_radix(digits, 8).expect("octal digits")
}

/// The sum of a header's bytes, its own field taken as blanks.
fn checksum(header: &[u8]) -> usize {
    let own = 148..156;
    let byte = |(at, byte): (usize, &u8)| {
        if own.contains(&at) {
            32
        } else {
            usize::from(*byte)
        }
    };
    header.iter().enumerate().map(byte).sum()
}

#[test]
fn the_manifest_holds_by_the_digest_programs() {
    if !tools::have_qemu() {
        return;
    }
    for (digest, token, program) in [
        ("sha1", "SHA1", "sha1sum"),
        ("sha256", "SHA256", "sha256sum"),
        ("sha512", "SHA512", "sha512sum"),
    ] {
        if !tools::have(&[program]) {
            continue;
        }
        for form in ["ova", "ovf"] {
            let bench = Bench::new();
            let mut directory = package(&bench, &["--digest", digest]).directory;
            if form == "ovf" {
                directory = unpacked(&bench, digest);
            }
            let manifest = fs::read_to_string(directory.join("vm.mf")).expect("a manifest");
            let mut list = String::new();
            let mut names = Vec::new();
            for line in manifest.lines() {
                let (name, digest) = line
                    .strip_prefix(token)
                    .and_then(|line| line.strip_prefix('('))
                    .and_then(|line| line.split_once(")= "))
                    .unwrap_or_else(|| panic!("a line of another form: {line}"));
                writeln!(list, "{digest}  {name}").expect("text");
                names.push(name.to_owned());
            }
            // Every member but the manifest, once, in order.
            assert_eq!(names, MEMBERS[..4]);
            fs::write(directory.join("list"), list).expect("room for a list");
            let mut check = Command::new(program);
            check
                .args(["--check", "--strict", "list"])
                .current_dir(&directory);
            let verdict = run(&mut check);
            assert!(verdict.succeeded(), "{}{}", verdict.text(), verdict.stderr);
            assert_eq!(verdict.text().matches(": OK").count(), 4);
        }
    }
}

/// The same machine as a directory.
fn unpacked(bench: &Bench, digest: &str) -> std::path::PathBuf {
    let directory = bench.path("vm");
    let mut command = support::run::ovfkit();
    command.arg("pack");
    command.args([bench.path("first.qcow2"), bench.path("second.raw")]);
    command.args(["--iso".as_ref(), bench.path("seed.iso").as_os_str()]);
    command.args([
        "--digest",
        digest,
        "--format",
        "ovf",
        "-o",
        text(&directory),
    ]);
    let outcome = run(&mut command);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    directory
}

/// Both forms hold the same files, but for the descriptor's padding.
#[test]
fn archive_and_directory_hold_the_same() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let archive = package(&bench, &[]).directory;
    let directory = unpacked(&bench, "sha256");
    let read = |directory: &Path, name: &str| fs::read(directory.join(name)).expect("a member");
    for name in &MEMBERS[1..4] {
        assert!(read(&archive, name) == read(&directory, name), "{name}");
    }
    let texts = [&archive, &directory].map(|directory| {
        let text = String::from_utf8(read(directory, "vm.ovf")).expect("text");
        text.trim_end().to_owned()
    });
    assert_eq!(texts[0], texts[1]);
}

/// Sizes the descriptor tells of files and disks are the true ones.
#[test]
fn the_descriptor_tells_true_sizes() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let packed = package(&bench, &[]);
    let descriptor = fs::read_to_string(packed.directory.join("vm.ovf")).expect("a descriptor");
    for name in &MEMBERS[1..4] {
        let size = fs::metadata(packed.directory.join(name))
            .expect("a member")
            .len();
        let file = descriptor
            .lines()
            .find(|line| line.contains(&format!("ovf:href=\"{name}\"")))
            .expect("a reference");
        assert!(file.contains(&format!("ovf:size=\"{size}\"")), "{file}");
    }
    for (number, capacity, populated) in [(1, 40 * MIB, 3 * MIB), (2, 700_416, 700_416)] {
        let disk = descriptor
            .lines()
            .find(|line| line.contains(&format!("ovf:diskId=\"disk{number}\"")))
            .expect("a disk");
        assert!(
            disk.contains(&format!("ovf:capacity=\"{capacity}\"")),
            "{disk}"
        );
        let told = format!("ovf:populatedSize=\"{populated}\"");
        assert!(disk.contains(&told), "{disk}");
    }
}

/// Through a pipe come the same bytes as into a file.
#[test]
fn standard_output_has_the_same_bytes() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let packed = package(&bench, &[]);
    let mut command = support::run::ovfkit();
    command.arg("pack");
    command.args([bench.path("first.qcow2"), bench.path("second.raw")]);
    command.args(["--iso".as_ref(), bench.path("seed.iso").as_os_str()]);
    let outcome = run(command.args(["-o", "-", "--name", "vm"]));
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    assert!(outcome.stdout == fs::read(&packed.ova).expect("a package"));
}
