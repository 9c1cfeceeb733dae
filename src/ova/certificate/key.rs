//! Keys: what signs, and what tells whether a signature is one's own.

use p256::ecdsa::signature::SignatureEncoding;
use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{DerSignature as P256Signature, SigningKey as P256Private, VerifyingKey as P256};
use p384::ecdsa::{DerSignature as P384Signature, SigningKey as P384Private, VerifyingKey as P384};
use p521::ecdsa::{DerSignature as P521Signature, SigningKey as P521Private, VerifyingKey as P521};
use pkcs8::der::asn1::{ObjectIdentifier, UintRef};
use pkcs8::der::{Decode as _, SecretDocument};
use pkcs8::spki::SubjectPublicKeyInfoRef;
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, PrivateKey as RsaPrivate, PublicKey as RsaPublic, pkcs1};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::fault::Fault;
use super::pem;
use crate::base::Result;
use crate::base::digest::Algorithm;

/// `rsaEncryption` (RFC 8017).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey` (RFC 5480).
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// Bits of the RSA keys that are read. The least is what a digest fits in; the most keeps a
/// hostile certificate from costing time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 512..=16384;
/// Shorter RSA keys are told as weak.
const STRONG_RSA_BITS: u32 = 2048;

/// A signer's public key: RSA, for signatures padded by PKCS #1 v1.5, or ECDSA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Public);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Public {
    Rsa(RsaPublic),
    P256(P256),
    P384(P384),
    P521(P521),
}

impl Public {
    fn from_spki(info: SubjectPublicKeyInfoRef<'_>) -> Result<Self, Fault> {
        match info.algorithm.oid {
            RSA => {
                let bits = info.subject_public_key.as_bytes();
                let key = bits.and_then(|bits| pkcs1::RsaPublicKeyRef::from_der(bits).ok());
                key.and_then(|key| rsa_public(&key))
                    .map(Self::Rsa)
                    .ok_or_else(|| {
                        let (least, most) = (RSA_BITS.start(), RSA_BITS.end());
                        Fault::KeyKind(format!(
                            "an RSA key that is damaged or not of {least} to {most} bits"
                        ))
                    })
            }
            EC => (P256::try_from(info.clone()).map(Self::P256))
                .or_else(|_| P384::try_from(info.clone()).map(Self::P384))
                .or_else(|_| P521::try_from(info).map(Self::P521))
                .map_err(|_| Fault::KeyKind("an elliptic curve of another kind".to_owned())),
            other => Err(Fault::KeyKind(format!("algorithm {other}"))),
        }
    }
}

impl PublicKey {
    /// The key in a certificate.
    pub(super) fn from_spki(info: SubjectPublicKeyInfoRef<'_>) -> Result<Self, Fault> {
        Public::from_spki(info).map(Self)
    }

    /// Whether `signature` was made over `message` with this key's private half.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let digest = algorithm.raw_digest(message);
        match &self.0 {
            Public::Rsa(key) => key.verify(padding(algorithm), &digest, signature).is_ok(),
            Public::P256(key) => holds::<P256Signature>(key, &digest, signature),
            Public::P384(key) => holds::<P384Signature>(key, &digest, signature),
            Public::P521(key) => holds::<P521Signature>(key, &digest, signature),
        }
    }

    /// What the key is, such as `RSA 2048` or `ECDSA P-256`.
    pub fn name(&self) -> String {
        match &self.0 {
            Public::Rsa(key) => format!("RSA {}", key.n().bit_width_vartime()),
            Public::P256(_) => "ECDSA P-256".to_owned(),
            Public::P384(_) => "ECDSA P-384".to_owned(),
            Public::P521(_) => "ECDSA P-521".to_owned(),
        }
    }

    /// Whether the key is too short to be relied on.
    pub fn is_weak(&self) -> bool {
        matches!(&self.0, Public::Rsa(key) if key.n().bit_width_vartime() < STRONG_RSA_BITS)
    }
}

/// The crate's own conversion refuses the short keys old packages were signed with.
fn rsa_public(key: &pkcs1::RsaPublicKeyRef<'_>) -> Option<RsaPublic> {
    let number = |bytes: &UintRef<'_>| {
        let bytes = bytes.as_bytes();
        let bits = u32::try_from(bytes.len()).ok()?.checked_mul(8)?;
        BoxedUint::from_be_slice(bytes, bits).ok()
    };
    let (n, e) = (number(&key.modulus)?, number(&key.public_exponent)?);
    RsaPublic::new_with_size_limits(n, e, RSA_BITS).ok()
}

fn padding(algorithm: Algorithm) -> Pkcs1v15Sign {
    match algorithm {
        Algorithm::Sha1 => Pkcs1v15Sign::new::<Sha1>(),
        Algorithm::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
        Algorithm::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
        Algorithm::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
    }
}

/// A signer's private key.
pub struct PrivateKey(Private);

enum Private {
    Rsa(Box<RsaPrivate>),
    P256(P256Private),
    P384(P384Private),
    P521(P521Private),
}

