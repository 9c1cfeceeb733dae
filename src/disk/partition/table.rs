//! One of the two copies of a GUID partition table, as it stands on a disk.

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

pub(super) const MAGIC: [u8; 8] = *b"EFI PART";
/// Sizes sectors can have; the header tells none.
pub(super) const SECTORS: [u64; 2] = [512, 4096];
/// Bytes of the shortest header.
const HEADER_BYTES: u32 = 92;
/// Bytes of entries that are read: as many as any system makes, many times over.
const MOST_BYTES: u64 = 1 << 20;

pub(super) static CRC32: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);

/// One of the two copies.
pub(super) struct Table {
    /// The sector of the other copy's header.
    pub(super) other: u64,
    /// The sectors partitions may have.
    pub(super) first_usable: u64,
    pub(super) last_usable: u64,
    /// First and last sector of each partition, and where its entry stands.
    pub(super) partitions: Vec<(u64, u64, u64)>,
    pub(super) guid: [u8; 16],
    pub(super) entries_sum: u32,
    /// The sector the header stands in.
    pub(super) header: Vec<u8>,
    /// The entries, and the sector they begin in.
    pub(super) entries: Vec<u8>,
    pub(super) entries_at: u64,
}

/// Whether a header stands at `at`, as its first bytes tell.
pub(super) fn starts(storage: &dyn Storage, at: u64) -> Result<bool> {
    let mut magic = [0; MAGIC.len()];
    if at + u64::from(HEADER_BYTES) > storage.length() {
        return Ok(false);
    }
    storage.read_exact_at(at, &mut magic)?;
    Ok(magic == MAGIC)
}

/// The copy whose header is the sector of this `number`, or what is wrong with it.
pub(super) fn read(
    storage: &dyn Storage,
    sector: u64,
    number: u64,
) -> Result<Result<Table, String>> {
    let mut header = vec![0; to_usize(sector)];
    let at = number * sector;
    if at + sector > storage.length() {
        return Ok(Err("it is not there".to_owned()));
    }
    storage.read_exact_at(at, &mut header)?;
    if header[..8] != MAGIC {
        return Ok(Err("it does not start with `EFI PART`".to_owned()));
    }
    let word = |at: usize| u32_at(&header, at);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    let bytes = word(12);
    if !(HEADER_BYTES..=4096).contains(&bytes) || u64::from(bytes) > sector {
        return Ok(Err(format!("its header has {bytes} bytes")));
    }
    let mut summed = header[..bytes as usize].to_vec();
    summed[16..20].fill(0);
    if CRC32.checksum(&summed) != word(16) {
        return Ok(Err("its header has another checksum".to_owned()));
    }
    if long(24) != number {
        return Ok(Err(format!("it belongs to sector {}", long(24))));
    }
    let (start, count, size) = (long(72), u64::from(word(80)), u64::from(word(84)));
    let length = count * size;
    let at = start.checked_mul(sector).filter(|at| {
        let end = at.checked_add(length);
        size >= 128 && length <= MOST_BYTES && end.is_some_and(|end| end <= storage.length())
    });
    let Some(at) = at else {
        return Ok(Err("its entries are no place they can be".to_owned()));
    };
    let mut entries = vec![0; to_usize(length)];
    storage.read_exact_at(at, &mut entries)?;
    let entries_sum = CRC32.checksum(&entries);
    if entries_sum != word(88) {
        return Ok(Err("its entries have another checksum".to_owned()));
    }
    let entry = |(index, entry): (u64, &[u8])| {
        let long =
            |at: usize| u64::from(u32_at(entry, at)) | u64::from(u32_at(entry, at + 4)) << 32;
        let used = entry[..16].iter().any(|byte| *byte != 0);
        used.then(|| (long(32), long(40), at + index * size))
    };
    let partitions = (0_u64..).zip(entries.chunks_exact(to_usize(size)));
    let partitions = partitions.filter_map(entry).collect();
    let mut guid = [0; 16];
    guid.copy_from_slice(&header[56..72]);
    let (other, first_usable, last_usable) = (long(32), long(40), long(48));
    Ok(Ok(Table {
        other,
        first_usable,
        last_usable,
        partitions,
        guid,
        entries_sum,
        header,
        entries,
        entries_at: start,
    }))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes[at..at + 4].iter().rev();
    bytes.fold(0, |all, byte| all << 8 | u32::from(*byte))
}

impl Table {
    /// The sector behind the last partition; 0 without one.
    pub(super) fn end(&self) -> u64 {
        let ends = self
            .partitions
            .iter()
            .map(|(_, last, _)| last.saturating_add(1));
        ends.max().unwrap_or(0)
    }
}
