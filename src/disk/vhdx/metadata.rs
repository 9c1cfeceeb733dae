//! The metadata region (2.6): how large the disk, its blocks and its sectors are, and
//! what it is an overlay of.

use zerocopy::FromBytes as _;

use super::fault::Fault;
use super::format::{
    FileParameters, MetadataEntry, MetadataHead, TABLE_BYTES, flags, item, limits, parameters,
};
use super::guid::Guid;
use super::header::Stretch;
use super::locator::Locator;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};

/// The items a reader needs, and their names in the specification.
const ITEMS: [(Guid, &str); 6] = [
    (item::FILE_PARAMETERS, "File Parameters"),
    (item::DISK_SIZE, "Virtual Disk Size"),
    (item::LOGICAL_SECTOR, "Logical Sector Size"),
    (item::PHYSICAL_SECTOR, "Physical Sector Size"),
    (item::PARENT_LOCATOR, "Parent Locator"),
    (item::DISK_ID, "Virtual Disk ID"),
];

/// What the items say, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    /// Bytes the guest sees.
    pub(super) capacity: u64,
    /// Bytes of a block.
    pub(super) block: u64,
    /// Bytes of a sector the guest sees.
    pub(super) logical_sector: u64,
    /// Bytes of a sector of the disk the guest believes in.
    pub(super) physical_sector: u64,
    /// Whether all blocks stay allocated: what is called a fixed disk.
    pub(super) fixed: bool,
    /// What it is an overlay of.
    pub(super) parent: Option<Locator>,
}

impl Metadata {
    /// How the disk is stored.
    pub(super) fn variant(&self) -> &'static str {
        match (&self.parent, self.fixed) {
            (Some(_), _) => "differencing",
            (None, true) => "fixed",
            (None, false) => "dynamic",
        }
    }

    /// Reads the items in `region`, which lies within the file.
    pub(super) fn read(storage: &dyn Storage, region: Stretch) -> Result<Self> {
        let table = Table::read(storage, region)?;
        let number = |id, bytes| table.number(storage, id, bytes);

        let (at, bytes) = table.bytes(storage, item::FILE_PARAMETERS, Some(8))?;
        let invalid = || Error::from(table.missing(item::FILE_PARAMETERS));
        let file = FileParameters::read_from_bytes(&bytes).map_err(|_| invalid())?;
        let block = u64::from(file.block_size.get());
        if !limits::BLOCK.contains(&block) || !block.is_power_of_two() {
            let rule = "it has to be a power of two from 1 to 256 MiB";
            return Err(field("BlockSize", block, at, rule));
        }
        let sectors = [item::LOGICAL_SECTOR, item::PHYSICAL_SECTOR].map(|id| {
            let (at, size) = number(id, 4)?;
            if size != 512 && size != 4096 {
                return Err(field(name_of(id), size, at, "it has to be 512 or 4096"));
            }
            Ok(size)
        });
        let [logical_sector, physical_sector] = sectors;
        let (logical_sector, physical_sector) = (logical_sector?, physical_sector?);

        let (at, capacity) = number(item::DISK_SIZE, 8)?;
        if capacity > limits::CAPACITY {
            return Err(Fault::TooLarge {
                what: "disk",
                value: capacity,
                limit: limits::CAPACITY,
                at,
            }
            .into());
        }
        if capacity == 0 || !capacity.is_multiple_of(logical_sector) {
            let rule = "it has to be a multiple of the logical sector size, and not 0";
            return Err(field("Virtual Disk Size", capacity, at, rule));
        }

        let given = file.flags.get();
        let parent = if given & parameters::HAS_PARENT == 0 {
            None
        } else {
            let (at, bytes) = table.bytes(storage, item::PARENT_LOCATOR, None)?;
            Some(Locator::parse(&bytes, at)?)
        };
        Ok(Self {
            capacity,
            block,
            logical_sector,
            physical_sector,
            fixed: parent.is_none() && given & parameters::LEAVE_ALLOCATED != 0,
            parent,
        })
    }
}

/// Where in the file the size of the disk stands, which `region` tells.
pub(super) fn size_at(storage: &dyn Storage, region: Stretch) -> Result<u64> {
    let table = Table::read(storage, region)?;
    let (at, _) = table.number(storage, item::DISK_SIZE, 8)?;
    Ok(at)
}

/// What the guest knows the disk by. Nothing that is read depends on it, so that it may be missing.
pub(super) fn disk_id(storage: &dyn Storage, region: Stretch) -> Result<Option<Guid>> {
    let table = Table::read(storage, region)?;
    let found = table.bytes(storage, item::DISK_ID, Some(size_of::<Guid>() as u64));
    Ok(found
        .ok()
        .and_then(|(_, bytes)| Guid::read_from_bytes(&bytes).ok()))
}

