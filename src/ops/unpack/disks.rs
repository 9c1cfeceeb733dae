//! Disks of a package, converted to what a platform takes.
//!
//! A disk that can be read where it lies, in a plain archive or beside the descriptor,
//! is digested as it passes and converted from there: nothing is written but the
//! result. One out of a stream or a wrapper has to be kept until then.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::base::progress::Observer;
use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::qcow2::{self, Packing, WriteOptions};
use crate::disk::{DiskSource as _, copy, raw, vmdk};
use crate::ova::name::SafeName;
use crate::ova::staging::Staging;

use super::source::Incoming;
use super::verify::{Digests, Piece};
use super::{MemberReport, Work};

/// What becomes of the disks of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiskForm {
    /// They stay as they are.
    #[default]
    Keep,
    /// Raw images with holes.
    Raw,
    /// qcow2 images with clusters of 64 KiB.
    Qcow2(Packing),
}

/// A disk that was converted. Sizes are in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct DiskReport {
    /// Its name in the package.
    pub name: String,
    /// The file it is in, below the directory.
    pub file: String,
    /// `raw` or `qcow2`.
    pub format: &'static str,
    /// Its size as the guest sees it.
    pub capacity: u64,
    /// What was written of it.
    pub written: u64,
}

impl DiskForm {
    /// The format, which is also the ending of its files.
    fn format(self) -> Option<&'static str> {
        match self {
            Self::Keep => None,
            Self::Raw => Some("raw"),
            Self::Qcow2(_) => Some("qcow2"),
        }
    }

    /// The name of the file that the disk `path` becomes, if it is converted.
    fn file_for(self, path: &SafeName) -> Option<String> {
        let ending = self.format()?;
        let stem = match path.as_str().rsplit_once('.') {
            Some((stem, old)) if !stem.is_empty() && old.eq_ignore_ascii_case("vmdk") => stem,
            _ => path.as_str(),
        };
        Some(format!("{stem}.{ending}"))
    }
}

/// Whether `storage` holds a disk that can be converted.
fn is_disk(storage: &dyn Storage) -> Result<bool> {
    let mut magic = [0; vmdk::MAGIC.len()];
    if storage.length() < magic.len() as u64 {
        return Ok(false);
    }
    storage.read_exact_at(0, &mut magic)?;
    Ok(magic == vmdk::MAGIC)
}

/// A disk to be converted when the package has proved to be whole.
pub(super) struct Job {
    path: SafeName,
    /// The name of the file it becomes.
    file: String,
    storage: Arc<dyn Storage>,
}

impl Job {
    /// Converts the disk into a file of `staging`.
    fn run(
        &self,
        form: DiskForm,
        threads: NonZeroUsize,
        staging: &mut Staging,
        observer: &mut dyn Observer,
    ) -> Result<DiskReport> {
        let name = self.path.as_str();
        let image = vmdk::Image::open(Arc::clone(&self.storage), Path::new(name), false)?;
        if image.parent().is_some() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the disk holds the differences to another",
            )
            .why("what it does not hold itself is in its parent")
            .help("unpack the disks as they are: `--disks keep`"));
        }
        for warning in image.warnings() {
            observer.warned(name, &warning.message);
        }
        let total = copy::stored_bytes(&image).unwrap_or(image.capacity());
        observer.begin(&self.file, total);
        let mut output = staging.file(&self.file)?;
        let written = match form {
            DiskForm::Qcow2(packing) => {
                let options = WriteOptions {
                    cluster_bits: 16,
                    packing,
                    threads,
                };
                qcow2::write(&image, &mut output, &options, observer)?.file_size
            }
            DiskForm::Raw | DiskForm::Keep => {
                raw::write(&image, output.file_mut(), threads, observer)?
            }
        };
        output.finish()?;
        Ok(DiskReport {
            name: self.path.to_string(),
            file: self.file.clone(),
            format: form.format().unwrap_or_default(),
            capacity: image.capacity(),
            written,
        })
    }
}

impl Work<'_> {
    /// How `member` is converted, if it is a disk that can be read where it lies.
    pub(super) fn job(&mut self, member: &Incoming, path: &SafeName) -> Result<Option<Job>> {
        if self.request.disks == DiskForm::Keep {
            return Ok(None);
        }
        match self.source.storage_of(member)? {
            Some(storage) => self.job_on(path, storage),
            None => Ok(None),
        }
    }

    /// How what is at `path` in the package is converted, if `storage` holds a disk.
    fn job_on(&mut self, path: &SafeName, storage: Arc<dyn Storage>) -> Result<Option<Job>> {
        let Some(file) = self.request.disks.file_for(path) else {
            return Ok(None);
        };
        if !is_disk(&*storage)? {
            return Ok(None);
        }
        self.taken.file(&file)?;
        let path = path.clone();
        Ok(Some(Job {
            path,
            file,
            storage,
        }))
    }

    /// Takes the digests of `member`, which becomes a file later.
    pub(super) fn pass(
        &mut self,
        member: &Incoming,
        path: SafeName,
        job: Job,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        self.finish_joining()?;
        let mut digests = Digests::begin(&self.known, &path);
        let size = self.copy(
            member,
            &mut |bytes| {
                digests.update(bytes);
                Ok(())
            },
            observer,
        )?;
        self.pieces.push(Piece {
            path,
            file: job.file.clone(),
            begin: 0,
            size,
            digests: digests.finish(),
        });
        self.jobs.push(job);
        Ok(())
    }

    /// Converts the disks: those that lie where they can be read, and those that were
    /// written to be read; tells `members` where they are now.
    pub(super) fn convert(
        &mut self,
        members: &mut [MemberReport],
        observer: &mut dyn Observer,
    ) -> Result<Vec<DiskReport>> {
        let mut reports = Vec::new();
        for job in std::mem::take(&mut self.jobs) {
            reports.push(self.run_job(&job, observer)?);
        }
        for path in std::mem::take(&mut self.kept) {
            let storage = Arc::new(self.staging.storage(path.as_str())?);
            if let Some(job) = self.job_on(&path, storage)? {
                self.size -= job.storage.length();
                reports.push(self.run_job(&job, observer)?);
                self.staging.discard(path.as_str())?;
            }
        }
        for report in &reports {
            self.size += report.written;
            if let Some(member) = members.iter_mut().find(|one| one.name == report.name) {
                member.file.clone_from(&report.file);
            }
        }
        if !reports.is_empty() {
            self.remarks.converted();
        }
        Ok(reports)
    }

    fn run_job(&mut self, job: &Job, observer: &mut dyn Observer) -> Result<DiskReport> {
        let (form, threads) = (self.request.disks, self.request.threads);
        let run = job.run(form, threads, &mut self.staging, observer);
        run.map_err(|error| error.in_member(job.path.as_str()))
    }
}
