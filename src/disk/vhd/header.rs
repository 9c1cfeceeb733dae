//! The header of a disk with blocks.

use zerocopy::{FromZeros as _, IntoBytes as _};

use super::VHD;
use super::footer::Found;
use super::format::{HEADER_BYTES, HEADER_MAGIC, RawHeader, SECTOR, VERSION, checksum};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::blocks::{Fault, check_inside};

/// What a header says.
pub(super) struct Header {
    pub(super) at: u64,
    /// Where the BAT stands.
    pub(super) table: u64,
    /// Bytes of a block, a power of two.
    pub(super) block: u64,
    /// All of it, for who looks for a parent.
    pub(super) raw: RawHeader,
}

impl Header {
    /// The header `found` tells of.
    pub(super) fn read(storage: &dyn Storage, found: &Found) -> Result<Self> {
        let at = found.footer.header;
        check_inside(VHD, "header", at, HEADER_BYTES, found.end)?;
        let mut raw = RawHeader::new_zeroed();
        storage.read_exact_at(at, raw.as_mut_bytes())?;
        if raw.magic != HEADER_MAGIC {
            return Err(Fault::Field {
                of: VHD,
                field: "data offset",
                value: at,
                rule: "a header, which begins with `cxsparse`, has to stand there".to_owned(),
                at,
            }
            .into());
        }
        let sum = checksum(raw.as_bytes(), raw.checksum);
        if sum != raw.checksum.get() {
            return Err(Fault::Checksum {
                of: VHD,
                what: "header",
                stored: raw.checksum.get(),
                found: sum,
                at,
            }
            .into());
        }
        if raw.version.get() >> 16 != VERSION >> 16 {
            let what = format!(
                "its header is of version {}; 1 is known",
                raw.version.get() >> 16
            );
            return Err(Fault::Unsupported { of: VHD, what }.into());
        }
        let block = u64::from(raw.block_size.get());
        if !block.is_power_of_two() || block < SECTOR {
            return Err(Fault::Field {
                of: VHD,
                field: "block size",
                value: block,
                rule: "it has to be a power of two and at least a sector of 512 bytes".to_owned(),
                at: at + 32,
            }
            .into());
        }
        Ok(Self {
            at,
            table: raw.table_offset.get(),
            block,
            raw,
        })
    }

    /// Bytes of the bitmap in front of a block, whole sectors.
    pub(super) fn bitmap(&self) -> u64 {
        (self.block / SECTOR).div_ceil(8).next_multiple_of(SECTOR)
    }
}
