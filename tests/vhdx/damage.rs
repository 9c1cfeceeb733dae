//! Images with one thing wrong, and the error each has to give.

use ovfkit::ErrorKind;

use crate::change::{hold, other_bytes};
use crate::laws;
use crate::made::{BAT, Block, HEADERS, LOG, METADATA, MIB, Parent, REGIONS, Recipe, Vhdx, guid};
use crate::reader::{bytes, open, whole};

/// Items of the metadata, in the order they are made.
const PARAMETERS: usize = METADATA + 32;
const SIZE: usize = METADATA + 64;
const LOCATOR: usize = METADATA + 192;
/// Their bytes.
const ITEMS: usize = METADATA + (64 << 10);

fn recipe() -> Recipe {
    Recipe {
        blocks: [
            (0, Block::Whole(bytes(1, MIB))),
            (1, Block::Zeros(2)),
            (2, Block::Whole(bytes(2, MIB))),
        ]
        .into(),
        ..Recipe::new(3 << 20)
    }
}

fn overlay() -> Recipe {
    let mut present = vec![false; 2048];
    present[7] = true;
    Recipe {
        parent: Some(Parent::beside("base.vhdx", 1)),
        blocks: [(1, Block::Partial(bytes(3, MIB), present))].into(),
        ..Recipe::new(3 << 20)
    }
}

/// A way to damage an image, and the answer to it.
struct Case {
    damage: fn(&mut Vhdx),
    kind: ErrorKind,
    says: &'static str,
    /// Where the error has to point.
    at: Option<usize>,
}

fn all(recipe: &Recipe, cases: &[Case]) {
    for case in cases {
        let mut image = recipe.build();
        (case.damage)(&mut image);
        laws::image(&image.bytes);
        let error = open(image.bytes).err().expect(case.says);
        assert!(
            error.message().contains(case.says),
            "{}: {error}",
            case.says
        );
        assert_eq!(error.kind(), case.kind, "{error}");
        assert_eq!(error.place().offset, case.at.map(|at| at as u64), "{error}");
        assert!(error.advice().is_some(), "{error}");
    }
}

const fn invalid(says: &'static str, at: Option<usize>, damage: fn(&mut Vhdx)) -> Case {
    Case {
        damage,
        kind: ErrorKind::Invalid,
        says,
        at,
    }
}

const fn unsupported(says: &'static str, at: Option<usize>, damage: fn(&mut Vhdx)) -> Case {
    Case {
        kind: ErrorKind::Unsupported,
        ..invalid(says, at, damage)
    }
}

const fn limit(says: &'static str, at: Option<usize>, damage: fn(&mut Vhdx)) -> Case {
    Case {
        kind: ErrorKind::LimitExceeded,
        ..invalid(says, at, damage)
    }
}

#[test]
fn headers() {
    all(
        &recipe(),
        &[
            invalid("does not start with `vhdxfile`", Some(0), |image| {
                image.put(3, b"D");
            }),
            invalid("does not start with `vhdxfile`", Some(0), |image| {
                image.bytes.truncate(5);
            }),
            invalid("too short", None, |image| image.bytes.truncate(MIB - 1)),
            invalid("both headers are damaged", Some(HEADERS[0]), |image| {
                for at in HEADERS {
                    image.bytes[at + 4000] ^= 1;
                }
            }),
            invalid("both headers are damaged", Some(HEADERS[0]), |image| {
                image.headers(|image, at| image.put(at, b"HEAD"));
            }),
            invalid(
                "both have the sequence number 5",
                Some(HEADERS[0]),
                |image| {
                    image.headers(|image, at| image.put64(at + 8, 5));
                    image.put(HEADERS[0] + 32, &[9]);
                    image.seal_header(HEADERS[0]);
                },
            ),
            unsupported("version 2 is not known", Some(HEADERS[1]), |image| {
                image.headers(|image, at| image.put(at + 66, &[2]));
            }),
            invalid("LogLength is 1048577", Some(HEADERS[1] + 68), |image| {
                image.headers(|image, at| image.put32(at + 68, MIB + 1));
            }),
            invalid("LogOffset is 4096", Some(HEADERS[1] + 72), |image| {
                image.headers(|image, at| image.put64(at + 72, 4096));
            }),
            invalid(
                "the metadata region at offset 2097152 lies over the log",
                Some(METADATA),
                |image| {
                    image.headers(|image, at| image.put64(at + 72, METADATA));
                },
            ),
        ],
    );
}

