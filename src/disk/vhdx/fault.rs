//! What can be wrong with a VHDX image, one fact each.

use super::guid::Guid;
use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about an image that keeps it from being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The magic is another.
    #[error("this is no VHDX image: it does not start with `vhdxfile`")]
    NotVhdx,
    /// Fewer bytes than the headers take.
    #[error("the file is {length} bytes long, too short for the headers of VHDX, which take 1 MiB")]
    Short {
        /// Bytes of the file.
        length: u64,
    },
    /// Neither header has its signature and its checksum.
    #[error("both headers are damaged: neither has the signature `head` and the right checksum")]
    NoHeader,
    /// Both headers claim to be the newest.
    #[error("the two headers differ, and both have the sequence number {sequence}")]
    SameSequence {
        /// Their number.
        sequence: u64,
    },
    /// Another version than 1.
    #[error("VHDX version {version} is not known; version 1 is")]
    Version {
        /// The version.
        version: u16,
        /// Where the header stands.
        at: u64,
    },
    /// A log of another version than 0 that has to be replayed.
    #[error("the log has version {version}, which is not known; version 0 is")]
    LogVersion {
        /// The version.
        version: u16,
        /// Where the header stands.
        at: u64,
    },
    /// A field outside its allowed values.
    #[error("the {field} is {value}; {rule}")]
    Field {
        /// The field, in the specification's words.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What it has to be.
        rule: &'static str,
        /// Byte offset of the field.
        offset: u64,
    },
    /// The log has to be replayed and holds nothing whole.
    #[error("the log has to be replayed, but no entry in it is whole")]
    LogWithoutEntries {
        /// Where the log is.
        at: u64,
    },
    /// The file is shorter than when its log was written.
    #[error("the file has {length} bytes, but had {had} when its log was written")]
    Truncated {
        /// Bytes it has.
        length: u64,
        /// Bytes it had.
        had: u64,
    },
    /// Neither region table is whole.
    #[error(
        "both region tables are damaged: neither has the signature `regi` and the right checksum"
    )]
    NoRegionTable,
    /// A region that has to be known.
    #[error("the image has a region {id} that is required, and that ovfkit does not know")]
    UnknownRegion {
        /// Its identifier.
        id: Guid,
        /// Where its entry stands.
        at: u64,
    },
    /// A region or a metadata item that is not there.
    #[error("the image has no {what}")]
    Missing {
        /// Which.
        what: &'static str,
        /// Where the table stands.
        at: u64,
    },
    /// A region or a metadata item that is there twice.
    #[error("the image has more than one {what}")]
    Twice {
        /// Which.
        what: &'static str,
        /// Where the second entry stands.
        at: u64,
    },
    /// No metadata table.
    #[error("the metadata table is damaged: it does not start with `metadata`")]
    NoMetadata {
        /// Where it should be.
        at: u64,
    },
    /// A metadata item that has to be known.
    #[error("the image has a metadata item {id} that is required, and that ovfkit does not know")]
    UnknownItem {
        /// Its identifier.
        id: Guid,
        /// Where its entry stands.
        at: u64,
    },
    /// A metadata item outside of its region.
    #[error(
        "the metadata item {what} would have {length} bytes at offset {offset} of the metadata \
         region, where no item can be"
    )]
    ItemPlace {
        /// Which.
        what: &'static str,
        /// Where it should be.
        offset: u64,
        /// Its bytes.
        length: u64,
        /// Where its entry stands.
        at: u64,
    },
    /// A metadata item of a wrong length.
    #[error("the metadata item {what} has {length} bytes instead of {wanted}")]
    ItemLength {
        /// Which.
        what: &'static str,
        /// Its bytes.
        length: u64,
        /// What it has to have.
        wanted: u64,
        /// Where it stands.
        at: u64,
    },
    /// A parent locator that does not make sense.
    #[error("the parent locator is damaged: {rule}")]
    Locator {
        /// What is wrong with it.
        rule: &'static str,
        /// Where it stands.
        at: u64,
    },
    /// A parent of another kind.
    #[error("the parent is no VHDX, but of the kind {kind}")]
    LocatorKind {
        /// The kind's identifier.
        kind: Guid,
        /// Where the locator stands.
        at: u64,
    },
    /// The parent is named in a way that leads nowhere on this system.
    #[error("the parent is named by a path of Windows alone: `{name}`")]
    ParentOfWindows {
        /// The path.
        name: String,
    },
    /// The parent is not the one the image was made on.
    #[error("the parent's data is {found}, but {expected} is expected")]
    Parent {
        /// What the image was made on.
        expected: Guid,
        /// What the parent has.
        found: Guid,
    },
    /// The parent has sectors of another size.
    #[error("the image has sectors of {own} bytes, and its parent of {parents}")]
    ParentSectors {
        /// The image's.
        own: u64,
        /// The parent's.
        parents: u64,
    },
    /// The BAT is too short for the disk.
    #[error("the BAT has room for {length} bytes; the disk needs {needed}")]
    ShortBat {
        /// Bytes of its region.
        length: u64,
        /// Bytes it needs.
        needed: u64,
        /// Where it is.
        at: u64,
    },
    /// An entry of the BAT that makes no sense.
    #[error("the BAT entry {entry:#018x} of {what} {block} is invalid: {rule}")]
    Entry {
        /// What it is about.
        what: &'static str,
        /// The number of the block.
        block: u64,
        /// The entry.
        entry: u64,
        /// What is wrong with it.
        rule: &'static str,
        /// Where it stands.
        at: u64,
    },
    /// Two things in one place.
    #[error("{what} at offset {offset} lies over {over}")]
    Overlap {
        /// One.
        what: String,
        /// Where it lies.
        offset: u64,
        /// The other.
        over: String,
        /// Where its place is told.
        at: u64,
    },
    /// Something outside the file.
    #[error(
        "{what} at offset {at} ({bytes} bytes) lies beyond the end of the file, which has \
         {length} bytes"
    )]
    BeyondEnd {
        /// What lies there.
        what: String,
        /// Where it should start.
        at: u64,
        /// Its bytes.
        bytes: u64,
        /// Bytes of the file.
        length: u64,
    },
    /// Something larger than its limit.
    #[error("the {what} would be {value}; at most {limit} is allowed")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large it claims to be.
        value: u64,
        /// What is allowed.
        limit: u64,
        /// Where it says so.
        at: u64,
    },
}

