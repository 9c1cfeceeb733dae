//! The manifest and the signature of a package as it will be.

use crate::base::digest::Algorithm;
use crate::base::units::{some_of, to_usize};
use crate::base::{Error, ErrorKind, Result};
use crate::ops::assemble::gather::SHOWN;
use crate::ops::assemble::names::Old;
use crate::ops::assemble::seats::with_ending;
use crate::ops::sign::{Signer, warnings};
use crate::ova::certificate::Signature;
use crate::ova::listing::Listing;
use crate::ova::name::SafeName;
use crate::validate::fix::PackageChange;

use super::manifest::{Draft, Listed, Taken};
use super::plan::{Package, Plan};
use super::report::{SignatureFate, about};
use super::{Edit, ManifestPolicy, Signing};

/// Bytes of an archive's block.
const BLOCK: u64 = 512;
/// How much longer a signature may come out than the one before: that of an elliptic curve is
/// two numbers without their leading zeros.
const SPREAD: u64 = 64;

/// What a package is closed with.
pub(super) struct Seals<'e> {
    /// The manifest, if there is to be one.
    pub(super) draft: Option<Draft>,
    /// Its path.
    pub(super) manifest: SafeName,
    /// The path of the signature.
    pub(super) certificate: SafeName,
    pub(super) fate: SignatureFate,
    signer: Option<&'e Signer>,
    /// The signature that stays.
    kept: Option<Vec<u8>>,
    pub(super) changes: Vec<PackageChange>,
    pub(super) warnings: Vec<String>,
}

impl<'e> Seals<'e> {
    pub(super) fn new(request: &Edit<'e>, package: &Package, plan: &Plan<'_>) -> Result<Self> {
        let old = package.seats.old_manifest(&package.parts)?;
        let old = old.as_ref();
        let signer = match &request.signing {
            Signing::Drop => None,
            Signing::Renew(signer) => Some(*signer),
        };
        let manifest = old.map_or_else(|| with_ending(package.own(), "mf"), |old| old.path.clone());
        let (draft, made) = draft(request, old, &manifest, package, plan)?;
        let mut seals = Self {
            draft,
            certificate: with_ending(&manifest, "cert"),
            manifest,
            fate: SignatureFate::None,
            signer,
            kept: None,
            changes: Vec::new(),
            warnings: Vec::new(),
        };
        let same = match (&seals.draft, old) {
            (Some(draft), Some(old)) => draft.reads(&old.bytes),
            (None, None) => true,
            _ => false,
        };
        let what = match (&seals.draft, old) {
            (Some(_), Some(_)) if !same && made => Some("the manifest made anew"),
            (Some(_), Some(_)) if !same => Some("the manifest renewed"),
            (Some(_), None) => Some("a manifest made"),
            (None, Some(_)) => Some("the manifest left out"),
            _ => None,
        };
        let what = what.map(|what| about(&seals.manifest, what));
        seals.changes.extend(what);
        seals.judge(package, same)?;
        Ok(seals)
    }

    /// What becomes of the signature, where the manifest is the `same` or not.
    fn judge(&mut self, package: &Package, same: bool) -> Result<()> {
        let old = package.seats.certificate.map(|place| &package.parts[place]);
        if let Some(old) = old {
            self.certificate = old.path.clone();
        }
        let (fate, what) = match (old, self.signer) {
            (None, None) => (SignatureFate::None, None),
            (Some(_), Some(_)) => (SignatureFate::Signed, Some("the signature renewed")),
            (None, Some(_)) => (SignatureFate::Signed, Some("signed")),
            (Some(old), None) if same && self.draft.is_some() => {
                self.kept = Some(old.content()?);
                (SignatureFate::Kept, None)
            }
            (Some(_), None) => (
                SignatureFate::Dropped,
                Some("the signature dropped: it is for the manifest as it was"),
            ),
        };
        self.fate = fate;
        self.changes
            .extend(what.map(|what| about(&self.certificate, what)));
        Ok(())
    }

