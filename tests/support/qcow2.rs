//! An image in memory, to be damaged at the places the specification names.

use std::path::Path;

/// The bytes of a qcow2 image.
pub(crate) struct Qcow2 {
    pub(crate) bytes: Vec<u8>,
}

/// Bits 9 to 55 of a table entry.
const OFFSET: u64 = 0x00FF_FFFF_FFFF_FE00;

impl Qcow2 {
    pub(crate) fn read(path: &Path) -> Self {
        Self {
            bytes: std::fs::read(path).expect("an image"),
        }
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::write(path, &self.bytes).expect("room for an image");
    }

    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        let at = usize::try_from(at).expect("a place in memory");
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn put32(&mut self, at: u64, value: u32) {
        self.put(at, &value.to_be_bytes());
    }

    pub(crate) fn put64(&mut self, at: u64, value: u64) {
        self.put(at, &value.to_be_bytes());
    }

    pub(crate) fn get64(&self, at: u64) -> u64 {
        let at = usize::try_from(at).expect("a place in memory");
        u64::from_be_bytes(self.bytes[at..at + 8].try_into().expect("eight bytes"))
    }

    pub(crate) fn or64(&mut self, at: u64, bits: u64) {
        self.put64(at, self.get64(at) | bits);
    }

    pub(crate) fn truncate(&mut self, length: u64) {
        let length = usize::try_from(length).expect("a place in memory");
        assert!(length < self.bytes.len(), "nothing to cut off");
        self.bytes.truncate(length);
    }

    /// Where the L1 table stands.
    pub(crate) fn l1(&self) -> u64 {
        self.get64(40)
    }

    /// Where the first L2 table stands.
    pub(crate) fn l2(&self) -> u64 {
        self.get64(self.l1()) & OFFSET
    }

    /// Where the first cluster's data stands, not compressed.
    pub(crate) fn data(&self) -> u64 {
        self.get64(self.l2()) & OFFSET
    }

    /// Where the first cluster's data stands, compressed, with clusters of
    /// 64 KiB: 54 bits of offset.
    pub(crate) fn compressed(&self) -> u64 {
        self.get64(self.l2()) & ((1 << 54) - 1)
    }

    /// Where the snapshot table stands.
    pub(crate) fn snapshots(&self) -> u64 {
        self.get64(64)
    }
}
