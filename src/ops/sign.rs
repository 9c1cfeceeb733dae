//! Signing a package: its manifest as it is, or a new one where there is none, and a `.cert`
//! behind it.

use std::fs::File;
use std::io::{Cursor, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::base::digest::Algorithm;
use crate::base::output::{OutputFile, Overwrite};
use crate::base::progress::{Observer, cancelled};
use crate::base::{Error, ErrorKind, Result};
use crate::ova::PackageWriter as _;
use crate::ova::archive::{ArchiveWriter, DEFAULT_TIME};
use crate::ova::certificate::Signature;
use crate::ova::certificate::key::{PrivateKey, PublicKey};
use crate::ova::certificate::roots::text_of;
use crate::ova::certificate::x509::{Certificate, Validity};
use crate::ova::manifest::Manifest;

use super::integrity::{self, MemberState, Seals};
use super::members::{Archive, Package};
use super::verify;

/// Bytes that end an archive.
const END: u64 = 1024;
/// Bytes copied between two looks at the observer.
const CHUNK: u64 = 16 << 20;
/// The most that is kept in memory to put the end of an archive back.
const MAX_TAIL: u64 = 4 << 20;

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
    let (key, certificates) = signer(&mut request)?;
    let (bytes, there, strongest) = manifest(&package, &seals, observer)?;
    let algorithm = request.digest.unwrap_or(match strongest {
        Algorithm::Sha1 => Algorithm::Sha256,
        other => other,
    });
    let mut signature = Signature::sign(&seals.manifest, &bytes, algorithm, &key, &certificates)
        .map_err(|fault| {
            Error::from(fault)
                .at(request.certificate)
                .in_option("--cert")
        })?;
    if !request.with_chain {
        signature.certificates.truncate(1);
    }
    let text = signature.to_text();
    let new = New {
        manifest: (!there).then_some((seals.manifest.as_str(), bytes.as_slice())),
        certificate: (seals.certificate.as_str(), text.as_bytes()),
    };
    let output = match target {
        Target::Directory => new.into_directory(&package)?,
        Target::Archive { archive, output } => {
            let pieces = pieces(archive, &seals, &new)?;
            write(&package.path, archive, &pieces, &output, observer)?;
            output.path
        }
    };
    let signer = signature.signer();
    Ok(SignReport {
        output: output.display().to_string(),
        manifest: seals.manifest,
        manifest_made: !there,
        algorithm: algorithm.to_string(),
        key: key.public().name(),
        subject: signer.subject(),
        fingerprint: signer.fingerprint(),
        warnings: warnings(signer),
    })
}

/// Where the signature goes.
enum Target<'p> {
    /// Beside the descriptor.
    Directory,
    /// Into an archive.
    Archive {
        archive: &'p Archive,
        output: Output,
    },
}

struct Output {
    path: PathBuf,
    in_place: bool,
    overwrite: Overwrite,
}

impl<'p> Target<'p> {
    fn of(request: &Sign<'_>, package: &'p Package) -> Result<Self> {
        match (&package.archive, request.output) {
            (None, None) => Ok(Self::Directory),
            (None, Some(_)) => Err(Error::usage("a directory is signed where it is")
                .in_option("-o")
                .help("leave `-o` away; the `.cert` is written beside the descriptor")),
            (Some(archive), Some(output)) => Ok(Self::Archive {
                archive,
                output: Output {
                    path: output.to_path_buf(),
                    in_place: false,
                    overwrite: request.overwrite,
                },
            }),
            (Some(archive), None) if request.in_place => Ok(Self::Archive {
                archive,
                output: Output {
                    path: package.path.clone(),
                    in_place: true,
                    overwrite: Overwrite::Allowed,
                },
            }),
            (Some(_), None) => Err(Error::usage("where to write the signed OVA is not said")
                .help("name a file with `-o`, or pass `--in-place` to change the OVA itself")),
        }
    }
}

fn signer(request: &mut Sign<'_>) -> Result<(PrivateKey, Vec<Certificate>)> {
    let in_key = |error: Error| error.at(request.key).in_option("--key");
    let text = text_of(request.key, PrivateKey::LIMIT).map_err(in_key)?;
    let key = PrivateKey::from_pem(&text, request.passphrase).map_err(in_key)?;
    let in_cert = |error: Error| error.at(request.certificate).in_option("--cert");
    let text = text_of(request.certificate, Signature::LIMIT).map_err(in_cert)?;
    let certificates = Certificate::from_pem(&text, Signature::MAX_CERTIFICATES)
        .and_then(|found| found.into_iter().collect::<Result<Vec<_>, _>>())
        .map_err(|fault| in_cert(fault.into()))?;
    Ok((key, certificates))
}

