//! From a signer's certificate to one that is trusted (RFC 5280 §6, without revocation,
//! policies and name constraints; a certificate that insists on those leads nowhere).

use std::time::SystemTime;

use thiserror::Error;

use super::x509::{Certificate, Validity};
use crate::base::digest::Algorithm;

/// Certificates of a chain, the signer's and the root included.
const MAX_LENGTH: usize = 10;
/// Signatures that are checked on the way. Certificates of equal names could otherwise make
/// a search of a few into one of millions.
const MAX_CHECKS: usize = 100;

/// A way from a signer, who is first, to a root, which is last.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The certificates.
    pub certificates: Vec<Certificate>,
    /// Whether one was signed over a SHA-1 digest.
    pub sha1: bool,
}

/// Why there is no way to a root.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Distrust {
    /// The signer says who they are, and nobody else does.
    #[error("the certificate is self-signed, and is no root that is trusted")]
    SelfSigned,
    /// The next certificate is missing.
    #[error("no trusted certificate of its issuer is known: {0}")]
    NoIssuer(String),
    /// The signer's certificate is for other uses.
    #[error("the certificate is not for signatures, by its key usage")]
    NotForSigning,
    /// An issuer is no authority.
    #[error("a certificate in its chain is not that of an authority: {0}")]
    NotAuthority(String),
    /// An issuer's key is for other uses.
    #[error("a certificate in its chain must not sign others, by its key usage: {0}")]
    NotForCertificates(String),
    /// More authorities than one of them allows.
    #[error("a certificate in its chain allows fewer authorities below it: {0}")]
    PathTooLong(String),
    /// An issuer's certificate is not valid at the time.
    #[error("a certificate in its chain has expired or is not valid yet: {0}")]
    OutOfTime(String),
    /// Signed by another key than the issuer's.
    #[error("a certificate was not signed by the issuer it names: {0}")]
    FalseSignature(String),
    /// Signed in a way that is not known, such as MD5.
    #[error("a certificate is signed in a way that is not supported: algorithm {0}")]
    UnknownAlgorithm(String),
    /// A condition nobody here can check.
    #[error("a certificate makes a condition that cannot be checked: extension {0}")]
    UnknownExtension(String),
    /// Too many certificates.
    #[error("the chain is longer than {MAX_LENGTH} certificates, or too winding to follow")]
    TooLong,
}

/// What a chain is built of and judged by.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'r> {
    /// Who is trusted.
    pub roots: &'r [Certificate],
    /// Certificates that may stand between.
    pub between: &'r [Certificate],
    /// The time issuers have to be valid at, if that matters.
    pub at: Option<SystemTime>,
}

impl<'r> Rules<'r> {
    /// The way from `signer` to a root. Whether the signer's own certificate is valid at the
    /// time is another question.
    pub fn chain(&self, signer: &'r Certificate) -> Result<Chain, Distrust> {
        understood(signer)?;
        if !signer.extensions().signs_files {
            return Err(Distrust::NotForSigning);
        }
        let mut search = Search {
            rules: self,
            path: vec![signer],
            checks: 0,
            sha1: false,
        };
        search.extend()?;
        Ok(Chain {
            certificates: search.path.into_iter().cloned().collect(),
            sha1: search.sha1,
        })
    }
}

struct Search<'s, 'r> {
    rules: &'s Rules<'r>,
    /// The signer first.
    path: Vec<&'r Certificate>,
    checks: usize,
    sha1: bool,
}

impl<'r> Search<'_, 'r> {
    /// Goes on from the last certificate of the path to a root.
    fn extend(&mut self) -> Result<(), Distrust> {
        let last = self.path[self.path.len() - 1];
        if self.rules.roots.iter().any(|root| root.is(last)) {
            return Ok(());
        }
        let issuers = self.issuers(last);
        // The reason of the first choice is the one to tell: it fits best.
        let mut reason = None;
        for issuer in issuers {
            let length = self.path.len();
            let sha1 = self.sha1;
            match self.step(last, issuer) {
                Ok(()) => return Ok(()),
                Err(Distrust::TooLong) => return Err(Distrust::TooLong),
                Err(distrust) => {
                    reason.get_or_insert(distrust);
                }
            }
            self.path.truncate(length);
            self.sha1 = sha1;
        }
        Err(reason.unwrap_or_else(|| {
            if last.names_itself() && self.path.len() == 1 {
                Distrust::SelfSigned
            } else {
                Distrust::NoIssuer(last.issuer())
            }
        }))
    }

    fn step(&mut self, last: &'r Certificate, issuer: &'r Certificate) -> Result<(), Distrust> {
        self.checks += 1;
        if self.path.len() >= MAX_LENGTH || self.checks > MAX_CHECKS {
            return Err(Distrust::TooLong);
        }
        self.admit(issuer)?;
        let algorithm = (last.signed_with())
            .map_err(|algorithm| Distrust::UnknownAlgorithm(algorithm.to_string()))?;
        let signed = (issuer.key()).is_ok_and(|key| last.is_signed_by(algorithm, key));
        if !signed {
            return Err(Distrust::FalseSignature(last.subject()));
        }
        self.sha1 |= algorithm == Algorithm::Sha1;
        self.path.push(issuer);
        self.extend()
    }

    /// Who may have issued `last`: roots before others, and keys that are named first.
    fn issuers(&self, last: &Certificate) -> Vec<&'r Certificate> {
        let named = last.extensions().issuer_key_id.as_ref();
        let all = self.rules.roots.iter().chain(self.rules.between);
        let mut issuers: Vec<_> = all
            .filter(|issuer| last.names(issuer))
            .filter(|issuer| !self.path.iter().any(|passed| passed.is(issuer)))
            .collect();
        issuers.sort_by_key(
            |issuer| match (named, issuer.extensions().key_id.as_ref()) {
                (Some(named), Some(own)) if named == own => 0,
                (Some(_), Some(_)) => 2,
                _ => 1,
            },
        );
        issuers
    }

    /// Whether `issuer` may issue what is on the path so far.
    fn admit(&self, issuer: &Certificate) -> Result<(), Distrust> {
        understood(issuer)?;
        let extensions = issuer.extensions();
        let is_root = self.rules.roots.iter().any(|root| root.is(issuer));
        // Roots from before version 3 have no extensions that could say so.
        if !extensions.authority.unwrap_or(is_root) {
            return Err(Distrust::NotAuthority(issuer.subject()));
        }
        if !extensions.signs_certificates {
            return Err(Distrust::NotForCertificates(issuer.subject()));
        }
        // An authority that only renewed its own key does not count.
        let below = (self.path[1..].iter()).filter(|authority| !authority.names_itself());
        if (extensions.path_length).is_some_and(|most| below.count() > usize::from(most)) {
            return Err(Distrust::PathTooLong(issuer.subject()));
        }
        let valid = |at| issuer.validity(at) == Validity::Valid;
        if !self.rules.at.is_none_or(valid) {
            return Err(Distrust::OutOfTime(issuer.subject()));
        }
        Ok(())
    }
}

fn understood(certificate: &Certificate) -> Result<(), Distrust> {
    match certificate.extensions().unknown_critical {
        Some(extension) => Err(Distrust::UnknownExtension(extension.to_string())),
        None => Ok(()),
    }
}