#[test]
fn region_tables() {
    all(
        &recipe(),
        &[
            invalid(
                "both region tables are damaged",
                Some(REGIONS[0]),
                |image| {
                    for at in REGIONS {
                        image.bytes[at + 65535] ^= 1;
                    }
                },
            ),
            invalid("EntryCount is 2048", Some(REGIONS[0] + 8), |image| {
                image.regions(|image, at| image.put32(at + 8, 2048));
            }),
            invalid("has no metadata region", Some(REGIONS[0]), |image| {
                image.regions(|image, at| image.put32(at + 8, 1));
            }),
            invalid("more than one BAT", Some(REGIONS[0] + 48), |image| {
                image.regions(|image, at| {
                    let bat = image.bytes[at + 16..at + 48].to_vec();
                    image.put(at + 48, &bat);
                });
            }),
            unsupported("that is required", Some(REGIONS[0] + 80), |image| {
                image.regions(|image, at| {
                    image.put32(at + 8, 3);
                    image.put(at + 80, &guid(0xABCD));
                    image.put64(at + 96, LOG);
                    image.put32(at + 108, 1);
                });
            }),
            invalid("lies over the log", Some(LOG), |image| {
                image.regions(|image, at| {
                    image.put32(at + 8, 3);
                    image.put(at + 80, &guid(0xABCD));
                    image.put64(at + 96, LOG);
                    image.put32(at + 104, MIB);
                });
            }),
            invalid("FileOffset is 3149824", Some(REGIONS[0] + 32), |image| {
                image.regions(|image, at| image.put64(at + 32, BAT + 4096));
            }),
            invalid("BAT at offset 1073741824", Some(1 << 30), |image| {
                image.regions(|image, at| image.put64(at + 32, 1 << 30));
            }),
            invalid("lies over the BAT", Some(METADATA), |image| {
                image.regions(|image, at| {
                    image.put64(at + 32, METADATA);
                    image.put64(at + 64, METADATA);
                });
            }),
            invalid(
                "the BAT has room for 16 bytes; the disk needs 24",
                Some(BAT),
                |image| {
                    image.regions(|image, at| image.put32(at + 40, 16));
                },
            ),
        ],
    );
}

#[test]
fn metadata() {
    all(
        &recipe(),
        &[
            invalid("does not start with `metadata`", Some(METADATA), |image| {
                image.put(METADATA, b"Metadata");
            }),
            invalid("does not start with `metadata`", Some(METADATA), |image| {
                image.regions(|image, at| image.put32(at + 72, 4096));
            }),
            invalid("EntryCount is 65535", Some(METADATA + 10), |image| {
                image.put(METADATA + 10, &[0xFF; 2]);
            }),
            invalid("has no Physical Sector Size", Some(METADATA), |image| {
                image.put(METADATA + 10, &[4]);
            }),
            unsupported("metadata item {", Some(SIZE), |image| {
                image.put(SIZE, &guid(0xABCD));
            }),
            // A user's item of the same identifier is another one.
            unsupported("metadata item {", Some(SIZE), |image| {
                image.put32(SIZE + 24, 5);
            }),
            invalid("more than one File Parameters", Some(SIZE), |image| {
                let parameters = image.bytes[PARAMETERS..PARAMETERS + 32].to_vec();
                image.put(SIZE, &parameters);
            }),
            invalid("at offset 4096 of the metadata", Some(SIZE), |image| {
                image.put32(SIZE + 16, 4096);
            }),
            invalid("where no item can be", Some(SIZE), |image| {
                image.put32(SIZE + 16, MIB - 4);
            }),
            invalid("where no item can be", Some(SIZE), |image| {
                image.put(SIZE + 16, &[0xFF; 8]);
            }),
            invalid("has 4 bytes instead of 8", Some(ITEMS + 8), |image| {
                image.put32(SIZE + 20, 4);
            }),
            invalid("BlockSize is 3145728", Some(ITEMS), |image| {
                image.put32(ITEMS, 3 * MIB);
            }),
            invalid("BlockSize is 0", Some(ITEMS), |image| image.put32(ITEMS, 0)),
            invalid("BlockSize is 536870912", Some(ITEMS), |image| {
                image.put32(ITEMS, 512 * MIB);
            }),
            invalid("Logical Sector Size is 1024", Some(ITEMS + 32), |image| {
                image.put32(ITEMS + 32, 1024);
            }),
            invalid("Physical Sector Size is 0", Some(ITEMS + 36), |image| {
                image.put32(ITEMS + 36, 0);
            }),
            invalid("Virtual Disk Size is 0", Some(ITEMS + 8), |image| {
                image.put64(ITEMS + 8, 0);
            }),
            invalid("Virtual Disk Size is 1000", Some(ITEMS + 8), |image| {
                image.put64(ITEMS + 8, 1000);
            }),
            limit(
                "the disk would be 70368744178176",
                Some(ITEMS + 8),
                |image| {
                    image.put64(ITEMS + 8, (64 << 40) + 512);
                },
            ),
            invalid("the BAT has room for 1048576", Some(BAT), |image| {
                image.put64(ITEMS + 8, 64 << 40);
            }),
            // A sector size that does not fit the disk's.
            invalid("Virtual Disk Size is 3146240", Some(ITEMS + 8), |image| {
                image.put64(ITEMS + 8, 3 * MIB + 512);
                image.put32(ITEMS + 32, 4096);
            }),
            invalid("has no Parent Locator", Some(METADATA), |image| {
                image.put32(ITEMS + 4, 2);
            }),
        ],
    );
}

