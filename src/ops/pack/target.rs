//! Where a package goes.

use std::path::{Path, PathBuf};

use crate::base::output::{OutputFile, Spool};
use crate::base::storage::FileIdentity;
use crate::base::{Error, Result};
use crate::ops::pack::Pack;
use crate::ova::archive::ArchiveWriter;
use crate::ova::directory::DirectoryWriter;
use crate::ova::{Member, PackageWriter};

/// The form and the place of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An OVA.
    Archive(PathBuf),
    /// A directory of files.
    Directory(PathBuf),
    /// An OVA to standard output. It is gathered in a temporary file first,
    /// because the descriptor at its front tells what only its end knows.
    StandardOutput,
}

/// Fills a package that has been begun, and returns its members.
pub(super) type Fill<'a> = dyn FnMut(&mut dyn PackageWriter) -> Result<Vec<Member>> + 'a;

impl Target {
    /// Writes a package; returns its members and its length in bytes.
    pub(super) fn write(&self, request: &Pack, fill: &mut Fill<'_>) -> Result<(Vec<Member>, u64)> {
        self.write_unplaced(request, fill)
            .map_err(|error| self.place(error))
    }

    fn write_unplaced(&self, request: &Pack, fill: &mut Fill<'_>) -> Result<(Vec<Member>, u64)> {
        let (time, digest) = (request.time, request.digest);
        match self {
            Self::Archive(path) if is_stream(path) => {
                let mut stream = std::fs::OpenOptions::new()
                    .write(true)
                    .open(path)
                    .map_err(|error| Error::io("cannot write", path, error))?;
                spool(request, fill, &mut stream, path)
            }
            Self::StandardOutput => {
                let mut output = std::io::stdout().lock();
                spool(request, fill, &mut output, Path::new(STANDARD_OUTPUT))
            }
            Self::Archive(path) => {
                let mut output = OutputFile::create(path, request.overwrite)?;
                let mut archive = ArchiveWriter::new(output.file_mut(), time, digest);
                let members = fill(&mut archive)?;
                let length = archive.finish()?;
                output.commit()?;
                Ok((members, length))
            }
            Self::Directory(path) => {
                let mut directory = DirectoryWriter::create(path, request.overwrite, digest)?;
                let members = fill(&mut directory)?;
                directory.commit()?;
                let length = members.iter().map(|member| member.size).sum();
                Ok((members, length))
            }
        }
    }

    /// Names the output in `error`, if nothing is named in it yet.
    pub(super) fn place(&self, error: Error) -> Error {
        match self {
            Self::Archive(path) | Self::Directory(path) => error.at(path),
            Self::StandardOutput => error.at(Path::new(STANDARD_OUTPUT)),
        }
    }

    /// Which file the output would replace.
    pub(super) fn identity(&self) -> Option<FileIdentity> {
        match self {
            Self::Archive(path) => FileIdentity::of(path),
            Self::Directory(_) | Self::StandardOutput => None,
        }
    }

    pub(super) fn is_archive(&self) -> bool {
        !matches!(self, Self::Directory(_))
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Archive(path) | Self::Directory(path) => path.display().to_string(),
            Self::StandardOutput => STANDARD_OUTPUT.to_owned(),
        }
    }

    pub(super) fn format(&self) -> &'static str {
        if self.is_archive() { "ova" } else { "ovf" }
    }
}

const STANDARD_OUTPUT: &str = "(standard output)";

/// A pipe or a device that is there is written to, not replaced.
fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| !about.is_file() && !about.is_dir())
}

fn spool(
    request: &Pack,
    fill: &mut Fill<'_>,
    output: &mut dyn std::io::Write,
    name: &Path,
) -> Result<(Vec<Member>, u64)> {
    let mut spool = Spool::create()?;
    let mut archive = ArchiveWriter::new(spool.file_mut(), request.time, request.digest);
    let members = fill(&mut archive)?;
    let length = archive.finish()?;
    spool.pour(output, name)?;
    Ok((members, length))
}
