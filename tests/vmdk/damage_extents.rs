//! Extents of ESX that were damaged: each is told, when it is opened or when it is read.

use ovfkit::base::ErrorKind::{self, Invalid, LimitExceeded, Unsupported};
use ovfkit::disk::DiskSource as _;

use crate::esx::{self, cowd, cowd_at, described, long, se_at, se_entry, se_sparse, word};
use crate::extents::{noise, open, read};

/// What is done to a good file.
type Harm = fn(&mut Vec<u8>);

#[test]
fn damaged_extents_of_cowd() {
    let good = cowd(&noise(), 4096, |_| esx::Stored::Data);
    let harms: [(Harm, ErrorKind, &str); 12] = [
        (|file| file.truncate(2047), Invalid, "2047 bytes long"),
        (
            |file| word(file, cowd_at::VERSION, 2),
            Unsupported,
            "version 2",
        ),
        (
            |file| word(file, cowd_at::CAPACITY, 0),
            Invalid,
            "numSectors is 0",
        ),
        (
            |file| word(file, cowd_at::CAPACITY, 120),
            Invalid,
            "has 61440 bytes",
        ),
        (
            |file| word(file, cowd_at::CAPACITY, 0xFFFF_FFFF),
            Invalid,
            "numGDEntries",
        ),
        (
            |file| word(file, cowd_at::GRAIN, 3),
            Invalid,
            "grainSize is 3",
        ),
        (
            |file| word(file, cowd_at::GRAIN, 1 << 22),
            Invalid,
            "grainSize",
        ),
        (
            |file| word(file, cowd_at::ENTRIES, 0),
            Invalid,
            "numGDEntries is 0",
        ),
        (
            |file| word(file, cowd_at::DIRECTORY, 0),
            Invalid,
            "overlaps",
        ),
        (
            |file| word(file, cowd_at::DIRECTORY, 0xFFFF_FFFF),
            Invalid,
            "beyond the end",
        ),
        (|file| word(file, cowd_at::TABLES, 3), Invalid, "overlaps"),
        (
            |file| word(file, 2560, 1),
            Invalid,
            "the header or the descriptor",
        ),
    ];
    told(&good, "VMFSSPARSE", &harms);
    let mut unclean = good;
    word(&mut unclean, cowd_at::UNCLEAN, 1);
    let text = described("vmfsSparse", "", "RW 128 VMFSSPARSE \"x\"");
    let image = open(&text, &[unclean]).expect("opens");
    assert!(image.warnings()[0].message.contains("not closed cleanly"));
}

#[test]
fn damaged_extents_of_se_sparse() {
    // Behind the directory, at a whole grain.
    const TABLE: usize = 4096;
    let good = se_sparse(&noise(), |_| esx::Stored::Data);
    let harms: [(Harm, ErrorKind, &str); 18] = [
        (|file| file.truncate(511), Invalid, "511 bytes long"),
        (
            |file| long(file, se_at::VERSION, 1),
            Unsupported,
            "version 0x1",
        ),
        (
            |file| long(file, se_at::GRAIN, 16),
            Unsupported,
            "grains have 16 sectors",
        ),
        (
            |file| long(file, se_at::FLAGS, 1),
            Unsupported,
            "flags are 0x1",
        ),
        (
            |file| file[se_at::RESERVED] = 1,
            Unsupported,
            "nothing is known of",
        ),
        (
            |file| file[se_at::PAD] = 1,
            Unsupported,
            "nothing is known of",
        ),
        (
            |file| long(file, se_at::VOLATILE, u64::MAX),
            Invalid,
            "volatile header at",
        ),
        (|file| file[512] = 0, Invalid, "volatile header's magic"),
        (
            |file| long(file, se_at::REPLAY, 1),
            Unsupported,
            "journal was not replayed",
        ),
        (
            |file| long(file, se_at::CAPACITY, 0),
            Invalid,
            "capacity is 0",
        ),
        (
            |file| long(file, se_at::CAPACITY, 1 << 50),
            LimitExceeded,
            "grain directory would",
        ),
        (
            |file| long(file, se_at::CAPACITY, 1 << 30),
            Invalid,
            "grainDirectorySize",
        ),
        (
            |file| long(file, se_at::DIRECTORY, 1 << 60),
            Invalid,
            "beyond the end",
        ),
        (|file| long(file, se_at::DIRECTORY, 0), Invalid, "overlaps"),
        (
            |file| long(file, se_at::GRAINS, 1 << 60),
            Invalid,
            "grainsOffset",
        ),
        (
            |file| long(file, se_at::ENTRIES, 1),
            Invalid,
            "leads to no grain table",
        ),
        (|file| long(file, TABLE, 1), Invalid, "has no number"),
        (
            |file| long(file, TABLE, se_entry(1 << 40)),
            Invalid,
            "beyond the end",
        ),
    ];
    told(&good, "SESPARSE", &harms);
}

/// Each harm done to a `good` extent is told, when it is opened or when it is read.
fn told(good: &[u8], kind: &str, harms: &[(Harm, ErrorKind, &str)]) {
    let text = described("custom", "", &format!("RW 128 {kind} \"x\""));
    let image = open(&text, &[good.to_vec()]).expect("a good one");
    assert!(read(&image, 0, 65536) == noise());
    for (harm, kind, says) in harms {
        let mut file = good.to_vec();
        harm(&mut file);
        let read = open(&text, &[file]).and_then(|image| {
            let mut bytes = vec![0; 65536];
            image.read_at(0, &mut bytes)
        });
        let error = read.expect_err(says);
        assert!(error.message().contains(says), "{says}: {error}");
        assert_eq!(error.kind(), *kind, "{error}");
        assert!(
            error.advice().is_some() && error.place().path.is_some(),
            "{error:?}"
        );
    }
}