/// The manifest's bytes, whether it was there, and the digest its first line has. One that is
/// there has to hold, because the signature vouches for what it says.
fn manifest(
    package: &Package,
    seals: &Seals,
    observer: &mut dyn Observer,
) -> Result<(Vec<u8>, bool, Algorithm)> {
    let Some(bytes) = package.read(&seals.manifest, Manifest::LIMIT)? else {
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

/// What others will hold against the signer's certificate.
fn warnings(signer: &Certificate) -> Vec<String> {
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

/// Files to add to a package: name and content.
struct New<'n> {
    manifest: Option<(&'n str, &'n [u8])>,
    certificate: (&'n str, &'n [u8]),
}

impl New<'_> {
    /// Writes the files beside the descriptor; the signature last, as it needs the others.
    fn into_directory(self, package: &Package) -> Result<PathBuf> {
        let mut written = PathBuf::new();
        for (name, bytes) in self.manifest.into_iter().chain([self.certificate]) {
            written = package.file_path(name);
            let mut output = OutputFile::create(&written, Overwrite::Allowed)?;
            (output.file_mut().write_all(bytes))
                .map_err(|error| Error::write(error).at(&written))?;
            output.commit()?;
        }
        Ok(written)
    }
}

/// A part of the new archive.
enum Piece {
    /// Bytes of the old one.
    Old(Range<u64>),
    /// Other bytes.
    New(Vec<u8>),
}

/// The new archive: the old one's members without a certificate, and the new one right behind
/// the manifest.
fn pieces(archive: &Archive, seals: &Seals, new: &New<'_>) -> Result<Vec<Piece>> {
    let named = |name: &str| archive.member(name);
    let end = archive.members.last().map_or(0, |member| member.span.end);
    let old = named(&seals.certificate).map_or(end..end, |member| member.span.clone());
    let manifest = named(&seals.manifest);
    let place = manifest.map_or(end, |member| member.span.end);
    let time = manifest
        .or(archive.members.first())
        .map_or(DEFAULT_TIME, |member| member.time);
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::new(&mut bytes, time, None);
    for (name, content) in new.manifest.into_iter().chain([new.certificate]) {
        writer.add(name, &mut |output| {
            output.write_all(content).map_err(Error::write)
        })?;
    }
    let added = writer.finish()? - END;
    let mut bytes = bytes.into_inner();
    let closing = bytes.split_off(added.try_into().unwrap_or(usize::MAX));
    let parts = [
        Piece::Old(0..place.min(old.start)),
        Piece::Old(old.end.min(place)..place),
        Piece::New(bytes),
        Piece::Old(place..old.start.max(place)),
        Piece::Old(old.end.max(place)..end),
        Piece::New(closing),
    ];
    let empty = |piece: &Piece| matches!(piece, Piece::Old(range) if range.is_empty());
    Ok(parts.into_iter().filter(|piece| !empty(piece)).collect())
}

fn write(
    path: &Path,
    archive: &Archive,
    pieces: &[Piece],
    output: &Output,
    observer: &mut dyn Observer,
) -> Result<()> {
    if output.in_place {
        let length = archive
            .file
            .metadata()
            .map_or(u64::MAX, |about| about.len());
        let kept = match pieces.first() {
            Some(Piece::Old(range)) => range.end,
            _ => 0,
        };
        let only_end = pieces
            .iter()
            .skip(1)
            .all(|piece| matches!(piece, Piece::New(_)));
        if only_end && length - kept <= MAX_TAIL {
            return append(path, kept, pieces);
        }
    }
    let mut file = OutputFile::create(&output.path, output.overwrite)?;
    let about = archive.file.metadata();
    let refused = |error| Error::write(error).at(&output.path);
    if output.in_place {
        let permissions = about.map_err(refused)?.permissions();
        file.file_mut()
            .set_permissions(permissions)
            .map_err(refused)?;
    }
    observer.begin("signed package", pieces.iter().map(Piece::length).sum());
    for piece in pieces {
        copy(archive, piece, file.file_mut(), observer).map_err(|error| error.at(&output.path))?;
    }
    file.commit()
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Old(range) => range.end - range.start,
            Self::New(bytes) => bytes.len() as u64,
        }
    }
}

/// Copies a piece from file to file, which on some file systems copies nothing at all.
fn copy(
    archive: &Archive,
    piece: &Piece,
    target: &mut File,
    observer: &mut dyn Observer,
) -> Result<()> {
    let range = match piece {
        Piece::New(bytes) => return target.write_all(bytes).map_err(Error::write),
        Piece::Old(range) => range,
    };
    let mut source = &archive.file;
    source
        .seek(SeekFrom::Start(range.start))
        .map_err(Error::write)?;
    let mut left = range.end - range.start;
    while left > 0 {
        let now = left.min(CHUNK);
        let copied = std::io::copy(&mut source.take(now), target).map_err(Error::write)?;
        if copied < now {
            return Err(
                Error::new(ErrorKind::Invalid, "the package became shorter meanwhile")
                    .help("sign it when nothing else writes to it"),
            );
        }
        if observer.advanced(now).is_break() {
            return Err(cancelled());
        }
        left -= now;
    }
    Ok(())
}

/// Writes the new end of an archive from byte `kept` on. If that fails, the old end is put
/// back.
fn append(path: &Path, kept: u64, pieces: &[Piece]) -> Result<()> {
    let mut file = File::options()
        .read(true)
        .write(true)
        .open(path)
        .map_err(|error| Error::io("cannot write", path, error))?;
    let mut tail = Vec::new();
    (file.seek(SeekFrom::Start(kept)))
        .and_then(|_| file.read_to_end(&mut tail))
        .map_err(|error| Error::io("cannot read", path, error))?;
    let bytes: Vec<_> = (pieces.iter())
        .filter_map(|piece| match piece {
            Piece::New(bytes) => Some(bytes.as_slice()),
            Piece::Old(_) => None,
        })
        .collect();
    replace_end(&mut file, kept, &bytes.concat()).map_err(|error| {
        // The first error is the one to tell.
        let _ = replace_end(&mut file, kept, &tail);
        Error::write(error).at(path)
    })
}

fn replace_end(file: &mut File, kept: u64, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(kept))?;
    file.write_all(bytes)?;
    file.set_len(kept + bytes.len() as u64)?;
    file.sync_all()
}
