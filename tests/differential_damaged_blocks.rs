//! VHDs and VDIs with damaged headers and tables: each is refused with little memory, at once,
//! and with a message that tells what is wrong and where.

mod support;

use support::bench::Bench;
use support::content::noise;
use support::exit::{INVALID, LIMIT, UNSUPPORTED};
use support::parallel;
use support::refusal::refused;
use support::run::ovfkit;
use support::vdi::{self, Stored, Vdi, at};
use support::vhd::{self, HEADER, Parent, SECTOR, Vhd, footer, header, put, sum_all};

/// Three blocks of a disk of 100 KiB, and what it is stored as.
const BLOCK: usize = 32 << 10;

struct Case {
    name: &'static str,
    base: fn() -> Vec<u8>,
    damage: fn(&mut Vec<u8>),
    code: i32,
    /// A phrase of the message.
    says: &'static str,
}

const fn case(
    name: &'static str,
    base: fn() -> Vec<u8>,
    damage: fn(&mut Vec<u8>),
    code: i32,
    says: &'static str,
) -> Case {
    Case {
        name,
        base,
        damage,
        code,
        says,
    }
}

fn fixed() -> Vec<u8> {
    Vhd::default().fixed(&noise(100 << 10))
}

fn dynamic() -> Vec<u8> {
    let vhd = Vhd {
        block: BLOCK,
        ..Vhd::default()
    };
    vhd.blocks(&noise(100 << 10), |_| true)
}

fn differencing() -> Vec<u8> {
    let vhd = Vhd {
        block: BLOCK,
        parent: Some(Parent {
            locators: vec![(*b"W2ru", vhd::utf16("base.vhd"))],
            ..Parent::default()
        }),
        ..Vhd::default()
    };
    vhd.blocks(&noise(100 << 10), |_| true)
}

fn blocks() -> Vec<u8> {
    let vdi = Vdi {
        block: BLOCK,
        ..Vdi::default()
    };
    vdi.build(&noise(100 << 10), |_| Stored::Data)
}

/// Puts `value` into both footers.
fn in_footers(file: &mut [u8], at: usize, value: &[u8]) {
    let last = file.len() - SECTOR;
    put(file, last + at, value);
    if file.starts_with(b"conectix") {
        put(file, at, value);
    }
    sum_all(file);
}

fn in_header(file: &mut [u8], at: usize, value: &[u8]) {
    put(file, HEADER + at, value);
    sum_all(file);
}

/// Where the table of [`dynamic`] stands.
const TABLE: usize = vhd::BEHIND;

