//! Where an image goes.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use crate::base::output::{
    Overwrite, STANDARD_OUTPUT, Spool, directory_of, is_stream, open_stream, refuse_existing,
};
use crate::base::progress::Observer;
use crate::base::storage::{FileIdentity, FileStorage, Storage as _, is_block_device};
use crate::base::units::exactly;
use crate::base::writeback::Durability;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::DiskSource;
use crate::disk::detect::Format;
use crate::disk::form::{self, Form, ImageFile, Parent, Sink, Work};
use crate::ova::staging::{Others, StagedFile, Staging};

/// Where an image goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// To a file of this name, or into the pipe or block device that is there.
    Path(PathBuf),
    /// To standard output.
    StandardOutput,
}

impl Output {
    /// The output that is called `name`; `-` is standard output.
    pub fn named(name: &Path) -> Self {
        if name == Path::new("-") {
            Self::StandardOutput
        } else {
            Self::Path(name.to_path_buf())
        }
    }

    /// The path, or what stands for one.
    pub(in crate::ops) fn path(&self) -> PathBuf {
        match self {
            Self::Path(path) => path.clone(),
            Self::StandardOutput => PathBuf::from(STANDARD_OUTPUT),
        }
    }

    pub(in crate::ops) fn name(&self) -> String {
        self.path().display().to_string()
    }

    /// Whether the image is poured into something that takes bytes, such as a pipe, so that
    /// nothing has to be removed when that ends early.
    pub fn is_stream(&self) -> bool {
        match self {
            Self::StandardOutput => true,
            Self::Path(path) => is_stream(path),
        }
    }

    /// Names the output in `error`, if nothing is named in it yet.
    pub(in crate::ops) fn place(&self, error: Error) -> Error {
        error.at(&self.path())
    }
}

/// An image to be written.
#[derive(Debug, Clone, Copy)]
pub(in crate::ops) struct Writing<'w> {
    pub(in crate::ops) output: &'w Output,
    pub(in crate::ops) form: &'w Form,
    pub(in crate::ops) overwrite: Overwrite,
    pub(in crate::ops) durability: Durability,
    pub(in crate::ops) threads: NonZeroUsize,
}

impl<'w> Writing<'w> {
    fn work(&self, source: &'w dyn DiskSource, name: &'w str) -> Work<'w> {
        Work {
            source,
            name,
            threads: self.threads,
        }
    }

    /// Begins files in `directory` that get their names together.
    fn staging(&self, directory: &Path) -> Result<Staging> {
        let staging = Staging::create(directory, self.overwrite, Others::Kept, "the output")?;
        Ok(staging.lasting(self.durability))
    }
}

/// A place that was found good for an image.
pub(in crate::ops) enum Target {
    /// A file in a directory.
    File {
        directory: PathBuf,
        name: String,
    },
    /// A pipe or a block device.
    Stream {
        path: PathBuf,
        device: bool,
    },
    StandardOutput,
}

impl Target {
    /// Looks at the place before any work is done.
    pub(in crate::ops) fn prepare(request: &Writing<'_>) -> Result<Self> {
        let Output::Path(path) = request.output else {
            return Ok(Self::StandardOutput);
        };
        if is_stream(path) {
            let about = std::fs::metadata(path)
                .map_err(|error| Error::io("cannot look at", path, error))?;
            let device = is_block_device(&about);
            if device && request.form.format() != Format::Raw {
                return Err(Error::usage(format!(
                    "a {} image is a file, and this is a block device",
                    request.form.format()
                ))
                .at(path)
                .help("write the disk itself to a device, with `-O raw`, or name a file"));
            }
            return Ok(Self::Stream {
                path: path.clone(),
                device,
            });
        }
        refuse_existing(path, request.overwrite)?;
        // Through a symbolic link the file it points at is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.clone());
        let name = path.file_name().unwrap_or_default();
        let name = name.to_str().ok_or_else(|| {
            Error::usage("the output's name is no UTF-8")
                .at(&path)
                .help("choose another name")
        })?;
        let directory = directory_of(&path);
        directory
            .read_dir()
            .map_err(|error| Error::io("cannot write in this directory", directory, error))?;
        Ok(Self::File {
            directory: directory.to_path_buf(),
            name: name.to_owned(),
        })
    }

    /// Refuses what cannot be read again.
    pub(super) fn refuse_pipe(&self) -> Result<()> {
        match self {
            Self::StandardOutput | Self::Stream { device: false, .. } => Err(gone()),
            Self::File { .. } | Self::Stream { device: true, .. } => Ok(()),
        }
    }

    /// Refuses to write over what is read, where that is not replaced as a whole.
    pub(super) fn refuse_sources(&self, sources: &[FileIdentity]) -> Result<()> {
        let Self::Stream { path, .. } = self else {
            return Ok(());
        };
        match FileIdentity::of(path) {
            Some(own) if sources.contains(&own) => {
                Err(Error::usage("the output is one of the sources").at(path))
            }
            _ => Ok(()),
        }
    }