fn field(field: &'static str, value: u64, offset: u64, rule: &'static str) -> Error {
    Fault::Field {
        field,
        value,
        rule,
        offset,
    }
    .into()
}

fn name_of(id: Guid) -> &'static str {
    ITEMS
        .iter()
        .find(|(known, _)| *known == id)
        .map_or("", |(_, name)| name)
}

/// Where each of [`ITEMS`] is in the file, and how long it is.
struct Table {
    region: Stretch,
    places: [Option<Stretch>; ITEMS.len()],
}

impl Table {
    fn read(storage: &dyn Storage, region: Stretch) -> Result<Self> {
        let at = region.offset;
        let not_there = || Error::from(Fault::NoMetadata { at });
        if region.length < TABLE_BYTES as u64 {
            return Err(not_there());
        }
        let mut bytes = vec![0; TABLE_BYTES];
        storage.read_exact_at(at, &mut bytes)?;
        let (head, rest) = MetadataHead::ref_from_prefix(&bytes).map_err(|_| not_there())?;
        if head.signature != *b"metadata" {
            return Err(not_there());
        }
        let count = head.entries.get();
        if u32::from(count) > limits::TABLE_ENTRIES {
            let rule = "a metadata table has at most 2047 entries";
            return Err(field("EntryCount", count.into(), at + 10, rule));
        }
        let mut table = Self {
            region,
            places: [None; ITEMS.len()],
        };
        let (entries, _) = rest.as_chunks::<{ size_of::<MetadataEntry>() }>();
        for (bytes, number) in entries.iter().zip(0..count) {
            let Ok(entry) = MetadataEntry::ref_from_bytes(bytes) else {
                break;
            };
            table.take(entry, at + 32 + u64::from(number) * 32)?;
        }
        Ok(table)
    }

    /// Remembers where `entry`, which stands at `at`, leads.
    fn take(&mut self, entry: &MetadataEntry, at: u64) -> Result<()> {
        let given = entry.flags.get();
        // A user's item may have the identifier of a system's.
        let known = ITEMS
            .iter()
            .position(|(id, _)| *id == entry.id && given & flags::USER == 0);
        let Some(known) = known else {
            if given & flags::REQUIRED != 0 {
                return Err(Fault::UnknownItem { id: entry.id, at }.into());
            }
            return Ok(());
        };
        let what = ITEMS[known].1;
        let (offset, length) = (u64::from(entry.offset.get()), u64::from(entry.length.get()));
        let fits = length <= limits::ITEM_BYTES
            && (length == 0 || offset >= TABLE_BYTES as u64)
            && offset + length <= self.region.length;
        if !fits {
            return Err(Fault::ItemPlace {
                what,
                offset,
                length,
                at,
            }
            .into());
        }
        let place = Stretch {
            offset: self.region.offset + offset,
            length,
        };
        if self.places[known].replace(place).is_some() {
            return Err(Fault::Twice { what, at }.into());
        }
        Ok(())
    }

    fn missing(&self, id: Guid) -> Fault {
        Fault::Missing {
            what: name_of(id),
            at: self.region.offset,
        }
    }

    /// Where the item `id` stands, and its bytes, of which it has to have so many.
    fn bytes(
        &self,
        storage: &dyn Storage,
        id: Guid,
        wanted: Option<u64>,
    ) -> Result<(u64, Vec<u8>)> {
        let known = ITEMS.iter().position(|(known, _)| *known == id);
        let place = known.and_then(|known| self.places[known]);
        let place = place.ok_or_else(|| self.missing(id))?;
        if let Some(wanted) = wanted
            && place.length != wanted
        {
            return Err(Fault::ItemLength {
                what: name_of(id),
                length: place.length,
                wanted,
                at: place.offset,
            }
            .into());
        }
        // At most 1 MiB, as `take` saw to.
        let mut bytes = vec![0; to_usize(place.length)];
        storage.read_exact_at(place.offset, &mut bytes)?;
        Ok((place.offset, bytes))
    }

    /// The item `id` as a number of so many bytes, and where it stands.
    fn number(&self, storage: &dyn Storage, id: Guid, wanted: u64) -> Result<(u64, u64)> {
        let (at, bytes) = self.bytes(storage, id, Some(wanted))?;
        let value = bytes
            .iter()
            .rev()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        Ok((at, value))
    }
}
