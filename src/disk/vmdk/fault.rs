//! What can be wrong with a VMDK, one fact each.

use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about an extent that keeps it from being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The magic is another.
    #[error("this is no sparse VMDK: it does not start with `KDMV`")]
    NotVmdk,
    /// Fewer bytes than a header has.
    #[error("the file is {length} bytes long, too short for a VMDK header")]
    ShortHeader {
        /// Bytes of the file.
        length: u64,
    },
    /// None of those there are.
    #[error("VMDK version {0} is not known; versions 1 to 3 are")]
    Version(u32),
    /// Something the format has and this reader has not.
    #[error("{0}")]
    Unsupported(String),
    /// A header field outside its allowed values.
    #[error("the header's {field} is {value}; {rule}")]
    Field {
        /// The field, in the specification's words.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        rule: String,
        /// Byte offset of the field.
        offset: u64,
    },
    /// The bytes that notice a transfer as text were changed.
    #[error("the header's newline test is damaged")]
    Newlines {
        /// Where it stands.
        at: u64,
    },
    /// A table, grain or text outside the file.
    #[error(
        "the {what} at offset {at} ({bytes} bytes) lies beyond the end of the file, which has {length} bytes"
    )]
    BeyondEnd {
        /// What lies there.
        what: &'static str,
        /// Where it should start.
        at: u64,
        /// Its bytes.
        bytes: u64,
        /// Bytes of the file.
        length: u64,
    },
    /// Something larger than its limit.
    #[error("the {what} would take {bytes} bytes; at most {limit} are allowed")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Bytes it claims.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
        /// Byte offset of the number that claims it.
        offset: u64,
    },
    /// A table where the header or the descriptor stands.
    #[error("the {what} at offset {at} overlaps the header or the descriptor")]
    Overlap {
        /// What lies there.
        what: &'static str,
        /// Where it starts.
        at: u64,
    },
    /// Header and footer tell of different disks.
    #[error("the footer's {field} is {footer}, the header's {header}")]
    Footer {
        /// The field they disagree in.
        field: &'static str,
        /// What the header says.
        header: u64,
        /// What the footer says.
        footer: u64,
        /// Where the footer stands.
        at: u64,
    },
    /// The descriptor is not one, or lacks what it has to tell.
    #[error("the embedded descriptor is invalid: {why}")]
    Descriptor {
        /// What is wrong with it.
        why: String,
        /// Where it stands.
        at: u64,
    },
    /// A table entry no writer makes.
    #[error("the {table} entry {entry} for guest offset {guest} is invalid: {rule}")]
    Entry {
        /// `grain directory` or `grain table`.
        table: &'static str,
        /// The entry: a sector.
        entry: u32,
        /// Guest offset it maps.
        guest: u64,
        /// What is wrong with it.
        rule: &'static str,
        /// Where it leads, or stands.
        at: u64,
    },
    /// A grain that does not hold what belongs there.
    #[error("the grain at offset {at}, for guest offset {guest}, is damaged: {why}")]
    Grain {
        /// Where its marker stands.
        at: u64,
        /// Guest offset of the grain.
        guest: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Where a marker belongs stands something else.
    #[error("the marker at offset {at} is invalid: {why}")]
    Marker {
        /// Where it stands.
        at: u64,
        /// What is wrong with it.
        why: String,
    },
    /// No end-of-stream marker, and no tables behind the grains.
    #[error("the stream breaks off at byte {at}, behind its first {grains} grains")]
    Cut {
        /// Where it breaks off.
        at: u64,
        /// Whole grains before that.
        grains: usize,
    },
    /// More grains than can be remembered.
    #[error("there are more than {limit} grains", limit = super::limits::LISTED_GRAINS)]
    TooManyGrains {
        /// Where the first one too many stands.
        at: u64,
    },
    /// It holds changes to a parent that is not named.
    #[error("it holds only changes to a parent disk (parentCID {parent:08x}) and does not name it")]
    UnnamedParent {
        /// Content id of the parent.
        parent: u32,
    },
    /// The parent was changed since.
    #[error("its parent disk has the content id {found}, and {expected:08x} is expected")]
    Parent {
        /// Content id the parent had.
        expected: u32,
        /// What it has now.
        found: String,
    },
}

impl Fact for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Version(_) | Self::Unsupported(_) => ErrorKind::Unsupported,
            Self::TooLarge { .. } | Self::TooManyGrains { .. } => ErrorKind::LimitExceeded,
            Self::Parent { .. } => ErrorKind::Mismatch,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::NotVmdk | Self::ShortHeader { .. } => Some(0),
            Self::Version(_) => Some(4),
            Self::Field { offset, .. } | Self::TooLarge { offset, .. } => Some(*offset),
            Self::Newlines { at }
            | Self::BeyondEnd { at, .. }
            | Self::Overlap { at, .. }
            | Self::Footer { at, .. }
            | Self::Descriptor { at, .. }
            | Self::Entry { at, .. }
            | Self::Grain { at, .. }
            | Self::Marker { at, .. }
            | Self::Cut { at, .. }
            | Self::TooManyGrains { at } => Some(*at),
            Self::Unsupported(_) | Self::UnnamedParent { .. } | Self::Parent { .. } => None,
        }
    }

    fn why(&self) -> Option<String> {
        let text = match self {
            Self::BeyondEnd { .. } | Self::ShortHeader { .. } | Self::Cut { .. } => {
                "the file was cut short, as by an interrupted download or a full disk"
            }
            Self::Grain { .. } => "the file is damaged or was cut short here",
            Self::Newlines { .. } => {
                "the file was transferred as text, which replaces bytes everywhere in it"
            }
            Self::TooLarge { .. } | Self::TooManyGrains { .. } => {
                "only a damaged or hostile image exceeds the limit"
            }
            Self::Version(_) | Self::Unsupported(_) => {
                "read as something else, the disk's content could be wrong"
            }
            Self::UnnamedParent { .. } => "without its parent most of the disk is missing",
            Self::Parent { .. } => {
                "the parent was changed after this disk was made on it, so the two do not fit together"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::NotVmdk => "check the file; `--input-format` overrides what is detected",
            Self::Newlines { .. } => "fetch the file again, in binary mode",
            Self::Version(_) | Self::Unsupported(_) => {
                "convert it with a program that reads it: qemu-img convert -O qcow2 IMAGE NEW.qcow2"
            }
            Self::Cut { .. } => {
                "fetch the image again; `--salvage` packs what is left, with zeros for the rest"
            }
            Self::UnnamedParent { .. } => {
                "pack the disk it was made from, or consolidate the snapshots first"
            }
            Self::Parent { .. } => {
                "use the parent as it was when this disk was made, or consolidate the snapshots \
                 in the program that manages them"
            }
            _ => {
                "fetch or make the image again and compare its checksum with the publisher's; \
                 `qemu-img check -f vmdk IMAGE` tells more"
            }
        };
        Some(text.to_owned())
    }
}
