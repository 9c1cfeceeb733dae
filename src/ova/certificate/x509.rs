//! Certificates: who has a key, from when till when, and who says so (RFC 5280).

use std::time::SystemTime;

use x509_cert::Certificate as Decoded;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::referenced::OwnedToRef as _;
use x509_cert::der::{Decode, Encode as _, Reader as _, SliceReader};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier, certpolicy::CertificatePolicies,
};
use x509_cert::time::Time;

use super::fault::Fault;
use super::key::PublicKey;
use super::pem;
use crate::base::digest::{Algorithm, hex};

/// What a PEM block of a certificate is called.
const LABEL: &str = "CERTIFICATE";
/// Signing code, and any purpose (RFC 5280 §4.2.1.12).
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// How a certificate is signed, by the identifiers of RFC 8017 and RFC 5758. Only the digest
/// matters: the issuer's key tells the rest.
const SIGNATURES: [(ObjectIdentifier, Algorithm); 8] = [
    (oid("1.2.840.113549.1.1.5"), Algorithm::Sha1),
    (oid("1.2.840.113549.1.1.11"), Algorithm::Sha256),
    (oid("1.2.840.113549.1.1.12"), Algorithm::Sha384),
    (oid("1.2.840.113549.1.1.13"), Algorithm::Sha512),
    (oid("1.2.840.10045.4.1"), Algorithm::Sha1),
    (oid("1.2.840.10045.4.3.2"), Algorithm::Sha256),
    (oid("1.2.840.10045.4.3.3"), Algorithm::Sha384),
    (oid("1.2.840.10045.4.3.4"), Algorithm::Sha512),
];

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// A certificate, decoded as far as it is looked at.
#[derive(Debug, Clone)]
pub struct Certificate {
    der: Vec<u8>,
    /// The part of it its issuer signed.
    signed: Vec<u8>,
    /// Names as they are encoded, by which issuers are found.
    subject: Vec<u8>,
    issuer: Vec<u8>,
    decoded: Decoded,
    /// Not every key in a bundle of roots is of a kind that is supported.
    key: Result<PublicKey, Fault>,
    extensions: Extensions,
}

/// The extensions that decide what a certificate may be used for.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions {
    /// Whether it is that of a certificate authority, if it says.
    pub(super) authority: Option<bool>,
    /// How many authorities may stand between it and the signer.
    pub(super) path_length: Option<u8>,
    /// Whether its key may sign files and certificates; without the extension it may.
    pub(super) signs_files: bool,
    pub(super) signs_certificates: bool,
    /// Whether it is meant for signing code; without the extension it is for anything.
    for_code: bool,
    /// Its key's identifier, and that of its issuer's key.
    pub(super) key_id: Option<Vec<u8>>,
    pub(super) issuer_key_id: Option<Vec<u8>>,
    /// A critical extension nobody here understands.
    pub(super) unknown_critical: Option<ObjectIdentifier>,
}

impl Certificate {
    /// Decodes one certificate.
    pub fn from_der(der: &[u8]) -> Result<Self, Fault> {
        let decoded = Decoded::from_der(der).map_err(bad)?;
        let fields = decoded.tbs_certificate();
        if fields.signature() != decoded.signature_algorithm() {
            return Err(bad("it names two algorithms for its signature"));
        }
        let outer = AnyRef::from_der(der).map_err(bad)?;
        let mut reader = SliceReader::new(outer.value()).map_err(bad)?;
        let signed = reader.tlv_bytes().map_err(bad)?.to_vec();
        let key = PublicKey::from_spki(fields.subject_public_key_info().owned_to_ref());
        Ok(Self {
            der: der.to_vec(),
            signed,
            subject: fields.subject().to_der().map_err(bad)?,
            issuer: fields.issuer().to_der().map_err(bad)?,
            key,
            extensions: Extensions::of(&decoded)?,
            decoded,
        })
    }

    /// The certificates of a PEM file, at most `limit`, each as far as it decodes.
    pub fn from_pem(text: &str, limit: usize) -> Result<Vec<Result<Self, Fault>>, Fault> {
        let blocks = pem::blocks(text);
        let certificates: Vec<_> = (blocks.iter())
            .filter(|block| [LABEL, "X509 CERTIFICATE"].contains(&&*block.label))
            .collect();
        if certificates.len() > limit {
            return Err(Fault::TooManyCertificates(limit));
        }
        let decoded = |block: &pem::Block| block.content().and_then(Self::from_der);
        Ok(certificates.into_iter().map(decoded).collect())
    }

    /// The certificate as a PEM block.
    pub fn to_pem(&self) -> String {
        pem::block(LABEL, &self.der)
    }

    /// Whose key it is.
    pub fn subject(&self) -> String {
        self.decoded.tbs_certificate().subject().to_string()
    }

    /// Who says so.
    pub fn issuer(&self) -> String {
        self.decoded.tbs_certificate().issuer().to_string()
    }

