//! What unpacking did, for people and programs.

use serde::Serialize;

use super::disks::DiskReport;
use crate::ova::header::Dialect;
use crate::ova::wrapper::Wrapper;

/// What was unpacked. Sizes are in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct UnpackReport {
    /// The package.
    pub input: String,
    /// The directory.
    pub output: String,
    /// `ova` for an archive, `ovf` for files beside a descriptor.
    pub format: &'static str,
    /// What was around the archive.
    pub wrapper: Option<Wrapper>,
    /// The dialects of the archive's headers.
    pub dialects: Vec<Dialect>,
    /// The manifest's name, if there is one.
    pub manifest: Option<String>,
    /// The members that were unpacked, in order.
    pub members: Vec<MemberReport>,
    /// The disks that were converted, in order.
    pub disks: Vec<DiskReport>,
    /// Members that were left out, as not asked for or of no use.
    pub skipped: Vec<String>,
    /// What does not fit the manifest and was kept all the same.
    pub damaged: Vec<String>,
    /// What is remarkable about the package.
    pub notes: Vec<String>,
    /// Bytes that were written.
    pub size: u64,
    /// Time it took.
    pub seconds: f64,
}

/// A member that was unpacked.
#[derive(Debug, Clone, Serialize)]
pub struct MemberReport {
    /// Its name in the package.
    pub name: String,
    /// The file it is in, below the directory.
    pub file: String,
    /// Its bytes.
    pub size: u64,
    /// Whether it was compared with the manifest and found equal.
    pub verified: bool,
    /// The algorithm of the digest.
    pub algorithm: Option<String>,
    /// Its digest, where one was compared.
    pub digest: Option<String>,
}
