//! Streams whose tables are lost or wrong get new ones of their grains' markers: as they were,
//! byte for byte, where ovfkit wrote them, and the same disk to qemu-img.

mod support;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use support::bench::{Bench, text};
use support::content::noise;
use support::run::{Outcome, ovfkit, run, succeed};
use support::{MIB, exit, tools};

const SECTOR: usize = 512;
/// Kinds of metadata marker.
const TABLE: u32 = 1;
const DIRECTORY: u32 = 2;
const FOOTER: u32 = 3;

/// A disk with data in three grain tables, and a table between without.
fn source(bench: &Bench) -> PathBuf {
    let source = bench.create("source.qcow2", "", 160 * MIB);
    let noise = bench.write("noise", &noise(MIB));
    for command in [
        "write -q -P 1 0 200k".to_owned(),
        format!("write -q -s {} 20M 1M", text(&noise)),
        "write -q -P 2 33M 64k".to_owned(),
        "write -q -P 3 159M 1M".to_owned(),
    ] {
        succeed("qemu-io", ["-f", "qcow2", "-c", &command, text(&source)]);
    }
    source
}

fn word(file: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"))
}

fn long(file: &[u8], at: usize) -> usize {
    let bytes = file[at..at + 8].try_into().expect("eight bytes");
    usize::try_from(u64::from_le_bytes(bytes)).expect("small")
}

/// Where the metadata markers of `file` stand, with their kinds, and the bytes behind them.
fn metadata(file: &[u8]) -> Vec<(u32, usize, Range<usize>)> {
    let mut found = Vec::new();
    let mut at = long(file, 64) * SECTOR;
    while at < file.len() {
        let (value, size) = (long(file, at), word(file, at + 8) as usize);
        if size > 0 {
            at += (12 + size).next_multiple_of(SECTOR);
            continue;
        }
        let content = at + SECTOR..at + SECTOR + value * SECTOR;
        found.push((word(file, at + 12), at, content.clone()));
        at = content.end;
    }
    found
}

/// The content of the metadata of this `kind`, each in its order.
fn of_kind(file: &[u8], kind: u32) -> Vec<Range<usize>> {
    let found = metadata(file).into_iter();
    let found = found.filter(|(other, ..)| *other == kind);
    found.map(|(.., content)| content).collect()
}

fn repair(path: &Path) -> Outcome {
    run(ovfkit()
        .args(["disk", "check", "--repair", "all"])
        .arg(path))
}

/// The stream `file`, repaired.
#[track_caller]
fn mended(bench: &Bench, what: &str, file: &[u8]) -> (PathBuf, Vec<u8>) {
    let path = bench.write("damaged.vmdk", file);
    let before = run(ovfkit().args(["disk", "check"]).arg(&path));
    assert_eq!(
        before.code,
        Some(exit::INVALID),
        "{what}: {}",
        before.text()
    );
    let outcome = repair(&path);
    assert!(
        outcome.succeeded(),
        "{what}: {}{}",
        outcome.text(),
        outcome.stderr
    );
    let bytes = fs::read(&path).expect("an image");
    (path, bytes)
}

fn assert_same(source: &Path, stream: &Path) {
    let compare = ["compare", "-f", "qcow2", "-F", "vmdk"];
    let images = [text(source), text(stream)];
    let verdict = succeed("qemu-img", compare.iter().chain(&images));
    assert!(verdict.contains("identical"), "{verdict}");
}

#[test]
fn tables_that_are_lost_or_wrong_are_made_anew() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let source = source(&bench);
    let whole = bench.path("whole.vmdk");
    let made = run(ovfkit().arg("convert").args([&source, &whole]));
    assert!(made.succeeded(), "{}", made.stderr);
    let good = fs::read(&whole).expect("a stream");
    let (tables, directory) = (of_kind(&good, TABLE), of_kind(&good, DIRECTORY));
    let (directory, footer) = (directory[0].clone(), of_kind(&good, FOOTER)[0].clone());
    assert_eq!(tables.len(), 3);
    let with = |range: Range<usize>, byte: u8| {
        let mut file = good.clone();
        file[range].fill(byte);
        file
    };
    let mut all = with(tables[0].clone(), 0x5A);
    all[tables[1].clone()].fill(0);
    all[tables[2].clone()].reverse();
    let mut swapped = good.clone();
    swapped[directory.start..directory.start + 8].rotate_left(4);
    for (what, file) in [
        ("a table of zeros", with(tables[0].clone(), 0)),
        (
            "one entry",
            with(tables[1].start + 64..tables[1].start + 68, 7),
        ),
        ("all tables", all),
        ("a directory of zeros", with(directory.clone(), 0)),
        ("a directory that leads out", with(directory.clone(), 0xFF)),
        ("tables in each other's place", swapped),
        ("a lost footer", with(footer.clone(), 0)),
        (
            "a footer that leads elsewhere",
            with(footer.start + 56..footer.start + 58, 3),
        ),
        (
            "a footer of another disk",
            with(footer.start + 12..footer.start + 13, 3),
        ),
        (
            "cut before the footer",
            good[..footer.start - SECTOR].to_vec(),
        ),
        (
            "cut within the directory",
            good[..directory.start + 4].to_vec(),
        ),
        ("no end", good[..good.len() - SECTOR].to_vec()),
    ] {
        let (path, bytes) = mended(&bench, what, &file);
        assert!(bytes == good, "{what}");
        assert_same(&source, &path);
    }
}

