//! The form of several files: a descriptor and what lies beside it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::chunk::chunk_name;
use super::listing::Listing;
use super::manifest::Manifest;
use super::name::SafeName;
use super::reader::MAX_MEMBERS;
use super::role::{MAX_MANIFEST_BYTES, Role};
use crate::base::bounded::read_up_to;
use crate::base::output::directory_of;
use crate::base::percent::unescaped;
use crate::base::{Error, Result};

/// A file a descriptor refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Where it is, as the descriptor says.
    pub href: String,
    /// Whether it is cut in chunks, each a file of its own.
    pub chunked: bool,
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BesideMember {
    /// Its path below the directory.
    pub path: SafeName,
    /// Bytes it holds.
    pub size: u64,
}

/// What a package of several files consists of.
#[derive(Debug)]
pub struct BesideSurvey {
    /// The files that are there.
    pub members: Vec<BesideMember>,
    /// The manifest, if there is one; it may be one that cannot be read.
    pub listing: Option<Result<Listing>>,
}

/// A descriptor in its directory.
#[derive(Debug, Clone)]
pub struct Beside {
    descriptor: PathBuf,
}

impl Beside {
    /// What lies beside the file `descriptor`.
    pub fn new(descriptor: &Path) -> Self {
        Self {
            descriptor: descriptor.to_path_buf(),
        }
    }

    /// The files of the package that are there: the descriptor, the manifest and the
    /// certificate that share its name, those it refers to, and those only the manifest
    /// knows, in this order and each once. What lies elsewhere is none of them.
    pub fn survey(&self, references: &[Reference]) -> BesideSurvey {
        let mut members = self.members(references);
        let of_manifest = |member: &&BesideMember| Role::of(member.path.as_str()) == Role::Manifest;
        let manifest = members
            .iter()
            .find(of_manifest)
            .map(|member| member.path.clone());
        let listing = manifest.map(|path| self.listing(path));
        if let Some(Ok(listing)) = &listing {
            for entry in &listing.manifest.entries {
                self.add(&entry.name, &mut members);
            }
        }
        BesideSurvey { members, listing }
    }

    fn listing(&self, path: SafeName) -> Result<Listing> {
        let place = self.place(&path);
        let bytes = read_up_to(self.open(&path)?, MAX_MANIFEST_BYTES);
        let bytes = bytes.map_err(|error| Error::io("cannot read", &place, error))?;
        let manifest = Manifest::read(&bytes).map_err(|error| error.at(&place))?;
        Ok(Listing::new(path, manifest))
    }

    fn members(&self, references: &[Reference]) -> Vec<BesideMember> {
        let mut members = Vec::new();
        let own = self.descriptor.file_name().unwrap_or_default();
        self.add(&own.to_string_lossy(), &mut members);
        for ending in ["mf", "cert"] {
            let name = Path::new(own).with_extension(ending);
            self.add(&name.to_string_lossy(), &mut members);
        }
        for reference in references {
            let names = [Some(reference.href.clone()), unescaped(&reference.href)];
            for name in names.iter().flatten() {
                if reference.chunked {
                    let most = u32::try_from(MAX_MEMBERS).unwrap_or(u32::MAX);
                    let chunks = (0..most).map(|number| chunk_name(name, number));
                    // The first one that is not there ends the row.
                    for chunk in chunks {
                        if !self.add(&chunk, &mut members) {
                            break;
                        }
                    }
                } else {
                    self.add(name, &mut members);
                }
            }
        }
        members
    }

    /// Adds the file `name`, if it is there and not yet in; tells whether it is there.
    fn add(&self, name: &str, members: &mut Vec<BesideMember>) -> bool {
        let Ok(path) = SafeName::new(name.as_bytes()) else {
            return false;
        };
        let Ok(about) = std::fs::metadata(self.place(&path)) else {
            return false;
        };
        if about.is_file() && !members.iter().any(|member| member.path == path) {
            let size = about.len();
            members.push(BesideMember { path, size });
        }
        about.is_file()
    }

    /// Opens one of the files.
    pub fn open(&self, path: &SafeName) -> Result<File> {
        let place = self.place(path);
        File::open(&place).map_err(|error| Error::io("cannot open", &place, error))
    }

    /// Where one of the files is.
    pub fn place(&self, path: &SafeName) -> PathBuf {
        directory_of(&self.descriptor).join(path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_descriptor_is_found() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "vm.ovf",
            "vm.mf",
            "a b.vmdk",
            "c.000000000",
            "c.000000001",
            "c.000000003",
            "x",
        ] {
            std::fs::write(dir.path().join(name), name).unwrap();
        }
        let reference = |href: &str, chunked| Reference {
            href: href.to_owned(),
            chunked,
        };
        let references = [
            reference("a%20b.vmdk", false),
            reference("c", true),
            reference("gone", false),
            reference("../x", false),
            reference("a b.vmdk", false),
        ];
        let beside = Beside::new(&dir.path().join("vm.ovf"));
        let survey = beside.survey(&references);
        let names: Vec<_> = survey
            .members
            .iter()
            .map(|member| member.path.as_str())
            .collect();
        assert_eq!(
            names,
            ["vm.ovf", "vm.mf", "a b.vmdk", "c.000000000", "c.000000001"]
        );
        assert_eq!(survey.members[0].size, 6);
        let error = survey.listing.unwrap().unwrap_err();
        assert_eq!(error.place().line, Some((1, 1)));
        let line = format!("SHA1(x)= {}\n", "0".repeat(40));
        std::fs::write(dir.path().join("vm.mf"), line).unwrap();
        let survey = beside.survey(&references);
        assert_eq!(survey.members.last().unwrap().path.as_str(), "x");
        assert!(survey.listing.unwrap().is_ok());
    }
}
