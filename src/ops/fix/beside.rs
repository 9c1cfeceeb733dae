//! A descriptor with its files beside it: what was mended takes the place of what was there.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::base::output::directory_of;
use crate::base::progress::Observer;
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::{Error, Result};
use crate::ops::assemble::names::{Names, Old};
use crate::ops::assemble::part::Part;
use crate::ops::assemble::replace::{filled, replacing};
use crate::ops::assemble::seats::with_ending;
use crate::ops::descriptor;
use crate::ova::beside::Beside;
use crate::ova::name::SafeName;
use crate::ova::role::Role;
use crate::validate::fix::{FileFacts, PackageChange};

use super::manifest::{self, Listed, New};
use super::{Fix, Outcome, Texts, write_descriptor};

/// Mends the descriptor at `path`, which reads `bytes`, and the files beside it.
pub(super) fn fix(
    request: &Fix<'_>,
    path: &Path,
    by_directory: bool,
    bytes: &[u8],
    observer: &mut dyn Observer,
) -> Result<Outcome> {
    if by_directory && request.output.is_some() {
        return Err(
            Error::usage("the package of a directory is mended where it is")
                .in_option("-o")
                .help("leave `-o` away, or name the descriptor to have it alone written elsewhere"),
        );
    }
    let package = Package::find(path, bytes)?;
    let mut parts = package.parts;
    let mut changes = Vec::new();
    // A descriptor that goes elsewhere is for the files as they are.
    if request.output.is_none() {
        for part in &mut parts {
            changes.extend(part.look(observer)?);
        }
    }
    let facts: HashMap<&str, _> = (parts.iter())
        .map(|part| (part.path.as_str(), part.facts()))
        .collect();
    let beside = Beside::new(path);
    let files = |name: &str| {
        let known = SafeName::new(name.as_bytes()).ok();
        let known = known.and_then(|name| facts.get(name.as_str()).copied());
        known.or_else(|| length_outside(path, name))
    };
    let mut texts = Texts::mend(request, bytes, Some(&files))?;
    let name = path.display().to_string();
    if request.output.is_some() {
        write_descriptor(request, &mut texts)?;
        return Ok(texts.outcome(name));
    }
    let own = package.own;
    let made = match (&package.manifest, &own) {
        (old, Some(own)) if old.is_some() || (by_directory && !parts.is_empty()) => {
            let listed: Vec<_> = [Listed::Descriptor(own, texts.bytes())]
                .into_iter()
                .chain(parts.iter().map(Listed::Part))
                .collect();
            let path = with_ending(own, "mf");
            let signed = package.certificate.is_some();
            let names = descriptor::of_bytes(texts.bytes())
                .map(|(_, reading)| Names::new(&reading.envelope));
            let names = names.unwrap_or_default();
            let made = manifest::remake(old.as_ref(), &path, &listed, &names, signed, observer)?;
            Some((path, made))
        }
        _ => None,
    };
    let renewed = made.as_ref().filter(|(_, made)| !made.changes.is_empty());
    changes.extend(renewed.iter().flat_map(|(_, made)| made.changes.clone()));
    let dropped = package.certificate.filter(|_| renewed.is_some());
    changes.extend(dropped.iter().map(|path| PackageChange {
        member: Some(path.to_string()),
        what: "the signature taken away: it is for the manifest as it was".to_owned(),
    }));
    texts.mended.package = changes;
    if !request.dry_run && !texts.mended.is_empty() {
        let writer = Writer {
            beside: &beside,
            path,
        };
        writer.write(&parts, &texts, renewed, dropped.as_ref(), observer)?;
        texts.mended.written = Some(name.clone());
    }
    Ok(texts.outcome(name))
}

/// The length of a file that is beside the descriptor under a name no package has.
fn length_outside(path: &Path, name: &str) -> Option<FileFacts> {
    let about = std::fs::metadata(directory_of(path).join(name)).ok()?;
    about.is_file().then_some(FileFacts {
        size: about.len(),
        gzip: false,
        disk: None,
    })
}

/// What belongs to a descriptor.
struct Package {
    /// The descriptor's own name, if it is one a package can have.
    own: Option<SafeName>,
    parts: Vec<Part>,
    manifest: Option<Old>,
    certificate: Option<SafeName>,
}

impl Package {
    fn find(path: &Path, bytes: &[u8]) -> Result<Self> {
        let beside = Beside::new(path);
        let read = descriptor::of_bytes(bytes).ok();
        let references = read.map(|(_, reading)| descriptor::references(&reading.envelope));
        let survey = beside.survey(&references.unwrap_or_default());
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let own = SafeName::new(name.as_bytes()).ok();
        let mut found = Self {
            own: own.clone(),
            parts: Vec::new(),
            manifest: None,
            certificate: None,
        };
        for member in survey.members {
            if Some(&member.path) == own.as_ref() {
                continue;
            }
            let place = beside.place(&member.path);
            let storage = Arc::new(FileStorage::open(&place)?);
            let size = storage.length();
            let part = Part::new(member.path, storage, 0, size)?;
            match part.role() {
                Role::Manifest if found.manifest.is_none() => {
                    let content = part.content().map_err(|error| error.at(&place))?;
                    found.manifest = Some(Old::new(part.path, content));
                }
                Role::Certificate if found.certificate.is_none() => {
                    found.certificate = Some(part.path);
                }
                _ => found.parts.push(part),
            }
        }
        Ok(found)
    }
}

/// Writes each file whole under another name, and then in its place.
struct Writer<'w> {
    beside: &'w Beside,
    path: &'w Path,
}

impl Writer<'_> {
    /// The files first that others tell of: disks, the descriptor, the manifest.
    fn write(
        &self,
        parts: &[Part],
        texts: &Texts,
        manifest: Option<&(SafeName, New)>,
        dropped: Option<&SafeName>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut ready = Vec::new();
        for part in parts.iter().filter(|part| part.is_changed()) {
            let place = self.beside.place(&part.path);
            let mut output = replacing(&place)?;
            part.copy(output.file_mut(), 0, observer)
                .map_err(|error| error.at(&place))?;
            ready.push(output);
        }
        if texts.after.is_some() {
            ready.push(filled(self.path, texts.bytes())?);
        }
        if let Some((path, made)) = manifest {
            ready.push(filled(&self.beside.place(path), &made.bytes)?);
        }
        // With all of it written, giving names is all that can still fail.
        for output in ready {
            output.commit()?;
        }
        if let Some(path) = dropped {
            let place = self.beside.place(path);
            std::fs::remove_file(&place)
                .map_err(|error| Error::io("cannot take away", &place, error))?;
        }
        Ok(())
    }
}
