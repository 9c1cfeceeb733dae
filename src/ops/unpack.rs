//! From a package to files, reading it once.
//!
//! Members are written under temporary names while their digests are taken. Where
//! the manifest stands is not known in a stream; it may come last. So the files get
//! their names when all is read and compared, and a package that is not what its
//! manifest says leaves nothing.

mod disks;
mod files;
mod inflate;
mod job;
mod join;
mod meanwhile;
pub(super) mod names;
mod remarks;
mod report;
mod several;
mod source;
mod verify;

use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::base::output::Overwrite;
use crate::base::progress::{Observer, cancelled};
use crate::base::units::some_of;
use crate::base::writeback::Durability;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::form::Form;
use crate::ova::chunk::chunk_of;
use crate::ova::header::Kind;
use crate::ova::listing::Listing;
use crate::ova::name::{NameFault, SafeName};
use crate::ova::open::shown;
use crate::ova::role::Role;
use crate::ova::staging::{Others, Staging};

use disks::Row;
use join::Target;
use names::{Patterns, Taken};
use remarks::{Remarks, SHOWN};
use several::Several;
use source::{Incoming, Source, descriptor_of};
use verify::{Knowledge, Piece, Verdict, missing};

pub use disks::DiskReport;
pub use report::{MemberReport, UnpackReport};

/// What to unpack, and how.
#[derive(Debug, Clone)]
pub struct Unpack {
    /// The package; `-` is an archive from standard input.
    pub input: PathBuf,
    /// The directory for the files; it is made if it is not there.
    pub output: PathBuf,
    /// Whether existing files may be replaced.
    pub overwrite: Overwrite,
    /// Patterns, of which a member's name has to fit one; without any, all are
    /// unpacked.
    pub only: Vec<String>,
    /// Whether chunks of a file (`name.000000000` and so on) become that file.
    pub join: bool,
    /// Whether files that do not fit the manifest are kept and told of.
    pub keep_going: bool,
    /// What disks become; without it they stay as they are.
    pub disks: Option<Form>,
    /// Threads that convert them.
    pub threads: NonZeroUsize,
    /// When the files have to be on the disk.
    pub durability: Durability,
}

/// The directory a package is unpacked into if none is named: called as the package
/// is, without its endings. Standard input has no name.
pub fn default_output(input: &Path) -> Option<PathBuf> {
    const ENDINGS: [&[&str]; 2] = [
        &["gz", "xz", "zst", "zstd", "zip"],
        &["ova", "ovf", "tar", "tgz", "txz", "tzst"],
    ];
    if shown(input) != input {
        return None;
    }
    let mut name = Path::new(input.file_name()?);
    for endings in ENDINGS {
        let ending = name.extension().unwrap_or_default().to_ascii_lowercase();
        if let (Some(ending), Some(stem)) = (ending.to_str(), name.file_stem())
            && endings.contains(&ending)
        {
            name = Path::new(stem);
        }
    }
    Some(name.into())
}

/// The bytes of the descriptor of the package at `input`; `-` is standard input.
/// Nothing behind the descriptor is read.
pub fn descriptor(input: &Path) -> Result<Vec<u8>> {
    descriptor_of(input).map_err(|error| error.at(shown(input)))
}

/// Unpacks. No file has its name unless all went well.
pub fn unpack(request: &Unpack, observer: &mut dyn Observer) -> Result<UnpackReport> {
    let done = Work::begin(request).and_then(|work| work.run(observer));
    done.map_err(|error| match error.kind() {
        ErrorKind::Cancelled => cancelled(),
        // A pipe whose writer was stopped together with us looks like damage.
        _ if observer.advanced(0).is_break() => cancelled(),
        _ => error.at(shown(&request.input)),
    })
}

