//! What can be wrong with what a guest is to be told.

use thiserror::Error;

use super::MAX_PROPERTY_VALUE;
use super::ignition::WHAT;
use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about the files for cloud-init or Ignition.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SeedFault {
    /// Neither was given.
    #[error("there is nothing to tell the guest")]
    Nothing,
    /// A list of too many files.
    #[error("{given} files are named, and cloud-init reads three at most")]
    Count {
        /// How many.
        given: usize,
    },
    /// A list whose first place is empty.
    #[error("no user-data is named")]
    NoUserData,
    /// A directory that does not hold the one file it has to.
    #[error("the directory holds no file `user-data`")]
    MissingUserData {
        /// The file that may be meant.
        near: Option<String>,
    },
    /// A directory in the place of a file.
    #[error("{what} is a directory, and has to be a file")]
    Directory {
        /// What was to be read.
        what: &'static str,
    },
    /// A file with nothing in it.
    #[error("{what} is empty")]
    Empty {
        /// What it is.
        what: &'static str,
    },
    /// A file of an unreasonable size.
    #[error("{what} has more than {limit} bytes")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The most it may have.
        limit: u64,
    },
    /// Bytes that are no text.
    #[error("{what} is not UTF-8")]
    NotUtf8 {
        /// What it is.
        what: &'static str,
        /// Where.
        offset: u64,
    },
    /// Text as Windows writes it.
    #[error("{what} is in UTF-16, and has to be in UTF-8")]
    Utf16 {
        /// What it is.
        what: &'static str,
    },
    /// A mark in front of the text.
    #[error("{what} begins with a byte order mark")]
    ByteOrderMark {
        /// What it is.
        what: &'static str,
    },
    /// User-data that cloud-init would leave alone.
    #[error("{what} begins with `{first}`, which cloud-init does not know")]
    UnknownFormat {
        /// What it is.
        what: &'static str,
        /// Its first line, cut and escaped.
        first: String,
    },
    /// User-data that is for Ignition.
    #[error("{what} is an Ignition config, which cloud-init does not know")]
    IsIgnition {
        /// What it is.
        what: &'static str,
    },
    /// A template of something else than what can be one.
    #[error("{what} is a template, and `{second}` below its first line is nothing one can make")]
    Template {
        /// What it is.
        what: &'static str,
        /// The line below the first, cut and escaped.
        second: String,
    },
    /// Compressed data that is damaged.
    #[error("{what} is compressed by gzip, and damaged")]
    DamagedGzip {
        /// What it is.
        what: &'static str,
    },
    /// YAML that is something else than a map.
    #[error("{what} has to be a map, and is {is}")]
    NotAMap {
        /// What it is.
        what: &'static str,
        /// What kind of value it is.
        is: &'static str,
    },
    /// A value of meta-data that is no text.
    #[error("`{key}` of meta-data is no text")]
    NoText {
        /// Its key.
        key: String,
    },
    /// Keys of meta-data that no property tells.
    #[error("no property can tell the guest `{keys}` of meta-data")]
    OnlyInImage {
        /// The keys.
        keys: String,
    },
    /// Several public keys where one can be told.
    #[error("meta-data has {given} public keys, and a property can tell one")]
    SeveralKeys {
        /// How many.
        given: usize,
    },
    /// Vendor-data as a property.
    #[error("no property can tell the guest vendor-data")]
    VendorData,
    /// A property that is too long.
    #[error(
        "the property `{key}` would have {length} characters; {MAX_PROPERTY_VALUE} are the most"
    )]
    LongValue {
        /// The property.
        key: &'static str,
        /// Its length.
        length: usize,
    },
    /// A value of more than one line, or worse.
    #[error("`{key}` of meta-data holds a control character")]
    ControlCharacter {
        /// The property.
        key: &'static str,
    },
    /// A time no image can hold.
    #[error("a time of {time} seconds since 1970 is beyond the year 2155")]
    Late {
        /// The time.
        time: u64,
    },
    /// An image for Ignition.
    #[error("no seed image is made for Ignition")]
    IgnitionInImage,
    /// A file for Ignition that is not JSON.
    #[error("the Ignition config is not JSON: {message}")]
    IgnitionIsNoJson {
        /// What is wrong with it.
        message: String,
    },
    /// The source of such a file.
    #[error("this is a Butane config, and Ignition reads what Butane makes of it")]
    IgnitionIsButane,
    /// A file for cloud-init.
    #[error("this is user-data for cloud-init, not an Ignition config")]
    IgnitionIsCloudConfig,
    /// A version that is missing or that nothing reads.
    #[error("{}", version_message(version.as_deref()))]
    IgnitionVersion {
        /// The version.
        version: Option<String>,
    },
}

fn version_message(version: Option<&str>) -> String {
    match version {
        Some(version) => format!("the Ignition config is of version `{version}`"),
        None => "the Ignition config does not tell its version".to_owned(),
    }
}