const VHDS: &[Case] = &[
    case(
        "a fixed one cut short",
        fixed,
        |file| drop(file.drain(1000..2000)),
        INVALID,
        "the disk at offset 0 (102400 bytes) lies beyond the end of the file, which has 101400",
    ),
    case(
        "a footer of other bytes",
        fixed,
        |file| *file.last_mut().expect("a footer") ^= 1,
        INVALID,
        "the footer at offset 102400 is damaged: its checksum is",
    ),
    case(
        "both footers of other bytes",
        dynamic,
        |file| {
            let last = file.len() - 1;
            file[last] ^= 1;
            file[511] ^= 1;
        },
        INVALID,
        "the footer at offset",
    ),
    case(
        "cut in the last block",
        dynamic,
        |file| file.truncate(file.len() - 4096),
        INVALID,
        "the block for guest offset 0 at offset",
    ),
    case(
        "cut behind the header",
        dynamic,
        |file| file.truncate(TABLE),
        INVALID,
        "the block allocation table at offset 1536 (16 bytes) lies beyond the end",
    ),
    case(
        "cut in the header",
        dynamic,
        |file| file.truncate(1000),
        INVALID,
        "the header at offset 512 (1024 bytes) lies beyond the end",
    ),
    case(
        "another version",
        dynamic,
        |file| in_footers(file, footer::VERSION, &[0, 2]),
        UNSUPPORTED,
        "VHD version 2.0 is not known",
    ),
    case(
        "another version of the header",
        dynamic,
        |file| in_header(file, header::VERSION, &[0, 3]),
        UNSUPPORTED,
        "its header is of version 3",
    ),
    case(
        "a type nobody knows",
        fixed,
        |file| in_footers(file, footer::KIND, &5_u32.to_be_bytes()),
        INVALID,
        "the disk type is 5",
    ),
    case(
        "no size",
        dynamic,
        |file| in_footers(file, footer::SIZE, &[0; 8]),
        INVALID,
        "the current size is 0",
    ),
    case(
        "more than 2 TiB",
        dynamic,
        |file| in_footers(file, footer::SIZE, &((2_u64 << 40) + 512).to_be_bytes()),
        LIMIT,
        "the disk would take 2199023256064 bytes",
    ),
    case(
        "the largest size",
        fixed,
        |file| in_footers(file, footer::SIZE, &[0xFF; 8]),
        LIMIT,
        "the disk would take 18446744073709551615",
    ),
    case(
        "a header nowhere",
        dynamic,
        |file| in_footers(file, footer::DATA_OFFSET, &[0xFF; 8]),
        INVALID,
        "the header at offset 18446744073709551615",
    ),
    case(
        "a header where none is",
        dynamic,
        |file| in_footers(file, footer::DATA_OFFSET, &2048_u64.to_be_bytes()),
        INVALID,
        "begins with `cxsparse`",
    ),
    case(
        "a header of other bytes",
        dynamic,
        |file| file[1530] ^= 1,
        INVALID,
        "the header at offset 512 is damaged: its checksum",
    ),
    case(
        "blocks of no size",
        dynamic,
        |file| in_header(file, header::BLOCK, &[0; 4]),
        INVALID,
        "the block size is 0",
    ),
    case(
        "blocks of an odd size",
        dynamic,
        |file| in_header(file, header::BLOCK, &[0, 0, 0x7F, 0]),
        INVALID,
        "the block size is 32512",
    ),
    case(
        "too few entries",
        dynamic,
        |file| in_header(file, header::ENTRIES, &3_u32.to_be_bytes()),
        INVALID,
        "the disk has 4 blocks",
    ),
    case(
        "a table at the end of all numbers",
        dynamic,
        |file| in_header(file, header::TABLE, &[0xFF; 8]),
        INVALID,
        "the block allocation table at",
    ),
    case(
        "a table larger than memory",
        dynamic,
        |file| {
            in_footers(file, footer::SIZE, &(2_u64 << 40).to_be_bytes());
            in_header(file, header::ENTRIES, &[0xFF; 4]);
            in_header(file, header::BLOCK, &1024_u32.to_be_bytes());
        },
        LIMIT,
        "the block allocation table would take 8589934592 bytes",
    ),
    case(
        "a block far away",
        dynamic,
        |file| put(file, TABLE + 4, &[0xFF, 0xFF, 0xFF, 0xFE]),
        INVALID,
        "the block for guest offset 32768 at offset 2199023254528",
    ),
    case(
        "a block in the header",
        dynamic,
        |file| put(file, TABLE + 8, &2_u32.to_be_bytes()),
        INVALID,
        "the block for guest offset 65536 at offset 1024 overlaps the header",
    ),
    case(
        "a block in the table",
        dynamic,
        |file| put(file, TABLE + 8, &3_u32.to_be_bytes()),
        INVALID,
        "overlaps the block allocation table",
    ),
    case(
        "a block twice",
        dynamic,
        |file| {
            let entry: [u8; 4] = file[TABLE..TABLE + 4].try_into().expect("an entry");
            put(file, TABLE + 8, &entry);
        },
        INVALID,
        "the block for guest offset 65536 at offset",
    ),
    case(
        "blocks that share a sector",
        dynamic,
        |file| {
            let entry: [u8; 4] = file[TABLE + 4..TABLE + 8].try_into().expect("an entry");
            let before = u32::from_be_bytes(entry) - 1;
            put(file, TABLE + 4, &before.to_be_bytes());
        },
        INVALID,
        "overlaps the block for guest offset 65536",
    ),
    case(
        "a parent without a name",
        differencing,
        |file| {
            let at = header::LOCATORS;
            in_header(file, at, &[0; 4]);
        },
        INVALID,
        "does not tell which",
    ),
    case(
        "a name outside the file",
        differencing,
        |file| in_header(file, header::LOCATORS + 16, &[0x7F; 8]),
        INVALID,
        "the name of its parent at offset",
    ),
    case(
        "a name longer than any",
        differencing,
        |file| in_header(file, header::LOCATORS + 8, &[0x7F; 4]),
        LIMIT,
        "the name of its parent would take",
    ),
];