    /// Writes an image of `capacity` bytes, with nothing on it, that shows `parent`.
    pub(in crate::ops) fn overlay(
        self,
        request: &Writing<'_>,
        capacity: u64,
        parent: &Parent<'_>,
    ) -> Result<Written> {
        let Self::File { directory, name } = self else {
            return Err(Error::usage(
                "an image over another is a file, whose name tells where to \
                 look for the other",
            )
            .help("name a file"));
        };
        let mut staging = request.staging(&directory)?;
        let form = request.form;
        let done = form.overlay(capacity, parent, &name, &mut staging)?;
        Ok(Written {
            done,
            place: Place::Files(staging, name),
        })
    }

    /// Writes `source` in the form that is asked for.
    pub(in crate::ops) fn write(
        self,
        request: &Writing<'_>,
        source: &dyn DiskSource,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        match self {
            Self::File { directory, name } => {
                let mut staging = request.staging(&directory)?;
                let work = request.work(source, &name);
                let done = request.form.write(work, &mut staging, observer)?;
                Ok(Written {
                    done,
                    place: Place::Files(staging, name),
                })
            }
            Self::Stream { path, device } => {
                let mut file = open_stream(&path, request.overwrite)?;
                if device {
                    check_room(&path, source.capacity())?;
                }
                let done = into_stream(request, source, &mut file, observer)?;
                let place = if device {
                    file.sync_all().map_err(Error::write)?;
                    Place::Device(path)
                } else {
                    Place::Gone
                };
                Ok(Written { done, place })
            }
            Self::StandardOutput => {
                let mut output = std::io::stdout().lock();
                let done = into_stream(request, source, &mut output, observer)?;
                Ok(Written {
                    done,
                    place: Place::Gone,
                })
            }
        }
    }
}

/// Pours the image into `output`, as it is made or, where it is not made front to back, out
/// of a temporary file.
fn into_stream(
    request: &Writing<'_>,
    source: &dyn DiskSource,
    output: &mut dyn std::io::Write,
    observer: &mut dyn Observer,
) -> Result<form::Written> {
    let form = request.form;
    // What is called after the file has no other name in a pipe.
    let name = format!("disk.{}", form.format());
    let work = request.work(source, &name);
    if let Some(poured) = form.pour(work, output, observer) {
        return poured;
    }
    let mut spool = Spooled {
        spool: Spool::create()?,
        begun: false,
    };
    let done = form
        .write(work, &mut spool, observer)
        .map_err(Spool::place)?;
    spool
        .spool
        .pour(done.size, output, &request.output.path(), observer)?;
    Ok(done)
}

fn gone() -> Error {
    Error::usage("what goes into a pipe cannot be read back")
        .in_option("--verify")
        .help("name a file, or leave `--verify` away")
}

fn check_room(path: &Path, capacity: u64) -> Result<()> {
    let room = FileStorage::open(path)?.length();
    if room < capacity {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!(
                "the device has {}, and the disk {}",
                exactly(room),
                exactly(capacity)
            ),
        )
        .at(path)
        .help("choose a larger device, or shrink the disk first"));
    }
    Ok(())
}

/// An image that was written, and has no name yet.
pub(in crate::ops) struct Written {
    pub(in crate::ops) done: form::Written,
    place: Place,
}

enum Place {
    Files(Staging, String),
    Device(PathBuf),
    Gone,
}

impl Written {
    /// Where it can be read.
    pub(super) fn path(&self) -> Result<PathBuf> {
        match &self.place {
            Place::Files(staging, name) => Ok(staging.storage(name)?.path().to_path_buf()),
            Place::Device(path) => Ok(path.clone()),
            Place::Gone => Err(gone()),
        }
    }

    /// Gives it its name.
    pub(in crate::ops) fn commit(self) -> Result<()> {
        match self.place {
            Place::Files(staging, _) => staging.commit(),
            Place::Device(_) | Place::Gone => Ok(()),
        }
    }
}

impl Sink for Staging {
    fn create(&mut self, name: &str) -> Result<Box<dyn ImageFile>> {
        Ok(Box::new(self.file(name)?))
    }
}

impl ImageFile for StagedFile {
    fn set_len(&mut self, length: u64) -> Result<()> {
        Self::set_len(self, length)
    }

    fn reserve(&mut self, length: u64) -> Result<()> {
        Self::reserve(self, length)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Self::finish(*self)
    }
}

/// The one file of an image that is gathered for a pipe.
struct Spooled {
    spool: Spool,
    begun: bool,
}

impl Sink for Spooled {
    fn create(&mut self, _name: &str) -> Result<Box<dyn ImageFile>> {
        if std::mem::replace(&mut self.begun, true) {
            return Err(
                Error::usage("an image of several files cannot go into a pipe")
                    .help("name a file, or choose a variant of one file"),
            );
        }
        let file = self.spool.file_mut().try_clone();
        Ok(Box::new(file.map_err(Error::write)?))
    }
}

impl ImageFile for File {
    fn set_len(&mut self, length: u64) -> Result<()> {
        Self::set_len(self, length).map_err(Error::write)
    }

    /// The reader of a pipe gets every byte, and the file is gone then.
    fn reserve(&mut self, _length: u64) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
