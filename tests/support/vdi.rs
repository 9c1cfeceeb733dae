//! VDIs made in memory, written from VirtualBox' headers for these tests alone: no
//! program of Linux but VirtualBox makes differencing ones.

// Test programs of different kinds compile this, and each uses its part of it.
#![allow(dead_code, unreachable_pub)]

/// Where fields of the header stand.
pub mod at {
    pub const VERSION: usize = 0x44;
    pub const HEADER_BYTES: usize = 0x48;
    pub const KIND: usize = 0x4C;
    pub const MAP: usize = 0x154;
    pub const DATA: usize = 0x158;
    pub const SIZE: usize = 0x170;
    pub const BLOCK: usize = 0x178;
    pub const EXTRA: usize = 0x17C;
    pub const BLOCKS: usize = 0x180;
    pub const ID: usize = 0x188;
    pub const PARENT: usize = 0x1A8;
}

/// How a block is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Not at all.
    Free,
    /// As an entry that says "zeros".
    Zero,
    Data,
}

/// How a disk is stored.
#[derive(Clone)]
pub struct Vdi {
    pub id: [u8; 16],
    pub modification: [u8; 16],
    pub parent: [u8; 16],
    pub parent_modification: [u8; 16],
    /// 1 dynamic, 2 fixed, 4 differencing.
    pub kind: u32,
    pub block: usize,
    /// Bytes in front of each block.
    pub extra: usize,
}

impl Default for Vdi {
    fn default() -> Self {
        Self {
            id: *b"a VDI of a test.",
            modification: *b"its modification",
            parent: [0; 16],
            parent_modification: [0; 16],
            kind: 1,
            block: 1 << 20,
            extra: 0,
        }
    }
}

impl Vdi {
    /// An image on `parent`.
    pub fn on(parent: &Self) -> Self {
        Self {
            id: *b"a child of it...",
            parent: parent.id,
            parent_modification: parent.modification,
            kind: 4,
            ..Self::default()
        }
    }

    /// The file of `disk`, each block of which is stored as `how` tells by its number.
    /// Blocks stand in the file in the reverse of their order, and where nothing of the disk
    /// stands, what means nothing.
    pub fn build(&self, disk: &[u8], how: impl Fn(usize) -> Stored) -> Vec<u8> {
        let blocks = disk.len().div_ceil(self.block);
        let map = 0x200;
        let data = (map + blocks * 4).next_multiple_of(512);
        let mut file = vec![0; data];
        put(&mut file, 0, b"<<< a disk of ovfkit's tests >>>\n");
        put(&mut file, 0x40, &0xBEDA_107F_u32.to_le_bytes());
        let mut put32 = |at, value: usize| {
            let value = u32::try_from(value).expect("a small file");
            put(&mut file, at, &value.to_le_bytes());
        };
        put32(at::VERSION, 0x0001_0001);
        put32(at::HEADER_BYTES, 0x190);
        put32(at::KIND, self.kind as usize);
        put32(at::MAP, map);
        put32(at::DATA, data);
        put32(0x168, 512);
        put32(at::BLOCK, self.block);
        put32(at::EXTRA, self.extra);
        put32(at::BLOCKS, blocks);
        let mut stored = 0;
        for (number, content) in disk.chunks(self.block).enumerate().rev() {
            let entry = match how(number) {
                Stored::Free => u32::MAX,
                Stored::Zero => u32::MAX - 1,
                Stored::Data => {
                    let end = file.len() + self.extra;
                    file.resize(end, 0xDD);
                    file.extend_from_slice(content);
                    file.resize(end + self.block, 0xEE);
                    stored += 1;
                    stored - 1
                }
            };
            put(&mut file, map + number * 4, &entry.to_le_bytes());
        }
        put(&mut file, at::SIZE, &(disk.len() as u64).to_le_bytes());
        put(&mut file, 0x184, &stored.to_le_bytes());
        put(&mut file, at::ID, &self.id);
        put(&mut file, 0x198, &self.modification);
        put(&mut file, at::PARENT, &self.parent);
        put(&mut file, 0x1B8, &self.parent_modification);
        file
    }
}

pub fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}
