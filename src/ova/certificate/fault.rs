//! What can be wrong with certificates, keys and signatures before anything is checked.

use thiserror::Error;

use crate::base::ErrorKind;
use crate::base::error::Fact;

/// A fact about a file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// More bytes than such a file has.
    #[error("the file has more than {limit} bytes")]
    TooLong {
        /// The most it may have.
        limit: usize,
    },
    /// Bytes that are no text.
    #[error("the file is no text")]
    NoText,
    /// A block that does not end or does not decode.
    #[error("the block `{label}` of the file is damaged")]
    BadBlock {
        /// What stands behind `BEGIN`.
        label: String,
    },
    /// The first line is no signature.
    #[error("the file does not begin with a signature")]
    NoSignature,
    /// The signature's algorithm is unknown.
    #[error("signatures made with `{0}` are not known")]
    UnknownDigest(String),
    /// No certificate.
    #[error("the file has no certificate")]
    NoCertificate,
    /// Too many certificates.
    #[error("the file has more than {0} certificates")]
    TooManyCertificates(usize),
    /// A certificate that does not decode.
    #[error("a certificate is damaged: {0}")]
    BadCertificate(String),
    /// A public key of a kind that is not supported.
    #[error("keys of this kind are not supported: {0}")]
    KeyKind(String),
    /// A private key file without a private key.
    #[error("the file has no private key")]
    NoKey,
    /// A private key that does not decode.
    #[error("the private key is damaged: {0}")]
    BadKey(String),
    /// Encryption of private keys as it was before PKCS #8.
    #[error("the private key is encrypted in OpenSSL's old way")]
    OldEncryption,
    /// The passphrase does not open the key.
    #[error("the passphrase does not open the private key")]
    WrongPassphrase,
    /// Key and certificate do not belong together.
    #[error("the certificate is not that of the private key")]
    NotThisKey,
    /// The key is too short to sign with this digest.
    #[error("the key cannot make this signature: {0}")]
    CannotSign(String),
}

impl Fact for Fault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::TooLong { .. } | Self::TooManyCertificates(_) => ErrorKind::LimitExceeded,
            Self::UnknownDigest(_) | Self::KeyKind(_) | Self::OldEncryption => {
                ErrorKind::Unsupported
            }
            Self::WrongPassphrase | Self::CannotSign(_) => ErrorKind::Usage,
            Self::NotThisKey => ErrorKind::Mismatch,
            _ => ErrorKind::Invalid,
        }
    }

    fn why(&self) -> Option<String> {
        match self {
            Self::NotThisKey => {
                Some("whoever verifies the package would find the signature false".to_owned())
            }
            _ => None,
        }
    }

    fn help(&self) -> Option<String> {
        let advice = match self {
            Self::TooLong { .. } | Self::TooManyCertificates(_) => {
                "a signer's certificate and those between it and a root are enough"
            }
            Self::NoText | Self::NoCertificate => {
                "certificates are given in PEM, which `openssl x509 -inform der` makes of DER"
            }
            Self::BadBlock { .. } | Self::BadCertificate(_) => {
                "get the file again from where it comes from; it was changed on its way"
            }
            Self::NoSignature => {
                "the first line reads `SHA256(name.mf)= ` and the signature in hexadecimal"
            }
            Self::UnknownDigest(_) => "have it signed again, with SHA-256",
            Self::KeyKind(_) => "RSA keys and those on P-256, P-384 and P-521 are supported",
            Self::NoKey | Self::BadKey(_) => {
                "a private key is given in PEM: PKCS #8, PKCS #1 or SEC 1"
            }
            Self::OldEncryption => "convert it: `openssl pkcs8 -topk8 -in old.pem -out new.pem`",
            Self::WrongPassphrase => "check the passphrase; one line feed at its end is left out",
            Self::NotThisKey => "give the certificate that was issued for this key",
            Self::CannotSign(_) => "take a longer key or a shorter digest",
        };
        Some(advice.to_owned())
    }
}
