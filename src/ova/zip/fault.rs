//! What can be wrong with a zip archive.

use thiserror::Error;

use super::super::reader::MAX_MEMBERS;
use super::super::wrapper::MAX_EXPANSION;
use crate::base::error::Fact;
use crate::base::units::some_of;
use crate::base::{Error, ErrorKind};

/// A fault of a zip archive.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ZipFault {
    /// It comes through a pipe.
    #[error("a zip archive cannot be read from a pipe")]
    Pipe,
    /// Its structure is wrong.
    #[error("the zip archive is damaged: {says}")]
    Damaged {
        /// What is wrong.
        says: String,
    },
    /// A file is not what the list says.
    #[error("the file `{name}` in the zip archive is damaged: {says}")]
    File {
        /// Its name.
        name: String,
        /// What is wrong.
        says: String,
    },
    /// A file is where another is, or beyond the end.
    #[error("the file `{name}` in the zip archive shares bytes with another, or is cut off")]
    Place {
        /// Its name.
        name: String,
    },
    /// A file needs a password.
    #[error("the file `{name}` in the zip archive is encrypted")]
    Encrypted {
        /// Its name.
        name: String,
    },
    /// A file is compressed in a way nothing here knows.
    #[error("the file `{name}` in the zip archive is compressed by method {method}")]
    Method {
        /// Its name.
        name: String,
        /// The number of the method, and its name if it has one.
        method: String,
    },
    /// Several packages.
    #[error("the zip archive holds several packages: {}", some_of(names, SHOWN))]
    Several {
        /// Their names.
        names: Vec<String>,
    },
    /// Too many files.
    #[error("the zip archive holds more than {MAX_MEMBERS} files")]
    Members,
    /// Too much comes out.
    #[error("the files in the zip archive are more than {MAX_EXPANSION} times as large as it is")]
    Bomb,
}

/// How many names a message has room for.
const SHOWN: usize = 10;

/// What the library says of an archive; ovfkit's own errors, of reading it, pass through.
pub(super) fn damaged(error: rawzip::Error) -> Error {
    let says = error.to_string();
    match error.into_kind() {
        rawzip::ErrorKind::IO(inner) => inner.downcast::<Error>().ok(),
        _ => None,
    }
    .unwrap_or_else(|| ZipFault::Damaged { says }.into())
}

impl Fact for ZipFault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Pipe | Self::Encrypted { .. } | Self::Method { .. } | Self::Several { .. } => {
                ErrorKind::Unsupported
            }
            Self::Damaged { .. } | Self::File { .. } | Self::Place { .. } => ErrorKind::Invalid,
            Self::Members | Self::Bomb => ErrorKind::LimitExceeded,
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::Pipe => "the list of its files stands at its end",
            Self::Damaged { .. } | Self::File { .. } => "it was cut short or changed on its way",
            Self::Place { .. } | Self::Bomb => "a small file made to fill a disk looks like this",
            Self::Members => "the files of a package are some dozens",
            Self::Several { .. } => "which one is meant nothing tells",
            Self::Encrypted { .. } | Self::Method { .. } => return None,
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Pipe => "save it to a file, and name that",
            Self::Damaged { .. } | Self::File { .. } | Self::Place { .. } => {
                "fetch it again and compare its checksum with the publisher's"
            }
            Self::Encrypted { .. } => "unpack it with its password first: 7z x PACKAGE",
            Self::Method { .. } => "unpack it first: 7z x PACKAGE",
            Self::Several { .. } => "unpack it first (unzip PACKAGE) and name one of them",
            Self::Members => "ask where this archive comes from",
            Self::Bomb => "if you trust it, unpack it first: unzip PACKAGE",
        };
        Some(help.to_owned())
    }
}
