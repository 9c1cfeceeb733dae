//! Disks of several extents, of every kind there is, over a parent: any read gives what
//! was stored, and extents tell the truth. Damaged descriptors and extents of ESX are
//! refused, each with the error that tells what is wrong.

use std::path::Path;
use std::sync::Arc;

use ovfkit::base::ErrorKind::{self, Invalid, LimitExceeded, Mismatch, Unsupported};
use ovfkit::base::deflate::Inflater;
use ovfkit::disk::vmdk::{Described, ExtentFile, Image, limits};
use ovfkit::disk::{DiskSource, ExtentKind};
use proptest::prelude::*;

use crate::esx::{self, cowd, described, put, se_sparse};
use crate::image::{self, Layout, Recipe, build};
use crate::model::{Fill, paint};

const SECTOR: usize = 512;

/// What an extent is.
#[derive(Debug, Clone)]
enum Piece {
    Zero(usize),
    Flat(usize, usize),
    Cowd(usize, usize),
    SeSparse(usize),
    Hosted(Recipe),
}

fn piece() -> impl Strategy<Value = Piece> {
    let sectors = 1..700_usize;
    prop_oneof![
        sectors.clone().prop_map(Piece::Zero),
        (sectors.clone(), 0..9_usize).prop_map(|(sectors, offset)| Piece::Flat(sectors, offset)),
        (sectors.clone(), 0..5_u32).prop_map(|(sectors, bits)| Piece::Cowd(sectors, 1 << bits)),
        sectors.prop_map(Piece::SeSparse),
        image::recipe().prop_map(Piece::Hosted),
    ]
}

/// A disk, as the files it is made of and as what is to be read.
#[derive(Default)]
struct Made {
    lines: Vec<String>,
    files: Vec<Vec<u8>>,
    disk: Vec<u8>,
}

impl Made {
    fn push(&mut self, piece: &Piece, parent: &[u8], seed: u64) {
        let start = self.disk.len();
        let beneath = |at: usize| parent.get(start + at).copied().unwrap_or(0);
        let noise = |sectors: usize| {
            let mut bytes = vec![0; sectors * SECTOR];
            paint(&mut bytes, Fill::Noise(seed));
            bytes
        };
        let how = |number: usize| match seed >> (number % 61) & 3 {
            0 => esx::Stored::Missing,
            1 => esx::Stored::Zero,
            2 if number.is_multiple_of(2) => esx::Stored::Unmapped,
            _ => esx::Stored::Data,
        };
        let shown = |mut bytes: Vec<u8>, grain: usize| {
            for (at, byte) in bytes.iter_mut().enumerate() {
                match how(at / grain) {
                    esx::Stored::Missing => *byte = beneath(at),
                    esx::Stored::Zero | esx::Stored::Unmapped => *byte = 0,
                    esx::Stored::Data => {}
                }
            }
            bytes
        };
        let name = format!("x-{}.vmdk", self.files.len());
        let (line, file, bytes) = match piece {
            Piece::Zero(sectors) => {
                self.lines.push(format!("RW {sectors} ZERO"));
                self.disk.extend(vec![0; sectors * SECTOR]);
                return;
            }
            Piece::Flat(sectors, offset) => {
                let bytes = noise(*sectors);
                let file = [&vec![0xEE; offset * SECTOR][..], &bytes].concat();
                (
                    format!("RDONLY {sectors} FLAT \"{name}\" {offset}"),
                    file,
                    bytes,
                )
            }
            Piece::Cowd(sectors, grain) => {
                let (bytes, grain) = (noise(*sectors), grain * SECTOR);
                let file = cowd(&bytes, grain, how);
                (
                    format!("RW {sectors} VMFSSPARSE \"{name}\""),
                    file,
                    shown(bytes, grain),
                )
            }
            Piece::SeSparse(sectors) => {
                let bytes = noise(*sectors);
                let file = se_sparse(&bytes, how);
                (
                    format!("RW {sectors} SESPARSE \"{name}\""),
                    file,
                    shown(bytes, 4096),
                )
            }
            Piece::Hosted(recipe) => {
                let mut built = build(recipe);
                // Without a table nothing tells of grains of zeros.
                let tabled = |number: usize| match recipe.layout {
                    Layout::Sparse | Layout::Front => true,
                    Layout::Footer => {
                        let mut grains = built.grains.iter();
                        grains.any(|(other, _)| other / recipe.entries == number / recipe.entries)
                    }
                    Layout::Bare => false,
                };
                let through = |number: usize| match recipe.grains[number] {
                    image::Stored::Missing => true,
                    image::Stored::Zeroed => !tabled(number),
                    image::Stored::Data(_) => false,
                };
                for at in (0..built.disk.len()).filter(|at| through(at / (recipe.grain * SECTOR))) {
                    built.disk[at] = beneath(at);
                }
                let sectors = built.disk.len() / SECTOR;
                (
                    format!("RW {sectors} SPARSE \"{name}\""),
                    built.file,
                    built.disk,
                )
            }
        };
        self.lines.push(line);
        self.files.push(file);
        self.disk.extend(bytes);
    }
}