    /// Its number with its issuer, in hexadecimal.
    pub fn serial(&self) -> String {
        let bytes = self.decoded.tbs_certificate().serial_number().as_bytes();
        // Encoded, a number whose first bit is set has a byte of zeros in front.
        hex(match bytes {
            [0, rest @ ..] if !rest.is_empty() => rest,
            all => all,
        })
    }

    /// When it begins to be valid, in UTC.
    pub fn not_before(&self) -> String {
        self.start().to_string()
    }

    /// When it ceases to be valid, in UTC.
    pub fn not_after(&self) -> String {
        self.end().to_string()
    }

    fn start(&self) -> Time {
        self.decoded.tbs_certificate().validity().not_before
    }

    fn end(&self) -> Time {
        self.decoded.tbs_certificate().validity().not_after
    }

    /// Whether it is valid at a time.
    pub fn validity(&self, at: SystemTime) -> Validity {
        if at < self.start().to_system_time() {
            Validity::NotYet
        } else if at > self.end().to_system_time() {
            Validity::Expired
        } else {
            Validity::Valid
        }
    }

    /// The SHA-256 digest by which people tell certificates apart.
    pub fn fingerprint(&self) -> String {
        Algorithm::Sha256.digest(&self.der)
    }

    /// Its key.
    pub fn key(&self) -> Result<&PublicKey, &Fault> {
        self.key.as_ref()
    }

    /// Whether it is meant for signing code, as one for web servers is not.
    pub fn is_for_code(&self) -> bool {
        self.extensions.for_code
    }

    pub(super) fn extensions(&self) -> &Extensions {
        &self.extensions
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.der == other.der
    }

    /// Whether its subject is named as its own issuer.
    pub(super) fn names_itself(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether `issuer` is named as the one who issued it.
    pub(super) fn names(&self, issuer: &Self) -> bool {
        self.issuer == issuer.subject
    }

    /// The digest its issuer signed, or the identifier of the unknown way it did.
    pub(super) fn signed_with(&self) -> Result<Algorithm, ObjectIdentifier> {
        let used = self.decoded.signature_algorithm().oid;
        let known = SIGNATURES.iter().find(|(oid, _)| *oid == used);
        known.map(|(_, algorithm)| *algorithm).ok_or(used)
    }

    /// Whether `key` signed it.
    pub(super) fn is_signed_by(&self, algorithm: Algorithm, key: &PublicKey) -> bool {
        let signature = self.decoded.signature().as_bytes();
        signature.is_some_and(|signature| key.verifies(algorithm, &self.signed, signature))
    }
}

/// Whether a certificate is valid at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It is.
    Valid,
    /// Not any more.
    Expired,
    /// Not yet.
    NotYet,
}

impl Extensions {
    fn of(decoded: &Decoded) -> Result<Self, Fault> {
        let basic: Option<BasicConstraints> = read(decoded)?;
        let usage: Option<KeyUsage> = read(decoded)?;
        let purposes: Option<ExtendedKeyUsage> = read(decoded)?;
        // These two only help to choose; one that does not decode is none.
        let key_id: Option<SubjectKeyIdentifier> = read(decoded).unwrap_or_default();
        let issuer_key_id: Option<AuthorityKeyIdentifier> = read(decoded).unwrap_or_default();
        let understood = [
            BasicConstraints::OID,
            KeyUsage::OID,
            ExtendedKeyUsage::OID,
            SubjectKeyIdentifier::OID,
            AuthorityKeyIdentifier::OID,
            // Other names of the subject, and what its issuer's rules are called, decide
            // nothing here.
            SubjectAltName::OID,
            CertificatePolicies::OID,
        ];
        let all = decoded.tbs_certificate().extensions();
        let unknown = all
            .into_iter()
            .flatten()
            .find(|extension| extension.critical && !understood.contains(&extension.extn_id));
        let code = |oid: &ObjectIdentifier| [CODE_SIGNING, ANY_PURPOSE].contains(oid);
        Ok(Self {
            authority: basic.as_ref().map(|basic| basic.ca),
            path_length: basic.and_then(|basic| basic.path_len_constraint),
            signs_files: usage
                .is_none_or(|usage| usage.digital_signature() || usage.non_repudiation()),
            signs_certificates: usage.is_none_or(|usage| usage.key_cert_sign()),
            for_code: purposes.is_none_or(|purposes| purposes.0.iter().any(code)),
            key_id: key_id.map(|id| id.0.as_bytes().to_vec()),
            issuer_key_id: issuer_key_id
                .and_then(|id| id.key_identifier)
                .map(|id| id.as_bytes().to_vec()),
            unknown_critical: unknown.map(|extension| extension.extn_id),
        })
    }
}

/// The extension of a type, which may stand once.
fn read<'d, T: Decode<'d> + AssociatedOid>(decoded: &'d Decoded) -> Result<Option<T>, Fault>
where
    T::Error: std::fmt::Display,
{
    let found = decoded.tbs_certificate().get_extension::<T>();
    Ok(found.map_err(bad)?.map(|(_, extension)| extension))
}

fn bad(error: impl std::fmt::Display) -> Fault {
    Fault::BadCertificate(error.to_string())
}