impl Fact for SeedFault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Nothing
            | Self::Count { .. }
            | Self::NoUserData
            | Self::MissingUserData { .. }
            | Self::Directory { .. }
            | Self::Late { .. } => ErrorKind::Usage,
            Self::TooLarge { .. } | Self::LongValue { .. } => ErrorKind::LimitExceeded,
            Self::OnlyInImage { .. }
            | Self::SeveralKeys { .. }
            | Self::VendorData
            | Self::IgnitionInImage => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::NotUtf8 { offset, .. } => Some(*offset),
            _ => None,
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::TooLarge { .. } => "it is held in memory, here and in the guest",
            Self::NotUtf8 { .. } => "cloud-init and Ignition read text in UTF-8 only",
            Self::ByteOrderMark { .. } => "cloud-init would take it for a part of the first line",
            Self::UnknownFormat { .. } => {
                "cloud-init tells by the beginning what to do, and skips what it does not know"
            }
            Self::Template { .. } => "cloud-init makes cloud-config and scripts out of templates",
            Self::OnlyInImage { .. } => {
                "of meta-data, cloud-init takes `instance-id`, `local-hostname`, `public-keys` and \
                 `seedfrom` from an OVF environment"
            }
            Self::SeveralKeys { .. } => "cloud-init takes the property for one key as it stands",
            Self::VendorData => "cloud-init does not look for it in an OVF environment",
            Self::LongValue { .. } => "vSphere refuses longer properties",
            Self::ControlCharacter { .. } => "importers take a line feed in a value for a blank",
            Self::Late { .. } => "ISO 9660 counts the years from 1900 in a byte",
            Self::IgnitionInImage => {
                "what it reads in the place of properties differs from platform to platform"
            }
            Self::IgnitionIsNoJson { .. } => "Ignition reads nothing else",
            Self::IgnitionVersion { .. } => {
                "Ignition refuses a config of a version it does not know"
            }
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Nothing => "give files for cloud-init or for Ignition",
            Self::Count { .. } => {
                "name user-data, meta-data and network-config, in this order; a directory may \
                 hold vendor-data too"
            }
            Self::NoUserData => "put it first; only the files after it may be left out",
            Self::MissingUserData { near } => {
                return Some(match near {
                    Some(near) => format!("`{near}` may be meant: rename it to `user-data`"),
                    None => "name it so, or name the files one by one".to_owned(),
                });
            }
            Self::Directory { what: WHAT } => "name the file in it",
            Self::Directory { .. } => {
                "name files, or nothing but a directory that holds `user-data` and the others"
            }
            Self::Empty { what: "meta-data" } => "leave it out, and one is made for the machine",
            Self::Empty { what: "user-data" } => {
                "write `#cloud-config` into it if the guest is to do nothing"
            }
            Self::Empty { .. } => "leave it out",
            Self::TooLarge { .. } => "put large files on a disk of their own",
            Self::NotUtf8 { .. } | Self::Utf16 { .. } => "save it in UTF-8",
            Self::ByteOrderMark { .. } => "save it in UTF-8 without a byte order mark",
            Self::UnknownFormat { .. } => {
                "begin with one of `#cloud-config`, `#cloud-config-archive`, \
                 `#cloud-config-jsonp`, `#!`, `#cloud-boothook`, `#include`, `#include-once`, \
                 `#part-handler`, `## template: jinja`, or give a MIME message with \
                 `MIME-Version:` in its header, or any of them compressed by gzip"
            }
            Self::IsIgnition { .. } => "give it as the Ignition config",
            Self::Template { .. } => "put `#cloud-config` or `#!` into the second line",
            Self::DamagedGzip { .. } => "compress it again; `gzip -t` tells whether it is whole",
            Self::NotAMap { .. } => "write `key: value` lines",
            Self::NoText { .. } => "give one value, in quotes",
            Self::OnlyInImage { .. } | Self::VendorData => "make a seed image instead",
            Self::SeveralKeys { .. } => {
                "put `ssh_authorized_keys` into user-data, or make a seed image instead"
            }
            Self::LongValue { key, .. } => {
                return Some(if key.starts_with("guestinfo.") {
                    "let the config fetch the rest: `ignition.config.merge` with a URL".to_owned()
                } else {
                    "make a seed image instead, or fetch the rest by `#include`".to_owned()
                });
            }
            Self::ControlCharacter { .. } => "write it in one line",
            Self::Late { .. } => "check SOURCE_DATE_EPOCH",
            Self::IgnitionInImage => "give it as properties",
            Self::IgnitionIsNoJson { .. } => {
                "check it with `ignition-validate`, or convert its source with `butane`"
            }
            Self::IgnitionIsButane => "convert it: butane --strict config.bu --output config.ign",
            Self::IgnitionIsCloudConfig => "give it as cloud-init's user-data",
            Self::IgnitionVersion { .. } => {
                "write `{\"ignition\": {\"version\": \"3.4.0\"}, …}`, or any other 2.x.y or 3.x.y"
            }
        };
        Some(help.to_owned())
    }
}
