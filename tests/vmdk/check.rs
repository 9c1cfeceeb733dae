//! The strict check finds nothing in good streams, and every harm in bad ones.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use ovfkit::disk::DiskSource as _;
use ovfkit::disk::vmdk::{FindingKind, Report, check};
use proptest::prelude::*;

use crate::image::{Built, Layout, Recipe, SECTOR, Stored, build, field, long, recipe, word};
use crate::model::Fill;
use crate::reader::open;

/// Enough to have grains come back out of order.
const THREADS: NonZeroUsize = NonZeroUsize::new(3).unwrap();

fn kinds(report: &Report) -> BTreeSet<String> {
    let kinds = report.findings.iter();
    kinds.map(|finding| format!("{:?}", finding.kind)).collect()
}

/// A stream of six grains and two tables, as VMware's exporter writes one.
fn good() -> Built {
    build(&Recipe {
        layout: Layout::Footer,
        version: 3,
        grain: 8,
        entries: 128,
        redundant: false,
        missing: 3,
        short_last: false,
        grains: (0..200)
            .map(|number| match number {
                0 | 1 | 5 | 130 | 131 | 199 => Stored::Data(Fill::Noise(number)),
                _ => Stored::Missing,
            })
            .collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn good_streams_are_sound(recipe in recipe()) {
        let built = build(&recipe);
        let report = check(&*built.file, 10, THREADS);
        if recipe.layout == Layout::Sparse {
            prop_assert_eq!(report.unwrap_err().kind(), ovfkit::base::ErrorKind::Unsupported);
            return Ok(());
        }
        let report = report.unwrap();
        let mut expected = BTreeSet::new();
        if recipe.version != 3 {
            expected.insert("Header".to_owned());
        }
        if recipe.layout == Layout::Bare {
            expected.extend(["Footer".to_owned(), "Directory".to_owned()]);
        }
        prop_assert_eq!(kinds(&report), expected, "{:#?}", report);
        prop_assert_eq!(report.capacity, built.disk.len() as u64);
        prop_assert_eq!(report.grains, built.grains.len() as u64);
        prop_assert_eq!(report.length, built.file.len() as u64);
        let grain = recipe.grain * SECTOR;
        let populated: usize = built
            .grains
            .iter()
            .map(|(number, _)| grain.min(built.disk.len() - number * grain))
            .sum();
        prop_assert_eq!(report.populated, populated as u64);
    }

    /// A flipped bit behind the descriptor is found, or harms nothing: deflate
    /// leaves some bits unused.
    #[test]
    fn flipped_bits_are_found(recipe in recipe(), place in 0.0..1.0_f64, bit in 0..8_u32) {
        let layout = match recipe.layout {
            Layout::Sparse | Layout::Front => Layout::Front,
            Layout::Footer | Layout::Bare => Layout::Footer,
        };
        let recipe = Recipe { version: 3, layout, ..recipe };
        let mut built = build(&recipe);
        let first = 3 * SECTOR;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = first + (place * (built.file.len() - first) as f64) as usize;
        built.file[at] ^= 1 << bit;
        if check(&*built.file, 1, THREADS).is_ok_and(|report| report.is_sound()) {
            let image = open(built.file).unwrap();
            let mut read = vec![0; built.disk.len()];
            image.read_at(0, &mut read).unwrap();
            prop_assert!(read == built.disk, "bit {} of byte {}", bit, at);
        }
    }
}

type Damage = fn(&mut Built);

/// What is done to a good stream, and the rules it then breaks.
const HARMS: &[(&str, Damage, &[FindingKind])] = &[
    ("nothing", |_| {}, &[]),
    (
        "an old version",
        |built| {
            word(&mut built.file, field::VERSION, 1);
            let footer = built.file.len() - 2 * SECTOR;
            word(&mut built.file, footer + field::VERSION, 1);
        },
        &[FindingKind::Header],
    ),
    (
        "another createType",
        |built| {
            let at = find(&built.file, b"streamOptimized");
            built.file[at..at + 15].copy_from_slice(b"monolithicSpars");
        },
        &[FindingKind::Descriptor],
    ),
    (
        "no end",
        |built| built.file.truncate(built.file.len() - SECTOR),
        &[FindingKind::End],
    ),
    (
        "half an end",
        |built| built.file.truncate(built.file.len() - 100),
        &[FindingKind::End],
    ),
    (
        "zeros behind the end",
        |built| built.file.extend([0; 700]),
        &[FindingKind::AfterEnd],
    ),
    (
        "cut in a grain",
        |built| built.file.truncate(built.grains[4].1 * SECTOR + 900),
        &[FindingKind::End],
    ),
    (
        "a grain's place between grains",
        |built| long(&mut built.file, built.grains[2].1 * SECTOR, 41),
        &[FindingKind::GrainPlace, FindingKind::Table],
    ),
    (
        "a grain beyond the disk",
        |built| long(&mut built.file, built.grains[5].1 * SECTOR, 1600),
        &[FindingKind::GrainPlace, FindingKind::Table],
    ),
    (
        "a grain twice, and another missing",
        |built| long(&mut built.file, built.grains[1].1 * SECTOR, 0),
        &[FindingKind::GrainRepeated, FindingKind::Table],
    ),
    (
        "grains that descend",
        |built| {
            long(&mut built.file, built.grains[0].1 * SECTOR, 8);
            long(&mut built.file, built.grains[1].1 * SECTOR, 0);
        },
        &[FindingKind::GrainOrder, FindingKind::Table],
    ),
    (
        "damaged data",
        |built| built.file[built.grains[3].1 * SECTOR + 300] ^= 4,
        &[FindingKind::GrainData],
    ),
    (
        "a size that is too large",
        |built| word(&mut built.file, built.grains[3].1 * SECTOR + 8, 1 << 30),
        &[FindingKind::Marker],
    ),
    (
        "a marker nobody knows",
        |built| {
            word(&mut built.file, (built.tables[0] - 1) * SECTOR + 12, 9);
        },
        &[FindingKind::Marker],
    ),
    (
        "a marker of the wrong size",
        |built| long(&mut built.file, (built.tables[0] - 1) * SECTOR, 2),
        &[FindingKind::Marker],
    ),
    (
        "a marker's padding",
        |built| built.file[(built.tables[0] - 1) * SECTOR + 99] = 1,
        &[FindingKind::Padding],
    ),
    (
        "a grain's padding",
        |built| built.file[built.grains[1].1 * SECTOR - 1] = 1,
        &[FindingKind::Padding],
    ),
    (
        "a table entry",
        |built| word(&mut built.file, built.tables[0] * SECTOR + 4, 99),
        &[FindingKind::Table],
    ),
    (
        "two entries for one grain",
        |built| {
            let (at, sector) = (built.tables[0] * SECTOR + 8, built.grains[0].1);
            word(&mut built.file, at, sector);
        },
        &[FindingKind::Table],
    ),
    (
        "a directory entry",
        |built| word(&mut built.file, built.directory * SECTOR, 3),
        &[FindingKind::Directory, FindingKind::Table],
    ),
    (
        "a footer's directory",
        |built| {
            let footer = built.file.len() - 2 * SECTOR;
            long(&mut built.file, footer + field::DIRECTORY, 5);
        },
        &[FindingKind::Footer],
    ),
    (
        "a footer's capacity",
        |built| {
            let footer = built.file.len() - 2 * SECTOR;
            long(&mut built.file, footer + field::CAPACITY, 5);
        },
        &[FindingKind::Footer],
    ),
    (
        "no footer",
        |built| {
            let end = built.file.len() - SECTOR;
            built.file.drain(end - 2 * SECTOR..end);
        },
        &[FindingKind::Footer],
    ),
];

#[test]
fn every_kind_of_harm_is_told_as_what_it_is() {
    for (name, damage, expected) in HARMS {
        let mut built = good();
        damage(&mut built);
        let report = check(&*built.file, 100, THREADS).unwrap();
        let expected = expected.iter().map(|kind| format!("{kind:?}")).collect();
        assert_eq!(kinds(&report), expected, "{name}: {report:#?}");
        assert_eq!(report.length, built.file.len() as u64);
    }
}

#[test]
fn findings_tell_where_and_are_counted_beyond_the_cap() {
    let mut built = good();
    for (_, sector) in &built.grains {
        built.file[sector * SECTOR + 300] ^= 4;
    }
    let report = check(&*built.file, 2, THREADS).unwrap();
    assert_eq!((report.findings.len(), report.total_findings), (2, 6));
    let second = &report.findings[1];
    assert_eq!(second.kind, FindingKind::GrainData);
    assert_eq!(second.offset, (built.grains[1].1 * SECTOR) as u64);
    assert_eq!(second.sector, Some(8));
    assert_eq!((report.grains, report.populated), (6, 0));
    assert!(!report.is_sound());
}

#[test]
fn a_redundant_directory_that_tells_otherwise_is_found() {
    let recipe = Recipe {
        layout: Layout::Front,
        version: 3,
        grain: 8,
        entries: 4,
        redundant: true,
        missing: 0,
        short_last: false,
        grains: vec![Stored::Data(Fill::Noise(3)); 12],
    };
    let mut built = build(&recipe);
    // The redundant tables stand first, behind their directory.
    let entry = 4 * SECTOR;
    word(&mut built.file, entry, 0);
    let report = check(&*built.file, 10, THREADS).unwrap();
    assert_eq!(kinds(&report), BTreeSet::from(["Redundant".to_owned()]));
}

fn find(file: &[u8], text: &[u8]) -> usize {
    file.windows(text.len())
        .position(|window| window == text)
        .unwrap()
}
