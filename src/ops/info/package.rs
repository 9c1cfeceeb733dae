//! What is around a descriptor, for programs: plain data, sizes in bytes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::{Error, Result};
use crate::envelope::Envelope;
use crate::ops::descriptor::{Origin, references};
use crate::ova::beside::{Beside, BesideSurvey};
use crate::ova::header::{Dialect, Kind};
use crate::ova::listing::{Coverage, Listing};
use crate::ova::name::SafeName;
use crate::ova::reader::{End, Ending};
use crate::ova::role::{MAX_CERTIFICATE_BYTES, MAX_MANIFEST_BYTES, Role};
use crate::ova::survey::Survey;
use crate::ova::wrapper::Wrapper;

use super::inside::{DigestView, DiskFileView, SignatureView};

/// The form of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One archive.
    Ova,
    /// Files beside a descriptor.
    Ovf,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageView {
    /// Its form.
    pub form: Form,
    /// What is around the archive.
    pub wrapper: Option<Wrapper>,
    /// The dialects of the archive's headers, each once.
    pub dialects: Vec<Dialect>,
    /// How the archive ends.
    pub ending: Option<Ending>,
    /// Where something stands behind the end of the archive.
    pub trailing: Option<u64>,
    /// The name of the descriptor.
    pub descriptor: String,
    /// All members, in order. Of files beside a descriptor those that are there.
    pub members: Vec<PackageMemberView>,
    /// The manifest, if there is one that can be read.
    pub manifest: Option<ManifestView>,
    /// The name of the certificate, if there is one.
    pub certificate: Option<String>,
    /// What the certificate says, if it can be read.
    pub signature: Option<SignatureView>,
}

/// A member of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageMemberView {
    /// Its name as stored.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes.
    pub size: u64,
    /// Where its content begins in the archive, unwrapped.
    pub offset: Option<u64>,
    /// Whether the manifest has a line about it; not told of a manifest and a
    /// certificate, which need none, nor where there is no manifest.
    pub listed: Option<bool>,
    /// Its digest, if the manifest tells it or it was taken.
    pub digest: Option<DigestView>,
    /// What it is, if it is a disk; not told of a stream.
    pub disk: Option<DiskFileView>,
}

/// A manifest. Nothing was compared with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ManifestView {
    /// Its name.
    pub name: String,
    /// The algorithms of its digests, each once.
    pub algorithms: Vec<String>,
    /// Whether every file but the manifest and the certificate has a line, and every
    /// line a file.
    pub complete: bool,
    /// Files without a line.
    pub unlisted: Vec<String>,
    /// Names in lines that no file has.
    pub missing: Vec<String>,
}

impl PackageView {
    /// The package around a descriptor that says `envelope`; none if nothing of it is
    /// there but the descriptor. A manifest that cannot be read is added to `told`.
    pub(super) fn around(
        origin: &Origin,
        envelope: &Envelope,
        told: &mut Vec<Error>,
    ) -> Option<Self> {
        match origin {
            Origin::Alone => None,
            Origin::Beside { path, by_directory } => {
                let survey = Beside::new(path).survey(&references(envelope));
                let alone = survey.members.len() <= 1 && !by_directory;
                (!alone).then(|| Self::beside(survey, told))
            }
            Origin::Archive { survey, path } => Some(Self::archive(survey, path, told)),
        }
    }

    fn archive(survey: &Survey, descriptor: &SafeName, told: &mut Vec<Error>) -> Self {
        let listing = readable(survey.listing(), told);
        let mut dialects: Vec<_> = survey.members.iter().map(|member| member.dialect).collect();
        dialects.sort_unstable();
        dialects.dedup();
        let members = survey.members.iter().map(|member| PackageMemberView {
            name: member.name.clone(),
            kind: member.kind,
            size: member.size,
            offset: Some(member.data_offset),
            listed: listed(listing.as_ref(), &member.name, member.path.as_ref().ok()),
            digest: digest(listing.as_ref(), &member.name, member.path.as_ref().ok()),
            disk: None,
        });
        let files = survey
            .members
            .iter()
            .filter(|member| member.kind == Kind::File && member.role() != Role::Noise);
        let certificate = survey.first(Role::Certificate);
        Self {
            form: Form::Ova,
            wrapper: survey.wrapper,
            dialects,
            ending: survey.end.map(|end: End| end.ending),
            trailing: survey.end.and_then(|end| end.trailing),
            descriptor: descriptor.to_string(),
            members: members.collect(),
            manifest: listing.as_ref().map(|listing| {
                let paths = files.filter_map(|member| member.path.as_ref().ok());
                ManifestView::new(listing, listing.coverage(paths))
            }),
            certificate: certificate.map(|member| member.name.clone()),
            signature: certificate.and_then(|member| {
                let certificate = survey.content(member, MAX_CERTIFICATE_BYTES).ok()?;
                let manifest = survey.first(Role::Manifest);
                let manifest =
                    manifest.and_then(|member| survey.content(member, MAX_MANIFEST_BYTES).ok());
                SignatureView::new(&certificate, manifest.as_deref())
            }),
        }
    }

    fn beside(survey: BesideSurvey, told: &mut Vec<Error>) -> Self {
        let listing = readable(survey.listing, told);
        let of_role = |role| {
            let mut names = survey.members.iter().map(|member| member.path.as_str());
            names.find(|name| Role::of(name) == role).map(str::to_owned)
        };
        let members = survey.members.iter().map(|member| PackageMemberView {
            name: member.path.to_string(),
            kind: Kind::File,
            size: member.size,
            offset: None,
            listed: listed(listing.as_ref(), member.path.as_str(), Some(&member.path)),
            digest: digest(listing.as_ref(), member.path.as_str(), Some(&member.path)),
            disk: None,
        });
        Self {
            form: Form::Ovf,
            wrapper: None,
            dialects: Vec::new(),
            ending: None,
            trailing: None,
            // It comes first, whatever its name ends in.
            descriptor: (survey.members.first())
                .map_or_else(String::new, |own| own.path.to_string()),
            members: members.collect(),
            manifest: listing.as_ref().map(|listing| {
                let paths = survey.members.iter().map(|member| &member.path);
                ManifestView::new(listing, listing.coverage(paths))
            }),
            certificate: of_role(Role::Certificate),
            signature: None,
        }
    }
}

impl ManifestView {
    fn new(listing: &Listing, coverage: Coverage) -> Self {
        let algorithms = listing.manifest.algorithms();
        Self {
            name: listing.path.to_string(),
            algorithms: algorithms.iter().map(ToString::to_string).collect(),
            complete: coverage == Coverage::default(),
            unlisted: coverage.unlisted,
            missing: coverage.missing,
        }
    }
}

fn readable(listing: Option<Result<Listing>>, told: &mut Vec<Error>) -> Option<Listing> {
    match listing? {
        Ok(listing) => Some(listing),
        Err(error) => {
            told.push(error);
            None
        }
    }
}

/// The digest the manifest tells of a file that needs one.
fn digest(listing: Option<&Listing>, name: &str, path: Option<&SafeName>) -> Option<DigestView> {
    listed(listing, name, path)?;
    DigestView::listed(listing?, path?)
}

fn listed(listing: Option<&Listing>, name: &str, path: Option<&SafeName>) -> Option<bool> {
    let listing = listing?;
    let needs_none = matches!(Role::of(name), Role::Manifest | Role::Certificate);
    (!needs_none).then(|| path.is_some_and(|path| listing.about(path).next().is_some()))
}