const VDIS: &[Case] = &[
    case(
        "a version before the first",
        blocks,
        |file| put(file, at::VERSION, &2_u32.to_le_bytes()),
        UNSUPPORTED,
        "VDI version 0.2, of VirtualBox before its first release",
    ),
    case(
        "a version after the last",
        blocks,
        |file| put(file, at::VERSION, &[0, 0, 2, 0]),
        UNSUPPORTED,
        "VDI version 2.0 is not known",
    ),
    case(
        "a header cut short",
        blocks,
        |file| file.truncate(0x180),
        INVALID,
        "this is no VDI",
    ),
    case(
        "a short header",
        blocks,
        |file| put(file, at::HEADER_BYTES, &[0x7F, 1]),
        INVALID,
        "the header size is 383",
    ),
    case(
        "of the type undo",
        blocks,
        |file| file[at::KIND] = 3,
        UNSUPPORTED,
        "the type `undo`",
    ),
    case(
        "of no type",
        blocks,
        |file| file[at::KIND] = 0,
        INVALID,
        "the image type is 0",
    ),
    case(
        "without its parent's id",
        blocks,
        |file| file[at::KIND] = 4,
        INVALID,
        "does not tell which",
    ),
    case(
        "no size",
        blocks,
        |file| put(file, at::SIZE, &[0; 8]),
        INVALID,
        "the disk size is 0",
    ),
    case(
        "larger than its map",
        blocks,
        |file| put(file, at::SIZE, &[0xFF; 8]),
        INVALID,
        "the number of blocks is 4; the disk has 562949953421312",
    ),
    case(
        "more blocks than any",
        blocks,
        |file| put(file, at::BLOCKS, &[0xFF; 4]),
        LIMIT,
        "the block map would take 17179869180 bytes",
    ),
    case(
        "blocks of no size",
        blocks,
        |file| put(file, at::BLOCK, &[0; 4]),
        INVALID,
        "the block size is 0",
    ),
    case(
        "blocks of an odd size",
        blocks,
        |file| put(file, at::BLOCK, &[1]),
        INVALID,
        "the block size is 32769",
    ),
    case(
        "a map in the header",
        blocks,
        |file| put(file, at::MAP, &[0, 1]),
        INVALID,
        "the offset of the block map is 256; the header ends at 456",
    ),
    case(
        "a map outside the file",
        blocks,
        |file| {
            put(file, at::MAP, &[0, 0, 0, 0x70]);
            put(file, at::DATA, &[0, 0, 0, 0x71]);
        },
        INVALID,
        "the block map at offset 1879048192 (16 bytes) lies beyond the end",
    ),
    case(
        "blocks in the map",
        blocks,
        |file| put(file, at::DATA, &[8, 2]),
        INVALID,
        "the offset of the blocks is 520; the block map ends at 528",
    ),
    case(
        "a block behind all",
        blocks,
        |file| put(file, 0x204, &4_u32.to_le_bytes()),
        INVALID,
        "the block map entry is 4; for guest offset 32768",
    ),
    case(
        "a block twice",
        blocks,
        |file| put(file, 0x208, &3_u32.to_le_bytes()),
        INVALID,
        "the block for guest offset 65536 at offset 99328 overlaps the block for guest offset 0",
    ),
    case(
        "cut in a block",
        blocks,
        |file| file.truncate(file.len() - 1),
        INVALID,
        "the block for guest offset 0 at offset 99328 (32768 bytes) lies beyond the end",
    ),
    case(
        "far from the front",
        blocks,
        |file| put(file, at::EXTRA, &[0xFF; 4]),
        INVALID,
        "lies beyond the end of the file",
    ),
];

