//! What can be wrong with an archive.

use thiserror::Error;

use super::name::MAX_NAME_BYTES;
use super::reader::{MAX_EXTENSION_BYTES, MAX_MEMBERS};
use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about a tar archive. Offsets are in bytes of the archive, unwrapped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ArchiveFault {
    /// A block that has to be a header is none.
    #[error("the archive is damaged: no header stands where one has to be")]
    NoHeader {
        /// Where.
        offset: u64,
    },
    /// The file ends in a header.
    #[error("the archive is cut short in a header")]
    CutHeader {
        /// Where the header begins.
        offset: u64,
    },
    /// The file ends in a member.
    #[error("the archive is cut short: {missing} bytes of `{name}` are missing")]
    CutMember {
        /// The member.
        name: String,
        /// Where the archive ends.
        offset: u64,
        /// What is missing of its content.
        missing: u64,
    },
    /// A size that is no number, or a negative one.
    #[error("the size of `{name}` is no number")]
    Size {
        /// The member.
        name: String,
        /// Where its header is.
        offset: u64,
    },
    /// A size no archive can have.
    #[error("the size of `{name}`, {size} bytes, is more than an archive can hold")]
    Overflow {
        /// The member.
        name: String,
        /// The size told.
        size: u64,
        /// Where its header is.
        offset: u64,
    },
    /// An extended header that is none.
    #[error("an extended (PAX) header is damaged")]
    Extension {
        /// Where its header is.
        offset: u64,
    },
    /// An extended header or long name of an unreasonable size.
    #[error("an extended header has {size} bytes; at most {MAX_EXTENSION_BYTES} are read")]
    LargeExtension {
        /// The size told.
        size: u64,
        /// Where its header is.
        offset: u64,
    },
    /// A name that is too long.
    #[error("a member's name has {length} bytes; at most {MAX_NAME_BYTES} are read")]
    LongName {
        /// Its bytes.
        length: usize,
        /// Where its header is.
        offset: u64,
    },
    /// Too many members.
    #[error("the archive has more than {MAX_MEMBERS} members")]
    Members {
        /// Where the first one too many is.
        offset: u64,
    },
    /// A member stored with holes.
    #[error("`{name}` is stored as a sparse file")]
    Sparse {
        /// The member.
        name: String,
        /// Where its header is.
        offset: u64,
    },
}

impl Fact for ArchiveFault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::LargeExtension { .. } | Self::LongName { .. } | Self::Members { .. } => {
                ErrorKind::LimitExceeded
            }
            Self::Sparse { .. } => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        let (Self::NoHeader { offset }
        | Self::CutHeader { offset }
        | Self::CutMember { offset, .. }
        | Self::Size { offset, .. }
        | Self::Overflow { offset, .. }
        | Self::Extension { offset }
        | Self::LargeExtension { offset, .. }
        | Self::LongName { offset, .. }
        | Self::Members { offset }
        | Self::Sparse { offset, .. }) = self;
        Some(*offset)
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::NoHeader { .. } => "a header's checksum does not fit its bytes",
            Self::CutHeader { .. } | Self::CutMember { .. } => {
                "the file was cut short, or a size in it lies"
            }
            Self::Sparse { .. } => {
                "only GNU tar with `-S` makes such members, and no importer reads them"
            }
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Sparse { .. } => "make the archive again without `tar -S`",
            Self::LargeExtension { .. } | Self::LongName { .. } | Self::Members { .. } => {
                "a package has a few files with short names; ask where this archive comes from"
            }
            _ => "fetch the package again and compare its checksum with the publisher's",
        };
        Some(help.to_owned())
    }
}
