//! What can be wrong with an encrypted disk, one fact each.

use super::luks::limits;
use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about the encryption of a disk that keeps it from being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No room for a header.
    #[error("the LUKS header has room for {length} bytes; it takes 592")]
    Short {
        /// Where it stands.
        offset: u64,
        /// Its room in bytes.
        length: u64,
    },
    /// The magic is another.
    #[error("there is no LUKS header where the image says so")]
    Magic {
        /// Where it should stand.
        offset: u64,
    },
    /// Another version than 1.
    #[error("LUKS version {version} is not read; version 1 is")]
    Version {
        /// Where the header stands.
        offset: u64,
        /// Its version.
        version: u16,
    },
    /// A field outside its allowed values.
    #[error("the LUKS header's {field} is {value}; {rule}")]
    Field {
        /// The field, in the specification's words.
        field: String,
        /// Its value.
        value: u32,
        /// What it has to be.
        rule: String,
        /// Byte offset of the field.
        offset: u64,
    },
    /// A field that has to hold a name does not.
    #[error("the LUKS header's {field} is no text that ends inside the field")]
    Text {
        /// The field, in the specification's words.
        field: &'static str,
        /// Byte offset of the field.
        offset: u64,
    },
    /// No key slot is in use.
    #[error("no key slot of the LUKS header is in use")]
    NoSlot {
        /// Where the header stands.
        offset: u64,
    },
    /// More work than a secret is worth.
    #[error(
        "the key slots of the LUKS header ask for {work} iterations together; at most {limit} are allowed",
        limit = limits::ITERATIONS
    )]
    Work {
        /// Where the header stands.
        offset: u64,
        /// Iterations.
        work: u64,
    },
    /// A cipher, mode or size of keys that is not read.
    #[error("the disk is encrypted with {0}, which ovfkit does not read")]
    Cipher(String),
    /// A hash that is not known.
    #[error("the LUKS header's hash is {0}, which ovfkit does not know")]
    Hash(String),
}

impl Fact for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Version { .. } | Self::Cipher(_) | Self::Hash(_) => ErrorKind::Unsupported,
            Self::Work { .. } => ErrorKind::LimitExceeded,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::Short { offset, .. }
            | Self::Magic { offset }
            | Self::Version { offset, .. }
            | Self::Field { offset, .. }
            | Self::Text { offset, .. }
            | Self::NoSlot { offset }
            | Self::Work { offset, .. } => Some(*offset),
            Self::Cipher(_) | Self::Hash(_) => None,
        }
    }

    fn why(&self) -> Option<String> {
        let text = match self {
            Self::NoSlot { .. } => {
                "the key of the disk was in one: the disk was erased so, or the header is damaged"
            }
            Self::Work { .. } => {
                "two seconds' worth a slot is usual, some millions; with so many, trying a secret \
                 would take minutes"
            }
            Self::Cipher(_) => {
                "AES is read, in XTS or CBC, with the initial values plain, plain64 or essiv:sha256"
            }
            Self::Hash(_) => "sha1, sha256 and sha512 are known",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn help(&self) -> Option<String> {
        let text = match self {
            Self::Version { .. } | Self::Cipher(_) | Self::Hash(_) | Self::Work { .. } => DECRYPT,
            _ => {
                "without its header nobody can read the disk: fetch the image again, or put a \
                 backup of the header back"
            }
        };
        Some(text.to_owned())
    }
}

/// How QEMU decrypts what is not read.
const DECRYPT: &str = "decrypt it first: qemu-img convert --object secret,id=s,file=SECRETFILE --image-opts \
     driver=qcow2,encrypt.key-secret=s,file.filename=IMAGE -O qcow2 PLAIN.qcow2";
