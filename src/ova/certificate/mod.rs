//! The `.cert` file: a signature over the manifest, and the certificate of who made it
//! (DSP0243 1.1 §5.1).
//!
//! One line like a manifest's, whose value is the signature in hexadecimal, and one
//! certificate in PEM. Reading takes more: several certificates, of which the further ones
//! lead to a root, any line ends, and a signature broken over lines.

pub mod chain;
pub mod fault;
pub mod key;
mod pem;
pub mod roots;
#[cfg(test)]
mod tests;
pub mod x509;

use std::time::SystemTime;

use crate::base::digest::{Algorithm, hex};
use crate::base::{Error, Result};
use chain::{Chain, Distrust, Rules};
use fault::Fault;
use key::PrivateKey;
use x509::{Certificate, Validity};

/// What a `.cert` file says.
#[derive(Debug, Clone)]
pub struct Signature {
    /// The digest the signature is made over.
    pub algorithm: Algorithm,
    /// The manifest it is for.
    pub manifest: String,
    /// The signature, as `openssl dgst -sign` makes it.
    pub bytes: Vec<u8>,
    /// The certificate of who signed.
    pub signer: Certificate,
    /// Certificates that may lead from it to a root.
    pub others: Vec<Certificate>,
}

impl Signature {
    /// Bytes of a `.cert` file that is read.
    pub const LIMIT: usize = 1 << 20;
    /// Certificates of a `.cert` file.
    pub const MAX_CERTIFICATES: usize = 16;

    /// Signs `manifest`, which is called `name`. Of `certificates` the key's own is the
    /// signer's; the others follow it in their order.
    pub fn sign(
        name: &str,
        manifest: &[u8],
        algorithm: Algorithm,
        key: &PrivateKey,
        certificates: &[Certificate],
    ) -> Result<Self, Fault> {
        let public = key.public();
        let is_signer = |certificate: &&Certificate| certificate.key() == Ok(&public);
        let signer = certificates
            .iter()
            .find(is_signer)
            .ok_or(Fault::NotThisKey)?;
        let others = certificates.iter().filter(|other| !other.is(signer));
        Ok(Self {
            algorithm,
            manifest: name.to_owned(),
            bytes: key.sign(algorithm, manifest)?,
            signer: signer.clone(),
            others: others.cloned().collect(),
        })
    }

    /// The text of a `.cert` file.
    pub fn to_text(&self) -> String {
        let line = format!(
            "{}({})= {}\n",
            self.algorithm.token(),
            self.manifest,
            hex(&self.bytes)
        );
        let certificates = std::iter::once(&self.signer).chain(&self.others);
        let blocks = certificates.map(Certificate::to_pem);
        std::iter::once(line).chain(blocks).collect()
    }

    /// Reads a `.cert` file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > Self::LIMIT {
            return Err(Fault::TooLong { limit: Self::LIMIT }.into());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::NoText)?;
        let head = text.split("-----BEGIN").next().unwrap_or_default();
        let (algorithm, manifest, bytes) = line(head).map_err(|fault| {
            let first = head.lines().next().unwrap_or_default();
            Error::from(fault)
                .at_line(1, 1)
                .with_excerpt(first, 1, first.chars().count())
        })?;
        let mut certificates = Certificate::from_pem(text, Self::MAX_CERTIFICATES)?.into_iter();
        let signer = certificates.next().ok_or(Fault::NoCertificate)??;
        Ok(Self {
            algorithm,
            manifest,
            bytes,
            signer,
            others: certificates.collect::<Result<_, _>>()?,
        })
    }

    /// What the signature over the bytes of a `manifest` is worth.
    pub fn verify(&self, manifest: &[u8], roots: &[Certificate], at: SystemTime) -> Verdict {
        let signer = &self.signer;
        let key = signer.key();
        let rules = Rules {
            roots,
            between: &self.others,
            at: Some(at),
        };
        Verdict {
            intact: (key.map_err(Clone::clone))
                .map(|key| key.verifies(self.algorithm, manifest, &self.bytes)),
            validity: signer.validity(at),
            trust: rules.chain(signer),
            trust_at_any_time: Rules { at: None, ..rules }.chain(signer),
        }
    }
}

/// What a signature is worth.
#[derive(Debug)]
pub struct Verdict {
    /// Whether the manifest is the one that was signed; a fault if nobody can tell.
    pub intact: Result<bool, Fault>,
    /// Whether the signer's certificate is valid at the time.
    pub validity: Validity,
    /// The way from the signer to a root, all of which is valid at the time; the signer's own
    /// validity is told apart.
    pub trust: Result<Chain, Distrust>,
    /// The same where times do not matter.
    pub trust_at_any_time: Result<Chain, Distrust>,
}

/// The line of the signature, which stands first; `head` is what stands before the
/// certificates. Old versions of OpenSSL broke the digits over lines, and its other commands
/// write text before a certificate.
fn line(head: &str) -> Result<(Algorithm, String, Vec<u8>), Fault> {
    let mut lines = head.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().ok_or(Fault::NoSignature)?;
    let (token, rest) = first.split_once('(').ok_or(Fault::NoSignature)?;
    // The name may hold parentheses, and the digits no sign.
    let (name, digits) = rest.rsplit_once('=').ok_or(Fault::NoSignature)?;
    let name = (name.trim_end().strip_suffix(')')).ok_or(Fault::NoSignature)?;
    let token = token.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Fault::NoSignature);
    }
    let algorithm =
        Algorithm::from_token(token).ok_or_else(|| Fault::UnknownDigest(token.to_owned()))?;
    let is_digits = |line: &&str| line.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = std::iter::once(digits.trim()).chain(lines.take_while(is_digits));
    let bytes = unhex(digits.collect::<String>().as_bytes()).filter(|bytes| !bytes.is_empty());
    Ok((algorithm, name.to_owned(), bytes.ok_or(Fault::NoSignature)?))
}

/// The bytes of hexadecimal digits.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16);
    (digits.chunks(2))
        .map(|pair| match pair {
            [high, low] => u8::try_from(value(*high)? << 4 | value(*low)?).ok(),
            _ => None,
        })
        .collect()
}
