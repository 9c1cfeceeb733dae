//! A manifest in its package: which line is about which member.

use std::collections::{HashMap, HashSet};

use super::manifest::{Entry, Manifest};
use super::name::{NameFault, SafeName};
use super::role::Role;
use crate::base::Result;
use crate::base::digest::Algorithm;

/// The digests to take while nobody knows yet which ones a manifest will ask for: those
/// nearly all have.
pub const LIKELY: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Sha1];

/// A manifest with its place.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The manifest's own path.
    pub path: SafeName,
    /// What it says.
    pub manifest: Manifest,
    /// The lines about a path, by what is equal where case does not count, as
    /// importers look names up.
    lines: HashMap<String, Vec<usize>>,
}

/// How a manifest fits a package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Members without a line.
    pub unlisted: Vec<String>,
    /// Names in lines that no member has.
    pub missing: Vec<String>,
}

impl Listing {
    /// The `manifest` at `path`. Names in it begin where the manifest is.
    pub fn new(path: SafeName, manifest: Manifest) -> Self {
        let mut lines: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, entry) in manifest.entries.iter().enumerate() {
            for key in keys(&path, entry) {
                lines.entry(key).or_default().push(number);
            }
        }
        Self {
            path,
            manifest,
            lines,
        }
    }

    /// The manifest that is the member at `path` and reads `bytes`.
    pub fn of(path: &Result<SafeName, NameFault>, bytes: &[u8]) -> Result<Self> {
        Ok(Self::new(path.clone()?, Manifest::read(bytes)?))
    }

    /// The lines about the member at `path`.
    pub fn about(&self, path: &SafeName) -> impl Iterator<Item = &Entry> {
        let lines = self.lines.get(&path.folded()).into_iter().flatten();
        lines.map(|number| &self.manifest.entries[*number])
    }

    /// The algorithms of the lines about the member at `path`, each once.
    pub fn algorithms(&self, path: &SafeName) -> Vec<Algorithm> {
        let mut found = Vec::new();
        for line in self.about(path) {
            if !found.contains(&line.algorithm) {
                found.push(line.algorithm);
            }
        }
        found
    }

    /// Whether no line about the member at `path` has another digest than `found`.
    pub fn fits(&self, path: &SafeName, found: &HashMap<Algorithm, String>) -> bool {
        self.about(path).all(|line| {
            let digest = found.get(&line.algorithm);
            digest.is_none_or(|digest| *digest == line.digest)
        })
    }

    /// Compares the lines with all `members`. The manifest and the certificate need
    /// no lines.
    pub fn coverage<'m>(&self, members: impl Iterator<Item = &'m SafeName>) -> Coverage {
        let mut there = HashSet::new();
        let mut unlisted = Vec::new();
        for member in members {
            let key = member.folded();
            let role = Role::of(member.as_str());
            if !self.lines.contains_key(&key) && !matches!(role, Role::Manifest | Role::Certificate)
            {
                unlisted.push(member.to_string());
            }
            there.insert(key);
        }
        let absent = |entry: &&Entry| {
            !keys(&self.path, entry)
                .iter()
                .any(|key| there.contains(key))
        };
        let missing = self.manifest.entries.iter().filter(absent);
        Coverage {
            unlisted,
            missing: missing.map(|entry| entry.name.clone()).collect(),
        }
    }
}

/// The paths a line may be about: its name as it stands, and with escapes resolved.
fn keys(manifest: &SafeName, entry: &Entry) -> Vec<String> {
    let paths = manifest.meant(&entry.name);
    paths.map(|path| path.folded()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> SafeName {
        SafeName::new(name.as_bytes()).unwrap()
    }

    #[test]
    fn lines_are_found_by_the_path_of_a_member() {
        let lines = [
            "vm.ovf",
            "My%20Disk.vmdk",
            "vm.ovf",
            "gone.iso",
            "../out",
            "/root",
        ];
        let entries = lines.map(|name| Entry {
            algorithm: Algorithm::Sha1,
            name: name.to_owned(),
            digest: Algorithm::Sha1.digest(b""),
        });
        let manifest = Manifest {
            entries: entries.to_vec(),
        };
        for directory in ["", "dir/"] {
            let own = path(&format!("{directory}vm.mf"));
            let listing = Listing::new(own, manifest.clone());
            let members = ["vm.OVF", "my disk.vmdk", "extra", "vm.mf"];
            let members = members.map(|name| path(&format!("{directory}{name}")));
            assert_eq!(listing.about(&members[0]).count(), 2);
            assert_eq!(listing.about(&members[1]).count(), 1);
            let coverage = listing.coverage(members.iter());
            assert_eq!(coverage.unlisted, [format!("{directory}extra")]);
            assert_eq!(coverage.missing, ["gone.iso", "../out", "/root"]);
        }
    }
}
