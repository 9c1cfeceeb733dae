//! One entry of the log (2.3.1): whether it is whole, and what it writes.

use zerocopy::FromBytes as _;

use super::format::{Descriptor, LOG_PADDING, LOG_SECTOR, LogHead, sum_first, summer};
use super::guid::Guid;
use super::header::Stretch;
use crate::base::Result;
use crate::base::storage::Storage;

const SECTOR: u64 = LOG_SECTOR as u64;
/// Descriptors a sector has room for; in the first the head takes the room of two.
const PER_SECTOR: u64 = SECTOR / size_of::<Descriptor>() as u64;
const HEAD_SLOTS: usize = size_of::<LogHead>() / size_of::<Descriptor>();

/// The log as it lies in the file.
#[derive(Clone, Copy)]
pub(super) struct Log<'a> {
    pub(super) storage: &'a dyn Storage,
    /// Where it is; whole sectors that lie within the file.
    pub(super) place: Stretch,
    pub(super) id: Guid,
}

impl Log<'_> {
    /// Where in the file the sector `at` bytes into the log is. Behind the last one comes
    /// the first.
    fn sector_at(self, at: u64) -> u64 {
        self.place.offset + at % self.place.length
    }

    fn read_sector(self, at: u64, sector: &mut [u8; LOG_SECTOR]) -> Result<()> {
        self.storage.read_exact_at(self.sector_at(at), sector)
    }
}

/// What one descriptor asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Write {
    /// Zeros.
    Zeros(Stretch),
    /// A sector.
    Sector {
        /// Where it goes.
        to: u64,
        /// Where in the file its bytes are but for the first and the last.
        from: u64,
        leading: [u8; 8],
        trailing: [u8; 4],
    },
}

/// An entry that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where in the log it stands.
    pub(super) at: u64,
    pub(super) length: u64,
    pub(super) tail: u64,
    pub(super) sequence: u64,
    pub(super) flushed: u64,
    pub(super) last: u64,
    descriptors: u64,
}

impl Entry {
    /// The entry `at` bytes into the log, if one of this log stands there whole.
    ///
    /// The order keeps hostile logs from taking long: the sectors of an entry are told by
    /// their own first bytes, so that no two entries share more than padding.
    pub(super) fn read(log: Log<'_>, at: u64) -> Result<Option<Self>> {
        let mut sector = [0; LOG_SECTOR];
        log.read_sector(at, &mut sector)?;
        let Ok((head, _)) = LogHead::read_from_prefix(&sector) else {
            return Ok(None);
        };
        let entry = Self {
            at,
            length: head.length.get().into(),
            tail: head.tail.get().into(),
            sequence: head.sequence.get(),
            flushed: head.flushed.get(),
            last: head.last.get(),
            descriptors: head.descriptors.get().into(),
        };
        let good = head.signature == *b"loge"
            && head.log == log.id
            && entry.sequence > 0
            && entry.length > 0
            && entry.length <= log.place.length
            && entry.length.is_multiple_of(SECTOR)
            && entry.tail < log.place.length
            && entry.tail.is_multiple_of(SECTOR)
            && entry.descriptor_sectors() * SECTOR <= entry.length;
        if !good {
            return Ok(None);
        }
        let mut sum = summer();
        sum_first(&mut sum, &sector);
        let mut data = entry.count_data(&sector, HEAD_SLOTS, 0);
        let sectors = entry.length / SECTOR;
        for number in 1..sectors {
            let Some(wanted) = data else {
                return Ok(None);
            };
            log.read_sector(at + number * SECTOR, &mut sector)?;
            let before = entry.descriptor_sectors();
            if number < before {
                let counted = number * PER_SECTOR - HEAD_SLOTS as u64;
                let more = entry.count_data(&sector, 0, counted);
                data = more.map(|more| wanted + more);
            } else if number < before + wanted {
                if !entry.owns(&sector) {
                    return Ok(None);
                }
            } else if (sectors - before - wanted) * SECTOR >= LOG_PADDING {
                return Ok(None);
            }
            sum.update(&sector);
        }
        let whole = data.is_some_and(|data| entry.descriptor_sectors() + data <= sectors);
        Ok((whole && sum.finalize() == head.checksum.get()).then_some(entry))
    }

    fn descriptor_sectors(&self) -> u64 {
        (self.descriptors + HEAD_SLOTS as u64).div_ceil(PER_SECTOR)
    }

    /// How many of the descriptors in `sector`, from the slot `skip` on, where `counted`
    /// stand before, have a sector of data. None if one is not as it should be.
    fn count_data(&self, sector: &[u8; LOG_SECTOR], skip: usize, counted: u64) -> Option<u64> {
        let mut data = 0;
        for descriptor in self.slots(sector, skip, counted) {
            if descriptor.sequence.get() != self.sequence
                || !descriptor.offset.get().is_multiple_of(SECTOR)
            {
                return None;
            }
            match &descriptor.signature {
                b"desc" => {
                    descriptor.offset.get().checked_add(SECTOR)?;
                    data += 1;
                }
                b"zero" => {
                    let length = u64::from_le_bytes(descriptor.leading);
                    descriptor.offset.get().checked_add(length)?;
                    if !length.is_multiple_of(SECTOR) {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        Some(data)
    }

    /// The descriptors in `sector`.
    fn slots<'s>(
        &self,
        sector: &'s [u8; LOG_SECTOR],
        skip: usize,
        counted: u64,
    ) -> impl Iterator<Item = &'s Descriptor> + use<'s> {
        let (slots, _) = sector.as_chunks::<{ size_of::<Descriptor>() }>();
        let left = counted..self.descriptors;
        slots
            .iter()
            .skip(skip)
            .zip(left)
            .filter_map(|(bytes, _)| Descriptor::ref_from_bytes(bytes).ok())
    }

    /// Whether a sector of data was written with this entry (2.3.1.4).
    fn owns(&self, sector: &[u8; LOG_SECTOR]) -> bool {
        let [high, low] = [self.sequence >> 32, self.sequence & 0xFFFF_FFFF].map(u64::to_le_bytes);
        sector.starts_with(b"data") && sector[4..8] == high[..4] && sector.ends_with(&low[..4])
    }

    /// Hands each write of the entry to `take`, in order.
    pub(super) fn writes(
        &self,
        log: Log<'_>,
        mut take: impl FnMut(Write) -> Result<()>,
    ) -> Result<()> {
        let mut sector = [0; LOG_SECTOR];
        let (mut counted, mut skip) = (0, HEAD_SLOTS);
        let mut data = self.at + self.descriptor_sectors() * SECTOR;
        for number in 0..self.descriptor_sectors() {
            log.read_sector(self.at + number * SECTOR, &mut sector)?;
            for descriptor in self.slots(&sector, skip, counted) {
                counted += 1;
                let offset = descriptor.offset.get();
                if descriptor.signature == *b"zero" {
                    let length = u64::from_le_bytes(descriptor.leading);
                    take(Write::Zeros(Stretch { offset, length }))?;
                    continue;
                }
                take(Write::Sector {
                    to: offset,
                    from: log.sector_at(data),
                    leading: descriptor.leading,
                    trailing: descriptor.trailing,
                })?;
                data += SECTOR;
            }
            skip = 0;
        }
        Ok(())
    }
}
