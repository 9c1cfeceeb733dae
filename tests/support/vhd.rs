//! VHDs made in memory, written from the specification for these tests alone: no program
//! of Linux makes differencing ones.

// Test programs of different kinds compile this, and each uses its part of it.
#![allow(dead_code, unreachable_pub)]

pub const SECTOR: usize = 512;
/// Where fields of the footer stand.
pub mod footer {
    pub const VERSION: usize = 12;
    pub const DATA_OFFSET: usize = 16;
    pub const TIME_STAMP: usize = 24;
    pub const CREATOR: usize = 28;
    pub const SIZE: usize = 48;
    pub const GEOMETRY: usize = 56;
    pub const KIND: usize = 60;
    pub const CHECKSUM: usize = 64;
    pub const ID: usize = 68;
    pub const SAVED: usize = 84;
}
/// Where fields of the header stand.
pub mod header {
    pub const TABLE: usize = 16;
    pub const VERSION: usize = 24;
    pub const ENTRIES: usize = 28;
    pub const BLOCK: usize = 32;
    pub const CHECKSUM: usize = 36;
    pub const PARENT: usize = 40;
    pub const PARENT_TIME: usize = 56;
    pub const PARENT_NAME: usize = 64;
    pub const LOCATORS: usize = 576;
}
/// Where the header stands.
pub const HEADER: usize = 512;
/// Where the locators' names stand, or the table without any.
pub const BEHIND: usize = 1536;

/// What a disk is made on.
#[derive(Clone, Default)]
pub struct Parent {
    pub id: [u8; 16],
    pub time_stamp: u32,
    pub short: &'static str,
    pub locators: Vec<([u8; 4], Vec<u8>)>,
}

/// How a disk is stored.
#[derive(Clone)]
pub struct Vhd {
    pub id: [u8; 16],
    pub time_stamp: u32,
    pub creator: [u8; 4],
    /// Bytes of a block.
    pub block: usize,
    pub parent: Option<Parent>,
}

impl Default for Vhd {
    fn default() -> Self {
        Self {
            id: *b"a VHD of a test.",
            time_stamp: 700_000_000,
            creator: *b"win ",
            block: 2 << 20,
            parent: None,
        }
    }
}

impl Vhd {
    pub fn fixed(&self, disk: &[u8]) -> Vec<u8> {
        let mut file = disk.to_vec();
        file.extend(self.footer(disk.len() as u64, 2));
        file
    }

    /// The file of `disk`, of which the sectors are stored that `written` tells by their
    /// numbers. Blocks stand in the file in the reverse of their order, and where no sector
    /// was written stands what means nothing.
    pub fn blocks(&self, disk: &[u8], written: impl Fn(usize) -> bool) -> Vec<u8> {
        let kind = if self.parent.is_some() { 4 } else { 3 };
        let footer = self.footer(disk.len() as u64, kind);
        let mut file = footer.clone();
        let header_at = file.len();
        file.resize(BEHIND, 0);
        let mut places = Vec::new();
        for (_, name) in self.parent.iter().flat_map(|parent| &parent.locators) {
            places.push(file.len());
            file.extend_from_slice(name);
            file.resize(file.len().next_multiple_of(SECTOR), 0);
        }
        let table = file.len();
        let count = disk.len().div_ceil(self.block);
        file.resize((table + count * 4).next_multiple_of(SECTOR), 0xFF);
        let header = self.header(table, count, &places);
        file[header_at..header_at + header.len()].copy_from_slice(&header);
        for (number, content) in disk.chunks(self.block).enumerate().rev() {
            let first = number * self.block / SECTOR;
            let mut bitmap = vec![0; (self.block / SECTOR / 8).max(1)];
            bitmap.resize(bitmap.len().next_multiple_of(SECTOR), 0);
            let mut block = vec![0xEE; self.block];
            for (sector, bytes) in content.chunks(SECTOR).enumerate() {
                if written(first + sector) {
                    bitmap[sector / 8] |= 0x80 >> (sector % 8);
                    block[sector * SECTOR..][..bytes.len()].copy_from_slice(bytes);
                }
            }
            if bitmap.iter().any(|byte| *byte != 0) {
                let sector = u32::try_from(file.len() / SECTOR).expect("a small file");
                put(&mut file, table + number * 4, &sector.to_be_bytes());
                file.extend(bitmap);
                file.extend(block);
            }
        }
        file.extend(footer);
        file
    }

