//! Where a signature is put: beside a descriptor, or into an archive, whose disks are not
//! touched where they stand in front of it.

use std::fs::File;
use std::io::{Cursor, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::base::output::{OutputFile, Overwrite, is_stream, open_stream, refuse_existing};
use crate::base::progress::{Observer, cancelled};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::members::{Archive, Package};
use crate::ova::PackageWriter as _;
use crate::ova::archive::{ArchiveWriter, DEFAULT_TIME};

use super::Sign;

/// Bytes that end an archive.
const END: u64 = 1024;
/// Bytes copied between two looks at the observer.
const CHUNK: u64 = 16 << 20;
/// The most that is kept in memory to put the end of an archive back.
const MAX_TAIL: u64 = 4 << 20;

/// Where the signature goes.
pub(super) enum Target<'p> {
    /// Beside the descriptor.
    Directory,
    /// Into the archive itself.
    InPlace(&'p Archive),
    /// Into another archive.
    Copy(&'p Archive, &'p Path, Overwrite),
}

impl<'p> Target<'p> {
    /// What was asked for, as far as it can be done; refused before any work.
    pub(super) fn of<'r: 'p>(request: &Sign<'r>, package: &'p Package) -> Result<Self> {
        match (&package.archive, request.output) {
            (None, None) => Ok(Self::Directory),
            (None, Some(_)) => Err(Error::usage("a directory is signed where it is")
                .in_option("-o")
                .help("leave `-o` away; the `.cert` is written beside the descriptor")),
            (Some(archive), Some(output)) => {
                if !is_stream(output) {
                    refuse_existing(output, request.overwrite)?;
                }
                Ok(Self::Copy(archive, output, request.overwrite))
            }
            (Some(archive), None) if request.in_place => Ok(Self::InPlace(archive)),
            (Some(_), None) => Err(Error::usage("where to write the signed OVA is not said")
                .help("name a file with `-o`, or pass `--in-place` to change the OVA itself")),
        }
    }

    /// Puts the new files there, and tells where that is.
    pub(super) fn write(
        self,
        package: &Package,
        new: &New<'_>,
        observer: &mut dyn Observer,
    ) -> Result<PathBuf> {
        match self {
            Self::Directory => new.write_beside(package),
            Self::InPlace(archive) => {
                let path = &package.path;
                in_place(path, archive, &pieces(archive, new)?, observer)?;
                Ok(path.clone())
            }
            Self::Copy(archive, path, overwrite) => {
                let pieces = pieces(archive, new)?;
                if is_stream(path) {
                    let mut stream = open_stream(path, overwrite)?;
                    copy_all(archive, &pieces, &mut stream, path, observer)?;
                } else {
                    let mut output = OutputFile::create(path, overwrite)?;
                    copy_all(archive, &pieces, output.file_mut(), path, observer)?;
                    output.commit()?;
                }
                Ok(path.to_path_buf())
            }
        }
    }
}

/// Files to add to a package: name and content.
pub(super) struct New<'n> {
    pub(super) manifest: (&'n str, &'n [u8]),
    /// Whether the manifest is there already.
    pub(super) manifest_there: bool,
    pub(super) certificate: (&'n str, &'n [u8]),
}

impl<'n> New<'n> {
    fn files(&self) -> impl Iterator<Item = (&'n str, &'n [u8])> {
        let manifest = (!self.manifest_there).then_some(self.manifest);
        manifest.into_iter().chain([self.certificate])
    }

    /// Writes the files beside the descriptor; the signature last, as it needs the others.
    fn write_beside(&self, package: &Package) -> Result<PathBuf> {
        for (name, bytes) in self.files() {
            let path = package.file_path(name);
            let mut output = OutputFile::create(&path, Overwrite::Allowed)?;
            (output.file_mut().write_all(bytes)).map_err(|error| Error::write(error).at(&path))?;
            output.commit()?;
        }
        Ok(package.file_path(self.certificate.0))
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
fn pieces(archive: &Archive, new: &New<'_>) -> Result<Vec<Piece>> {
    let end = archive.members.last().map_or(0, |member| member.span.end);
    let old = (archive.member(new.certificate.0)).map_or(end..end, |member| member.span.clone());
    let manifest = archive.member(new.manifest.0);
    let place = manifest.map_or(end, |member| member.span.end);
    let time = manifest
        .or(archive.members.first())
        .map_or(DEFAULT_TIME, |member| member.time);
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = ArchiveWriter::new(&mut bytes, time, None);
    for (name, content) in new.files() {
        writer.add(name, &mut |output| {
            output.write_all(content).map_err(Error::write)
        })?;
    }
    let added = writer.finish()? - END;
    let mut bytes = bytes.into_inner();
    let closing = bytes.split_off(to_usize(added));
    // The old certificate stands before or behind the place of the new one, and goes.
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

/// Changes an archive itself: its end where nothing stands behind, or else all of it, by a
/// copy that takes its place.
fn in_place(
    path: &Path,
    archive: &Archive,
    pieces: &[Piece],
    observer: &mut dyn Observer,
) -> Result<()> {
    let refused = |error| Error::write(error).at(path);
    let about = archive.file.metadata().map_err(refused)?;
    let kept = match pieces.first() {
        Some(Piece::Old(range)) => range.end,
        _ => 0,
    };
    let is_new = |piece: &Piece| matches!(piece, Piece::New(_));
    if pieces.iter().skip(1).all(is_new) && about.len().saturating_sub(kept) <= MAX_TAIL {
        return append(path, kept, pieces);
    }
    let mut output = OutputFile::create(path, Overwrite::Allowed)?;
    (output.file_mut().set_permissions(about.permissions())).map_err(refused)?;
    copy_all(archive, pieces, output.file_mut(), path, observer)?;
    output.commit()
}

fn copy_all(
    archive: &Archive,
    pieces: &[Piece],
    target: &mut File,
    path: &Path,
    observer: &mut dyn Observer,
) -> Result<()> {
    observer.begin("signed package", pieces.iter().map(Piece::length).sum());
    for piece in pieces {
        copy(archive, piece, target, observer).map_err(|error| error.at(path))?;
    }
    Ok(())
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