fn all(cases: &[Case], ending: &str) {
    parallel::each(
        cases,
        |case| case.name.to_owned(),
        |case| {
            let bench = Bench::new();
            let mut file = (case.base)();
            (case.damage)(&mut file);
            let image = bench.write(&format!("image.{ending}"), &file);
            let format = ["--input-format", ending];
            refused(&bench, &image, &format, case.code, case.says);
        },
    );
}

#[test]
fn vhds() {
    all(VHDS, "vhd");
}

#[test]
fn vdis() {
    all(VDIS, "vdi");
}

/// One good footer of two is enough, and a warning tells of the other.
#[test]
fn a_footer_lost() {
    for (what, damage) in [
        (
            "damaged",
            (|file| *file.last_mut().expect("a footer") ^= 1) as fn(&mut Vec<u8>),
        ),
        ("missing", |file| file.truncate(file.len() - SECTOR)),
        ("missing", |file| file.truncate(file.len() - 100)),
        ("differ", |file| {
            put(file, footer::TIME_STAMP, &[7; 4]);
            sum_all(file);
        }),
        ("suspended", |file| in_footers(file, footer::SAVED, &[1])),
        ("are left out", |file| {
            in_footers(file, footer::CREATOR, b"vpc ");
            in_footers(file, footer::GEOMETRY, &[0, 2, 4, 17]);
        }),
    ] {
        let bench = Bench::new();
        let mut file = dynamic();
        damage(&mut file);
        let image = bench.write("image.vhd", &file);
        let packed = bench.pack(&image, &[]);
        assert!(packed.has_warnings(), "{what}");
        assert!(packed.stderr.contains(what), "{what}: {}", packed.stderr);
        let size = if what == "are left out" {
            2 * 4 * 17 * 512
        } else {
            100 << 10
        };
        assert_eq!(packed.capacity(), size);
    }
}

/// A footer of 511 bytes, as programs before Virtual PC 2004 wrote it; and a copy in front
/// that is none.
#[test]
fn what_reads_without_a_warning() {
    let last = |file: &mut Vec<u8>| file.truncate(file.len() - 1);
    let first = |file: &mut Vec<u8>| file[..8].fill(0);
    for (file, damage) in [
        (fixed(), last as fn(&mut Vec<u8>)),
        (dynamic(), last),
        (dynamic(), first),
    ] {
        let bench = Bench::new();
        let mut file = file;
        damage(&mut file);
        let packed = bench.pack(&bench.write("image.vhd", &file), &[]);
        assert!(!packed.has_warnings(), "{}", packed.stderr);
        let raw = bench.write("disk.raw", &noise(100 << 10));
        packed.assert_same_as(&raw, "raw");
    }
}

/// Headers without the disks they tell of, in a package: `info` tells what is wrong.
#[test]
fn told_by_info() {
    let bench = Bench::new();
    let mut file = blocks();
    vdi::put(&mut file, at::VERSION, &[0, 0, 2, 0]);
    bench.write("disk.vdi", &file);
    let descriptor = "<Envelope xmlns=\"http://schemas.dmtf.org/ovf/envelope/1\" \
        xmlns:ovf=\"http://schemas.dmtf.org/ovf/envelope/1\"><References>\
        <File ovf:id=\"a\" ovf:href=\"disk.vdi\"/><File ovf:id=\"b\" ovf:href=\"disk.vhd\"/>\
        </References></Envelope>";
    bench.write("disk.vhd", &fixed());
    let path = bench.write("vm.ovf", descriptor.as_bytes());
    let said = support::run::run(ovfkit().arg("info").arg(&path).arg("--json"));
    let report: serde_json::Value = serde_json::from_str(&said.text()).expect("JSON");
    let report = report.to_string();
    for part in [
        "VDI version 2.0 is not known",
        "\"variant\":\"fixed\"",
        "\"format\":\"vhd\"",
        "\"capacity\":102400",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
}
