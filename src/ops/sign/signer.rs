//! Who signs, and how.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::base::digest::Algorithm;
use crate::base::{Error, Result};
use crate::ova::certificate::Signature;
use crate::ova::certificate::key::{PrivateKey, PublicKey};
use crate::ova::certificate::roots::text_of;
use crate::ova::certificate::x509::{Certificate, Validity};

/// A private key with the certificates for it.
pub struct Signer {
    key: PrivateKey,
    certificates: Vec<Certificate>,
    /// Where the certificates were read.
    file: PathBuf,
    /// Whether the further certificates go into the package, too.
    with_chain: bool,
    /// The digest to sign; that of the manifest, but no SHA-1, if not given.
    digest: Option<Algorithm>,
}

impl Signer {
    /// Reads the private key in the file `key` and the certificates in the file `certificate`,
    /// both PEM; `passphrase` is asked if the key has one. Further certificates in the file go
    /// into packages `with_chain`; `digest` is the one to sign, or that of the manifest.
    pub fn read(
        key: &Path,
        certificate: &Path,
        with_chain: bool,
        digest: Option<Algorithm>,
        passphrase: &mut dyn FnMut() -> Result<String>,
    ) -> Result<Self> {
        let in_key = |error: Error| error.at(key).in_option("--key");
        let text = text_of(key, PrivateKey::LIMIT).map_err(in_key)?;
        let private = PrivateKey::from_pem(&text, passphrase).map_err(in_key)?;
        let in_cert = |error: Error| error.at(certificate).in_option("--cert");
        let text = text_of(certificate, Signature::LIMIT).map_err(in_cert)?;
        let certificates = Certificate::from_pem(&text, Signature::MAX_CERTIFICATES)
            .and_then(|found| found.into_iter().collect::<Result<Vec<_>, _>>())
            .map_err(|fault| in_cert(fault.into()))?;
        Ok(Self {
            key: private,
            certificates,
            file: certificate.to_path_buf(),
            with_chain,
            digest,
        })
    }

    /// Signs the manifest called `name`, which reads `bytes` and whose digests are `listed`.
    pub(in crate::ops) fn sign(
        &self,
        name: &str,
        bytes: &[u8],
        listed: Algorithm,
    ) -> Result<Signature> {
        let algorithm = self.digest.unwrap_or(match listed {
            Algorithm::Sha1 => Algorithm::Sha256,
            other => other,
        });
        let mut signature = Signature::sign(name, bytes, algorithm, &self.key, &self.certificates)
            .map_err(|fault| Error::from(fault).at(&self.file).in_option("--cert"))?;
        if !self.with_chain {
            signature.others.clear();
        }
        Ok(signature)
    }

    /// The key, such as `RSA 2048`.
    pub(in crate::ops) fn key_name(&self) -> String {
        self.key.public().name()
    }
}

/// What others will hold against the signer's certificate.
pub(in crate::ops) fn warnings(signer: &Certificate) -> Vec<String> {
    let weak = (signer.key().ok()).is_some_and(PublicKey::is_weak);
    let time = match signer.validity(SystemTime::now()) {
        Validity::Valid => None,
        Validity::Expired => Some(format!("the certificate expired on {}", signer.not_after())),
        Validity::NotYet => Some(format!(
            "the certificate is not valid before {}",
            signer.not_before()
        )),
    };
    [
        time,
        weak.then(|| "the key is weak".to_owned()),
        (!signer.is_for_code())
            .then(|| "the certificate is meant for other uses than signing code".to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
