//! Signing a package: its manifest as it is, or a new one where there is none, and a `.cert`
//! behind it.

mod place;
mod signer;

use std::path::Path;

use serde::Serialize;

use crate::base::digest::Algorithm;
use crate::base::output::Overwrite;
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::role::MAX_MANIFEST_BYTES;

use super::integrity::{self, MemberState, Seals};
use super::members::Package;
use super::verify;
use place::{New, Target};
pub use signer::Signer;
pub(in crate::ops) use signer::warnings;

/// What to do.
pub struct Sign<'s> {
    /// An OVA, the descriptor of a directory, or a directory with one descriptor.
    pub package: &'s Path,
    /// The signer's private key, in PEM.
    pub key: &'s Path,
    /// The signer's certificate, in PEM.
    pub certificate: &'s Path,
    /// Whether the further certificates in that file go into the package, too.
    pub with_chain: bool,
    /// The OVA to write.
    pub output: Option<&'s Path>,
    /// Whether to change the OVA itself.
    pub in_place: bool,
    /// What to do about an output, or a signature, that is there already.
    pub overwrite: Overwrite,
    /// The digest to sign; that of the manifest, but no SHA-1, if not given.
    pub digest: Option<Algorithm>,
    /// Asks for the key's passphrase if it has one.
    pub passphrase: &'s mut dyn FnMut() -> Result<String>,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct SignReport {
    /// The package, or the `.cert` file in a directory.
    pub output: String,
    /// The manifest's name.
    pub manifest: String,
    /// Whether it was made.
    pub manifest_made: bool,
    /// The digest that was signed.
    pub algorithm: String,
    /// The signer's key, such as `RSA 2048`.
    pub key: String,
    /// Whose certificate it is.
    pub subject: String,
    /// The certificate's SHA-256 digest.
    pub fingerprint: String,
    /// What will make others doubt the signature.
    pub warnings: Vec<String>,
}

/// Signs a package.
pub fn sign(mut request: Sign<'_>, observer: &mut dyn Observer) -> Result<SignReport> {
    let package = Package::open(request.package)?;
    let target = Target::of(&request, &package)?;
    let seals = Seals::of(&package);
    if request.overwrite == Overwrite::Never && package.has(&seals.certificate)? {
        let signed = Error::new(ErrorKind::Exists, "the package is signed already")
            .help("pass `--force` to put another signature in its place");
        return Err(package.place(signed, &seals.certificate));
    }
    let signer = signer(&mut request)?;
    let (bytes, there, listed) = manifest(&package, &seals, observer)?;
    let signature = signer.sign(&seals.manifest, &bytes, listed)?;
    let text = signature.to_text();
    let new = New {
        manifest: (&seals.manifest, &bytes),
        manifest_there: there,
        certificate: (&seals.certificate, text.as_bytes()),
    };
    let output = target.write(&package, &new, observer)?;
    let certificate = &signature.signer;
    Ok(SignReport {
        output: output.display().to_string(),
        manifest: seals.manifest,
        manifest_made: !there,
        algorithm: signature.algorithm.to_string(),
        key: signer.key_name(),
        subject: certificate.subject(),
        fingerprint: certificate.fingerprint(),
        warnings: warnings(certificate),
    })
}

fn signer(request: &mut Sign<'_>) -> Result<Signer> {
    Signer::read(
        request.key,
        request.certificate,
        request.with_chain,
        request.digest,
        request.passphrase,
    )
}

/// The manifest's bytes, whether it was there, and the digest its first line has. One that is
/// there has to hold, because the signature vouches for what it says.
fn manifest(
    package: &Package,
    seals: &Seals,
    observer: &mut dyn Observer,
) -> Result<(Vec<u8>, bool, Algorithm)> {
    let Some(bytes) = package.read(&seals.manifest, to_usize(MAX_MANIFEST_BYTES))? else {
        let made = integrity::manifest(package, seals, Algorithm::Sha256, observer)?;
        return Ok((made.to_text().into_bytes(), false, Algorithm::Sha256));
    };
    let manifest = verify::parse(package, &seals.manifest, &bytes)?;
    let checked = integrity::check(package, seals, &manifest, observer)?;
    if let Some(error) = checked.unread {
        return Err(error);
    }
    if let Some(wrong) = (checked.members.iter()).find(|check| check.state != MemberState::Holds) {
        let what = match wrong.state {
            MemberState::Missing => "the manifest lists a file that is missing",
            MemberState::Unlisted => "the manifest does not list a file of the package",
            _ => "the file is not the one the manifest lists",
        };
        let error = Error::new(ErrorKind::Mismatch, what)
            .why("a signature would vouch for a manifest that does not hold")
            .help("if the files are as they should be, make the package anew");
        return Err(package.place(error, &wrong.name));
    }
    let first = manifest.entries.first().map(|entry| entry.algorithm);
    Ok((bytes, true, first.unwrap_or(Algorithm::Sha256)))
}
