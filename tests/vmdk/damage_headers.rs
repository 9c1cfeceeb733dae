//! Damaged and hostile headers, footers and descriptors, each with the error it
//! has to give.

use ovfkit::base::ErrorKind::{Invalid, LimitExceeded, Unsupported};

use crate::damage::{Case, case, refused};
use crate::image::Layout::{Footer, Front, Sparse};
use crate::image::{AT_END, SECTOR, field, long, put, word};

const HEADERS: &[Case] = &[
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
        Unsupported,
        "one piece of a disk",
        None,
    ),
    case(
        "a descriptor of something else",
        Sparse,
        |b| b.file[SECTOR] = b'*',
        Invalid,
        "does not begin with",
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

#[test]
fn headers() {
    HEADERS.iter().for_each(refused);
}
