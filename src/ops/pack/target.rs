//! Where a package goes.

use std::path::{Path, PathBuf};

use crate::base::output::{OutputFile, Spool, is_stream, open_stream};
use crate::base::progress::{Observer, cancelled};
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
pub(super) type Fill<'a> =
    dyn FnMut(&mut dyn PackageWriter, &mut dyn Observer) -> Result<Vec<Member>> + 'a;

impl Target {
    /// Writes a package; returns its members and its length in bytes.
    pub(super) fn write(
        &self,
        request: &Pack,
        observer: &mut dyn Observer,
        fill: &mut Fill<'_>,
    ) -> Result<(Vec<Member>, u64)> {
        self.write_unplaced(request, observer, fill)
            .map_err(|error| self.place(error))
    }

    fn write_unplaced(
        &self,
        request: &Pack,
        observer: &mut dyn Observer,
        fill: &mut Fill<'_>,
    ) -> Result<(Vec<Member>, u64)> {
        let (time, digest) = (request.time, request.digest);
        match self {
            Self::Archive(path) if is_stream(path) => {
                let mut stream = open_stream(path, request.overwrite)?;
                spool(request, observer, fill, &mut stream, path)
            }
            Self::StandardOutput => {
                let mut output = std::io::stdout().lock();
                let name = Path::new(STANDARD_OUTPUT);
                spool(request, observer, fill, &mut output, name)
            }
            Self::Archive(path) => {
                let mut output = OutputFile::create(path, request.overwrite)?;
                let mut archive = ArchiveWriter::new(output.file_mut(), time, digest);
                let members = fill(&mut archive, observer)?;
                let length = archive.finish()?;
                not_too_late(observer)?;
                output.commit()?;
                Ok((members, length))
            }
            Self::Directory(path) => {
                let mut directory = DirectoryWriter::create(path, request.overwrite, digest)?;
                let members = fill(&mut directory, observer)?;
                not_too_late(observer)?;
                directory.commit()?;
                let length = members.iter().map(|member| member.size).sum();
                Ok((members, length))
            }
        }
    }

    /// Whether the package is poured into something that takes bytes, such as
    /// a pipe, so that nothing has to be removed when that ends early.
    pub fn is_stream(&self) -> bool {
        match self {
            Self::StandardOutput => true,
            Self::Archive(path) => is_stream(path),
            Self::Directory(_) => false,
        }
    }

    /// Names the output in `error`, if nothing is named in it yet.
    fn place(&self, error: Error) -> Error {
        match self {
            Self::Archive(path) | Self::Directory(path) => error.at(path),
            Self::StandardOutput => error.at(Path::new(STANDARD_OUTPUT)),
        }
    }

    /// Which existing files a package of `members` would replace.
    pub(super) fn replaced<'a>(&self, members: impl Iterator<Item = &'a str>) -> Vec<FileIdentity> {
        match self {
            Self::Archive(path) => FileIdentity::of(path).into_iter().collect(),
            Self::Directory(path) => members
                .filter_map(|name| FileIdentity::of(&path.join(name)))
                .collect(),
            Self::StandardOutput => Vec::new(),
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

/// The last moment to stop: from here on the package gets its name.
fn not_too_late(observer: &mut dyn Observer) -> Result<()> {
    if observer.advanced(0).is_break() {
        return Err(cancelled());
    }
    Ok(())
}

fn spool(
    request: &Pack,
    observer: &mut dyn Observer,
    fill: &mut Fill<'_>,
    output: &mut dyn std::io::Write,
    name: &Path,
) -> Result<(Vec<Member>, u64)> {
    let mut spool = Spool::create()?;
    let mut archive = ArchiveWriter::new(spool.file_mut(), request.time, request.digest);
    let members = fill(&mut archive, observer).map_err(Spool::place)?;
    let length = archive.finish().map_err(Spool::place)?;
    spool.pour(length, output, name, observer)?;
    Ok((members, length))
}
