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
    #[error("the descriptor is invalid: {why}")]
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
        /// The entry: a sector, or what seSparse has in its place.
        entry: u64,
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
    /// What was written last stands in a journal.
    #[error("its journal was not replayed")]
    Journal,
    /// Only whoever has the key reads it.
    #[error("the disk is encrypted")]
    Encrypted,
    /// A part of a disk, named in place of its descriptor.
    #[error("it is {what}, one piece of a disk another file describes")]
    Piece {
        /// What it is.
        what: &'static str,
    },
    /// The disk is none of files.
    #[error("the disk is a physical one ({0})")]
    Device(String),
    /// A part of the disk that nobody may read.
    #[error("an extent of the disk may not be read: it is NOACCESS")]
    NoAccess,
    /// An extent with fewer bytes than the descriptor says.
    #[error("the extent has {has} bytes, and the descriptor tells of {needed}")]
    ShortExtent {
        /// Bytes there are.
        has: u64,
        /// Bytes there should be.
        needed: u64,
    },
    /// Two extents of the disk have bytes in common.
    #[error("two extents of the disk are the same bytes of `{0}`")]
    Shared(String),
    /// More extents than are read.
    #[error("there are more than {limit} extents", limit = super::limits::EXTENTS)]
    TooManyExtents,
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
            Self::Version(_)
            | Self::Unsupported(_)
            | Self::Journal
            | Self::Encrypted
            | Self::Piece { .. }
            | Self::Device(_)
            | Self::NoAccess => ErrorKind::Unsupported,
            Self::TooLarge { .. } | Self::TooManyGrains { .. } | Self::TooManyExtents => {
                ErrorKind::LimitExceeded
            }
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
            Self::Unsupported(_)
            | Self::Journal
            | Self::Encrypted
            | Self::Piece { .. }
            | Self::Device(_)
            | Self::NoAccess
            | Self::ShortExtent { .. }
            | Self::Shared(_)
            | Self::TooManyExtents
            | Self::UnnamedParent { .. }
            | Self::Parent { .. } => None,
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
            Self::TooLarge { .. } | Self::TooManyGrains { .. } | Self::TooManyExtents => {
                "only a damaged or hostile image exceeds the limit"
            }
            Self::Version(_) | Self::Unsupported(_) => {
                "read as something else, the disk's content could be wrong"
            }
            Self::Piece { .. } => {
                "the other pieces, and a parent there may be, are not known from it"
            }
            Self::Device(_) => "there is no image of it to be read",
            Self::NoAccess => "read as zeros, data could be lost",
            Self::Journal => {
                "the machine ran when the file was copied, or crashed; the guest's last writes \
                 would be missing"
            }
            Self::ShortExtent { .. } => {
                "the file was cut short, or is another one; read as zeros, data could be lost"
            }
            Self::Shared(_) => "two parts of a disk that share bytes cannot both be right",
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
            Self::Journal => "start the machine on ESXi and shut it down, then copy the file again",
            Self::Encrypted => "remove the encryption in the program that manages the machine",
            Self::Piece { .. } => {
                "name the descriptor instead: a small text file, mostly beside it, that has this \
                 file's name in it"
            }
            Self::Device(_) => {
                "name the device itself in place of the descriptor, which takes root; on ESXi, \
                 make a disk of it first: vmkfstools -i IMAGE -d thin NEW.vmdk"
            }
            Self::NoAccess => {
                "if what is there does not matter, make the line tell of zeros: `RW SECTORS ZERO`"
            }
            Self::ShortExtent { .. } | Self::Shared(_) | Self::TooManyExtents => {
                "copy all files of the disk again, and check that the descriptor is theirs"
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
                 `ovfkit disk check IMAGE` tells more"
            }
        };
        Some(text.to_owned())
    }
}
