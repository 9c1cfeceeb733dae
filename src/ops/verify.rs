//! Whether a package is as its signer made it, and who that is.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::digest::Algorithm;
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::certificate::chain::{Chain, Distrust};
use crate::ova::certificate::key::PublicKey;
use crate::ova::certificate::x509::{Certificate, Validity};
use crate::ova::certificate::{Signature, Verdict, roots};
use crate::ova::manifest::Manifest;
use crate::ova::role::MAX_MANIFEST_BYTES;

use super::integrity::{self, Seals};
use super::members::Package;

pub use super::integrity::{MemberCheck, MemberState};

/// What to verify.
#[derive(Debug)]
pub struct Verify<'v> {
    /// An OVA, the descriptor of a directory, or a directory with one descriptor.
    pub package: &'v Path,
    /// Files or directories of certificates that are trusted; those of the system if none.
    pub roots: &'v [PathBuf],
    /// Whether a package without a signature will do.
    pub unsigned_ok: bool,
    /// Whether certificates that have expired will do.
    pub expired_ok: bool,
    /// The time certificates have to be valid at.
    pub at: SystemTime,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Verification")]
pub struct VerifyReport {
    /// The package's path.
    pub package: String,
    /// Whether everything holds that was asked for.
    pub holds: bool,
    /// The manifest's name, if there is one.
    pub manifest: Option<String>,
    /// The files of the package.
    pub members: Vec<MemberCheck>,
    /// The signature, if there is one.
    pub signature: Option<SignatureReport>,
    /// What does not hold, the worst first.
    pub problems: Vec<Problem>,
    /// What is weak or unusual.
    pub warnings: Vec<String>,
}

/// A signature and whose it is.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SignatureReport {
    /// The file's name.
    pub name: String,
    /// The digest that was signed.
    pub algorithm: String,
    /// The signer's key, such as `RSA 2048`, if it is of a kind that is supported.
    pub key: Option<String>,
    /// Whether the manifest is the one that was signed.
    pub intact: bool,
    /// Whose key it is.
    pub subject: String,
    /// Who says so.
    pub issuer: String,
    /// The certificate's number, in hexadecimal.
    pub serial: String,
    /// When the certificate begins to be valid, in UTC.
    pub not_before: String,
    /// When it ceases to be, in UTC.
    pub not_after: String,
    /// The certificate's SHA-256 digest.
    pub fingerprint: String,
    /// Whether it is trusted.
    pub trust: Trust,
    /// Why not.
    pub distrust: Option<String>,
    /// Subjects from the signer to a root, if there is a way.
    pub chain: Vec<String>,
}

/// Whether a signer is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A root vouches for the signer.
    Trusted,
    /// Only the signer does.
    SelfSigned,
    /// There is no way to a root.
    Untrusted,
}

/// Something that does not hold.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// Of which class it is.
    pub class: Class,
    /// What it is.
    pub what: String,
}

/// Classes of problems, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The package is not what was signed or listed.
    Altered,
    /// The signature is of a kind that cannot be verified, or the descriptor of one that
    /// cannot be read.
    Unsupported,
    /// There is no signature.
    Unsigned,
    /// The signer is not trusted.
    Untrusted,
    /// The signer's certificate is not valid at the time.
    Expired,
}

impl VerifyReport {
    /// The error that tells of the worst problem.
    pub fn failure(&self) -> Option<Error> {
        let worst = self.problems.first()?;
        let (kind, help) = match worst.class {
            Class::Altered => (
                ErrorKind::Mismatch,
                "do not use the package; get it again from where it comes from",
            ),
            Class::Unsupported => (
                ErrorKind::Unsupported,
                "ask for a package of OVF 1.x or 2.x that is signed with RSA or ECDSA",
            ),
            Class::Unsigned => (
                ErrorKind::Denied,
                "pass `--unsigned-ok` if a manifest that holds will do; `ovfkit sign` signs packages",
            ),
            Class::Untrusted => (
                ErrorKind::Denied,
                "name the signer's root with `--ca`, if you know by another way that it is theirs",
            ),
            Class::Expired => (
                ErrorKind::Denied,
                "pass `--expired-ok` if you know that it was signed in time",
            ),
        };
        let error = Error::new(kind, worst.what.clone())
            .at(Path::new(&self.package))
            .help(help);
        Some(match self.problems.len() - 1 {
            0 => error,
            more => error.why(format!("and {more} more that the report lists")),
        })
    }

