//! The sources opened: what they say of themselves, and their bytes.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::draft::Taker;
use super::plan::{DiskFacts, Facts, Source};
use super::report::DiskReport;
use super::{Pack, WIDEST_FILE_SIZE};
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileIdentity, FileStorage, Storage as _};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::open::OpenedDisk;
use crate::disk::vmdk::{self, StreamWriter};
use crate::disk::{Warning, copy};
use crate::ops::image::by_path;

/// Bytes of a file copied at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// A source that was opened.
pub(super) enum Input<'a> {
    Disk(Box<DiskInput>),
    File(FileStorage),
    Bytes(&'a [u8]),
}

/// A disk image that was opened.
pub(super) struct DiskInput {
    pub(super) path: PathBuf,
    pub(super) opened: OpenedDisk,
    /// The file it is, or the archive it is in, and what it is called there.
    file: PathBuf,
    member: Option<String>,
    snapshot: Option<String>,
    /// When the image was written last, as far as the system tells.
    written: Option<SystemTime>,
}

/// Opens all `sources`.
pub(super) fn open_all(sources: &[Source]) -> Result<Vec<Input<'_>>> {
    let mut inputs: Vec<Input<'_>> = Vec::new();
    for source in sources {
        let input = Input::open(source)?;
        if let Input::Disk(disk) = &input {
            refuse_twice(disk, &inputs)?;
        }
        inputs.push(input);
    }
    Ok(inputs)
}

fn refuse_twice(disk: &DiskInput, others: &[Input<'_>]) -> Result<()> {
    let same = |other: &&DiskInput| {
        other.opened.files.first() == disk.opened.files.first()
            && other.member == disk.member
            && other.snapshot == disk.snapshot
    };
    match others.iter().filter_map(Input::disk).find(same) {
        None => Ok(()),
        Some(first) => Err(Error::usage("this disk is given twice")
            .at(&disk.path)
            .why(format!("`{}` is the same file", first.path.display()))
            .help("name every disk once; for two disks with the same content, copy the file")),
    }
}

impl<'a> Input<'a> {
    fn open(source: &'a Source) -> Result<Self> {
        Ok(match source {
            Source::Disk {
                path,
                open: how,
                capacity,
            } => {
                let placed = by_path(path, how)?;
                let written = written(&placed.file);
                let opened = placed.disk.grown(*capacity);
                let opened = opened.map_err(|error| error.at(path))?;
                Self::Disk(Box::new(DiskInput {
                    opened,
                    path: path.clone(),
                    file: placed.file,
                    member: placed.member,
                    snapshot: how.snapshot.clone(),
                    written,
                }))
            }
            Source::File { path } => Self::File(FileStorage::open(path)?),
            Source::Bytes { bytes, .. } => Self::Bytes(bytes),
        })
    }

    /// The disk it is, if it is one.
    pub(super) fn disk(&self) -> Option<&DiskInput> {
        match self {
            Self::Disk(disk) => Some(disk),
            Self::File(_) | Self::Bytes(_) => None,
        }
    }

    /// The files that are read for it.
    pub(super) fn files(&self) -> &[FileIdentity] {
        match self {
            Self::Disk(disk) => &disk.opened.files,
            Self::File(file) => std::slice::from_ref(file.identity()),
            Self::Bytes(_) => &[],
        }
    }

    /// What a descriptor tells of it, with every number that is not known yet at its widest.
    pub(super) fn widest(&self) -> Result<Facts> {
        Ok(match self {
            Self::Disk(disk) => {
                let capacity = vmdk::capacity_of(disk.opened.source.capacity())
                    .map_err(|error| error.at(&disk.path))?;
                Facts {
                    size: WIDEST_FILE_SIZE,
                    disk: Some(DiskFacts {
                        capacity,
                        populated: capacity,
                    }),
                }
            }
            Self::File(file) => Facts::plain(file.length()),
            Self::Bytes(bytes) => Facts::plain(bytes.len() as u64),
        })
    }

    /// Writes it to all `takers`, reading it once; answers with what is known of it now.
    pub(super) fn write(
        &self,
        request: &Pack,
        takers: &mut [Taker<'_>],
        observer: &mut dyn Observer,
    ) -> Result<(Facts, Option<DiskReport>)> {
        let what = takers.first().map_or("", |taker| &taker.planned.href);
        match self {
            Self::Disk(disk) => {
                let (facts, report) = disk.write(request, what, takers, observer)?;
                return Ok((facts, Some(report)));
            }
            Self::File(file) => {
                observer.begin(what, file.length());
                let mut chunk = vec![0; to_usize(file.length().min(CHUNK_BYTES as u64))];
                let mut at = 0;
                while at < file.length() {
                    let length = (file.length() - at).min(chunk.len() as u64);
                    let now = &mut chunk[..to_usize(length)];
                    file.read_exact_at(at, now)?;
                    at += length;
                    pass(now, takers, observer)?;
                }
            }
            Self::Bytes(bytes) => {
                observer.begin(what, bytes.len() as u64);
                for now in bytes.chunks(CHUNK_BYTES) {
                    pass(now, takers, observer)?;
                }
            }
        }
        Ok((self.widest()?, None))
    }
}

/// Hands `bytes` to all `takers`.
fn pass(bytes: &[u8], takers: &mut [Taker<'_>], observer: &mut dyn Observer) -> Result<()> {
    for taker in takers {
        let place = taker.place;
        let written = taker.writer.write_all(bytes);
        written.map_err(|error| place.name(Error::write(error)))?;
    }
    if observer.advanced(bytes.len() as u64).is_break() {
        return Err(cancelled());
    }
    Ok(())
}

impl DiskInput {
    /// A disk that was written to while it was read mixes two states.
    pub(super) fn changed(&self) -> Option<Warning> {
        (written(&self.file) != self.written).then(|| Warning {
            path: self.path.display().to_string(),
            message: "changed while it was read, as by a running machine; the packed disk may \
                      mix old and new content"
                .to_owned(),
        })
    }

    /// Writes an extent of its own to each taker, of the grains made once.
    fn write(
        &self,
        request: &Pack,
        what: &str,
        takers: &mut [Taker<'_>],
        observer: &mut dyn Observer,
    ) -> Result<(Facts, DiskReport)> {
        let source = &*self.opened.source;
        copy::announce(source, what, observer);
        let content = vmdk::Content::of(source)?;
        let mut extents = Vec::with_capacity(takers.len());
        for taker in takers {
            let (place, planned) = (taker.place, taker.planned);
            let begun =
                StreamWriter::begin(&mut taker.writer, &content, &planned.href, planned.adapter);
            extents.push((place, begun.map_err(|error| place.name(error))?));
        }
        vmdk::encode(source, request.encode, request.threads, observer, |block| {
            extents.iter_mut().try_for_each(|(place, extent)| {
                extent.put(block).map_err(|error| place.name(error))
            })
        })?;
        let mut summary = None;
        for (place, extent) in extents {
            // They differ in what they tell, and not in any number.
            summary = Some(extent.finish().map_err(|error| place.name(error))?);
        }
        let summary = summary.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "a disk was read that no package holds")
        })?;
        let facts = Facts {
            size: summary.file_size,
            disk: Some(DiskFacts {
                capacity: summary.capacity,
                populated: summary.populated,
            }),
        };
        Ok((facts, DiskReport::new(self, &summary)))
    }
}

impl Facts {
    /// Those of a file that is no disk.
    fn plain(size: u64) -> Self {
        Self { size, disk: None }
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}
