//! Where a package goes.

use std::path::{Path, PathBuf};

use crate::base::Error;
use crate::base::output::{STANDARD_OUTPUT, directory_of, is_stream};
use crate::base::storage::FileIdentity;

/// The form and the place of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// An OVA.
    Archive(PathBuf),
    /// A directory of files.
    Directory(PathBuf),
    /// An OVA to standard output. It is gathered in a temporary file first,
    /// because the descriptor at its front tells what only its end knows.
    StandardOutput,
}

impl Output {
    /// Whether the package is poured into something that takes bytes, such as
    /// a pipe, so that nothing has to be removed when that ends early.
    pub fn is_stream(&self) -> bool {
        match self {
            Self::StandardOutput => true,
            Self::Archive(path) => is_stream(path),
            Self::Directory(_) => false,
        }
    }

    /// Its path, or what stands for one.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Archive(path) | Self::Directory(path) => path,
            Self::StandardOutput => Path::new(STANDARD_OUTPUT),
        }
    }

    /// Names the output in `error`, if nothing is named in it yet.
    pub(super) fn place(&self, error: Error) -> Error {
        error.at(self.path())
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

    /// Whether writing one of the two is in the way of the other: they are the same, or one
    /// lies in the directory the other is to become.
    pub(super) fn collides(&self, other: &Self) -> bool {
        let (one, another) = (self.resolved(), other.resolved());
        one == another
            || matches!(self, Self::Directory(_)) && another.starts_with(&one)
            || matches!(other, Self::Directory(_)) && one.starts_with(&another)
    }

    /// The path with all links followed, as far as it exists.
    fn resolved(&self) -> PathBuf {
        let path = self.path();
        path.canonicalize().unwrap_or_else(|_| {
            let directory = directory_of(path).canonicalize();
            match (directory, path.file_name()) {
                (Ok(directory), Some(name)) => directory.join(name),
                _ => path.to_path_buf(),
            }
        })
    }

    pub(super) fn is_archive(&self) -> bool {
        !matches!(self, Self::Directory(_))
    }

    pub(super) fn name(&self) -> String {
        self.path().display().to_string()
    }

    pub(super) fn format(&self) -> &'static str {
        if self.is_archive() { "ova" } else { "ovf" }
    }
}