#[test]
fn what_may_lack_grains_stays_as_it_is() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let source = source(&bench);
    let whole = bench.path("whole.vmdk");
    let made = run(ovfkit().arg("convert").args([&source, &whole]));
    assert!(made.succeeded(), "{}", made.stderr);
    let good = fs::read(&whole).expect("a stream");
    let (tables, directory) = (of_kind(&good, TABLE), of_kind(&good, DIRECTORY)[0].clone());
    let first_grain = 128 * SECTOR;
    let mut padded = good[..tables[1].end].to_vec();
    padded.resize(padded.len() + SECTOR, 0);
    let mut longer = padded.clone();
    longer.resize(good.len(), 0);
    let mut grain_too = good.clone();
    grain_too[first_grain + 40] ^= 0x10;
    grain_too[tables[0].clone()].fill(0);
    let mut place_too = good.clone();
    place_too[first_grain] ^= 1;
    place_too[tables[0].clone()].fill(0);
    // The second grain tells that it is the first one, which there is already.
    let mut twice = good.clone();
    let size = word(&good, first_grain + 8) as usize;
    let second = first_grain + (12 + size).next_multiple_of(SECTOR);
    twice[second..second + 8].fill(0);
    twice[tables[0].clone()].fill(0);
    let mut middle = good.clone();
    middle[tables[0].start - SECTOR..tables[0].end].fill(0);
    for (what, file) in [
        (
            "cut before the directory",
            good[..directory.start - SECTOR].to_vec(),
        ),
        ("cut, and a sector of zeros", padded),
        ("cut, and zeros to the end", longer),
        ("a grain is damaged, too", grain_too),
        ("a grain stands nowhere", place_too),
        ("a grain is there twice", twice),
        ("a lost marker in the middle", middle),
    ] {
        let path = bench.write("damaged.vmdk", &file);
        let outcome = repair(&path);
        assert_eq!(
            outcome.code,
            Some(exit::INVALID),
            "{what}: {}",
            outcome.text()
        );
        // Zeros behind what reads as an end are cut off, which loses nothing.
        let left = fs::read(&path).expect("an image");
        assert!(file.starts_with(&left), "{what}");
        assert!(file[left.len()..].iter().all(|byte| *byte == 0), "{what}");
    }
}

/// qemu-img has tables in front, twice.
#[test]
fn tables_in_front_move_to_the_end() {
    if !tools::have_qemu() {
        return;
    }
    let bench = Bench::new();
    let source = source(&bench);
    let whole = bench.path("whole.vmdk");
    let convert = ["convert", "-O", "vmdk", "-o", "subformat=streamOptimized"];
    let images = [text(&source), text(&whole)];
    succeed("qemu-img", convert.iter().chain(&images));
    let good = fs::read(&whole).expect("a stream");
    let (spare, directory) = (long(&good, 48) * SECTOR, long(&good, 56) * SECTOR);
    let table = |directory: usize| word(&good, directory) as usize * SECTOR;
    for (what, range) in [
        ("a table", table(directory)..table(directory) + 4 * SECTOR),
        ("the other table", table(spare)..table(spare) + 64),
        ("a directory that leads out", directory..directory + 20),
    ] {
        for byte in [0, 0xFF] {
            let mut file = good.clone();
            if file[range.clone()].iter().all(|old| *old == byte) {
                continue;
            }
            file[range.clone()].fill(byte);
            let (path, bytes) = mended(&bench, what, &file);
            assert!(of_kind(&bytes, FOOTER).len() == 1, "{what}");
            assert_same(&source, &path);
            let read = run(ovfkit().args(["disk", "compare"]).args([&source, &path]));
            assert!(read.succeeded(), "{what}: {}", read.text());
        }
    }
}
