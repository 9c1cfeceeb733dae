//! An OVA: changed where it lies if what changes has room there, or else written anew.

use std::path::Path;

use crate::base::output::{OutputFile, Spool, is_stream, open_stream, refuse_existing};
use crate::base::progress::Observer;
use crate::base::storage::FileStorage;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::assemble::gather::Gathered;
use crate::ops::assemble::replace::replacing;
use crate::ops::assemble::seats::{Seats, check_unwrapped};
use crate::ova::open::OpenArchive;
use crate::ova::reader::{End, StoredMember};
use crate::validate::fix::PackageChange;

use super::plan::{Package, Plan};
use super::report::{EditReport, How};
use super::seals::Seals;
use super::slots::{self, Fit};
use super::{Destination, Edit, Recovered, anew, patch};

/// Changes the package in `archive`.
pub(super) fn edit(
    request: &Edit<'_>,
    archive: OpenArchive,
    observer: &mut dyn Observer,
) -> Result<EditReport> {
    let wrapper = archive.wrapper;
    let storage = archive.storage.clone();
    match request.destination {
        Destination::InPlace => {
            check_unwrapped(request.package, wrapper)?;
            refuse_device(request.package, storage.as_deref())?;
        }
        Destination::New(path, overwrite) if !is_stream(path) => {
            refuse_existing(path, overwrite)?;
        }
        Destination::New(..) | Destination::DryRun => {}
    }
    let gathered = Gathered::read(archive, observer)?;
    let package = Package {
        seats: Seats::of(&gathered.parts)?,
        parts: gathered.parts,
    };
    let plan = Plan::new(request, &package)?;
    let mut seals = Seals::new(request, &package, &plan)?;
    let place = Place {
        stored: &gathered.stored,
        end: gathered.end,
        time: gathered.time,
    };
    let fit = match (&storage, request.destination) {
        (Some(storage), Destination::InPlace | Destination::DryRun) if wrapper.is_none() => {
            let is_dry = matches!(request.destination, Destination::DryRun);
            slots::fit(
                storage, &place, &package, &plan, &mut seals, is_dry, observer,
            )?
        }
        _ => Fit::None,
    };
    let mut report = EditReport::new(&plan, &seals);
    match (fit, request.destination) {
        (Fit::Patches(patches), Destination::InPlace) if patches.is_empty() => {}
        (Fit::Patches(patches), Destination::InPlace) => {
            report.how = patches.how();
            patch::apply(request.package, patches, observer)?;
            report.written = Some(request.package.display().to_string());
        }
        (Fit::Patches(patches), _) => report.how = patches.how(),
        (Fit::None, destination) => {
            report.how = How::Anew;
            report.tidied(gathered.changes);
            let path = match destination {
                Destination::InPlace => request.package,
                Destination::New(path, _) => path,
                Destination::DryRun => return Ok(report),
            };
            write_anew(request, &package, &plan, &mut seals, place.time, observer)?;
            report.written = Some(path.display().to_string());
        }
    }
    report.warnings.extend(seals.warnings);
    Ok(report)
}

/// Where the members of an archive are.
pub(super) struct Place<'p> {
    pub(super) stored: &'p [StoredMember],
    pub(super) end: Option<End>,
    pub(super) time: u64,
}

/// A device has no room beside it to be changed safely.
fn refuse_device(path: &Path, storage: Option<&FileStorage>) -> Result<()> {
    if storage.is_some_and(|storage| !storage.is_block_device()) {
        return Ok(());
    }
    if std::fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Usage,
        "what is no file cannot be changed in place",
    )
    .at(path)
    .why("a crash on the way would leave half a package")
    .help("name another file with `-o`"))
}

/// Writes the archive to where it goes.
fn write_anew(
    request: &Edit<'_>,
    package: &Package,
    plan: &Plan<'_>,
    seals: &mut Seals<'_>,
    time: u64,
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut output = match request.destination {
        Destination::New(path, overwrite) if is_stream(path) => {
            let mut stream = open_stream(path, overwrite)?;
            let mut spool = Spool::create()?;
            let file = spool.file_mut();
            let length = anew::write(package, plan, seals, time, file, observer);
            let length = length.map_err(Spool::place)?;
            return spool.pour(length, &mut stream, path, observer);
        }
        Destination::New(path, overwrite) => OutputFile::create(path, overwrite)?,
        Destination::InPlace | Destination::DryRun => replacing(request.package)?,
    };
    let path = output.path().to_path_buf();
    anew::write(package, plan, seals, time, output.file_mut(), observer)
        .map_err(|error| error.at(&path))?;
    output.commit()
}

impl EditReport {
    /// What will have been done.
    pub(super) fn new(plan: &Plan<'_>, seals: &Seals<'_>) -> Self {
        Self {
            written: None,
            how: How::Unchanged,
            changes: [&*plan.changes, &*seals.changes].concat(),
            signature: seals.fate,
            warnings: plan.warnings.clone(),
            recovered: Recovered::Nothing,
        }
    }

    /// What is tidied up in an archive that is written anew.
    fn tidied(&mut self, changes: Vec<PackageChange>) {
        self.changes.splice(0..0, changes);
    }
}
