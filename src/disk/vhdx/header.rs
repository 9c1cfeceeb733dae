//! The headers (2.2.2): which of the two counts, and what it says.

use zerocopy::FromBytes as _;

use super::fault::Fault;
use super::format::{HEADER_BYTES, HEADERS_AT, HeaderBytes, MAGIC, UNIT, checksum};
use super::guid::Guid;
use crate::base::Result;
use crate::base::storage::Storage;

/// A stretch of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Stretch {
    /// Where it ends. Both numbers come from where this was checked.
    pub(super) fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// The header that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Where it stands.
    pub(super) at: u64,
    /// What the guest's data is known by; an overlay asks for it.
    pub(super) data_write: Guid,
    /// Where the log is.
    pub(super) log: Stretch,
    /// Which of its entries count; none if it holds nothing to replay.
    pub(super) log_id: Option<Guid>,
    /// Where the other header stands, if that one is damaged.
    pub(super) damaged: Option<u64>,
}

impl Header {
    pub(super) fn read(storage: &dyn Storage) -> Result<Self> {
        let length = storage.length();
        if length < MAGIC.len() as u64 {
            return Err(Fault::NotVhdx.into());
        }
        let mut magic = [0; MAGIC.len()];
        storage.read_exact_at(0, &mut magic)?;
        if magic != MAGIC {
            return Err(Fault::NotVhdx.into());
        }
        if length < UNIT {
            return Err(Fault::Short { length }.into());
        }
        let [first, second] = HEADERS_AT.map(|at| valid(storage, at));
        let (at, current, damaged) = match (first?, second?) {
            (None, None) => return Err(Fault::NoHeader.into()),
            (Some(only), None) => (HEADERS_AT[0], only, Some(HEADERS_AT[1])),
            (None, Some(only)) => (HEADERS_AT[1], only, Some(HEADERS_AT[0])),
            (Some(first), Some(second)) => {
                let (one, other) = (first.sequence.get(), second.sequence.get());
                if one == other && !same(&first, &second) {
                    return Err(Fault::SameSequence { sequence: one }.into());
                }
                if one >= other {
                    (HEADERS_AT[0], first, None)
                } else {
                    (HEADERS_AT[1], second, None)
                }
            }
        };
        Self::checked(at, &current, damaged)
    }

    fn checked(at: u64, bytes: &HeaderBytes, damaged: Option<u64>) -> Result<Self> {
        let version = bytes.version.get();
        if version != 1 {
            return Err(Fault::Version { version, at }.into());
        }
        let log_id = (bytes.log != Guid::NONE).then_some(bytes.log);
        let log_version = bytes.log_version.get();
        if log_id.is_some() && log_version != 0 {
            return Err(Fault::LogVersion {
                version: log_version,
                at,
            }
            .into());
        }
        let log = Stretch {
            offset: bytes.log_offset.get(),
            length: bytes.log_length.get().into(),
        };
        let field = |field, value, within, rule| Fault::Field {
            field,
            value,
            rule,
            offset: at + within,
        };
        let whole = "it has to be a multiple of 1 MiB";
        if !log.length.is_multiple_of(UNIT) {
            return Err(field("LogLength", log.length, 68, whole).into());
        }
        if !log.offset.is_multiple_of(UNIT) || (log.offset == 0 && log.length > 0) {
            let rule = "it has to be a multiple of 1 MiB, and not 0";
            return Err(field("LogOffset", log.offset, 72, rule).into());
        }
        Ok(Self {
            at,
            data_write: bytes.data_write,
            log,
            log_id,
            damaged,
        })
    }
}

/// The header at `at`, if it has its signature and its checksum.
fn valid(storage: &dyn Storage, at: u64) -> Result<Option<HeaderBytes>> {
    let mut bytes = [0; HEADER_BYTES];
    storage.read_exact_at(at, &mut bytes)?;
    let Ok((header, _)) = HeaderBytes::read_from_prefix(&bytes) else {
        return Ok(None);
    };
    let good = header.signature == *b"head" && header.checksum.get() == checksum(&bytes);
    Ok(good.then_some(header))
}

/// Disk2vhd writes the same header twice.
fn same(one: &HeaderBytes, other: &HeaderBytes) -> bool {
    one.data_write == other.data_write
        && one.log == other.log
        && one.log_offset == other.log_offset
        && one.log_length == other.log_length
        && one.log_version == other.log_version
        && one.version == other.version
}