/// Opens the disk that `text` describes, whose extents are in `files`.
pub(super) fn open(text: &str, files: &[Vec<u8>]) -> ovfkit::Result<Image> {
    let path = Path::new("disk.vmdk");
    let described = Described::read(&text.as_bytes().to_vec(), path)?.expect("a descriptor");
    let files: Vec<_> = described
        .files()
        .iter()
        .zip(files)
        .map(|(name, bytes)| ExtentFile {
            storage: Arc::new(bytes.clone()),
            path: name.into(),
        })
        .collect();
    described.open(&files, false)
}

fn flat(bytes: &[u8]) -> Image {
    let text = described(
        "monolithicFlat",
        "parentCID=ffffffff",
        &format!("RW {} FLAT \"x\" 0", bytes.len() / SECTOR),
    );
    open(&text, &[bytes.to_vec()]).expect("a flat disk")
}

pub(super) fn read(image: &Image, start: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0xCC; length];
    image.read_at(start as u64, &mut bytes).expect("reads");
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_read_gives_the_disks_bytes_and_extents_the_truth(
        pieces in prop::collection::vec(piece(), 1..6),
        parent in prop::option::of((1..3000_usize, any::<u64>())),
        seed in any::<u64>(),
        reads in prop::collection::vec((0.0..1.0_f64, 1..300_000_usize), 1..12),
    ) {
        let parent = parent.map(|(sectors, seed)| {
            let mut bytes = vec![0; sectors * SECTOR];
            paint(&mut bytes, Fill::Noise(seed));
            bytes
        });
        let mut made = Made::default();
        for (number, piece) in (1..).zip(&pieces) {
            made.push(piece, parent.as_deref().unwrap_or_default(), seed.rotate_left(number));
        }
        let header = match parent {
            Some(_) => "parentCID=0badcafe\nparentFileNameHint=\"base.vmdk\"",
            None => "parentCID=ffffffff",
        };
        let mut image = open(&described("custom", header, &made.lines.join("\n")), &made.files)?;
        prop_assert_eq!(image.capacity(), made.disk.len() as u64);
        if let Some(parent) = &parent {
            image.attach_parent(flat(parent))?;
        }
        for (place, length) in reads {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let start = (place * made.disk.len() as f64) as usize;
            let end = made.disk.len().min(start + length);
            prop_assert!(read(&image, start, end - start) == made.disk[start..end], "{}..{}", start, end);
        }
        let mut at = 0;
        while at < image.capacity() {
            let extent = image.extent_at(at)?;
            let end = at + extent.length;
            prop_assert!(extent.length > 0 && end <= image.capacity());
            let shown = &made.disk[usize::try_from(at).unwrap()..usize::try_from(end).unwrap()];
            match extent.kind {
                ExtentKind::Zero => prop_assert!(shown.iter().all(|byte| *byte == 0)),
                ExtentKind::Data => {}
                ExtentKind::Deflated { block, .. } => {
                    prop_assert!(at % block == 0 && (end % block == 0 || end == image.capacity()));
                    let mut window = Vec::new();
                    image.deflated_at(at, &mut window)?;
                    let mut bytes = vec![0; usize::try_from(block).unwrap()];
                    Inflater::new().zlib(&window, &mut bytes).unwrap();
                    let both = bytes.len().min(shown.len());
                    prop_assert!(bytes[..both] == shown[..both]);
                }
            }
            at = end;
        }
    }
}

