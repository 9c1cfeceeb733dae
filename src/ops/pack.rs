//! From disk images and other files to packages, reading and compressing every disk once
//! however many packages hold it.
//!
//! A descriptor stands before the disks and tells their compressed sizes. So
//! it is rendered twice: first with every number at its widest, to learn how
//! much room it takes, and at the end with what was measured.

mod check;
mod draft;
mod output;
mod plan;
mod report;
mod source;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::time::Instant;

use crate::base::digest::Algorithm;
use crate::base::output::Overwrite;
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::{Warning, vmdk};
use crate::ova::Member;
use crate::ova::archive::OCTAL_LIMIT;
use crate::ova::manifest::{Entry, Manifest};
use draft::{Draft, Filled, Lane, commit_all};
use source::{DiskInput, Input};

pub use output::Output;
pub use plan::{Describe, DiskFacts, Facts, Package, PlannedMember, Source};
pub use report::{DiskReport, MemberReport, PackReport, PackageReport};

/// A file's size in the descriptor at its widest: a VMDK has less than 2 TiB.
pub(in crate::ops) const WIDEST_FILE_SIZE: u64 = 9_999_999_999_999;

/// What to pack, and how.
#[derive(Debug)]
pub struct Pack {
    /// What the packages hold, in the order it is read and stands in them.
    pub sources: Vec<Source>,
    /// The packages.
    pub packages: Vec<Package>,
    /// Whether an existing output may be replaced.
    pub overwrite: Overwrite,
    /// How grains are made.
    pub encode: vmdk::EncodeOptions,
    /// Threads that compress.
    pub threads: NonZeroUsize,
    /// Modification time of archive members, in seconds since 1970.
    pub time: u64,
}

/// Packs. No package has its final name unless all are whole.
pub fn pack(request: &Pack, observer: &mut dyn Observer) -> Result<PackReport> {
    let started = Instant::now();
    let inputs = source::open_all(&request.sources)?;
    check::check(request, &inputs)?;
    let widest: Vec<Facts> = inputs.iter().map(Input::widest).collect::<Result<_>>()?;
    let packages = request.packages.iter();
    let rooms: Vec<u64> = packages
        .map(|package| Ok(package.text(&widest)?.len() as u64))
        .collect::<Result<_>>()?;
    let disks = || inputs.iter().filter_map(Input::disk);
    let mut warnings: Vec<Warning> = disks()
        .flat_map(|disk| disk.opened.warnings.iter().cloned())
        .collect();
    tell(&warnings, observer);

    let (filled, disk_reports) =
        write(request, &inputs, &rooms, observer).map_err(|error| place(request, error))?;

    let changed: Vec<Warning> = disks().filter_map(DiskInput::changed).collect();
    tell(&changed, observer);
    warnings.extend(changed);
    Ok(PackReport {
        notes: notes(request, disks(), &filled),
        packages: report::packages(request, filled),
        disks: disk_reports,
        warnings,
        threads: request.threads.get(),
        level: request.encode.level.to_string(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn tell(warnings: &[Warning], observer: &mut dyn Observer) {
    for warning in warnings {
        observer.warned(&warning.path, &warning.message);
    }
}

/// Names the output in an `error` that names nothing, if it can only be about that one.
fn place(request: &Pack, error: Error) -> Error {
    match &*request.packages {
        [only] => only.output.place(error),
        _ => error,
    }
}

/// Writes all packages, with `rooms` for their descriptors.
fn write(
    request: &Pack,
    inputs: &[Input<'_>],
    rooms: &[u64],
    observer: &mut dyn Observer,
) -> Result<(Vec<Filled>, Vec<DiskReport>)> {
    let packages = request.packages.iter();
    let mut drafts: Vec<Draft> = packages
        .map(|package| Draft::begin(request, package))
        .collect::<Result<_>>()?;
    let lanes = drafts.iter_mut().zip(&request.packages).zip(rooms);
    let lanes: Vec<Lane<'_>> = lanes
        .map(|((draft, package), room)| draft.fill(request, package, *room))
        .collect::<Result<_>>()?;
    let (filled, disks) = fill(request, inputs, lanes, observer)?;
    commit_all(drafts, &request.packages, &filled, observer)?;
    Ok((filled, disks))
}

/// Reads one input after the other, and writes each to all packages that hold it.
fn fill(
    request: &Pack,
    inputs: &[Input<'_>],
    mut lanes: Vec<Lane<'_>>,
    observer: &mut dyn Observer,
) -> Result<(Vec<Filled>, Vec<DiskReport>)> {
    let mut facts: Vec<Facts> = Vec::with_capacity(inputs.len());
    let mut disks = Vec::new();
    for (index, input) in inputs.iter().enumerate() {
        let mut takers = lanes
            .iter_mut()
            .filter_map(|lane| lane.open(index))
            .collect::<Result<Vec<_>>>()?;
        let (known, disk) = input.write(request, &mut takers, observer)?;
        takers.into_iter().try_for_each(draft::Taker::finish)?;
        facts.push(known);
        disks.extend(disk);
    }
    let filled = lanes.into_iter().map(|lane| lane.finish(&facts));
    Ok((filled.collect::<Result<_>>()?, disks))
}

fn manifest_of(algorithm: Algorithm, members: &[Member]) -> Manifest {
    let entries = members
        .iter()
        .filter_map(|member| {
            Some(Entry {
                algorithm,
                name: member.name.clone(),
                digest: member.digest.clone()?,
            })
        })
        .collect();
    Manifest { entries }
}

/// What a careful user would want to know about packages that are fine.
fn notes<'a>(
    request: &Pack,
    disks: impl Iterator<Item = &'a DiskInput>,
    filled: &[Filled],
) -> Vec<String> {
    let mut notes = Vec::new();
    if (request.packages.iter()).any(|package| package.digest == Some(Algorithm::Sha512)) {
        notes.push(
            "manifest: SHA512 is not in the standard (DSP0243 1.1 §5.1), and few importers read it"
                .to_owned(),
        );
    }
    for disk in disks {
        let bytes = disk.opened.source.capacity();
        // The capacity was found to fit before.
        let capacity = vmdk::capacity_of(bytes).unwrap_or(bytes);
        if capacity != bytes {
            notes.push(format!(
                "{}: the disk has {bytes} bytes, no multiple of a sector; {} zeros are added",
                disk.path.display(),
                capacity - bytes
            ));
        }
    }
    for package in &request.packages {
        notes.extend(package.notes.iter().cloned());
    }
    let archives = request.packages.iter().zip(filled);
    for (_, filled) in archives.filter(|(package, _)| package.output.is_archive()) {
        let large = filled
            .members
            .iter()
            .filter(|member| member.size >= OCTAL_LIMIT);
        notes.extend(large.map(|member| {
            format!(
                "{}: 8 GiB and more, which a strict ustar header cannot say; its size is written \
                 in base 256, as VMware's and GNU's tools read it",
                member.name
            )
        }));
    }
    // What is so of several packages is said once.
    let mut said = HashSet::new();
    notes.retain(|note| said.insert(note.clone()));
    notes
}
