//! Damaged and hostile tables, grains and streams, each with the error it has to
//! give.

use ovfkit::base::ErrorKind::{self, Invalid};
use ovfkit::disk::DiskSource as _;

use crate::image::Layout::{Bare, Front, Sparse};
use crate::image::{Built, Layout, Recipe, SECTOR, Stored, build, field, long, word};
use crate::model::Fill;
use crate::reader::open;

/// Kind, a phrase of the message, and the byte offset where one is told.
type Verdict = (ErrorKind, &'static str, Option<u64>);

pub struct Case {
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
pub fn refused(case: &Case) {
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

pub const fn case(
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

const TABLES_AND_GRAINS: &[Case] = &[
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
        |b| regrain(b, &vec![7; 60_000]),
        Invalid,
        "holds 60000 bytes where 65536",
        None,
    ),
    case(
        "a stream that is too long",
        Front,
        |b| regrain(b, &vec![7; 4 << 20]),
        Invalid,
        "more than 65536",
        None,
    ),
];

#[test]
fn tables_and_grains() {
    TABLES_AND_GRAINS.iter().for_each(refused);
}

/// Points the first grain's entry to a new grain of `content`.
fn regrain(built: &mut Built, content: &[u8]) {
    let sector = built.file.len() / SECTOR;
    built.compressed(0, content);
    word(&mut built.file, built.tables[0] * SECTOR, sector);
}

const WITHOUT_TABLES: &[Case] = &[
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

#[test]
fn streams_without_tables() {
    WITHOUT_TABLES.iter().for_each(refused);
}