    fn footer(&self, size: u64, kind: u32) -> Vec<u8> {
        let mut footer = vec![0; SECTOR];
        put(&mut footer, 0, b"conectix");
        put(&mut footer, 8, &2_u32.to_be_bytes());
        put(&mut footer, footer::VERSION, &0x0001_0000_u32.to_be_bytes());
        let offset = if kind == 2 { u64::MAX } else { HEADER as u64 };
        put(&mut footer, footer::DATA_OFFSET, &offset.to_be_bytes());
        put(
            &mut footer,
            footer::TIME_STAMP,
            &self.time_stamp.to_be_bytes(),
        );
        put(&mut footer, footer::CREATOR, &self.creator);
        put(&mut footer, 36, b"Wi2k");
        put(&mut footer, 40, &size.to_be_bytes());
        put(&mut footer, footer::SIZE, &size.to_be_bytes());
        put(&mut footer, footer::GEOMETRY, &[0xFF, 0xFF, 16, 255]);
        put(&mut footer, footer::KIND, &kind.to_be_bytes());
        put(&mut footer, footer::ID, &self.id);
        sum(&mut footer, footer::CHECKSUM);
        footer
    }

    fn header(&self, table: usize, count: usize, places: &[usize]) -> Vec<u8> {
        let mut header = vec![0; 1024];
        let entries = u32::try_from(count).expect("a small disk");
        let block = u32::try_from(self.block).expect("a small block");
        put(&mut header, 0, b"cxsparse");
        put(&mut header, 8, &u64::MAX.to_be_bytes());
        put(&mut header, header::TABLE, &(table as u64).to_be_bytes());
        put(&mut header, header::VERSION, &0x0001_0000_u32.to_be_bytes());
        put(&mut header, header::ENTRIES, &entries.to_be_bytes());
        put(&mut header, header::BLOCK, &block.to_be_bytes());
        if let Some(parent) = &self.parent {
            put(&mut header, header::PARENT, &parent.id);
            put(
                &mut header,
                header::PARENT_TIME,
                &parent.time_stamp.to_be_bytes(),
            );
            let name: Vec<u8> = parent
                .short
                .encode_utf16()
                .flat_map(u16::to_be_bytes)
                .collect();
            put(&mut header, header::PARENT_NAME, &name);
            for (number, ((platform, name), place)) in
                parent.locators.iter().zip(places).enumerate()
            {
                let at = header::LOCATORS + number * 24;
                let length = u32::try_from(name.len()).expect("a short name");
                put(&mut header, at, platform);
                put(
                    &mut header,
                    at + 4,
                    &length.next_multiple_of(512).to_be_bytes(),
                );
                put(&mut header, at + 8, &length.to_be_bytes());
                put(&mut header, at + 16, &(*place as u64).to_be_bytes());
            }
        }
        sum(&mut header, header::CHECKSUM);
        header
    }
}

/// A name as Windows writes it into a locator.
pub fn utf16(name: &str) -> Vec<u8> {
    name.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Gives the structure `bytes` the checksum it has to have, at `at`.
pub fn sum(bytes: &mut [u8], at: usize) {
    bytes[at..at + 4].fill(0);
    let sum: u32 = bytes.iter().map(|byte| u32::from(*byte)).sum();
    put(bytes, at, &(!sum).to_be_bytes());
}

/// Gives both footers and the header of a file the checksums they have to have.
pub fn sum_all(file: &mut [u8]) {
    let last = file.len() - SECTOR;
    sum(&mut file[last..], footer::CHECKSUM);
    if file.starts_with(b"conectix") {
        sum(&mut file[..SECTOR], footer::CHECKSUM);
        sum(&mut file[HEADER..HEADER + 1024], header::CHECKSUM);
    }
}

pub fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}
