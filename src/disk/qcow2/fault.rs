//! What can be wrong with a qcow2 image, one fact each.

use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about an image that keeps it from being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The magic is another.
    #[error("this is no qcow2 image: it does not start with `QFI\\xfb`")]
    NotQcow2,
    /// Fewer bytes than a header has.
    #[error("the file is {length} bytes long, too short for a qcow2 header")]
    ShortHeader {
        /// Bytes of the file.
        length: u64,
    },
    /// Neither 2 nor 3.
    #[error("qcow2 version {0} is not known; versions 2 and 3 are")]
    Version(u32),
    /// A feature without which the image would be misread.
    #[error("the image uses features ovfkit does not know: {0}")]
    UnknownFeatures(String),
    /// AES or LUKS, and no secret to read it with.
    #[error("the image is encrypted ({0}), and its secret was not given")]
    Locked(&'static str),
    /// None of the secrets opens it.
    #[error("no secret that was given opens the image, which is encrypted")]
    WrongSecret,
    /// LUKS without its header, or its header without LUKS.
    #[error("the image is {0}encrypted with LUKS, but {1} a LUKS header")]
    CryptoHeader(&'static str, &'static str),
    /// An extension about the LUKS header that is none.
    #[error("the header extension about encryption at offset {at} has {bytes} bytes; it takes 16")]
    CryptoExtension {
        /// Where it stands.
        at: u64,
        /// Its bytes.
        bytes: u64,
    },
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
    /// A table that must start at a cluster does not.
    #[error(
        "the {table} at offset {at} does not start at a multiple of the cluster size, {cluster}"
    )]
    Unaligned {
        /// Which table.
        table: &'static str,
        /// Where it stands.
        at: u64,
        /// Bytes of a cluster.
        cluster: u64,
    },
    /// A table or cluster outside the file.
    #[error(
        "the {what} at offset {at} ({bytes} bytes) lies beyond the end of the file, which has {length} bytes"
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
    /// A table larger than its limit.
    #[error("the {table} would take {bytes} bytes; at most {limit} are allowed")]
    TooLarge {
        /// Which table.
        table: &'static str,
        /// Bytes it claims.
        bytes: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A header extension that does not fit.
    #[error("the header extension at offset {at} claims {bytes} bytes, more than its room")]
    Extension {
        /// Where it stands.
        at: u64,
        /// Bytes it claims.
        bytes: u64,
    },
    /// A name that is no text.
    #[error("the {0} named in the header is not UTF-8 text")]
    Name(&'static str),
    /// The compression type and its feature bit disagree.
    #[error("the compression type {0} and the feature bit announcing it disagree")]
    CompressionMismatch(u8),
    /// An external data file is announced but not named.
    #[error("the image keeps its data in another file but does not name it")]
    UnnamedDataFile,
    /// An L1 or L2 entry no writer makes.
    #[error("the {table} entry {entry:#018x} for guest offset {guest} is invalid: {rule}")]
    Entry {
        /// `L1` or `L2`.
        table: &'static str,
        /// The entry.
        entry: u64,
        /// Guest offset it maps.
        guest: u64,
        /// What is wrong with it.
        rule: &'static str,
    },
    /// A compressed cluster that does not decompress.
    #[error(
        "the compressed cluster at offset {at}, for guest offset {guest}, does not decompress: {why}"
    )]
    Compressed {
        /// Where its data starts.
        at: u64,
        /// Guest offset of the cluster.
        guest: u64,
        /// What the decompressor found.
        why: String,
    },
    /// The asked-for snapshot does not exist.
    #[error("there is no snapshot `{wanted}`")]
    NoSuchSnapshot {
        /// Name or id asked for.
        wanted: String,
        /// The first snapshots there are.
        known: Vec<String>,
        /// How many there are beside them.
        more: usize,
    },
    /// More snapshots than allowed.
    #[error("the image claims {0} snapshots; at most {limit} are allowed", limit = super::limits::SNAPSHOTS)]
    TooManySnapshots(u32),
    /// A snapshot table entry that does not fit.
    #[error("entry {index} of the snapshot table is invalid: {rule}")]
    SnapshotEntry {
        /// Entry, from 0.
        index: u32,
        /// What is wrong with it.
        rule: String,
    },
}

impl Fact for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Version(_) | Self::UnknownFeatures(_) => ErrorKind::Unsupported,
            Self::Locked(_) | Self::WrongSecret => ErrorKind::Denied,
            Self::TooLarge { .. } | Self::TooManySnapshots(_) => ErrorKind::LimitExceeded,
            Self::NoSuchSnapshot { .. } => ErrorKind::Usage,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::NotQcow2 => Some(0),
            Self::Version(_) => Some(4),
            Self::Field { offset, .. } => Some(*offset),
            Self::Unaligned { at, .. }
            | Self::BeyondEnd { at, .. }
            | Self::Extension { at, .. }
            | Self::CryptoExtension { at, .. }
            | Self::Compressed { at, .. } => Some(*at),
            _ => None,
        }
    }

    fn why(&self) -> Option<String> {
        let text = match self {
            Self::BeyondEnd { .. } | Self::ShortHeader { .. } => {
                "the file was cut short, as by an interrupted download or a full disk"
            }
            Self::Compressed { .. } => "the file is damaged or was cut short here",
            Self::UnknownFeatures(_) => "without knowing them the disk's content could be misread",
            Self::Locked(_) => "its content is unreadable without the secret",
            Self::WrongSecret => "a secret is right when it fits one of the image's key slots",
            Self::TooLarge { .. } | Self::TooManySnapshots(_) => {
                "QEMU sets the same limit; only a damaged or hostile image exceeds it"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::BeyondEnd { .. } | Self::ShortHeader { .. } | Self::Compressed { .. } => {
                "fetch the image again and compare its checksum with the publisher's; \
                 `ovfkit disk check IMAGE` lists all damage"
            }
            Self::Locked(_) => {
                "give the secret with `--secret-file FILE`; on a terminal it is asked for"
            }
            Self::WrongSecret => {
                "check the secret; one newline at the end of `--secret-file` does not count, while \
                 QEMU takes all of its `file=` for the secret"
            }
            Self::Version(_) | Self::UnknownFeatures(_) => {
                "convert it with the program that made it: qemu-img convert -O qcow2 IMAGE NEW.qcow2"
            }
            Self::NoSuchSnapshot { known, more, .. } => {
                let names = known.join(", ");
                return Some(match (known.len(), more) {
                    (0, _) => "the image has no snapshots; leave `--snapshot` away".to_owned(),
                    (_, 0) => format!("the image has: {names}"),
                    (_, more) => format!("the image has: {names}, and {more} more"),
                });
            }
            Self::NotQcow2 => "check the file; `--input-format` overrides what is detected",
            _ => "`ovfkit disk check IMAGE` tells what is damaged; fetch or make the image again",
        };
        Some(text.to_owned())
    }
}
