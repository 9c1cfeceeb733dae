//! Sparse extents of ESX made in memory, written for these tests alone: COWD after VMware's
//! technical note, seSparse after what QEMU's reader asks for. No program of Linux makes them.

// Test programs of different kinds compile this, and each uses its part of it.
#![allow(dead_code, unreachable_pub)]

const SECTOR: usize = 512;

/// How a grain is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Not at all: as the parent has it.
    Missing,
    /// As an entry that says "zeros"; in COWD, which has none, as data.
    Zero,
    /// As an entry that says "unmapped"; so, too.
    Unmapped,
    Data,
}

/// Byte offsets of fields of a COWD header.
pub mod cowd_at {
    pub const VERSION: usize = 4;
    pub const CAPACITY: usize = 12;
    pub const GRAIN: usize = 16;
    pub const DIRECTORY: usize = 20;
    pub const ENTRIES: usize = 24;
    pub const UNCLEAN: usize = 1648;
    /// The directory itself.
    pub const TABLES: usize = 2048;
}

/// Byte offsets of fields of a seSparse header.
pub mod se_at {
    pub const VERSION: usize = 8;
    pub const CAPACITY: usize = 16;
    pub const GRAIN: usize = 24;
    pub const FLAGS: usize = 40;
    pub const RESERVED: usize = 48;
    pub const VOLATILE: usize = 80;
    pub const DIRECTORY: usize = 128;
    pub const DIRECTORY_SIZE: usize = 136;
    pub const TABLES: usize = 144;
    pub const GRAINS: usize = 192;
    pub const PAD: usize = 208;
    /// `replayJournal`, in the volatile header.
    pub const REPLAY: usize = SECTOR_1 + 24;
    const SECTOR_1: usize = 512;
    /// The directory itself.
    pub const ENTRIES: usize = 1024;
}

/// A COWD extent of `disk` in grains of `grain` bytes, each stored as `how` tells by its
/// number. Tables that would be empty are left out, and grains stand in the reverse of their
/// order.
pub fn cowd(disk: &[u8], grain: usize, how: impl Fn(usize) -> Stored) -> Vec<u8> {
    let grains = disk.len().div_ceil(grain);
    let tables = grains.div_ceil(4096);
    let mut file = vec![0; (cowd_at::TABLES + tables * 4).next_multiple_of(SECTOR)];
    put(&mut file, 0, b"COWD");
    for (at, value) in [
        (cowd_at::VERSION, 1),
        (8, 3),
        (cowd_at::CAPACITY, disk.len() / SECTOR),
        (cowd_at::GRAIN, grain / SECTOR),
        (cowd_at::DIRECTORY, 4),
        (cowd_at::ENTRIES, tables),
    ] {
        word(&mut file, at, value);
    }
    for table in (0..tables).rev() {
        let numbers = table * 4096..grains.min((table + 1) * 4096);
        if numbers.clone().all(|number| how(number) == Stored::Missing) {
            continue;
        }
        let at = file.len();
        file.resize(at + 4096 * 4, 0);
        word(&mut file, cowd_at::TABLES + table * 4, at / SECTOR);
        for number in numbers.rev() {
            let mut content = vec![0; grain];
            match how(number) {
                Stored::Missing => continue,
                Stored::Zero | Stored::Unmapped => {}
                Stored::Data => {
                    let from = &disk[number * grain..];
                    let shown = grain.min(from.len());
                    content[..shown].copy_from_slice(&from[..shown]);
                }
            }
            let sector = file.len() / SECTOR;
            word(&mut file, at + number % 4096 * 4, sector);
            file.extend(content);
        }
    }
    let free = file.len() / SECTOR;
    word(&mut file, 28, free);
    file
}

/// A seSparse extent of `disk`, with grains of 4 KiB.
pub fn se_sparse(disk: &[u8], how: impl Fn(usize) -> Stored) -> Vec<u8> {
    const GRAIN: usize = 4096;
    const TABLE: usize = 64 * SECTOR;
    let grains = disk.len().div_ceil(GRAIN);
    let tables = grains.div_ceil(4096);
    let directory = (tables * 8).next_multiple_of(SECTOR);
    let first_table = (se_at::ENTRIES + directory).next_multiple_of(GRAIN);
    let numbers = |table: usize| table * 4096..grains.min((table + 1) * 4096);
    let used: Vec<_> = (0..tables)
        .filter(|table| numbers(*table).any(|number| how(number) != Stored::Missing))
        .collect();
    let first_grain = first_table + used.len() * TABLE;
    let mut file = vec![0; first_grain];
    put(&mut file, 0, b"\xbe\xba\xfe\xca\0\0\0\0");
    for (at, value) in [
        (se_at::VERSION, 0x2_0000_0001),
        (se_at::CAPACITY, disk.len() / SECTOR),
        (se_at::GRAIN, 8),
        (32, 64),
        (se_at::VOLATILE, 1),
        (88, 1),
        (se_at::DIRECTORY, 2),
        (se_at::DIRECTORY_SIZE, directory / SECTOR),
        (se_at::TABLES, first_table / SECTOR),
        (152, used.len() * 64),
        (se_at::GRAINS, first_grain / SECTOR),
        (200, grains * 8),
    ] {
        long(&mut file, at, value as u64);
    }
    put(&mut file, SECTOR, b"\xfe\xca\xfe\xca\0\0\0\0");
    let mut stored = 0_u64;
    // Tables, too, stand in the reverse of their order.
    for (index, table) in used.iter().rev().enumerate() {
        long(
            &mut file,
            se_at::ENTRIES + table * 8,
            1 << 60 | index as u64,
        );
        for number in numbers(*table).rev() {
            let entry = match how(number) {
                Stored::Missing => 0,
                Stored::Unmapped => 1 << 60,
                Stored::Zero => 2 << 60,
                Stored::Data => {
                    let from = &disk[number * GRAIN..];
                    let shown = GRAIN.min(from.len());
                    file.extend_from_slice(&from[..shown]);
                    file.resize(file.len() + GRAIN - shown, 0);
                    stored += 1;
                    se_entry(stored - 1)
                }
            };
            long(
                &mut file,
                first_table + index * TABLE + number % 4096 * 8,
                entry,
            );
        }
    }
    file
}

/// The entry of a grain that is the one of this number in the file.
pub fn se_entry(number: u64) -> u64 {
    3 << 60 | (number & 0xFFF) << 48 | number >> 12
}

/// A descriptor with these extent lines, and what stands before them.
pub fn described(kind: &str, header: &str, lines: &str) -> String {
    format!(
        "# Disk DescriptorFile\nversion=1\nCID=0badcafe\n{header}\ncreateType=\"{kind}\"\n\n\
         # Extent description\n{lines}\n\n# The Disk Data Base\n#DDB\n\n\
         ddb.adapterType = \"lsilogic\"\n"
    )
}

pub fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

pub fn word(file: &mut [u8], at: usize, value: usize) {
    put(
        file,
        at,
        &u32::try_from(value).expect("a small file").to_le_bytes(),
    );
}

pub fn long(file: &mut [u8], at: usize, value: u64) {
    put(file, at, &value.to_le_bytes());
}
