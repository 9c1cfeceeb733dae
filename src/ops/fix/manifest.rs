//! The manifest, for the files of a package as they will be.

use std::collections::HashMap;

use crate::base::Result;
use crate::base::digest::Algorithm;
use crate::base::progress::Observer;
use crate::ops::assemble::names::{Names, Old};
use crate::ops::assemble::part::Part;
use crate::ova::manifest::{Entry, Manifest};
use crate::ova::name::SafeName;
use crate::validate::fix::PackageChange;

/// A file to be listed.
pub(super) enum Listed<'l> {
    /// The descriptor, which is in memory.
    Descriptor(&'l SafeName, &'l [u8]),
    Part(&'l Part),
}

impl Listed<'_> {
    fn path(&self) -> &SafeName {
        match self {
            Self::Descriptor(path, _) => path,
            Self::Part(part) => &part.path,
        }
    }

    fn digests(
        &self,
        algorithms: &[Algorithm],
        observer: &mut dyn Observer,
    ) -> Result<HashMap<Algorithm, String>> {
        match self {
            Self::Descriptor(_, bytes) => Ok(algorithms
                .iter()
                .map(|algorithm| (*algorithm, algorithm.digest(bytes)))
                .collect()),
            Self::Part(part) => part.digests(algorithms, observer),
        }
    }
}

/// What the manifest will be.
pub(super) struct New {
    pub(super) bytes: Vec<u8>,
    /// What is another in it; nothing if it stays as it is.
    pub(super) changes: Vec<PackageChange>,
}

fn weak(algorithms: &[Algorithm]) -> bool {
    algorithms.contains(&Algorithm::Sha1)
}

/// The manifest of `files`, in their order. One that holds stays as it is, byte for byte, if
/// it is `signed`, or spelled as the standard has it.
pub(super) fn remake(
    old: Option<&Old>,
    path: &SafeName,
    files: &[Listed<'_>],
    names: &Names,
    signed: bool,
    observer: &mut dyn Observer,
) -> Result<New> {
    let listing = old.and_then(|old| old.listing.as_ref());
    let algorithm = match listing.map(|listing| listing.manifest.algorithms()) {
        // OVF 2.x has SHA-256 alone.
        Some(algorithms) if algorithms.len() == 1 && !(names.second && weak(&algorithms)) => {
            algorithms[0]
        }
        _ => Algorithm::Sha256,
    };
    let mut changes = Vec::new();
    let mut manifest = Manifest::default();
    for file in files {
        // No file can hold its own digest; some programs list it with that of a draft.
        let lines: Vec<&Entry> =
            listing.map_or_else(Vec::new, |listing| listing.about(file.path()).collect());
        let mut algorithms = vec![algorithm];
        for line in &lines {
            if !algorithms.contains(&line.algorithm) {
                algorithms.push(line.algorithm);
            }
        }
        let digests = file.digests(&algorithms, observer)?;
        let holds = |line: &&Entry| digests.get(&line.algorithm) == Some(&line.digest);
        let what = if lines.is_empty() {
            Some("listed in the manifest")
        } else {
            (!lines.iter().all(holds)).then_some("its digest renewed in the manifest")
        };
        if let (Some(what), Some(_)) = (what, old) {
            changes.push(PackageChange {
                member: Some(file.path().to_string()),
                what: what.to_owned(),
            });
        }
        manifest.entries.push(Entry {
            algorithm,
            name: names.of(path, file.path()),
            digest: digests.get(&algorithm).cloned().unwrap_or_default(),
        });
    }
    let bytes = manifest.to_text().into_bytes();
    let Some(old) = old else {
        changes.push(about(path, "a manifest made".to_owned()));
        return Ok(New { bytes, changes });
    };
    match &old.listing {
        None => changes.push(about(path, "made anew, as it could not be read".to_owned())),
        Some(listing) => {
            let coverage = listing.coverage(files.iter().map(Listed::path));
            for name in coverage.missing {
                let what =
                    format!("`{name}`, which is no file of the package, not listed any more");
                changes.push(about(path, what));
            }
        }
    }
    if changes.is_empty() && (signed || same_lines(&old.bytes, &bytes)) {
        return Ok(New {
            bytes: old.bytes.clone(),
            changes,
        });
    }
    if changes.is_empty() {
        changes.push(about(path, "written as the standard has it".to_owned()));
    }
    Ok(New { bytes, changes })
}

fn about(path: &SafeName, what: String) -> PackageChange {
    PackageChange {
        member: Some(path.to_string()),
        what,
    }
}

/// Whether the two have the same lines, in whatever order.
fn same_lines(one: &[u8], other: &[u8]) -> bool {
    let sorted = |text: &[u8]| {
        let mut lines: Vec<Vec<u8>> = text
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        lines.sort_unstable();
        lines
    };
    sorted(one) == sorted(other)
}
