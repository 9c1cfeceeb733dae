//! The region tables (2.2.3): where the BAT and the metadata are.

use zerocopy::FromBytes as _;

use super::fault::Fault;
use super::format::{
    REGION_TABLES_AT, RegionEntry, RegionHead, TABLE_BYTES, UNIT, checksum, limits, region, seal,
};
use super::guid::Guid;
use super::header::Stretch;
use crate::base::storage::Storage;
use crate::base::{Error, Result};

/// A region nobody here knows, which may not be overwritten all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unknown {
    pub(super) id: Guid,
    pub(super) place: Stretch,
}

/// Where the regions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Regions {
    pub(super) bat: Stretch,
    pub(super) metadata: Stretch,
    pub(super) unknown: Vec<Unknown>,
    /// What its user should know of the two tables.
    pub(super) remark: Option<&'static str>,
}

impl Regions {
    /// Reads the first table that is whole.
    pub(super) fn read(storage: &dyn Storage) -> Result<Self> {
        let [first, second] = REGION_TABLES_AT.map(|at| Table::read(storage, at));
        let (table, remark) = match (first?, second?) {
            (None, None) => return Err(Fault::NoRegionTable.into()),
            (Some(first), None) => (
                first,
                Some("the second of its two region tables is damaged; the first is taken"),
            ),
            (None, Some(second)) => (
                second,
                Some("the first of its two region tables is damaged; the second is taken"),
            ),
            (Some(first), Some(second)) => {
                let differ = first.bytes[8..] != second.bytes[8..];
                let remark = "its two region tables differ; the first is taken";
                (first, differ.then_some(remark))
            }
        };
        let mut regions = table.regions(storage.length())?;
        regions.remark = remark;
        Ok(regions)
    }
}

/// The bytes of both tables, as far as they are whole.
pub(super) fn tables(storage: &dyn Storage) -> Result<[Option<Vec<u8>>; 2]> {
    let [first, second] = REGION_TABLES_AT.map(|at| Table::read(storage, at));
    let bytes = |table: Option<Table>| table.map(|table| table.bytes);
    Ok([bytes(first?), bytes(second?)])
}

/// The bytes of a table as they are once the BAT lies at `place`.
pub(super) fn with_bat(mut table: Vec<u8>, place: Stretch) -> Vec<u8> {
    let (entries, _) = table[size_of::<RegionHead>()..].as_chunks_mut::<ENTRY_BYTES>();
    for bytes in entries {
        if let Ok(entry) = RegionEntry::mut_from_bytes(bytes)
            && entry.id == region::BAT
        {
            entry.offset = place.offset.into();
            // Those of the largest disk there is have 514 MiB.
            entry.length = u32::try_from(place.length).unwrap_or(u32::MAX).into();
        }
    }
    seal(&mut table);
    table
}

const ENTRY_BYTES: usize = size_of::<RegionEntry>();

/// A table that has its signature and its checksum.
struct Table {
    at: u64,
    bytes: Vec<u8>,
}

impl Table {
    fn read(storage: &dyn Storage, at: u64) -> Result<Option<Self>> {
        let mut bytes = vec![0; TABLE_BYTES];
        storage.read_exact_at(at, &mut bytes)?;
        let good = RegionHead::ref_from_prefix(&bytes).is_ok_and(|(head, _)| {
            head.signature == *b"regi" && head.checksum.get() == checksum(&bytes)
        });
        Ok(good.then_some(Self { at, bytes }))
    }

    fn regions(&self, length: u64) -> Result<Regions> {
        let (head, rest) = RegionHead::ref_from_prefix(&self.bytes)
            .map_err(|_| Error::from(Fault::NoRegionTable))?;
        let count = head.entries.get();
        if count > limits::TABLE_ENTRIES {
            return Err(Fault::Field {
                field: "EntryCount",
                value: count.into(),
                rule: "a region table has at most 2047 entries",
                offset: self.at + 8,
            }
            .into());
        }
        let (mut bat, mut metadata, mut unknown) = (None, None, Vec::new());
        let (entries, _) = rest.as_chunks::<ENTRY_BYTES>();
        for (bytes, number) in entries.iter().zip(0..count) {
            let at = self.at + 16 + u64::from(number) * 32;
            let Ok(entry) = RegionEntry::ref_from_bytes(bytes) else {
                break;
            };
            let place = Stretch {
                offset: entry.offset.get(),
                length: entry.length.get().into(),
            };
            if place.offset < UNIT || !place.offset.is_multiple_of(UNIT) {
                return Err(Fault::Field {
                    field: "FileOffset",
                    value: place.offset,
                    rule: "a region starts at a multiple of 1 MiB, and not at 0",
                    offset: at + 16,
                }
                .into());
            }
            let known = match entry.id {
                region::BAT => Some((&mut bat, "BAT")),
                region::METADATA => Some((&mut metadata, "metadata region")),
                _ => None,
            };
            match known {
                Some((slot, what)) => {
                    if slot.replace(place).is_some() {
                        return Err(Fault::Twice { what, at }.into());
                    }
                    inside(format!("the {what}"), place.offset, place.length, length)?;
                }
                None if entry.required.get() & 1 != 0 => {
                    return Err(Fault::UnknownRegion { id: entry.id, at }.into());
                }
                None => unknown.push(Unknown {
                    id: entry.id,
                    place,
                }),
            }
        }
        let missing = |what| Error::from(Fault::Missing { what, at: self.at });
        Ok(Regions {
            bat: bat.ok_or_else(|| missing("BAT"))?,
            metadata: metadata.ok_or_else(|| missing("metadata region"))?,
            unknown,
            remark: None,
        })
    }
}

/// What has to lie within a file of `length` bytes.
pub(super) fn inside(what: impl Into<String>, at: u64, bytes: u64, length: u64) -> Result<()> {
    if at.checked_add(bytes).is_some_and(|end| end <= length) {
        return Ok(());
    }
    Err(Fault::BeyondEnd {
        what: what.into(),
        at,
        bytes,
        length,
    }
    .into())
}
