//! What can be wrong with an image of blocks, one fact each.

use crate::base::error::Fact;
use crate::base::{ErrorKind, Result};

/// What an error says of the format it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) struct Traits {
    /// `VHD`, `VDI`.
    pub(in crate::disk) name: &'static str,
    /// A command that tells more, or another way out.
    pub(in crate::disk) help: &'static str,
    /// How an image this reader does not know is made one that it does.
    pub(in crate::disk) convert: &'static str,
}

/// A fact about an image that keeps it from being read.
#[derive(Debug, thiserror::Error)]
pub(in crate::disk) enum Fault {
    #[error("this is no {}: {why}", .of.name)]
    Foreign { of: &'static Traits, why: String },
    #[error("{what}")]
    Unsupported { of: &'static Traits, what: String },
    #[error("the {field} is {value}; {rule}")]
    Field {
        of: &'static Traits,
        /// In the specification's words.
        field: &'static str,
        value: u64,
        rule: String,
        at: u64,
    },
    #[error(
        "the {what} at offset {at} is damaged: its checksum is {stored:08x}, and its bytes have {found:08x}"
    )]
    Checksum {
        of: &'static Traits,
        what: &'static str,
        stored: u32,
        found: u32,
        at: u64,
    },
    #[error(
        "the {what} at offset {at} ({bytes} bytes) lies beyond the end of the file, which has {length} bytes"
    )]
    BeyondEnd {
        of: &'static Traits,
        what: String,
        at: u64,
        bytes: u64,
        length: u64,
    },
    #[error("the {what} would take {bytes} bytes; at most {limit} are allowed")]
    TooLarge {
        of: &'static Traits,
        what: &'static str,
        bytes: u64,
        limit: u64,
        /// Of the number that claims it.
        at: u64,
    },
    #[error("the {what} at offset {at} overlaps {other}")]
    Overlap {
        of: &'static Traits,
        what: String,
        other: String,
        at: u64,
    },
    #[error("it holds only changes to a parent disk and does not tell which")]
    UnnamedParent { of: &'static Traits },
    #[error("its parent disk has the id {found}, and {expected} is expected")]
    Parent {
        of: &'static Traits,
        expected: String,
        found: String,
    },
}

impl Fault {
    fn of(&self) -> &'static Traits {
        match self {
            Self::Foreign { of, .. }
            | Self::Unsupported { of, .. }
            | Self::Field { of, .. }
            | Self::Checksum { of, .. }
            | Self::BeyondEnd { of, .. }
            | Self::TooLarge { of, .. }
            | Self::Overlap { of, .. }
            | Self::UnnamedParent { of }
            | Self::Parent { of, .. } => of,
        }
    }
}

impl Fact for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported { .. } => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::LimitExceeded,
            Self::Parent { .. } => ErrorKind::Mismatch,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::Field { at, .. }
            | Self::Checksum { at, .. }
            | Self::BeyondEnd { at, .. }
            | Self::TooLarge { at, .. }
            | Self::Overlap { at, .. } => Some(*at),
            _ => None,
        }
    }

    fn why(&self) -> Option<String> {
        let text = match self {
            Self::BeyondEnd { .. } => {
                "the file was cut short, as by an interrupted download or a full disk"
            }
            Self::Checksum { .. } => {
                "the bytes were changed by something that does not know the format"
            }
            Self::Overlap { .. } => "two parts of a disk that share bytes cannot both be right",
            Self::TooLarge { .. } => "only a damaged or hostile image exceeds the limit",
            Self::Unsupported { .. } => "read as something else, the disk's content could be wrong",
            Self::UnnamedParent { .. } => "without its parent most of the disk is missing",
            Self::Parent { .. } => {
                "the disk was made on another one, so the two do not fit together"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Foreign { .. } => "check the file; `--input-format` overrides what is detected",
            Self::Unsupported { of, .. } => of.convert,
            Self::UnnamedParent { .. } => {
                "pack the disk it was made on, or merge the two in the program that manages them"
            }
            Self::Parent { .. } => {
                "use the disk it was made on, or merge the two in the program that manages them"
            }
            _ => self.of().help,
        };
        Some(text.to_owned())
    }
}

/// A range has to lie within the file, which has `length` bytes.
pub(in crate::disk) fn check_inside(
    of: &'static Traits,
    what: impl Into<String>,
    at: u64,
    bytes: u64,
    length: u64,
) -> Result<()> {
    if at.checked_add(bytes).is_some_and(|end| end <= length) {
        return Ok(());
    }
    let what = what.into();
    Err(Fault::BeyondEnd {
        of,
        what,
        at,
        bytes,
        length,
    }
    .into())
}
