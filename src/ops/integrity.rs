//! Whether the files of a package are those its manifest lists.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::digest::{Algorithm, Hasher};
use crate::base::progress::Observer;
use crate::base::{Error, ErrorKind, Result};
use crate::envelope::File;
use crate::ova::chunk::chunk_name;
use crate::ova::manifest::{Entry, Manifest};
use crate::xml::MAX_DOCUMENT_BYTES;

use super::descriptor;
use super::members::Package;

/// A file of a package, and what the manifest makes of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct MemberCheck {
    /// Its name.
    pub name: String,
    /// The digest's algorithm, if the manifest lists the file.
    pub algorithm: Option<String>,
    /// What was found.
    pub state: MemberState,
}

/// What the manifest makes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberState {
    /// It has the digest that is listed.
    Holds,
    /// It has another.
    Differs,
    /// It is listed and not there.
    Missing,
    /// It is there or referred to and not listed, so nothing vouches for it.
    Unlisted,
}

/// Files a package is closed with, which no manifest lists.
#[derive(Debug)]
pub(super) struct Seals {
    pub(super) manifest: String,
    pub(super) certificate: String,
}

impl Seals {
    pub(super) fn of(package: &Package) -> Self {
        Self {
            manifest: package.companion("mf"),
            certificate: package.companion("cert"),
        }
    }

    fn is(&self, name: &str) -> bool {
        self.manifest == name || self.certificate == name
    }
}

/// The files of a package, and why those the descriptor refers to are not known if it cannot
/// be read.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) members: Vec<MemberCheck>,
    pub(super) unread: Option<Error>,
}

/// Compares every file with the manifest.
pub(super) fn check(
    package: &Package,
    seals: &Seals,
    manifest: &Manifest,
    observer: &mut dyn Observer,
) -> Result<Checked> {
    let mut checks = Vec::new();
    let mut seen = HashSet::new();
    for entry in &manifest.entries {
        if !seen.insert((&entry.name, entry.algorithm, &entry.digest)) {
            continue;
        }
        let found = digest(package, &entry.name, entry.algorithm, observer)?;
        checks.push(MemberCheck {
            name: entry.name.clone(),
            algorithm: Some(entry.algorithm.to_string()),
            state: match found {
                None => MemberState::Missing,
                Some(found) if found == entry.digest => MemberState::Holds,
                Some(_) => MemberState::Differs,
            },
        });
    }
    let listed: HashSet<_> = manifest.entries.iter().map(|entry| &entry.name).collect();
    let (files, unread) = files(package, seals)?;
    let unlisted = files.into_iter().filter(|name| !listed.contains(name));
    checks.extend(unlisted.map(|name| MemberCheck {
        name,
        algorithm: None,
        state: MemberState::Unlisted,
    }));
    Ok(Checked {
        members: checks,
        unread,
    })
}

/// A manifest of all files.
pub(super) fn manifest(
    package: &Package,
    seals: &Seals,
    algorithm: Algorithm,
    observer: &mut dyn Observer,
) -> Result<Manifest> {
    let (files, unread) = files(package, seals)?;
    if let Some(error) = unread {
        return Err(error);
    }
    let mut entries = Vec::new();
    for name in files {
        let digest = digest(package, &name, algorithm, observer)?.ok_or_else(|| {
            let missing = Error::new(ErrorKind::Mismatch, "a file of the package is missing")
                .why("the descriptor refers to it")
                .help("put it where the descriptor says it is");
            package.place(missing, &name)
        })?;
        entries.push(Entry {
            algorithm,
            name,
            digest,
        });
    }
    Ok(Manifest { entries })
}

/// The digest of a file; `None` if it is not there.
fn digest(
    package: &Package,
    name: &str,
    algorithm: Algorithm,
    observer: &mut dyn Observer,
) -> Result<Option<String>> {
    let mut hasher = algorithm.hasher();
    let there = package.stream(name, observer, &mut |bytes| hasher.update(bytes))?;
    Ok(there.then(|| Hasher::finish(hasher)))
}

/// The files a manifest has to list: the members of an archive in their order, or the
/// descriptor, and what the descriptor refers to inside the package, or why that is not known.
fn files(package: &Package, seals: &Seals) -> Result<(Vec<String>, Option<Error>)> {
    let mut files = match &package.archive {
        Some(archive) => {
            let names = archive.members.iter().map(|member| member.name.clone());
            names.filter(|name| !seals.is(name)).collect()
        }
        None => vec![package.descriptor.clone()],
    };
    let mut known: HashSet<_> = files.iter().cloned().collect();
    let bytes = package.read(&package.descriptor, MAX_DOCUMENT_BYTES)?;
    let envelope = match descriptor::of_bytes(&bytes.unwrap_or_default()) {
        Ok((_, reading)) => reading.envelope,
        Err(error) => return Ok((files, Some(package.place(error, &package.descriptor)))),
    };
    for file in &envelope.references.files {
        for part in parts(package, file)? {
            // What is elsewhere is no file of the package.
            if !part.contains("://") && known.insert(part.clone()) {
                files.push(part);
            }
        }
    }
    Ok((files, None))
}

/// The files a reference names: one, or as many chunks as there are.
fn parts(package: &Package, file: &File) -> Result<Vec<String>> {
    let mut parts = Vec::new();
    if file.chunk_size.is_some() {
        for name in (0..).map(|number: u32| chunk_name(&file.href, number)) {
            if !package.has(&name)? {
                break;
            }
            parts.push(name);
        }
    }
    if parts.is_empty() {
        parts.push(file.href.clone());
    }
    Ok(parts)
}
