//! A descriptor with its files beside it: files that change take the place of what was there,
//! or all of them go to another directory.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::base::output::{OutputFile, Overwrite, directory_of};
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::{Error, ErrorKind, Result};
use crate::ops::assemble::part::Part;
use crate::ops::assemble::replace::{filled, replacing};
use crate::ops::assemble::seats::Seats;
use crate::ops::descriptor;
use crate::ova::beside::Beside;
use crate::ova::name::SafeName;
use crate::ova::role::Role;
use crate::ova::staging::{Others, Staging};

use super::anew::{descriptor_bytes, digests, write_part};
use super::manifest::{Listed, Taken};
use super::plan::{Content, Package, Plan};
use super::report::{EditReport, How, SignatureFate};
use super::seals::Seals;
use super::source::Written;
use super::{Destination, Edit};

/// Changes the package of the descriptor at `path`, which reads `bytes`.
pub(super) fn edit(
    request: &Edit<'_>,
    path: &Path,
    bytes: &[u8],
    observer: &mut dyn Observer,
) -> Result<EditReport> {
    let beside = Beside::new(path);
    let package = find(&beside, path, bytes)?;
    let named = |error: Error| error.at(path);
    let plan = Plan::new(request, &package).map_err(named)?;
    let seals = Seals::new(request, &package, &plan).map_err(named)?;
    let mut report = EditReport::new(&plan, &seals);
    let mut job = Job {
        beside: &beside,
        package: &package,
        plan: &plan,
        seals,
    };
    match request.destination {
        Destination::New(directory, overwrite) => {
            job.write_all(directory, overwrite, observer)?;
            report.how = How::Files;
            report.written = Some(directory.display().to_string());
        }
        _ if report.changes.is_empty() => {}
        Destination::DryRun => report.how = How::Files,
        Destination::InPlace => {
            job.replace(observer)?;
            report.how = How::Files;
            report.written = Some(directory_of(path).display().to_string());
        }
    }
    report.warnings.extend(job.seals.warnings);
    Ok(report)
}

/// What belongs to the descriptor at `path`.
fn find(beside: &Beside, path: &Path, bytes: &[u8]) -> Result<Package> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let own = SafeName::new(name.as_bytes()).map_err(|fault| Error::from(fault).at(path))?;
    let read = descriptor::of_bytes(bytes).ok();
    let references = read.map(|(_, reading)| descriptor::references(&reading.envelope));
    let mut parts = Vec::new();
    for member in beside.survey(&references.unwrap_or_default()).members {
        let storage = Arc::new(FileStorage::open(&beside.place(&member.path))?);
        let size = storage.length();
        parts.push(Part::new(member.path, storage, 0, size)?);
    }
    let seat = |is: &dyn Fn(&Part) -> bool| parts.iter().position(is);
    let gone = || Error::usage("the descriptor is no file").at(path);
    let seats = Seats {
        descriptor: seat(&|part| part.path == own).ok_or_else(gone)?,
        manifest: seat(&|part| part.role() == Role::Manifest),
        certificate: seat(&|part| part.role() == Role::Certificate),
    };
    Ok(Package { parts, seats })
}

struct Job<'j> {
    beside: &'j Beside,
    package: &'j Package,
    plan: &'j Plan<'j>,
    seals: Seals<'j>,
}

/// Manifest and signature.
type Closing = (Option<Vec<u8>>, Option<Vec<u8>>);