#[test]
fn blocks() {
    all(
        &recipe(),
        &[
            invalid("no payload block has this state", Some(BAT + 8), |image| {
                image.put64(BAT + 8, 4);
            }),
            invalid("bits that have to be zero", Some(BAT), |image| {
                image.put64(BAT, 4 * MIB + 0x86);
            }),
            invalid("over the file's header", Some(BAT), |image| {
                image.put64(BAT, 6);
            }),
            invalid("there in part", Some(BAT), |image| {
                image.put64(BAT, 4 * MIB + 7);
            }),
            invalid(
                "payload block 2 at offset 4194304 lies over another block",
                Some(BAT + 16),
                |image| {
                    image.put64(BAT + 16, 4 * MIB + 6);
                },
            ),
            invalid("lies over the log", Some(BAT), |image| {
                image.put64(BAT, LOG + 6);
            }),
            invalid("lies over the BAT", Some(BAT), |image| {
                image.put64(BAT, BAT + 6);
            }),
            invalid("lies over the metadata region", Some(BAT), |image| {
                image.put64(BAT, METADATA + 6);
            }),
            invalid(
                "payload block 0 at offset 6291456",
                Some(6 * MIB),
                |image| {
                    image.put64(BAT, 6 * MIB + 6);
                },
            ),
            invalid("beyond the end", Some(0xFFFF_FFFF_FFF0_0000), |image| {
                image.put(BAT, &0xFFFF_FFFF_FFF0_0006_u64.to_le_bytes());
            }),
            invalid(
                "payload block 2 at offset 5242880",
                Some(5 * MIB),
                |image| {
                    image.bytes.truncate(6 * MIB - 1);
                },
            ),
        ],
    );
}

#[test]
fn overlays() {
    all(
        &overlay(),
        &[
            invalid("is not there", Some(BAT + 8), |image| {
                image.put64(overlay().bitmap_entry_at(0), 0);
            }),
            invalid(
                "no sector bitmap block has this state",
                Some(BAT + 4096 * 8),
                |image| {
                    image.put64(overlay().bitmap_entry_at(0), 2);
                },
            ),
            invalid(
                "sector bitmap block 0 at offset 4194304 lies over another block",
                Some(BAT + 4096 * 8),
                |image| {
                    image.put64(overlay().bitmap_entry_at(0), 4 * MIB + 6);
                },
            ),
            invalid(
                "sector bitmap block 0 at offset 5242880",
                Some(5 * MIB),
                |image| {
                    image.bytes.truncate(6 * MIB - 1);
                },
            ),
            unsupported("the parent is no VHDX", Some(ITEMS + 40), |image| {
                image.bytes[ITEMS + 40] ^= 1;
            }),
            invalid("the parent locator is damaged", Some(ITEMS + 40), |image| {
                image.put(ITEMS + 58, &[0xFF; 2]);
            }),
            invalid("it is too short", Some(ITEMS + 40), |image| {
                image.put32(LOCATOR + 20, 19);
            }),
        ],
    );
}