/// An operation under way.
struct Work<'w> {
    request: &'w Unpack,
    started: Instant,
    source: Source,
    staging: Staging,
    known: Knowledge,
    only: Patterns,
    taken: Taken,
    /// A file of chunks that may go on.
    joining: Option<Target>,
    pieces: Vec<Piece>,
    /// Disks in chunks that can be read where they lie.
    rows: Vec<Row>,
    /// Disks in several files that can be read where they lie.
    several: Several,
    /// Files that were written because they could not be read where they lay.
    kept: Vec<String>,
    /// Disks that are converted.
    disks: Vec<DiskReport>,
    verdict: Verdict,
    remarks: Remarks,
    skipped: Vec<String>,
    left_out: Vec<SafeName>,
    size: u64,
    buffer: Vec<u8>,
}

impl<'w> Work<'w> {
    fn begin(request: &'w Unpack) -> Result<Self> {
        let source = Source::open(&request.input)?;
        let staging = Staging::create(&request.output, request.overwrite, Others::Kept, "-d")?
            .lasting(request.durability);
        Ok(Self {
            request,
            started: Instant::now(),
            source,
            staging,
            known: Knowledge::None,
            only: Patterns::new(&request.only),
            taken: Taken::default(),
            joining: None,
            pieces: Vec::new(),
            rows: Vec::new(),
            several: Several::default(),
            kept: Vec::new(),
            disks: Vec::new(),
            verdict: Verdict::new(request.keep_going),
            remarks: Remarks::default(),
            skipped: Vec::new(),
            left_out: Vec::new(),
            size: 0,
            buffer: vec![0; 1 << 20],
        })
    }