/// A disk of 64 KiB of noise.
pub(super) fn noise() -> Vec<u8> {
    let mut bytes = vec![0; 65536];
    paint(&mut bytes, Fill::Noise(1));
    bytes
}

fn refused(text: &str, files: &[Vec<u8>], kind: ErrorKind, says: &str) -> ovfkit::Error {
    let error = open(text, files)
        .err()
        .unwrap_or_else(|| panic!("{text} was read"));
    assert_eq!(error.kind(), kind, "{text}: {error}");
    assert!(error.message().contains(says), "{text}: {error}");
    assert!(
        error.advice().is_some() && error.place().path.is_some(),
        "{text}: {error:?}"
    );
    error
}

#[test]
fn descriptors_that_are_refused() {
    let files = [noise(), noise()];
    let long = "RW 8 ZERO\n".repeat(limits::EXTENTS + 1);
    for (lines, kind, says) in [
        ("", Invalid, "tells of no extents"),
        ("RW 128 FLAT x 0", Invalid, "in quotes"),
        ("RW 0 FLAT \"x\" 0", Invalid, "one sector or more"),
        ("RW 128 FLAT", Invalid, "not named"),
        ("RW 128 SPARSE", Invalid, "not named"),
        ("RW 128 ZERO \"x\"", Invalid, "has no file"),
        ("RW 128 SPARSE \"x\" 1", Invalid, "begins at the beginning"),
        ("RW 128 SPARSE \"x\"", Invalid, "no sparse VMDK"),
        ("RW 129 FLAT \"x\" 0", Invalid, "has 65536 bytes"),
        ("RW 128 FLAT \"x\" 1", Invalid, "has 65024 bytes"),
        (
            "RW 1 FLAT \"x\" 18446744073709551615",
            Invalid,
            "has 0 bytes",
        ),
        (
            "RW 1 ZERO\nRW 18014398509481984 ZERO",
            Invalid,
            "more than 2^54",
        ),
        ("RW 18446744073709551615 ZERO", Invalid, "more than 2^54"),
        (
            "RW 64 FLAT \"x\" 0\nRW 64 FLAT \"x\" 63",
            Invalid,
            "the same bytes of `x`",
        ),
        ("NOACCESS 128 FLAT \"x\" 0", Unsupported, "NOACCESS"),
        ("RW 8 ZERO\nNOACCESS 8 ZERO", Unsupported, "NOACCESS"),
        ("RW 128 VMFSRDM \"x\"", Unsupported, "physical"),
        ("RW 128 CLOUD \"x\"", Unsupported, "type that is not known"),
        (&long, LimitExceeded, "more than 8192"),
    ] {
        refused(
            &described("custom", "parentCID=ffffffff", lines),
            &files,
            kind,
            says,
        );
    }
    let flat = "RW 128 FLAT \"x\" 0";
    for (kind, header, fault, says) in [
        ("fullDevice", "", Unsupported, "createType fullDevice"),
        ("PartitionedDevice", "", Unsupported, "physical"),
        ("vmfsPassthroughRawDeviceMap", "", Unsupported, "physical"),
        ("vmfs", "parentCID=1", Invalid, "does not name it"),
        ("vmfs", "parentCID=x", Invalid, "hexadecimal"),
        (
            "vmfs",
            "encryption.keySafe = \"x\"",
            Unsupported,
            "encrypted",
        ),
    ] {
        refused(&described(kind, header, flat), &files, fault, says);
    }
    let error = refused(
        &described("custom", "parentCID=1", "RW 1 ZERO\nRW x ZERO"),
        &files,
        Invalid,
        "number of sectors",
    );
    assert_eq!(error.place().line, Some((9, 1)));
    assert_eq!(
        error.excerpt().map(|excerpt| &*excerpt.line),
        Some("RW x ZERO")
    );
    let padded = format!("{}{}", described("vmfs", "", flat), " ".repeat(1 << 20));
    refused(&padded, &files, LimitExceeded, "descriptor would take");
}

