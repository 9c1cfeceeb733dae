//! Damaged and hostile extents, each with the error it has to give.

use ovfkit::base::ErrorKind;
use ovfkit::disk::DiskSource as _;

use crate::image::{AT_END, Built, Layout, Recipe, SECTOR, Stored, build, field, long, put, word};
use crate::model::Fill;
use crate::reader::open;

/// Kind, a phrase of the message, and the byte offset where one is told.
type Verdict = (ErrorKind, &'static str, Option<u64>);

struct Case {
    name: &'static str,
    layout: Layout,
    damage: fn(&mut Built),
    verdict: Verdict,
}

fn good(layout: Layout) -> Built {
    build(&Recipe {
        layout,
        version: 3,
        grain: 128,
        entries: 512,
        redundant: false,
        missing: 1,
        short_last: false,
        grains: vec![
            Stored::Data(Fill::Noise(1)),
            Stored::Missing,
            Stored::Data(Fill::Pattern(7)),
        ],
    })
}

/// Opening and reading everything has to fail as told.
fn refused(case: &Case) {
    let mut built = good(case.layout);
    (case.damage)(&mut built);
    let error = open(built.file)
        .and_then(|image| {
            let mut at = 0;
            while at < image.capacity() {
                let extent = image.extent_at(at)?;
                let mut read = vec![0; usize::try_from(extent.length).unwrap()];
                image.read_at(at, &mut read)?;
                at += extent.length;
            }
            Ok(())
        })
        .expect_err(case.name);
    let (kind, says, offset) = case.verdict;
    assert_eq!(error.kind(), kind, "{}: {error}", case.name);
    assert!(error.message().contains(says), "{}: {error}", case.name);
    if offset.is_some() {
        assert_eq!(error.place().offset, offset, "{}: {error}", case.name);
    }
    assert!(error.place().path.is_some(), "{}: {error}", case.name);
    assert!(error.advice().is_some(), "{}: {error}", case.name);
}

const fn case(
    name: &'static str,
    layout: Layout,
    damage: fn(&mut Built),
    kind: ErrorKind,
    says: &'static str,
    offset: Option<u64>,
) -> Case {
    Case {
        name,
        layout,
        damage,
        verdict: (kind, says, offset),
    }
}

#[test]
fn headers() {
    use ErrorKind::{Invalid, LimitExceeded, Unsupported};
    use Layout::{Footer, Front, Sparse};
    let cases = [
        case(
            "nothing",
            Sparse,
            |b| b.file.clear(),
            Invalid,
            "0 bytes long",
            Some(0),
        ),
        case(
            "half a header",
            Sparse,
            |b| b.file.truncate(300),
            Invalid,
            "300 bytes",
            Some(0),
        ),
        case(
            "another magic",
            Sparse,
            |b| b.file[0] = b'k',
            Invalid,
            "KDMV",
            Some(0),
        ),
        case(
            "version 0",
            Sparse,
            |b| word(&mut b.file, field::VERSION, 0),
            Unsupported,
            "version 0",
            Some(4),
        ),
        case(
            "version 4",
            Sparse,
            |b| word(&mut b.file, field::VERSION, 4),
            Unsupported,
            "version 4",
            Some(4),
        ),
        case(
            "line ends rewritten",
            Sparse,
            |b| put(&mut b.file, field::NEWLINES, b"\r\n \r"),
            Invalid,
            "newline test",
            Some(73),
        ),
        case(
            "no capacity",
            Sparse,
            |b| long(&mut b.file, field::CAPACITY, 0),
            Invalid,
            "capacity is 0",
            Some(12),
        ),
        case(
            "a negative capacity",
            Sparse,
            |b| long(&mut b.file, field::CAPACITY, u64::MAX),
            Invalid,
            "capacity",
            Some(12),
        ),
        case(
            "a capacity whose bytes overflow",
            Sparse,
            |b| long(&mut b.file, field::CAPACITY, 1 << 55),
            Invalid,
            "capacity",
            Some(12),
        ),
        case(
            "a capacity whose tables would fill memory",
            Sparse,
            |b| long(&mut b.file, field::CAPACITY, 1 << 54),
            LimitExceeded,
            "grain directory would take",
            Some(12),
        ),
        case(
            "no grain size",
            Sparse,
            |b| long(&mut b.file, field::GRAIN_SIZE, 0),
            Invalid,
            "grainSize is 0",
            Some(20),
        ),
        case(
            "a grain size that is no power of two",
            Sparse,
            |b| long(&mut b.file, field::GRAIN_SIZE, 100),
            Invalid,
            "power of two",
            Some(20),
        ),
        case(
            "grains of terabytes",
            Sparse,
            |b| long(&mut b.file, field::GRAIN_SIZE, 1 << 40),
            Invalid,
            "grainSize",
            Some(20),
        ),
        case(
            "compressed grains of a gigabyte",
            Front,
            |b| long(&mut b.file, field::GRAIN_SIZE, 1 << 21),
            LimitExceeded,
            "compressed grain would take",
            Some(20),
        ),
        case(
            "tables without entries",
            Sparse,
            |b| word(&mut b.file, field::ENTRIES, 0),
            Invalid,
            "numGTEsPerGT is 0",
            Some(44),
        ),
        case(
            "tables of too many entries",
            Sparse,
            |b| put(&mut b.file, field::ENTRIES, &[0xFF; 4]),
            Invalid,
            "numGTEsPerGT",
            Some(44),
        ),
        case(
            "another compression",
            Front,
            |b| b.file[field::COMPRESSION] = 2,
            Unsupported,
            "algorithm 2",
            None,
        ),
        case(
            "compressed without markers",
            Front,
            |b| b.file[field::FLAGS + 2] = 1,
            Unsupported,
            "no markers",
            None,
        ),
        case(
            "markers without compression",
            Front,
            |b| b.file[field::FLAGS + 2] = 2,
            Unsupported,
            "not compressed",
            None,
        ),
        case(
            "a directory in the header",
            Sparse,
            |b| long(&mut b.file, field::DIRECTORY, 0),
            Invalid,
            "gdOffset is 0",
            Some(56),
        ),
        case(
            "a directory in the descriptor",
            Sparse,
            |b| long(&mut b.file, field::DIRECTORY, 1),
            Invalid,
            "overlaps",
            Some(512),
        ),
        case(
            "a directory beyond the file",
            Sparse,
            |b| long(&mut b.file, field::DIRECTORY, 1 << 30),
            Invalid,
            "grain directory at offset 549755813888",
            Some(1 << 39),
        ),
        case(
            "a directory beyond all files",
            Sparse,
            |b| long(&mut b.file, field::DIRECTORY, u64::MAX),
            Invalid,
            "grain directory",
            None,
        ),
        case(
            "a descriptor of gigabytes",
            Sparse,
            |b| long(&mut b.file, field::DESCRIPTOR_SIZE, 1 << 23),
            LimitExceeded,
            "descriptor would take 4294967296",
            Some(36),
        ),
        case(
            "a descriptor of all numbers",
            Sparse,
            |b| long(&mut b.file, field::DESCRIPTOR_SIZE, u64::MAX),
            LimitExceeded,
            "descriptor",
            Some(36),
        ),
        case(
            "a descriptor beyond the file",
            Sparse,
            |b| long(&mut b.file, field::DESCRIPTOR_OFFSET, 1 << 30),
            Invalid,
            "descriptor at offset",
            Some(1 << 39),
        ),
        case(
            "a descriptor beyond all files",
            Sparse,
            |b| long(&mut b.file, field::DESCRIPTOR_OFFSET, u64::MAX / 2),
            Invalid,
            "descriptorOffset",
            Some(28),
        ),
        case(
            "no descriptor",
            Sparse,
            |b| long(&mut b.file, field::DESCRIPTOR_OFFSET, 0),
            Unsupported,
            "one piece of a disk",
            None,
        ),
        case(
            "a descriptor of zeros",
            Sparse,
            |b| b.file[SECTOR..2 * SECTOR].fill(0),
            Invalid,
            "first line",
            Some(512),
        ),
        case(
            "a footer of another disk",
            Footer,
            |b| {
                let at = b.file.len() - 2 * SECTOR + field::CAPACITY;
                long(&mut b.file, at, 5);
            },
            Invalid,
            "footer's capacity is 5",
            None,
        ),
        case(
            "a footer without a directory",
            Footer,
            |b| {
                let at = b.file.len() - 2 * SECTOR + field::DIRECTORY;
                long(&mut b.file, at, AT_END);
            },
            Invalid,
            "in the footer it has to tell",
            None,
        ),
        case(
            "a footer that is none",
            Footer,
            |b| {
                let at = b.file.len() - 2 * SECTOR;
                b.file[at] = 0;
            },
            Invalid,
            "no footer follows",
            None,
        ),
    ];
    for case in &cases {
        refused(case);
    }
}

#[test]
fn tables_and_grains() {
    use ErrorKind::Invalid;
    use Layout::{Front, Sparse};
    let cases = [
        case(
            "a table in the header",
            Sparse,
            |b| word(&mut b.file, b.directory * SECTOR, 1),
            Invalid,
            "overlaps",
            Some(512),
        ),
        case(
            "a table beyond the file",
            Sparse,
            |b| word(&mut b.file, b.directory * SECTOR, 1 << 30),
            Invalid,
            "grain table at offset",
            Some(1 << 39),
        ),
        case(
            "a grain in the descriptor",
            Sparse,
            |b| word(&mut b.file, b.tables[0] * SECTOR, 2),
            Invalid,
            "header or the descriptor",
            Some(1024),
        ),
        case(
            "a grain of zeros without the flag",
            Front,
            |b| word(&mut b.file, b.tables[0] * SECTOR, 1),
            Invalid,
            "header or the descriptor",
            Some(512),
        ),
        case(
            "a grain beyond the file",
            Sparse,
            |b| word(&mut b.file, b.tables[0] * SECTOR + 8, 1 << 30),
            Invalid,
            "grain at offset",
            Some(1 << 39),
        ),
        case(
            "a marker beyond the file",
            Front,
            |b| word(&mut b.file, b.tables[0] * SECTOR + 8, 1 << 30),
            Invalid,
            "grain marker at offset",
            Some(1 << 39),
        ),
        case(
            "a file that ends in its last grain",
            Sparse,
            |b| b.file.truncate(b.file.len() - 2 * SECTOR),
            Invalid,
            "beyond the end",
            None,
        ),
        case(
            "a grain of another place",
            Front,
            |b| {
                let (at, first) = (b.tables[0] * SECTOR + 8, b.grains[0].1);
                word(&mut b.file, at, first);
            },
            Invalid,
            "for sector 0",
            None,
        ),
        case(
            "a marker of no size",
            Front,
            |b| word(&mut b.file, b.grains[1].1 * SECTOR + 8, 0),
            Invalid,
            "of 0 bytes",
            None,
        ),
        case(
            "a marker of gigabytes",
            Front,
            |b| word(&mut b.file, b.grains[1].1 * SECTOR + 8, 1 << 30),
            Invalid,
            "at most twice",
            None,
        ),
        case(
            "a marker between grains",
            Front,
            |b| long(&mut b.file, b.grains[1].1 * SECTOR, 257),
            Invalid,
            "sector 257",
            None,
        ),
        case(
            "a marker beyond the disk",
            Front,
            |b| long(&mut b.file, b.grains[1].1 * SECTOR, u64::MAX),
            Invalid,
            "no grain of this disk",
            None,
        ),
        case(
            "a stream beyond the file",
            Front,
            |b| {
                let at = b.grains[1].1 * SECTOR + 8;
                word(&mut b.file, at, 130_000);
            },
            Invalid,
            "compressed grain at offset",
            None,
        ),
        case(
            "a damaged stream",
            Front,
            |b| b.file[b.grains[0].1 * SECTOR + 40] ^= 0xFF,
            Invalid,
            "is damaged",
            None,
        ),
        case(
            "a damaged checksum",
            Front,
            |b| {
                let at = b.grains[0].1 * SECTOR;
                let size = u32::from_le_bytes(b.file[at + 8..at + 12].try_into().unwrap()) as usize;
                b.file[at + 12 + size - 1] ^= 1;
            },
            Invalid,
            "checksum",
            None,
        ),
        case(
            "a stream that is too short",
            Front,
            |b| regrain(b, &[7; 60_000]),
            Invalid,
            "holds 60000 bytes where 65536",
            None,
        ),
        case(
            "a stream that is too long",
            Front,
            |b| regrain(b, &[7; 4 << 20]),
            Invalid,
            "more than 65536",
            None,
        ),
    ];
    for case in &cases {
        refused(case);
    }
}

/// Points the first grain's entry to a new grain of `content`.
fn regrain(built: &mut Built, content: &[u8]) {
    let sector = built.file.len() / SECTOR;
    built.compressed(0, content);
    word(&mut built.file, built.tables[0] * SECTOR, sector);
}

#[test]
fn streams_without_tables() {
    use ErrorKind::Invalid;
    use Layout::Bare;
    let cases = [
        case(
            "grains that start in the header",
            Bare,
            |b| long(&mut b.file, field::OVERHEAD, 0),
            Invalid,
            "overHead",
            Some(64),
        ),
        case(
            "grains that start beyond all files",
            Bare,
            |b| long(&mut b.file, field::OVERHEAD, u64::MAX),
            Invalid,
            "overHead",
            Some(64),
        ),
        case(
            "grains that start beyond the file",
            Bare,
            |b| long(&mut b.file, field::OVERHEAD, 1 << 30),
            Invalid,
            "breaks off",
            None,
        ),
        case(
            "a grain twice",
            Bare,
            |b| long(&mut b.file, b.grains[1].1 * SECTOR, 0),
            Invalid,
            "twice",
            None,
        ),
        case(
            "a grain beyond the disk",
            Bare,
            |b| long(&mut b.file, b.grains[1].1 * SECTOR, 384),
            Invalid,
            "sector 384",
            None,
        ),
        case(
            "a grain of gigabytes",
            Bare,
            |b| word(&mut b.file, b.grains[1].1 * SECTOR + 8, 1 << 30),
            Invalid,
            "at most twice",
            None,
        ),
        case(
            "a marker nobody knows",
            Bare,
            |b| {
                let at = b.file.len() - SECTOR;
                word(&mut b.file, at + 12, 77);
            },
            Invalid,
            "kind is 77",
            None,
        ),
        case(
            "a table of more than all bytes",
            Bare,
            |b| {
                let at = b.file.len() - SECTOR;
                long(&mut b.file, at, u64::MAX);
                word(&mut b.file, at + 12, 1);
            },
            Invalid,
            "no file is as long",
            None,
        ),
        case(
            "a table that ends the file",
            Bare,
            |b| {
                let at = b.file.len() - SECTOR;
                long(&mut b.file, at, 1 << 40);
                word(&mut b.file, at + 12, 1);
            },
            Invalid,
            "breaks off",
            None,
        ),
    ];
    for case in &cases {
        refused(case);
    }
}