    fn run(mut self, observer: &mut dyn Observer) -> Result<UnpackReport> {
        self.known = self.source.foresee(&mut self.verdict, observer)?;
        if let Some(form) = &self.request.disks {
            self.several = Several::foresee(&self.source, &mut self.only, form)?;
        }
        while let Some(member) = self.source.next()? {
            let content = self.take(&member, observer);
            let manifest = content.map_err(|error| self.locate(error, &member))?;
            if let Some(bytes) = manifest {
                self.known = match Listing::of(&member.path, &bytes) {
                    Ok(listing) => Knowledge::Manifest(listing),
                    Err(error) => {
                        let error = error.in_member(&member.name);
                        self.verdict.judge(error, observer)?;
                        Knowledge::NoManifest
                    }
                };
            }
        }
        self.finish_joining()?;
        self.look_back()?;
        let mut members = self.verify(observer)?;
        self.convert_rest(&mut members, observer)?;
        if observer.advanced(0).is_break() {
            return Err(cancelled());
        }
        let report = UnpackReport {
            input: shown(&self.request.input).display().to_string(),
            output: self.request.output.display().to_string(),
            format: self.source.form(),
            wrapper: self.source.wrapper(),
            dialects: self.source.dialects().to_vec(),
            manifest: self.known.listing().map(|listing| listing.path.to_string()),
            members,
            disks: self.disks,
            skipped: self.skipped,
            damaged: self.verdict.damaged,
            notes: self.remarks.into_notes(),
            size: self.size,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        self.staging.commit()?;
        Ok(report)
    }

    /// Names `member` in `error`, unless that is about a file that is written.
    fn locate(&self, error: Error, member: &Incoming) -> Error {
        let path = error.place().path.clone();
        match (path, member.offset) {
            (Some(path), _) if path.starts_with(&self.request.output) => error,
            (None, Some(offset)) => error.in_member(&member.name).at_offset(offset),
            _ => error.in_member(&member.name),
        }
    }

    /// Unpacks `member`, or leaves it out. Hands back the content of the manifest,
    /// unless that is known already.
    fn take(&mut self, member: &Incoming, observer: &mut dyn Observer) -> Result<Option<Vec<u8>>> {
        if member.kind == Kind::Directory && member.path == Err(NameFault::Empty) {
            // `./`, with which many archives begin.
            return Ok(None);
        }
        if member.role == Role::Noise {
            self.remarks.leftover(&member.name);
            self.skipped.push(member.name.clone());
            return Ok(None);
        }
        let is_manifest = member.role == Role::Manifest && matches!(self.known, Knowledge::None);
        let name = member.path.as_ref().map_or(&*member.name, SafeName::as_str);
        let wanted = self.only.want(name) || self.several.file_of(name).is_some();
        if !wanted && !is_manifest {
            if member.kind != Kind::Directory {
                self.skipped.push(member.name.clone());
                self.left_out.extend(member.path.clone().ok());
            }
            return Ok(None);
        }
        check(member.kind, member.role, member.size)?;
        let path = member.path.clone()?;
        if member.kind == Kind::Directory {
            // Directories are made for the files in them.
            return Ok(None);
        }
        let mut copy = is_manifest.then(Vec::new);
        if wanted {
            self.check_name(&path)?;
            observer.begin(path.as_str(), member.size);
            self.extract(member, path, copy.as_mut(), observer)?;
        } else {
            self.skipped.push(member.name.clone());
            self.copy(
                member,
                &mut |bytes| {
                    copy.get_or_insert_default().extend_from_slice(bytes);
                    Ok(())
                },
                observer,
            )?;
        }
        Ok(copy)
    }

    /// Refuses a name that is taken, or that the system gives another meaning.
    fn check_name(&mut self, path: &SafeName) -> Result<()> {
        if cfg!(windows) && !path.is_portable() {
            return Err(Error::new(
                ErrorKind::Denied,
                "Windows gives a name like this member's another meaning",
            )
            .help("unpack the package on another system, or leave the member out by `--only`"));
        }
        self.remarks.member(path);
        self.taken.file(path.as_str())
    }

    fn extract(
        &mut self,
        member: &Incoming,
        path: SafeName,
        mut copy: Option<&mut Vec<u8>>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        if self.take_disk(member, &path, observer)? {
            return Ok(());
        }
        let mut digests = self.known.digests(&path);
        let mut target = self.target(&path)?;
        let output = self.request.output.join(&target.name);
        let size = self.copy(
            member,
            &mut |bytes| {
                digests.update(bytes);
                if let Some(copy) = copy.as_deref_mut() {
                    copy.extend_from_slice(bytes);
                }
                let written = target.file.write_all(bytes);
                written.map_err(|error| Error::write(error).at(&output))
            },
            observer,
        )?;
        if target.written == 0 && self.request.disks.is_some() && !self.source.lies_still() {
            self.kept.push(target.name.clone());
        }
        self.pieces.push(Piece {
            path,
            file: target.name.clone(),
            begin: target.written,
            size,
            digests: digests.finish(),
        });
        self.size += size;
        target.written += size;
        if target.chunks > 0 {
            self.joining = Some(target);
            return Ok(());
        }
        target.file.finish()
    }

    /// The file for the member at `path`: its own, or the one it is a chunk of.
    fn target(&mut self, path: &SafeName) -> Result<Target> {
        let chunk = chunk_of(path.as_str()).filter(|_| self.request.join);
        if let Some((whole, number)) = chunk
            && let Some(joining) = self.joining.take_if(|joining| joining.name == whole)
        {
            return joining.with_chunk(number);
        }
        self.finish_joining()?;
        let Some((whole, number)) = chunk else {
            return Ok(Target::whole(
                path.as_str(),
                self.staging.file(path.as_str())?,
            ));
        };
        self.taken.file(whole)?;
        Target::of_chunks(whole, number, self.staging.file(whole)?)
    }

    fn finish_joining(&mut self) -> Result<()> {
        let joined = self.joining.take();
        joined.map_or(Ok(()), |joined| joined.file.finish())
    }

    /// Passes the content of `member` to `put`; tells how much it was.
    fn copy(
        &mut self,
        member: &Incoming,
        put: &mut dyn FnMut(&[u8]) -> Result<()>,
        observer: &mut dyn Observer,
    ) -> Result<u64> {
        let mut size = 0;
        loop {
            let count = self.source.read(member, &mut self.buffer)?;
            if count == 0 {
                return Ok(size);
            }
            put(&self.buffer[..count])?;
            size += count as u64;
            if observer.advanced(count as u64).is_break() {
                return Err(cancelled());
            }
        }
    }

    /// Refuses a request that nothing came of.
    fn look_back(&mut self) -> Result<()> {
        if let Some(end) = self.source.end() {
            self.remarks.end(end);
        }
        if let Some(pattern) = self.only.idle() {
            return Err(Error::usage(format!("no member fits `{pattern}`"))
                .in_option("--only")
                .help(format!(
                    "other members are: {}",
                    some_of(&self.skipped, SHOWN)
                )));
        }
        if self.pieces.is_empty() {
            return Err(Error::new(ErrorKind::Invalid, "the package holds no files")
                .help("fetch the package again"));
        }
        if self.only.is_everything() {
            self.remarks.whole(self.known.listing().is_some());
        }
        Ok(())
    }

    /// Compares all pieces with the manifest, if there is one.
    fn verify(&mut self, observer: &mut dyn Observer) -> Result<Vec<MemberReport>> {
        let mut pieces = std::mem::take(&mut self.pieces);
        let listing = self.known.listing();
        let mut members = Vec::new();
        for piece in &mut pieces {
            let verified = match listing {
                None => None,
                Some(listing) => match piece.verify(listing, &self.staging) {
                    Ok(verified) => verified,
                    Err(error) => {
                        self.verdict.judge(error, observer)?;
                        None
                    }
                },
            };
            members.push(MemberReport {
                name: piece.path.to_string(),
                file: piece.file.clone(),
                size: piece.size,
                verified: verified.is_some(),
                algorithm: verified.map(|algorithm| algorithm.to_string()),
                digest: verified.and_then(|algorithm| piece.digests.remove(&algorithm)),
            });
        }
        let Some(listing) = listing else {
            return Ok(members);
        };
        let unpacked = pieces.iter().map(|piece| &piece.path);
        let coverage = listing.coverage(unpacked.chain(&self.left_out));
        if !coverage.missing.is_empty() {
            let error = missing(&coverage.missing).in_member(listing.path.as_str());
            self.verdict.judge(error, observer)?;
        }
        self.remarks.unlisted(&coverage.unlisted);
        Ok(members)
    }
}

/// Refuses what must not become a file: a member of the `kind` with the part `role`, of `size`
/// bytes.
pub(super) fn check(kind: Kind, role: Role, size: u64) -> Result<()> {
    if !matches!(kind, Kind::File | Kind::Directory) {
        let refused = if kind == Kind::Other {
            ErrorKind::Unsupported
        } else {
            ErrorKind::Denied
        };
        return Err(
            Error::new(refused, format!("the member is {}", kind.name()))
                .why("a package holds files only; a link could lead to any file of this machine")
                .help("ask for a clean package, or unpack other members by `--only PATTERN`"),
        );
    }
    match role.most_bytes() {
        Some(most) if size > most => Err(role.too_large(size)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_is_called_as_the_package() {
        for (input, output) in [
            ("a/vm.ova", Some("vm")),
            ("vm.ova.gz", Some("vm")),
            ("vm-1.2.tgz", Some("vm-1.2")),
            ("vm-1.2", Some("vm-1.2")),
            ("VM.OVA.XZ", Some("VM")),
            ("vm.zip", Some("vm")),
            ("vm.ova.zip", Some("vm")),
            ("vm-1.2.ova", Some("vm-1.2")),
            ("package/", Some("package")),
            ("-", None),
            ("..", None),
        ] {
            let found = default_output(Path::new(input));
            assert_eq!(found.as_deref(), output.map(Path::new), "{input}");
        }
    }
}