    /// The digests of `file` that have to be taken.
    pub(super) fn wanted(&self, file: Listed) -> Vec<Algorithm> {
        let draft = self.draft.as_ref();
        draft.map_or_else(Vec::new, |draft| draft.wanted(file))
    }

    /// The manifest, with the digests that were taken.
    pub(super) fn manifest(&self, taken: &Taken) -> Result<Option<Vec<u8>>> {
        let draft = self.draft.as_ref().map(|draft| draft.fill(taken));
        Ok(draft.transpose()?.map(String::into_bytes))
    }

    /// A manifest as long as it will be.
    pub(super) fn sample(&self) -> Option<Vec<u8>> {
        (self.draft.as_ref()).map(|draft| draft.sample().into_bytes())
    }

    /// Bytes to keep free for the signature, if there is to be one.
    pub(super) fn certificate_room(&self) -> Result<Option<u64>> {
        if let Some(kept) = &self.kept {
            return Ok(Some(kept.len() as u64));
        }
        let signature = self.sign(&self.sample().unwrap_or_default())?;
        let length = signature.map(|signature| signature.to_text().len() as u64);
        Ok(length.map(|length| (length + SPREAD).next_multiple_of(BLOCK)))
    }

    /// The signature over `manifest`. Where it is to fill `room`, it ends in the last block of
    /// that, which empty lines behind the certificate see to.
    pub(super) fn certificate(
        &mut self,
        manifest: &[u8],
        room: Option<u64>,
    ) -> Result<Option<Vec<u8>>> {
        if let Some(kept) = &self.kept {
            return Ok(Some(kept.clone()));
        }
        let Some(signature) = self.sign(manifest)? else {
            return Ok(None);
        };
        self.warnings = warnings(&signature.signer);
        let mut text = signature.to_text().into_bytes();
        if let Some(room) = room {
            let least = to_usize(room.saturating_sub(BLOCK)) + 1;
            text.resize(text.len().max(least), b'\n');
        }
        Ok(Some(text))
    }

    fn sign(&self, manifest: &[u8]) -> Result<Option<Signature>> {
        let (Some(signer), Some(draft)) = (self.signer, &self.draft) else {
            return Ok(None);
        };
        let signature = signer.sign(self.manifest.as_str(), manifest, draft.algorithm)?;
        Ok(Some(signature))
    }
}

/// The manifest as it is to be, and whether all of it is new.
fn draft(
    request: &Edit<'_>,
    old: Option<&Old>,
    path: &SafeName,
    package: &Package,
    plan: &Plan<'_>,
) -> Result<(Option<Draft>, bool)> {
    let signing = matches!(request.signing, Signing::Renew(_));
    let listing = old.and_then(|old| Some((old, old.listing.as_ref()?)));
    let by = match request.manifest {
        ManifestPolicy::None => return Ok((None, false)),
        ManifestPolicy::Keep if old.is_none() && !signing => return Ok((None, false)),
        ManifestPolicy::Keep => None,
        ManifestPolicy::Algorithm(algorithm) => Some(algorithm),
    };
    let renewed = listing.filter(|(_, listing)| {
        let used = listing.manifest.algorithms();
        by.is_none_or(|algorithm| used == [algorithm]) && !used.is_empty()
    });
    let Some((old, listing)) = renewed else {
        let algorithm = by.unwrap_or(Algorithm::Sha256);
        return Ok((Some(Draft::made(path, algorithm, old, package, plan)), true));
    };
    if signing {
        refuse_missing(listing, package)?;
    }
    let all = signing || by.is_some();
    Ok((
        Some(Draft::renewed(old, listing, package, plan, all)),
        false,
    ))
}

/// Refuses to sign a manifest that lists files which are not there.
fn refuse_missing(listing: &Listing, package: &Package) -> Result<()> {
    let there = package.parts.iter().map(|part| &part.path);
    let missing = listing.coverage(there).missing;
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Mismatch,
        format!(
            "the manifest lists files that are missing: {}",
            some_of(&missing, SHOWN)
        ),
    )
    .why("a signature would vouch for a manifest that does not hold")
    .help("have the manifest made anew by naming a digest, or put the files where they belong"))
}
