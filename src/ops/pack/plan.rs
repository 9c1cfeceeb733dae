//! What is to be packed: files, and packages that hold them.

use std::fmt;
use std::path::PathBuf;

use super::output::Output;
use crate::base::Result;
use crate::base::digest::Algorithm;
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::AdapterType;
use crate::vm::Outline;

/// What becomes a member of one package or of several. It is read once.
#[derive(Debug, Clone)]
pub enum Source {
    /// A disk image of any format that is read; in packages it is a streamOptimized VMDK.
    Disk {
        /// The image.
        path: PathBuf,
        /// How it is opened.
        open: OpenOptions,
        /// The size it gets in bytes, with zeros behind its end; its own if there is none.
        capacity: Option<u64>,
    },
    /// A file taken as it is: a CD image, a firmware's variables, an icon.
    File {
        /// The file.
        path: PathBuf,
    },
    /// A file made in memory.
    Bytes {
        /// What it is called, as others are by their paths.
        name: String,
        /// Its content.
        bytes: Vec<u8>,
    },
}

impl Source {
    /// What it is called in messages: its path, if it has one.
    pub fn name(&self) -> String {
        match self {
            Self::Disk { path, .. } | Self::File { path } => path.display().to_string(),
            Self::Bytes { name, .. } => name.clone(),
        }
    }
}

/// A package to be written.
pub struct Package {
    /// Where it goes.
    pub output: Output,
    /// The manifest's digest; without one there is no manifest.
    pub digest: Option<Algorithm>,
    /// The name of its files without their endings: `NAME.ovf`, `NAME.mf`.
    pub name: String,
    /// Its files but for those two, in the order of their sources.
    pub members: Vec<PlannedMember>,
    /// Makes the text of its descriptor.
    pub describe: Box<Describe>,
    /// The machines that are described, for the report.
    pub machines: Vec<Outline>,
    /// What is remarkable about what is described, for the report.
    pub notes: Vec<String>,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMember {
    /// Where its content comes from: an index into [`Pack::sources`](super::Pack::sources).
    pub source: usize,
    /// Its name in the package.
    pub href: String,
    /// The controller the geometry of a disk is for; another file has none.
    pub adapter: AdapterType,
}

/// Makes the text of a descriptor from what is known of the members, in their order.
///
/// It is called first with every number at its widest, to learn how much room the text takes,
/// and at the end with what was measured; the second text may not be longer.
pub type Describe = dyn Fn(&[Facts]) -> Result<String> + Send + Sync;

/// What a descriptor tells of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The length of the file.
    pub size: u64,
    /// What it tells of a disk, if the file holds one.
    pub disk: Option<DiskFacts>,
}

/// What a descriptor tells of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiskFacts {
    /// Its size as the guest sees it.
    pub capacity: u64,
    /// How much of it holds data.
    pub populated: u64,
}

impl Package {
    /// The name of its descriptor.
    pub fn descriptor(&self) -> String {
        format!("{}.ovf", self.name)
    }

    /// The name of its manifest.
    pub fn manifest(&self) -> String {
        format!("{}.mf", self.name)
    }

    /// The text of its descriptor, where `facts` are known of the sources.
    pub(super) fn text(&self, facts: &[Facts]) -> Result<String> {
        let members = self.members.iter();
        let facts: Vec<Facts> = members.map(|member| facts[member.source]).collect();
        (self.describe)(&facts)
    }
}

impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Package")
            .field("output", &self.output)
            .field("digest", &self.digest)
            .field("name", &self.name)
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}
