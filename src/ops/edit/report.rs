//! What was done.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ova::name::SafeName;
use crate::validate::fix::PackageChange;

use super::patch::Recovered;

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EditReport {
    /// The file or directory that was written; `null` if none was.
    pub written: Option<String>,
    /// How it was, or would be, done.
    pub how: How,
    /// What is another in the package.
    pub changes: Vec<PackageChange>,
    /// What became of the signature.
    pub signature: SignatureFate,
    /// What its user should know.
    pub warnings: Vec<String>,
    /// What was found of an earlier edit that was interrupted.
    pub recovered: Recovered,
}

/// How a package is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Not at all, as it is as it should be.
    Unchanged,
    /// Some blocks of the archive are overwritten.
    Blocks {
        /// How many bytes.
        bytes: u64,
    },
    /// The archive is written anew; what stays is copied, by the file system where it can.
    Anew,
    /// Files of a directory are replaced.
    Files,
}

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureFate {
    /// There was none, and there is none.
    None,
    /// It stays, as the manifest it is for does.
    Kept,
    /// It is gone: it was for the manifest as it was.
    Dropped,
    /// The package was signed.
    Signed,
}

/// A change that is about one file.
pub(super) fn about(member: &SafeName, what: &str) -> PackageChange {
    PackageChange {
        member: Some(member.to_string()),
        what: what.to_owned(),
    }
}
