//! What packing did, for people and programs.

use serde::Serialize;

use super::Pack;
use super::draft::Filled;
use super::plan::{Package, PlannedMember, Source};
use super::source::DiskInput;
use crate::disk::Warning;
use crate::disk::detect::Format;
use crate::disk::vmdk::StreamSummary;
use crate::ova::Member;
use crate::vm::Outline;

/// What was packed. Sizes are in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct PackReport {
    /// The packages, as they were asked for.
    pub packages: Vec<PackageReport>,
    /// The disks, in the order they were read.
    pub disks: Vec<DiskReport>,
    /// What is doubtful about the input.
    pub warnings: Vec<Warning>,
    /// What is remarkable about the output.
    pub notes: Vec<String>,
    /// Threads that compressed.
    pub threads: usize,
    /// The level of compression: `adaptive`, or libdeflate's.
    pub level: String,
    /// Time it took.
    pub seconds: f64,
}

/// A package that was written.
#[derive(Debug, Clone, Serialize)]
pub struct PackageReport {
    /// The package's path.
    pub output: String,
    /// `ova` or `ovf`.
    pub format: &'static str,
    /// Bytes of the package.
    pub size: u64,
    /// The manifest's algorithm, if there is a manifest.
    pub digest: Option<String>,
    /// All members but the manifest, in order.
    pub members: Vec<MemberReport>,
    /// The machines as described.
    pub machines: Vec<Outline>,
}

/// A file of the package.
#[derive(Debug, Clone, Serialize)]
pub struct MemberReport {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// Its digest, if there is a manifest.
    pub digest: Option<String>,
    /// Which of the report's disks it holds, counted from 0, if it holds one.
    pub disk: Option<usize>,
}

/// The reports of the packages that were `filled`.
pub(super) fn packages(request: &Pack, filled: Vec<Filled>) -> Vec<PackageReport> {
    let packages = request.packages.iter().zip(filled);
    packages
        .map(|(package, filled)| PackageReport {
            output: package.output.name(),
            format: package.output.format(),
            size: filled.length,
            digest: package.digest.map(|algorithm| algorithm.to_string()),
            members: members(&request.sources, package, filled.members),
            machines: package.machines.clone(),
        })
        .collect()
}

/// The reports of a package's files: its descriptor, and then those that were planned.
fn members(sources: &[Source], package: &Package, members: Vec<Member>) -> Vec<MemberReport> {
    let is_disk = |source: &&Source| matches!(source, Source::Disk { .. });
    let disk = |planned: &PlannedMember| {
        let (before, rest) = sources.split_at(planned.source);
        let number = before.iter().filter(is_disk).count();
        rest.first().filter(is_disk).map(|_| number)
    };
    let disks = [None].into_iter().chain(package.members.iter().map(disk));
    members
        .into_iter()
        .zip(disks)
        .map(|(member, disk)| MemberReport {
            name: member.name,
            size: member.size,
            digest: member.digest,
            disk,
        })
        .collect()
}

/// A disk of the packages.
#[derive(Debug, Clone, Serialize)]
pub struct DiskReport {
    /// The image it was read from.
    pub source: String,
    /// That image's format.
    pub source_format: Format,
    /// Bytes the guest sees.
    pub capacity: u64,
    /// Bytes of them that hold data, in whole grains of 64 KiB.
    pub populated: u64,
    /// Bytes of the VMDK.
    pub size: u64,
    /// Grains written.
    pub grains: u64,
    /// Grains taken from the image without compressing them again.
    pub passed_through: u64,
}

impl DiskReport {
    pub(super) fn new(input: &DiskInput, written: &StreamSummary) -> Self {
        Self {
            source: input.path.display().to_string(),
            source_format: input.opened.format,
            capacity: written.capacity,
            populated: written.populated,
            size: written.file_size,
            grains: written.grains,
            passed_through: written.passed_through,
        }
    }
}
