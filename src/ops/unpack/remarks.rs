//! What is odd about a package and stops nothing.

use crate::base::units::some_of;
use crate::ova::name::SafeName;
use crate::ova::reader::{End, Ending};
use crate::ova::role::Role;

/// How many names of members a message has room for.
pub(super) const SHOWN: usize = 10;

/// Oddities, gathered while members come.
#[derive(Default)]
pub(super) struct Remarks {
    descriptors: Vec<String>,
    /// Names Windows cannot have.
    unportable: Vec<String>,
    /// What other programs left behind.
    leftovers: Vec<String>,
    /// What is told once.
    others: Vec<String>,
}

impl Remarks {
    /// A member that was left out as of no use.
    pub(super) fn leftover(&mut self, name: &str) {
        self.leftovers.push(name.to_owned());
    }

    /// A member that is unpacked.
    pub(super) fn member(&mut self, path: &SafeName) {
        if !path.is_portable() {
            self.unportable.push(path.to_string());
        }
        if Role::of(path.as_str()) == Role::Descriptor {
            self.descriptors.push(path.to_string());
        }
    }

    /// How the archive ends.
    pub(super) fn end(&mut self, end: End) {
        let mark = match end.ending {
            Ending::Whole => None,
            Ending::Short => Some("the archive ends with one block of zeros where two belong"),
            Ending::Missing => {
                Some("the archive has no end mark: members behind the last one may be missing")
            }
        };
        self.others.extend(mark.map(str::to_owned));
        self.others.extend(end.trailing.map(|offset| {
            format!(
                "something stands behind the end of the archive, from byte {offset}; it is left out"
            )
        }));
    }

    /// Disks were converted, of a package with or without a manifest.
    pub(super) fn converted(&mut self, has_manifest: bool) {
        let about = if has_manifest {
            "the descriptor and the manifest still tell of the disks as they were"
        } else {
            "the descriptor still tells of the disks as they were"
        };
        self.others.push(about.to_owned());
    }

    /// All of it was unpacked, with or without a manifest.
    pub(super) fn whole(&mut self, has_manifest: bool) {
        if self.descriptors.is_empty() {
            self.others
                .push("no descriptor (`*.ovf`) is among the members".to_owned());
        }
        if !has_manifest {
            self.others
                .push("there is no manifest to compare the files with".to_owned());
        }
    }

    /// Members without a line in the manifest.
    pub(super) fn unlisted(&mut self, names: &[String]) {
        self.others
            .extend(list("not in the manifest, so not compared", names));
    }

    /// The remarks, in words.
    pub(super) fn into_notes(self) -> Vec<String> {
        let mut notes = self.others;
        notes.extend(list(
            "left out, as leftovers of the program that made the archive",
            &self.leftovers,
        ));
        notes.extend(list(
            "Windows can have no files of these names",
            &self.unportable,
        ));
        if self.descriptors.len() > 1 {
            notes.extend(list(
                "several descriptors, of which importers take the first or none",
                &self.descriptors,
            ));
        }
        notes
    }
}

fn list(what: &str, names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("{what}: {}", some_of(names, SHOWN)))
}
