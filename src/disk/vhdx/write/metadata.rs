//! The metadata of a new image (2.6).

use zerocopy::byteorder::little_endian::{U16, U32};
use zerocopy::{FromZeros as _, IntoBytes as _};

use crate::base::Result;
use crate::disk::vhdx::format::{
    FileParameters, MetadataEntry, MetadataHead, TABLE_BYTES, flags, item, parameters,
};
use crate::disk::vhdx::guid::Guid;
use crate::disk::vhdx::locator::Locator;
use crate::disk::vhdx::metadata::Metadata;

impl Metadata {
    /// The metadata region, as far as it is not zero: the table, and the items behind it. The
    /// guest knows the disk by `id`.
    pub(super) fn to_bytes(&self, id: Guid) -> Result<Vec<u8>> {
        // All were checked against limits that fit.
        let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
        let file = FileParameters {
            block_size: narrow(self.block),
            flags: U32::new(match (&self.parent, self.fixed) {
                (Some(_), _) => parameters::HAS_PARENT,
                (None, true) => parameters::LEAVE_ALLOCATED,
                (None, false) => 0,
            }),
        };
        let parent = self.parent.as_ref().map(Locator::to_bytes).transpose()?;
        let [logical, physical] = [self.logical_sector, self.physical_sector].map(narrow);
        let capacity = self.capacity.to_le_bytes();
        let of_file = flags::REQUIRED;
        let of_disk = flags::VIRTUAL_DISK | flags::REQUIRED;
        let mut items = vec![
            (item::FILE_PARAMETERS, of_file, file.as_bytes()),
            (item::DISK_SIZE, of_disk, &capacity),
            (item::DISK_ID, of_disk, id.as_bytes()),
            (item::LOGICAL_SECTOR, of_disk, logical.as_bytes()),
            (item::PHYSICAL_SECTOR, of_disk, physical.as_bytes()),
        ];
        items.extend(
            parent
                .iter()
                .map(|bytes| (item::PARENT_LOCATOR, of_file, &**bytes)),
        );
        let mut head = MetadataHead::new_zeroed();
        head.signature = *b"metadata";
        head.entries = U16::new(items.len().try_into().unwrap_or_default());
        let mut table = head.as_bytes().to_vec();
        let mut behind = Vec::new();
        for (id, flags, bytes) in items {
            let entry = MetadataEntry {
                id,
                offset: narrow((TABLE_BYTES + behind.len()) as u64),
                length: narrow(bytes.len() as u64),
                flags: U32::new(flags),
                reserved: U32::ZERO,
            };
            table.extend_from_slice(entry.as_bytes());
            behind.extend_from_slice(bytes);
        }
        table.resize(TABLE_BYTES, 0);
        table.append(&mut behind);
        Ok(table)
    }
}