impl Fact for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Version { .. }
            | Self::LogVersion { .. }
            | Self::UnknownRegion { .. }
            | Self::UnknownItem { .. }
            | Self::LocatorKind { .. }
            | Self::ParentOfWindows { .. } => ErrorKind::Unsupported,
            Self::TooLarge { .. } => ErrorKind::LimitExceeded,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::NotVhdx => Some(0),
            Self::Field { offset, .. } => Some(*offset),
            Self::NoHeader | Self::SameSequence { .. } => Some(super::format::HEADERS_AT[0]),
            Self::NoRegionTable => Some(super::format::REGION_TABLES_AT[0]),
            Self::Version { at, .. }
            | Self::LogVersion { at, .. }
            | Self::LogWithoutEntries { at }
            | Self::UnknownRegion { at, .. }
            | Self::Missing { at, .. }
            | Self::Twice { at, .. }
            | Self::NoMetadata { at }
            | Self::UnknownItem { at, .. }
            | Self::ItemPlace { at, .. }
            | Self::ItemLength { at, .. }
            | Self::Locator { at, .. }
            | Self::LocatorKind { at, .. }
            | Self::ShortBat { at, .. }
            | Self::Entry { at, .. }
            | Self::Overlap { at, .. }
            | Self::BeyondEnd { at, .. }
            | Self::TooLarge { at, .. } => Some(*at),
            Self::Short { .. }
            | Self::Truncated { .. }
            | Self::ParentOfWindows { .. }
            | Self::Parent { .. }
            | Self::ParentSectors { .. } => None,
        }
    }

    fn why(&self) -> Option<String> {
        let text = match self {
            Self::BeyondEnd { .. } | Self::Short { .. } | Self::Truncated { .. } => {
                "the file was cut short, as by an interrupted download or a full disk"
            }
            Self::UnknownRegion { .. } | Self::UnknownItem { .. } => {
                "without knowing it the disk's content could be misread"
            }
            Self::LogWithoutEntries { .. } => {
                "without the writes in its log the image's tables may be half old and half new"
            }
            Self::Overlap { .. } => "one of the two would read as the other's content",
            Self::TooLarge { .. } => "only a damaged or hostile image exceeds this",
            Self::Parent { .. } => {
                "the parent was written to after the image was made on it, or is another disk"
            }
            Self::ParentOfWindows { .. } => {
                "the image tells no relative path, which alone can be followed on this system"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::NotVhdx => "check the file; `--input-format` overrides what is detected",
            Self::Version { .. }
            | Self::LogVersion { .. }
            | Self::UnknownRegion { .. }
            | Self::UnknownItem { .. } => {
                "convert it on Windows with the program that made it: Convert-VHD"
            }
            Self::LocatorKind { .. } | Self::ParentOfWindows { .. } => {
                "merge the chain on Windows (Convert-VHD makes a disk that stands alone), or put \
                 the parent beside the image there (Set-VHD -ParentPath writes a relative path)"
            }
            Self::Parent { .. } | Self::ParentSectors { .. } => {
                "take the parent as it was when the image was made"
            }
            _ => {
                "fetch or export the image again, from a machine that is shut down, and compare \
                 its checksum"
            }
        };
        Some(text.to_owned())
    }
}
