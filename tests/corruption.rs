//! What `validate --deep` makes of a package with one bit turned, or cut short: no
//! damage goes unseen that could matter to anybody.

mod support;

use std::fs;
use std::path::Path;

use ovfkit::base::progress::Unobserved;
use ovfkit::ops::validate::{Depth, Validate, validate};
use ovfkit::validate::Report;
use support::MIB;
use support::bench::{Bench, pack, text};
use support::content::noise;
use support::run::succeed;

/// Single bits that are turned.
const FLIPS: usize = 1_000;
/// Places the package is cut at.
const CUTS: usize = 200;
/// Bytes of a tar block.
const BLOCK: usize = 512;

/// A sequence that is the same in every run (Steele and others' `SplitMix64`).
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bound = u64::try_from(bound).expect("64 bits");
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("below the bound")
    }
}

/// A package with tables, grains that compress and such that do not, and holes.
fn package(bench: &Bench) -> Vec<u8> {
    let mut disk = vec![0; usize::try_from(8 * MIB).expect("small")];
    let noise = noise(300_000);
    disk[1_000_000..1_300_000].copy_from_slice(&noise);
    for (at, byte) in disk[5_000_000..5_400_000].iter_mut().enumerate() {
        *byte = b"the same again and again "[at % 25];
    }
    let source = bench.write("disk.raw", &disk);
    let ova = bench.path("vm.ova");
    let outcome = pack(&source, &ova, &["--input-format", "raw"]);
    assert!(outcome.succeeded(), "{}", outcome.stderr);
    fs::read(ova).expect("a package")
}

fn judged(path: &Path) -> Option<Report> {
    let request = Validate {
        input: path,
        strict: false,
        depth: Depth::Content,
    };
    // What cannot be read at all is reported, too.
    let judged = validate(&request, &mut Unobserved).ok();
    judged.map(|(_, report)| report)
}

/// Whether there is nothing to tell of the package `bytes`.
fn unseen(bench: &Bench, bytes: &[u8]) -> bool {
    let path = bench.write("damaged.ova", bytes);
    judged(&path).is_some_and(|report| report.findings.is_empty())
}

/// The bytes that mean nothing to anybody: those that fill up a member's last block.
fn padding(bench: &Bench, package: &[u8]) -> Vec<std::ops::Range<usize>> {
    let path = bench.write("whole.ova", package);
    // `block 3: -rw-r--r-- 0/0 1234 2020-01-01 00:00 vm.ovf`
    let list = succeed("tar", ["-tvRf", text(&path)]);
    let number = |word: Option<&str>| -> Option<usize> { word?.parse().ok() };
    let members = list.lines().filter_map(|line| {
        let (block, rest) = line.strip_prefix("block ")?.split_once(':')?;
        let start = (number(Some(block))? + 1) * BLOCK;
        let end = start + number(rest.split_whitespace().nth(2))?;
        Some(end..end.next_multiple_of(BLOCK))
    });
    members.collect()
}

#[test]
fn a_turned_bit_is_seen_wherever_it_means_anything() {
    let bench = Bench::new();
    let package = package(&bench);
    assert!(unseen(&bench, &package), "the package is whole");
    let padding = padding(&bench, &package);
    assert_eq!(padding.len(), 3, "descriptor, disk and manifest");
    let mut sequence = Sequence(1);
    let (mut dead, mut missed) = (0, Vec::new());
    // Disks make up most of a package, so every second place is outside them.
    let disk = padding[0].end + BLOCK..padding[1].start;
    for count in 0..FLIPS {
        let at = if count % 2 == 0 {
            sequence.below(package.len())
        } else {
            let outside = sequence.below(package.len() - disk.len());
            outside + if outside < disk.start { 0 } else { disk.len() }
        };
        let mut damaged = package.clone();
        damaged[at] ^= 1 << sequence.below(8);
        if !unseen(&bench, &damaged) {
            continue;
        }
        if padding.iter().any(|range| range.contains(&at)) {
            dead += 1;
        } else {
            missed.push(at);
        }
    }
    println!("of {FLIPS} turned bits {dead} lay in padding that nobody reads");
    assert!(missed.is_empty(), "not seen, at bytes {missed:?}");
    assert!(dead < FLIPS / 10, "{dead} lay in padding");
}

#[test]
fn a_package_cut_short_is_seen() {
    let bench = Bench::new();
    let package = package(&bench);
    let mut sequence = Sequence(2);
    for count in 0..CUTS {
        // Every tenth cut is near the end, where little is missing.
        let length = if count % 10 == 0 {
            package.len() - 1 - sequence.below(3 * BLOCK)
        } else {
            sequence.below(package.len())
        };
        assert!(!unseen(&bench, &package[..length]), "cut at {length}");
    }
}

#[test]
fn without_a_manifest_damage_of_grains_is_seen_all_the_same() {
    let bench = Bench::new();
    let package = package(&bench);
    let path = bench.write("vm.ova", &package);
    succeed("tar", ["-C", text(bench.root()), "-xf", text(&path)]);
    let disk = fs::read(bench.path("vm-disk1.vmdk")).expect("a disk");
    let mut sequence = Sequence(3);
    let mut seen = 0;
    for _ in 0..CUTS {
        let mut damaged = disk.clone();
        // Behind the header and descriptor all is grains, tables and markers.
        let at = 65_536 + sequence.below(disk.len() - 65_536);
        damaged[at] ^= 1 << sequence.below(8);
        let path = bench.write("damaged.vmdk", &damaged);
        let report = judged(&path).expect("a header that can be read");
        assert!(!report.findings.is_empty(), "not seen, at byte {at}");
        seen += 1;
    }
    assert_eq!(seen, CUTS);
}