impl Private {
    fn from_pkcs8(bytes: &[u8]) -> Result<Self, Fault> {
        let info = PrivateKeyInfoRef::from_der(bytes).map_err(bad_key)?;
        match info.algorithm.oid {
            RSA => RsaPrivate::try_from(info)
                .map(|key| Self::Rsa(Box::new(key)))
                .map_err(bad_key),
            EC => (P256Private::try_from(info.clone()).map(Self::P256))
                .or_else(|_| P384Private::try_from(info.clone()).map(Self::P384))
                .or_else(|_| P521Private::try_from(info).map(Self::P521))
                .map_err(|_| Fault::KeyKind("an elliptic curve of another kind".to_owned())),
            other => Err(Fault::KeyKind(format!("algorithm {other}"))),
        }
    }

    fn from_sec1(bytes: &[u8]) -> Result<Self, Fault> {
        let p256 = p256::SecretKey::from_sec1_der(bytes).map(|key| Self::P256(key.into()));
        p256.or_else(|_| p384::SecretKey::from_sec1_der(bytes).map(|key| Self::P384(key.into())))
            .or_else(|_| p521::SecretKey::from_sec1_der(bytes).map(|key| Self::P521(key.into())))
            .map_err(|_| Fault::KeyKind("an elliptic curve of another kind".to_owned()))
    }
}

impl std::fmt::Debug for PrivateKey {
    /// Nothing of a private key is ever shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateKey({})", self.public().name())
    }
}

impl PrivateKey {
    /// Bytes of a key file that is read.
    pub const LIMIT: usize = 1 << 20;

    /// The first private key in a PEM file; `passphrase` is asked only for one that is
    /// encrypted.
    pub fn from_pem(text: &str, passphrase: &mut dyn FnMut() -> Result<String>) -> Result<Self> {
        let blocks = pem::blocks(text);
        let block = (blocks.iter())
            .find(|block| block.label.ends_with("PRIVATE KEY"))
            .ok_or(Fault::NoKey)?;
        if block.headers {
            return Err(Fault::OldEncryption.into());
        }
        let bytes = block.content()?;
        let key = match block.label.as_str() {
            "PRIVATE KEY" => Private::from_pkcs8(bytes)?,
            "ENCRYPTED PRIVATE KEY" => {
                Private::from_pkcs8(decrypted(bytes, passphrase)?.as_bytes())?
            }
            "RSA PRIVATE KEY" => Private::Rsa(Box::new(
                RsaPrivate::from_pkcs1_der(bytes).map_err(bad_key)?,
            )),
            "EC PRIVATE KEY" => Private::from_sec1(bytes)?,
            other => return Err(Fault::KeyKind(other.to_owned()).into()),
        };
        Ok(Self(key))
    }

    /// The half others may have.
    pub fn public(&self) -> PublicKey {
        PublicKey(match &self.0 {
            Private::Rsa(key) => Public::Rsa(key.to_public_key()),
            Private::P256(key) => Public::P256(*key.verifying_key()),
            Private::P384(key) => Public::P384(*key.verifying_key()),
            Private::P521(key) => Public::P521(*key.verifying_key()),
        })
    }

    /// Signs `message`, as `openssl dgst -sign` does. Equal input gives equal signatures:
    /// those of ECDSA are the deterministic ones of RFC 6979.
    pub fn sign(&self, algorithm: Algorithm, message: &[u8]) -> Result<Vec<u8>, Fault> {
        let digest = algorithm.raw_digest(message);
        match &self.0 {
            Private::Rsa(key) => (key.sign(padding(algorithm), &digest)).map_err(cannot),
            Private::P256(key) => made::<P256Signature>(key, &digest),
            Private::P384(key) => made::<P384Signature>(key, &digest),
            Private::P521(key) => made::<P521Signature>(key, &digest),
        }
    }
}

/// Whether an ECDSA signature over `digest`, in DER, is of `key`.
fn holds<'s, S: TryFrom<&'s [u8]>>(
    key: &impl PrehashVerifier<S>,
    digest: &[u8],
    signature: &'s [u8],
) -> bool {
    let signature = S::try_from(signature);
    signature.is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
}

/// An ECDSA signature over `digest`, in DER.
fn made<S: SignatureEncoding>(
    key: &impl PrehashSigner<S>,
    digest: &[u8],
) -> Result<Vec<u8>, Fault> {
    let signature = key.sign_prehash(digest).map_err(cannot)?;
    Ok(signature.to_vec())
}

fn cannot(error: impl std::fmt::Display) -> Fault {
    Fault::CannotSign(error.to_string())
}

/// What a passphrase opens (PBES2, RFC 8018).
fn decrypted(
    bytes: &[u8],
    passphrase: &mut dyn FnMut() -> Result<String>,
) -> Result<SecretDocument> {
    let info = EncryptedPrivateKeyInfoRef::from_der(bytes).map_err(bad_key)?;
    if info.encryption_algorithm.pbes2().is_none() {
        return Err(Fault::OldEncryption.into());
    }
    let opened = info.decrypt(passphrase()?);
    opened.map_err(|_| Fault::WrongPassphrase.into())
}

fn bad_key(error: impl std::fmt::Display) -> Fault {
    Fault::BadKey(error.to_string())
}
