//! What a new image begins with: its identifier, its headers and its region tables.

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::little_endian::{U16, U32, U64};

use crate::base::units::to_usize;
use crate::disk::vhdx::format::{
    CREATOR_BYTES, HEADER_BYTES, HEADERS_AT, HeaderBytes, MAGIC, REGION_TABLES_AT, RegionEntry,
    RegionHead, TABLE_BYTES, region, seal,
};
use crate::disk::vhdx::guid::Guid;
use crate::disk::vhdx::header::Stretch;

/// The program that made the image (2.2.1).
const CREATOR: &str = "ovfkit";
const _: () = assert!(CREATOR.len() * 2 <= CREATOR_BYTES);

/// What stands in front.
pub(super) struct Front {
    /// Names what the file holds.
    pub(super) file_write: Guid,
    /// Names what the guest sees.
    pub(super) data_write: Guid,
    pub(super) log: Stretch,
    pub(super) metadata: Stretch,
    pub(super) bat: Stretch,
}

impl Front {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; to_usize(REGION_TABLES_AT[1]) + TABLE_BYTES];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(0, &MAGIC);
        for (unit, at) in CREATOR.encode_utf16().zip((MAGIC.len()..).step_by(2)) {
            put(at, &unit.to_le_bytes());
        }
        // The one that counts is the newer of two.
        for (at, sequence) in HEADERS_AT.into_iter().zip(1..) {
            put(to_usize(at), &self.header(sequence));
        }
        let regions = self.regions();
        for at in REGION_TABLES_AT {
            put(to_usize(at), &regions);
        }
        bytes
    }

    /// A header (2.2.2): nothing has to be replayed.
    fn header(&self, sequence: u64) -> Vec<u8> {
        let header = HeaderBytes {
            signature: *b"head",
            checksum: U32::ZERO,
            sequence: U64::new(sequence),
            file_write: self.file_write,
            data_write: self.data_write,
            log: Guid::NONE,
            log_version: U16::ZERO,
            version: U16::new(1),
            log_length: length(self.log),
            log_offset: U64::new(self.log.offset),
        };
        sealed(header.as_bytes(), HEADER_BYTES)
    }

    /// A region table (2.2.3): nobody may leave a region out.
    fn regions(&self) -> Vec<u8> {
        let head = RegionHead {
            signature: *b"regi",
            checksum: U32::ZERO,
            entries: U32::new(2),
            reserved: U32::ZERO,
        };
        let entries = [(region::BAT, self.bat), (region::METADATA, self.metadata)];
        let entries = entries.map(|(id, place)| RegionEntry {
            id,
            offset: U64::new(place.offset),
            length: length(place),
            required: U32::new(1),
        });
        let parts = [head.as_bytes(), entries.as_bytes()].concat();
        sealed(&parts, TABLE_BYTES)
    }
}

/// Lengths have 32 bits, and regions far less than 4 GiB.
fn length(place: Stretch) -> U32 {
    U32::new(u32::try_from(place.length).unwrap_or(u32::MAX))
}

/// `part` with zeros up to `length` bytes, and the checksum of all.
fn sealed(part: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = part.to_vec();
    bytes.resize(length, 0);
    seal(&mut bytes);
    bytes
}
