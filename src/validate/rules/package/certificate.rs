//! The certificate: its form, the signature in it, and whose that is.

use super::{Rule, Sink, shown};
use crate::base::digest::Algorithm;
use crate::ova::certificate::chain::Distrust;
use crate::ova::certificate::x509::Validity;
use crate::ova::certificate::{Signature, Verdict};
use crate::validate::scene::{CertificateAt, Scene};

pub(in crate::validate::rules) const RULES: &[Rule] = &[
    Rule::error("PKG-201", "the certificate has no line with a signature")
        .reference("DSP0243 1.1 §5.1")
        .why("importers refuse the package, or take it for unsigned")
        .help("sign the package anew: `ovfkit sign`")
        .around(form),
    Rule::error("PKG-202", "the signature is for a file of another name")
        .reference("DSP0243 1.1 §5.1")
        .why("it has to be one of this package's manifest")
        .help("sign the package anew: `ovfkit sign`")
        .around(name),
    Rule::error("PKG-203", "the signature is not one of this manifest")
        .reference("DSP0243 1.1 §5.1; practice of VirtualBox")
        .why("the package was changed after it was signed, or never signed with this key")
        .help("fetch the package again; if it was changed on purpose, sign it anew: `ovfkit sign`")
        .around(signature),
    Rule::error(
        "PKG-204",
        "the certificate holds no X.509 certificate in PEM",
    )
    .reference("DSP0243 1.1 §5.1; RFC 7468")
    .why("without the signer's key nobody can verify the signature")
    .help("sign the package anew: `ovfkit sign`")
    .around(pem),
    Rule::warning(
        "PKG-205",
        "no chain of certificates leads from the signer to a root of this system",
    )
    .reference("RFC 5280 §6; practice of VirtualBox")
    .why("who is asked to trust the package has to know the signer by other ways")
    .help("name the signer's root: `ovfkit verify --ca`")
    .around(unknown),
    Rule::warning("PKG-206", "the signer vouches for themselves")
        .reference("RFC 5280 §6; practice of VirtualBox")
        .why(
            "a self-signed certificate tells that the package is whole, and nothing of who made it",
        )
        .help("ask the signer for their fingerprint, and name it: `ovfkit verify --ca`")
        .around(self_signed),
    Rule::warning("PKG-207", "the signer's certificate is not valid now")
        .reference("RFC 5280 §4.1.2.5; practice of VirtualBox and OVF Tool")
        .why("OVF Tool refuses the package; VirtualBox warns, as nothing tells when it was signed")
        .help("ask for a package that was signed anew")
        .around(validity),
    Rule::info(
        "PKG-209",
        "the signature has another digest than the manifest, or SHA-1",
    )
    .reference("DSP0243 1.1 §5.1; NIST SP 800-131A")
    .why("some importers verify signatures of the manifest's algorithm alone; SHA-1 can be forged")
    .help("sign the package anew: `ovfkit sign`")
    .around(digest),
];

/// The certificate, if it is understood.
fn understood<'s>(scene: &'s Scene<'_>) -> Option<(&'s CertificateAt, &'s Signature)> {
    let certificate = scene.certificate.as_ref()?;
    Some((certificate, certificate.signature.as_ref().ok()?))
}

/// What the signature is worth.
fn verdict<'s>(scene: &'s Scene<'_>) -> Option<(&'s CertificateAt, &'s Verdict)> {
    let certificate = scene.certificate.as_ref()?;
    Some((certificate, certificate.verdict.as_ref()?))
}

/// Tells why a certificate is not understood: whether something is wrong with its PEM
/// decides which rule tells it.
fn refused(scene: &Scene<'_>, sink: &mut Sink<'_>, of_pem: bool) {
    if let Some(certificate) = &scene.certificate
        && let Err(error) = &certificate.signature
        // What is wrong with the first line has a place.
        && of_pem == error.place().line.is_none()
    {
        sink.member(certificate.member, error.message());
    }
}

fn form(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    refused(scene, sink, false);
}

fn pem(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    refused(scene, sink, true);
}

fn name(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let (Some((certificate, signature)), Some(manifest)) = (understood(scene), &scene.manifest) {
        let stored = &scene.member(manifest.member).stored.name;
        let own = stored.rsplit('/').next().unwrap_or(stored);
        if signature.manifest != own {
            let label = format!("calls it `{}`", shown(&signature.manifest));
            sink.member(certificate.member, label);
        }
    }
}

fn signature(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some((certificate, verdict)) = verdict(scene) {
        match &verdict.intact {
            Ok(true) => {}
            Ok(false) => sink.member(certificate.member, ""),
            Err(fault) => sink.member(certificate.member, fault.to_string()),
        }
    }
}

fn unknown(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some((certificate, verdict)) = verdict(scene)
        && let Err(distrust) = &verdict.trust_at_any_time
        && *distrust != Distrust::SelfSigned
    {
        sink.member(certificate.member, distrust.to_string());
    }
}

fn self_signed(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    if let Some((certificate, verdict)) = verdict(scene)
        && let Err(Distrust::SelfSigned) = verdict.trust_at_any_time
    {
        let signer = understood(scene).map(|(_, signature)| signature.signer.subject());
        sink.member(certificate.member, shown(&signer.unwrap_or_default()));
    }
}

fn validity(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let (Some((certificate, signature)), Some((_, verdict))) = (understood(scene), verdict(scene))
    else {
        return;
    };
    let signer = &signature.signer;
    match verdict.validity {
        Validity::Valid => {}
        Validity::Expired => {
            let label = format!("it expired on {}", signer.not_after());
            sink.member(certificate.member, label);
        }
        Validity::NotYet => {
            let label = format!("it is not valid before {}", signer.not_before());
            sink.member(certificate.member, label);
        }
    }
}

fn digest(scene: &Scene<'_>, sink: &mut Sink<'_>) {
    let Some((certificate, signature)) = understood(scene) else {
        return;
    };
    let lines = scene.manifest.iter().flat_map(|manifest| &manifest.lines);
    let mut entries = lines.filter_map(|line| line.entry.as_ref());
    let other = entries.find(|entry| entry.algorithm != signature.algorithm);
    if other.is_some() || signature.algorithm == Algorithm::Sha1 {
        sink.member(certificate.member, signature.algorithm.token());
    }
}
