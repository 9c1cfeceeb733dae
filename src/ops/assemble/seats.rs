//! Which files of an archive have a part of their own.

use std::path::Path;

use crate::base::{Error, ErrorKind, Result};
use crate::ops::descriptor;
use crate::ova::name::SafeName;
use crate::ova::open::shown;
use crate::ova::role::Role;
use crate::ova::wrapper::Wrapper;

use super::names::Old;
use super::part::Part;

/// Which parts have a part of their own.
pub(in crate::ops) struct Seats {
    pub(in crate::ops) descriptor: usize,
    pub(in crate::ops) manifest: Option<usize>,
    pub(in crate::ops) certificate: Option<usize>,
}

impl Seats {
    pub(in crate::ops) fn of(parts: &[Part]) -> Result<Self> {
        let only = |role: Role| {
            let mut all = (parts.iter().enumerate()).filter(|(_, part)| part.role() == role);
            match (all.next(), all.next()) {
                (first, None) => Ok(first.map(|(place, _)| place)),
                (_, Some((_, second))) => Err(Error::new(
                    ErrorKind::Invalid,
                    format!("the archive has more than one {}", role.name()),
                )
                .in_member(second.path.as_str())
                .why("programs disagree about which of them counts")
                .help("unpack it, and pack what belongs together")),
            }
        };
        Ok(Self {
            descriptor: only(Role::Descriptor)?.ok_or_else(descriptor::no_descriptor)?,
            manifest: only(Role::Manifest)?,
            certificate: only(Role::Certificate)?,
        })
    }

    pub(in crate::ops) fn old_manifest(&self, parts: &[Part]) -> Result<Option<Old>> {
        let part = self.manifest.map(|place| &parts[place]);
        part.map(|part| Ok(Old::new(part.path.clone(), part.content()?)))
            .transpose()
    }

    pub(in crate::ops) fn is_content(&self, place: usize) -> bool {
        place != self.descriptor && Some(place) != self.manifest && Some(place) != self.certificate
    }

    /// Whether manifest and signature stand right behind the descriptor. Otherwise they come
    /// last, which a reader of a stream is as content with.
    pub(in crate::ops) fn seals_in_front(&self) -> bool {
        let behind = |place: Option<usize>, before: Option<usize>| match (place, before) {
            (Some(place), Some(before)) => place == before + 1,
            _ => false,
        };
        behind(self.manifest, Some(self.descriptor))
            && self.descriptor == 0
            && (self.certificate.is_none() || behind(self.certificate, self.manifest))
    }
}

/// The manifest's path: the descriptor's with another ending. One that is signed keeps its
/// name, which the signature tells.
pub(in crate::ops) fn manifest_path(
    old: Option<&Old>,
    descriptor: &SafeName,
    signed: bool,
) -> SafeName {
    match old.filter(|_| signed) {
        Some(old) => old.path.clone(),
        None => with_ending(descriptor, "mf"),
    }
}

/// The path of the file beside `path` that has its name and another `ending`.
pub(in crate::ops) fn with_ending(path: &SafeName, ending: &str) -> SafeName {
    let (_, name) = path.split();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    path.beside(&format!("{stem}.{ending}"))
        .unwrap_or_else(|| path.clone())
}

/// Refuses to put a plain archive in the place of the wrapped one `input` whose name says so.
pub(in crate::ops) fn check_unwrapped(input: &Path, wrapper: Option<Wrapper>) -> Result<()> {
    let Some(wrapper) = wrapper else {
        return Ok(());
    };
    let ending = input.extension().unwrap_or_default();
    if ending.eq_ignore_ascii_case("ova") {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the package is wrapped in {wrapper}, and becomes a plain OVA"
    ))
    .at(shown(input))
    .why("under its name nobody would expect one")
    .help("name the OVA with `-o`"))
}