/// What one copy of a table lacks the other has.
#[test]
fn second_copies_stand_in() {
    let recipe = recipe();
    for (at, says) in [
        (HEADERS[0], "the header at offset 65536 is damaged"),
        (HEADERS[1], "the header at offset 131072 is damaged"),
        (REGIONS[0], "the first of its two region tables is damaged"),
        (REGIONS[1], "the second of its two region tables is damaged"),
    ] {
        let mut image = recipe.build();
        image.bytes[at + 100] ^= 1;
        let image = open(image.bytes).unwrap();
        let warnings = image.warnings();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].message.contains(says), "{warnings:?}");
        assert!(whole(&image) == recipe.over(&[]));
    }
    // Both whole, and of different content.
    let mut image = recipe.build();
    image.put64(REGIONS[1] + 32, 64 * MIB);
    image.seal_regions(REGIONS[1]);
    let image = open(image.bytes).unwrap();
    assert!(image.warnings()[0].message.contains("tables differ"));
    assert!(whole(&image) == recipe.over(&[]));
}

/// What others write, and what does no harm.
#[test]
fn what_others_write_is_read() {
    let recipe = recipe();
    let changes: [fn(&mut Vhdx); 5] = [
        // QEMU: no region is required.
        |image| {
            image.regions(|image, at| {
                for required in [44, 76] {
                    image.put32(at + required, 0);
                }
            });
        },
        // Disk2vhd: the same header twice.
        |image| image.headers(|image, at| image.put64(at + 8, 1)),
        // A region and an item that nobody has to know.
        |image| {
            image.regions(|image, at| {
                image.put32(at + 8, 3);
                image.put(at + 80, &guid(0xABCD));
                image.put64(at + 96, 64 * MIB);
                image.put32(at + 104, MIB);
            });
            image.put(METADATA + 10, &[6]);
            image.put(METADATA + 192, &guid(0xABCD));
        },
        // QEMU until 8.0: entries of sector bitmaps that do not exist.
        |image| image.put64(BAT + 4096 * 8, 0x1234_5678),
        // The last block ends with the file, and the file with the disk.
        |image| {
            image.put64(ITEMS + 8, 2 * MIB + 512);
            image.bytes.truncate(5 * MIB + 512);
        },
    ];
    for change in changes {
        let mut image = recipe.build();
        change(&mut image);
        let image = open(image.bytes).unwrap();
        let disk = whole(&image);
        assert!(disk == recipe.over(&[])[..disk.len()]);
        assert!(image.warnings().is_empty());
    }
}

/// What the fuzz target begins with.
const SEEDS: [&[u8]; 3] = [
    include_bytes!("../property/seeds/vhdx/none"),
    include_bytes!("../property/seeds/vhdx/blocks"),
    include_bytes!("../property/seeds/vhdx/log"),
];

#[test]
fn images_of_other_bytes() {
    for seed in SEEDS {
        assert!(laws::changed(seed));
    }
    let words: [&[u8]; 4] = [&[4, 0, 0, 8], &[0xFF; 8], &[6, 64, 0, 4], &[3, 8, 0, 2]];
    let read = hold(400, &SEEDS, laws::changed, |dice, seed| {
        let mut bytes = seed.to_vec();
        for _ in 0..=dice.roll(3) {
            let (part, at) = (dice.roll(7), dice.roll(300));
            let [low, high, ..] = at.to_le_bytes();
            bytes.extend([
                part.to_le_bytes()[0],
                low,
                high,
                1,
                dice.roll(256).to_le_bytes()[0],
            ]);
        }
        other_bytes(dice, &bytes, &words)
    });
    assert!((20..380).contains(&read), "{read} were read");
}