#[test]
fn what_qemu_does_not_read_or_reads_wrong() {
    let noise = noise();
    let halves: Vec<_> = noise.chunks(32768).map(<[u8]>::to_vec).collect();
    let zeros = vec![0; 512 * 8];
    for (kind, lines, files, disk) in [
        (
            "custom",
            "RDONLY 64 FLAT \"a\" 0 \nRDONLY 64 VMFS \"b\"\t",
            &halves[..],
            noise.clone(),
        ),
        (
            "twoGbMaxExtentFlat",
            "RW 64 FLAT \"a\" 0\nRW 8 ZERO\nRW 64 FLAT \"b\" 0",
            &halves[..],
            [&halves[0][..], &zeros, &halves[1]].concat(),
        ),
        // The halves the other way round, of one file.
        (
            "vmfsThin",
            "RW 64 FLAT \"a\" 64\r\nRW 64 FLAT \"a\" 0\r",
            std::slice::from_ref(&noise),
            [&halves[1][..], &halves[0]].concat(),
        ),
    ] {
        let image = open(&described(kind, "parentCID = ffffffff ", lines), files).expect(lines);
        assert!(read(&image, 0, disk.len()) == disk, "{lines}");
        assert_eq!(image.capacity(), disk.len() as u64);
        assert!(image.warnings().is_empty());
    }
    // Bytes that are no part of the disk are told of.
    let image = open(&described("vmfs", "", "RW 64 VMFS \"a\""), &[noise]).expect("opens");
    let warnings = image.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].message.starts_with("it has 32768 bytes behind"),
        "{warnings:?}"
    );
}

/// A disk of a hosted extent, whatever stands in it beside.
#[test]
fn hosted_extents_have_a_say_of_their_own() {
    let recipe = Recipe {
        layout: Layout::Footer,
        version: 3,
        grain: 128,
        entries: 512,
        redundant: false,
        missing: 0,
        short_last: false,
        grains: vec![
            image::Stored::Data(Fill::Pattern(3)),
            image::Stored::Missing,
        ],
    };
    let built = build(&recipe);
    let text = |sectors: usize| {
        let line = format!("RW {sectors} SPARSE \"x\"");
        described("streamOptimized", "parentCID=ffffffff", &line)
    };
    let image = open(&text(256), std::slice::from_ref(&built.file)).expect("opens");
    assert!(read(&image, 0, built.disk.len()) == built.disk);
    // The descriptor's size is the disk's.
    let image = open(&text(100), std::slice::from_ref(&built.file)).expect("opens");
    assert_eq!((image.capacity(), image.warnings().len()), (51200, 1));
    let kind = image.extent_at(0).expect("an extent").kind;
    assert_eq!(kind, ExtentKind::Data, "a block that is cut");
    refused(
        &text(257),
        std::slice::from_ref(&built.file),
        Invalid,
        "has 131072 bytes",
    );
    // Changes to a parent that the descriptor does not tell of.
    let mut file = built.file;
    let from = b"parentCID=ffffffff";
    let at = file
        .windows(from.len())
        .position(|word| word == from)
        .expect("a descriptor");
    put(&mut file, at, b"parentCID=00000001");
    refused(
        &text(256),
        &[file],
        Invalid,
        "holds changes to a parent disk",
    );
}

#[test]
fn the_parent_is_the_one_it_was_made_on() {
    let file = cowd(&noise(), 512, |_| esx::Stored::Missing);
    let delta = |cid: &str| {
        let header = format!("parentCID={cid}\nparentFileNameHint=\"base.vmdk\"");
        let text = described("vmfsSparse", &header, "RW 128 VMFSSPARSE \"x\"");
        open(&text, std::slice::from_ref(&file)).expect("opens")
    };
    let parent = delta("0badcafe").parent().expect("a parent");
    assert_eq!((&*parent.file, parent.cid), ("base.vmdk", 0x0BAD_CAFE));
    let mut image = delta("0badcafe");
    image.attach_parent(flat(&noise())).expect("it fits");
    assert!(read(&image, 0, 65536) == noise());
    let error = delta("1")
        .attach_parent(flat(&noise()))
        .expect_err("another");
    assert_eq!(error.kind(), Mismatch);
}
