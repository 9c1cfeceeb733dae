//! What is inside the files of a package: disks by their headers, and by all that is on
//! them if they were read; digests; whose the signature is.

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::digest::Algorithm;
use crate::disk::kind::Kind as DiskKind;
use crate::disk::vhdx;
use crate::ova::certificate::Signature;
use crate::ova::listing::Listing;
use crate::ova::name::SafeName;
use crate::ova::role::Role;
use crate::validate::package::{Disk, DiskContent, Member, Package};

use super::PackageView;

/// A disk that is a file of the package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiskFileView {
    /// Its format, by its first bytes.
    pub format: DiskKind,
    /// The variant of the format, such as `streamOptimized` or `dynamic`, or how the disk is
    /// encrypted.
    pub variant: Option<String>,
    /// What else a VHDX says of itself.
    pub vhdx: Option<vhdx::Summary>,
    /// Bytes the guest sees, if the headers tell.
    pub capacity: Option<u64>,
    /// Bytes of it that hold data; known only of a disk that was read.
    pub data: Option<u64>,
    /// Whether it could be read to its end without a fault; known only of a disk that was
    /// read.
    pub sound: Option<bool>,
    /// Why it cannot be read.
    pub fault: Option<String>,
}

/// The digest of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DigestView {
    /// Its algorithm.
    pub algorithm: String,
    /// The digest, as the manifest tells it, or else as it was found.
    pub digest: String,
    /// Whether the file has the digest the manifest tells; known only of a file that was
    /// read.
    pub holds: Option<bool>,
}

/// A signature. Whether its maker is to be trusted is for `ovfkit verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignatureView {
    /// Whose key it was made with.
    pub subject: String,
    /// Who says so.
    pub issuer: String,
    /// The digest that was signed.
    pub algorithm: String,
    /// Whether it is one of the package's manifest; `null` if nobody here can tell.
    pub intact: Option<bool>,
}

impl PackageView {
    /// Adds what is known of the insides of the files.
    pub(super) fn look_inside(&mut self, package: &Package) {
        for (view, member) in self.members.iter_mut().zip(&package.members) {
            let disk = member.disk.as_ref();
            view.disk = disk.map(|disk| DiskFileView::new(disk, member));
            match &mut view.digest {
                Some(listed) => listed.compare(member),
                None => view.digest = DigestView::found(member),
            }
        }
        let content = |role| package.members[package.first(role)?].content.as_deref();
        let certificate = content(Role::Certificate);
        self.signature =
            certificate.and_then(|bytes| SignatureView::new(bytes, content(Role::Manifest)));
    }
}

impl DiskFileView {
    fn new(disk: &Disk, member: &Member) -> Self {
        let fault = match &disk.content {
            Some(DiskContent::Read { fault, .. }) => fault.as_ref(),
            _ => None,
        };
        let fault = disk.unreadable.as_ref().or(fault);
        let summary = disk.vmdk.as_ref();
        let encrypted = |with| format!("encrypted with {with}");
        Self {
            format: disk.kind,
            variant: summary
                .and_then(|summary| summary.create_type.clone())
                .or(disk.variant.map(str::to_owned))
                .or(disk.encryption.map(encrypted)),
            vhdx: disk.vhdx.clone(),
            capacity: disk.capacity,
            data: member.populated(),
            sound: disk.content.as_ref().map(|content| match content {
                DiskContent::Stream(report) => report.is_sound(),
                DiskContent::Read { fault, .. } => fault.is_none(),
            }),
            fault: fault.map(|error| error.message().to_owned()),
        }
    }
}

impl DigestView {
    /// The first digest the manifest tells of the member at `path`.
    pub(super) fn listed(listing: &Listing, path: &SafeName) -> Option<Self> {
        let line = listing.about(path).next()?;
        Some(Self {
            algorithm: line.algorithm.to_string(),
            digest: line.digest.clone(),
            holds: None,
        })
    }

    /// Holds a digest of `member` that the manifest tells against the one that was found.
    fn compare(&mut self, member: &Member) {
        let mut found = member.digests.iter();
        let found = found.find(|(algorithm, _)| algorithm.to_string() == self.algorithm);
        self.holds = found.map(|(_, found)| *found == self.digest);
    }

    /// The digest that was taken of `member`, where the manifest tells none.
    fn found(member: &Member) -> Option<Self> {
        let digest = member.digests.get(&Algorithm::Sha256)?;
        Some(Self {
            algorithm: Algorithm::Sha256.to_string(),
            digest: digest.clone(),
            holds: None,
        })
    }
}

impl SignatureView {
    /// What is in the file `certificate`, held against the bytes of the `manifest`.
    pub(super) fn new(certificate: &[u8], manifest: Option<&[u8]>) -> Option<Self> {
        let signature = Signature::parse(certificate).ok()?;
        let key = signature.signer.key().ok();
        let intact = manifest
            .zip(key)
            .map(|(manifest, key)| key.verifies(signature.algorithm, manifest, &signature.bytes));
        Some(Self {
            subject: signature.signer.subject(),
            issuer: signature.signer.issuer(),
            algorithm: signature.algorithm.to_string(),
            intact,
        })
    }
}