impl Job<'_> {
    /// Writes what changes under other names, and then gives it its own: files first that
    /// others tell of.
    fn replace(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let mut ready = Vec::new();
        let mut written = Vec::new();
        let mut taken = Taken::new();
        for (number, content) in self.plan.contents.iter().enumerate() {
            let wanted = self.seals.wanted(Listed::Content(number));
            let digests = match content {
                Content::Kept(_) if wanted.is_empty() => continue,
                Content::Kept(place) => self.package.parts[*place].digests(&wanted, observer)?,
                Content::New { file, path } => {
                    let mut output = self.output(path)?;
                    let (size, digests) = file.write(output.file_mut(), &wanted, observer)?;
                    written.push(Written::of(file, size));
                    ready.push(output);
                    digests
                }
            };
            taken.insert(Listed::Content(number), digests);
        }
        let text = descriptor_bytes(self.package, self.plan, &written, None)?;
        if self.plan.descriptor.is_some() {
            ready.push(filled(&self.beside.place(self.package.own()), &text)?);
        }
        let (manifest, certificate) = self.close(&text, taken)?;
        if let Some(bytes) = &manifest
            && !self.has(self.package.seats.manifest, bytes)?
        {
            ready.push(filled(&self.beside.place(&self.seals.manifest), bytes)?);
        }
        if let Some(bytes) = &certificate
            && self.seals.fate == SignatureFate::Signed
        {
            ready.push(filled(&self.beside.place(&self.seals.certificate), bytes)?);
        }
        if observer.advanced(0).is_break() {
            return Err(cancelled());
        }
        // With all of it written, giving names is all that can still fail.
        for output in ready {
            output.commit()?;
        }
        self.remove(manifest.is_none(), certificate.is_none())
    }

    /// Takes away what is no part of the package any more.
    fn remove(&self, manifest: bool, certificate: bool) -> Result<()> {
        let seats = &self.package.seats;
        let closing = [
            seats.manifest.filter(|_| manifest),
            seats.certificate.filter(|_| certificate),
        ];
        let paths =
            (0..self.plan.contents.len()).map(|number| self.plan.path(self.package, number));
        let stays: Vec<_> = paths.collect();
        let gone = self.plan.gone.iter().chain(closing.iter().flatten());
        let gone = gone.map(|place| &self.package.parts[*place].path);
        for path in gone.filter(|path| !stays.contains(path)) {
            let place = self.beside.place(path);
            std::fs::remove_file(&place)
                .map_err(|error| Error::io("cannot take away", &place, error))?;
        }
        Ok(())
    }

    /// Writes the whole package to another directory.
    fn write_all(
        &mut self,
        directory: &Path,
        overwrite: Overwrite,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut staging = Staging::create(directory, overwrite, Others::Refused, "-o")?;
        let mut written = Vec::new();
        let mut taken = Taken::new();
        for (number, content) in self.plan.contents.iter().enumerate() {
            let wanted = self.seals.wanted(Listed::Content(number));
            let path = self.plan.path(self.package, number);
            let mut output = staging.file(path.as_str())?;
            let digests = match content {
                Content::Kept(place) if wanted.is_empty() => {
                    let part = &self.package.parts[*place];
                    output.fill(part.size(), &mut |file| part.copy(file, 0, observer))?;
                    None
                }
                Content::Kept(place) => {
                    let part = &self.package.parts[*place];
                    Some(write_part(part, &wanted, &mut output, observer)?)
                }
                Content::New { file, .. } => {
                    let (size, digests) = file.write(&mut output, &wanted, observer)?;
                    written.push(Written::of(file, size));
                    Some(digests)
                }
            };
            output.finish()?;
            taken.extend(digests.map(|digests| (Listed::Content(number), digests)));
        }
        let text = descriptor_bytes(self.package, self.plan, &written, None)?;
        let (manifest, certificate) = self.close(&text, taken)?;
        let small = [
            (self.package.own(), Some(text)),
            (&self.seals.manifest, manifest),
            (&self.seals.certificate, certificate),
        ];
        for (path, bytes) in small {
            if let Some(bytes) = bytes {
                let mut output = staging.file(path.as_str())?;
                output.write_all(&bytes).map_err(Error::write)?;
                output.finish()?;
            }
        }
        if observer.advanced(0).is_break() {
            return Err(cancelled());
        }
        staging.commit()
    }

    /// The manifest and the signature, for a descriptor that reads `text`.
    fn close(&mut self, text: &[u8], mut taken: Taken) -> Result<Closing> {
        let wanted = self.seals.wanted(Listed::Descriptor);
        taken.insert(Listed::Descriptor, digests(&wanted, text));
        let manifest = self.seals.manifest(&taken)?;
        let certificate = match &manifest {
            Some(manifest) => self.seals.certificate(manifest, None)?,
            None => None,
        };
        Ok((manifest, certificate))
    }

    fn has(&self, place: Option<usize>, bytes: &[u8]) -> Result<bool> {
        let old = place.map(|place| self.package.parts[place].content());
        Ok(old.transpose()?.is_some_and(|old| old == bytes))
    }

    /// A new file on its way to its place; refused where something else is there.
    fn output(&self, path: &SafeName) -> Result<OutputFile> {
        let place = self.beside.place(path);
        if self.package.parts.iter().any(|part| part.path == *path) {
            return replacing(&place);
        }
        if place.symlink_metadata().is_ok() {
            return Err(Error::new(
                ErrorKind::Exists,
                "a file of this name is beside the descriptor already, and no part of the package",
            )
            .at(&place)
            .help("move it away, and name it where it is then"));
        }
        self.make_directories(path)?;
        OutputFile::create(&place, Overwrite::Never)
    }

    /// Makes the directories a file is to be in; a link could lead out of the package.
    fn make_directories(&self, path: &SafeName) -> Result<()> {
        for (end, _) in path.as_str().match_indices('/') {
            let inner: PathBuf =
                directory_of(&self.beside.place(self.package.own())).join(&path.as_str()[..end]);
            match inner.symlink_metadata() {
                Ok(about) if about.is_dir() => {}
                Ok(_) => {
                    return Err(Error::new(
                        ErrorKind::Denied,
                        "what stands in the place of a directory is none",
                    )
                    .at(&inner)
                    .why("a link there could lead out of the package")
                    .help("remove it, or give the file another name"));
                }
                Err(_) => std::fs::create_dir(&inner)
                    .map_err(|error| Error::io("cannot make the directory", &inner, error))?,
            }
        }
        Ok(())
    }
}