    fn problem(&mut self, class: Class, what: impl Into<String>) {
        let what = what.into();
        self.problems.push(Problem { class, what });
    }

    fn warning(&mut self, what: impl Into<String>) {
        self.warnings.push(what.into());
    }
}

/// Verifies a package. What does not hold is in the report; errors tell only of what could
/// not be read.
pub fn verify(request: &Verify<'_>, observer: &mut dyn Observer) -> Result<VerifyReport> {
    let trusted = trusted(request.roots)?;
    let package = Package::open(request.package)?;
    let seals = Seals::of(&package);
    let mut report = VerifyReport {
        package: package.path.display().to_string(),
        holds: false,
        manifest: None,
        members: Vec::new(),
        signature: None,
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let manifest = package.read(&seals.manifest, to_usize(MAX_MANIFEST_BYTES))?;
    let certificate = package.read(&seals.certificate, Signature::LIMIT)?;
    match &manifest {
        Some(bytes) => {
            let manifest = parse(&package, &seals.manifest, bytes)?;
            report.manifest = Some(seals.manifest.clone());
            let checked = integrity::check(&package, &seals, &manifest, observer)?;
            report.members = checked.members;
            report.judge_members();
            if let Some(error) = checked.unread {
                let what = format!(
                    "which files the descriptor refers to is not known: {}",
                    error.message()
                );
                report.problem(Class::Unsupported, what);
            }
        }
        None if certificate.is_some() => {
            report.problem(Class::Altered, "there is a signature and no manifest");
        }
        None => report.problem(
            Class::Unsigned,
            "there is no manifest, so nothing vouches for it",
        ),
    }
    match (&manifest, certificate) {
        (Some(manifest), Some(bytes)) => {
            let signature = Signature::parse(&bytes)
                .map_err(|error| package.place(error, &seals.certificate))?;
            if signature.manifest != seals.manifest {
                report.warning(format!(
                    "the signature calls the manifest `{}`, not `{}`",
                    signature.manifest, seals.manifest
                ));
            }
            let verdict = signature.verify(manifest, &trusted, request.at);
            report.judge_signature(&seals.certificate, &signature, verdict, request.expired_ok);
        }
        (Some(_), None) if !request.unsigned_ok => {
            report.problem(Class::Unsigned, "the package is not signed");
        }
        _ => {}
    }
    report.problems.sort_by_key(|problem| problem.class);
    report.holds = report.problems.is_empty();
    Ok(report)
}

/// Reads a manifest of a package.
pub(super) fn parse(package: &Package, name: &str, bytes: &[u8]) -> Result<Manifest> {
    let at = |error| package.place(error, name);
    let text = std::str::from_utf8(bytes).map_err(|_| {
        at(Error::new(ErrorKind::Invalid, "the manifest is no text")
            .help("get the package again from where it comes from"))
    })?;
    Manifest::parse(text).map_err(at)
}

fn trusted(paths: &[PathBuf]) -> Result<Vec<Certificate>> {
    if paths.is_empty() {
        return Ok(roots::system());
    }
    let mut trusted = Vec::new();
    for path in paths {
        trusted.extend(roots::read(path).map_err(|error| error.in_option("--ca"))?);
    }
    Ok(trusted)
}

impl VerifyReport {
    fn judge_members(&mut self) {
        let sha1 = Algorithm::Sha1.to_string();
        if (self.members.iter()).any(|member| member.algorithm.as_ref() == Some(&sha1)) {
            self.warning("the manifest's digests are SHA-1, which can be forged");
        }
        let whats: Vec<_> = (self.members.iter())
            .filter_map(|member| {
                let name = &member.name;
                match member.state {
                    MemberState::Holds => None,
                    MemberState::Differs => {
                        Some(format!("`{name}` is not the file of the manifest"))
                    }
                    MemberState::Missing => Some(format!("`{name}` of the manifest is missing")),
                    MemberState::Unlisted => Some(format!("`{name}` is not in the manifest")),
                }
            })
            .collect();
        for what in whats {
            self.problem(Class::Altered, what);
        }
    }

    fn judge_signature(
        &mut self,
        name: &str,
        signature: &Signature,
        verdict: Verdict,
        expired_ok: bool,
    ) {
        let signer = &signature.signer;
        match &verdict.intact {
            Ok(true) => {}
            Ok(false) => self.problem(Class::Altered, "the signature is not one of this manifest"),
            Err(fault) => self.problem(Class::Unsupported, fault.to_string()),
        }
        self.warn_of_weakness(signature);
        let when = match verdict.validity {
            Validity::Valid => None,
            Validity::Expired => Some(format!(
                "the signer's certificate expired on {}",
                signer.not_after()
            )),
            Validity::NotYet => Some(format!(
                "the signer's certificate is not valid before {}",
                signer.not_before()
            )),
        };
        match when {
            Some(when) if expired_ok && verdict.validity == Validity::Expired => self.warning(when),
            Some(when) => self.problem(Class::Expired, when),
            None => {}
        }
        let trust = match (verdict.trust, verdict.trust_at_any_time) {
            (Err(Distrust::OutOfTime(subject)), Ok(chain)) if expired_ok => {
                self.warning(Distrust::OutOfTime(subject).to_string());
                Ok(chain)
            }
            (trust, _) => trust,
        };
        let (trusted, distrust, chain) = self.judge_trust(trust);
        self.signature = Some(SignatureReport {
            name: name.to_owned(),
            algorithm: signature.algorithm.to_string(),
            key: signer.key().ok().map(PublicKey::name),
            intact: verdict.intact == Ok(true),
            subject: signer.subject(),
            issuer: signer.issuer(),
            serial: signer.serial(),
            not_before: signer.not_before(),
            not_after: signer.not_after(),
            fingerprint: signer.fingerprint(),
            trust: trusted,
            distrust,
            chain,
        });
    }

    fn judge_trust(
        &mut self,
        trust: Result<Chain, Distrust>,
    ) -> (Trust, Option<String>, Vec<String>) {
        match trust {
            Ok(chain) => {
                if chain.sha1 {
                    self.warning(
                        "a certificate is signed over a SHA-1 digest, which can be forged",
                    );
                }
                let subjects = chain.certificates.iter().map(Certificate::subject);
                (Trust::Trusted, None, subjects.collect())
            }
            Err(distrust) => {
                let trust = if distrust == Distrust::SelfSigned {
                    Trust::SelfSigned
                } else {
                    Trust::Untrusted
                };
                self.problem(Class::Untrusted, distrust.to_string());
                (trust, Some(distrust.to_string()), Vec::new())
            }
        }
    }

    fn warn_of_weakness(&mut self, signature: &Signature) {
        let signer = &signature.signer;
        if signature.algorithm == Algorithm::Sha1 {
            self.warning("the signature is made over a SHA-1 digest, which can be forged");
        }
        if let Some(key) = signer.key().ok().filter(|key| key.is_weak()) {
            self.warning(format!("the signer's key is weak: {}", key.name()));
        }
        if !signer.is_for_code() {
            self.warning("the signer's certificate is meant for other uses than signing code");
        }
    }
}
