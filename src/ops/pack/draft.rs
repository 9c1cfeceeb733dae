//! Packages on their way: filled side by side, and named when all of them are whole.

use std::fs::File;
use std::io::Write;

use super::output::Output;
use super::plan::{Facts, Package, PlannedMember};
use super::{Pack, manifest_of};
use crate::base::output::{OutputFile, Spool, open_stream};
use crate::base::progress::{Observer, cancelled};
use crate::base::{Error, Result};
use crate::ova::archive::ArchiveWriter;
use crate::ova::directory::DirectoryWriter;
use crate::ova::{Member, MemberWriter, PackageWriter};

/// What holds a package until it has its name. Dropped before, it leaves nothing.
pub(super) enum Draft {
    /// An archive under a temporary name.
    File(OutputFile),
    /// A directory under a temporary name.
    Directory(DirectoryWriter),
    /// An archive that is gathered to be poured into a stream.
    Spool(Spool, Box<dyn Write>),
}

impl Draft {
    /// Begins what becomes `package`.
    pub(super) fn begin(request: &Pack, package: &Package) -> Result<Self> {
        let begun = match &package.output {
            Output::StandardOutput => {
                Spool::create().map(|spool| Self::Spool(spool, Box::new(std::io::stdout().lock())))
            }
            Output::Archive(path) if package.output.is_stream() => {
                open_stream(path, request.overwrite)
                    .and_then(|stream| Ok(Self::Spool(Spool::create()?, Box::new(stream))))
            }
            Output::Archive(path) => OutputFile::create(path, request.overwrite).map(Self::File),
            Output::Directory(path) => {
                DirectoryWriter::create(path, request.overwrite, package.digest)
                    .map(Self::Directory)
            }
        };
        begun.map_err(|error| package.output.place(error))
    }

    /// Begins to fill it, with room for a descriptor of `room` bytes.
    pub(super) fn fill<'a>(
        &'a mut self,
        request: &Pack,
        package: &'a Package,
        room: u64,
    ) -> Result<Lane<'a>> {
        let place = Place {
            output: &package.output,
            spooled: matches!(self, Self::Spool(..)),
        };
        let archive = |file: &'a mut File| ArchiveWriter::new(file, request.time, package.digest);
        let mut writer = match self {
            Self::File(output) => Writer::Archive(archive(output.file_mut())),
            Self::Spool(spool, _) => Writer::Archive(archive(spool.file_mut())),
            Self::Directory(directory) => Writer::Directory(directory),
        };
        let begun = writer.package().begin(&package.descriptor(), room);
        begun.map_err(|error| place.name(error))?;
        Ok(Lane {
            package,
            place,
            writer,
            members: Vec::new(),
        })
    }

    /// Waits until its bytes are on the disk.
    fn sync(&mut self) -> Result<()> {
        match self {
            Self::File(output) => output.sync(),
            Self::Directory(directory) => directory.sync(),
            Self::Spool(..) => Ok(()),
        }
    }

    /// Gives the package, of `length` bytes, its name, or pours it out.
    fn commit(self, output: &Output, length: u64, observer: &mut dyn Observer) -> Result<()> {
        match self {
            Self::File(file) => file.commit(),
            Self::Directory(directory) => directory.commit(),
            Self::Spool(spool, mut stream) => {
                spool.pour(length, &mut stream, output.path(), observer)
            }
        }
    }
}

/// Gives all packages their names, one after the other, when the bytes of all are safe: a
/// system tells as late as then of bytes it has lost.
pub(super) fn commit_all(
    mut drafts: Vec<Draft>,
    packages: &[Package],
    filled: &[Filled],
    observer: &mut dyn Observer,
) -> Result<()> {
    for (draft, package) in drafts.iter_mut().zip(packages) {
        draft.sync().map_err(|error| package.output.place(error))?;
    }
    // The last moment to stop. Pouring asks on its way.
    let pours = drafts.iter().any(|draft| matches!(draft, Draft::Spool(..)));
    if !pours && observer.advanced(0).is_break() {
        return Err(cancelled());
    }
    let mut there: Vec<String> = Vec::new();
    for ((draft, package), filled) in drafts.into_iter().zip(packages).zip(filled) {
        let output = &package.output;
        let committed = draft.commit(output, filled.length, observer);
        committed.map_err(|error| besides(output.place(error), &there))?;
        there.push(format!("`{}`", output.name()));
    }
    Ok(())
}

/// Tells in `error` which packages are `there` all the same.
fn besides(error: Error, there: &[String]) -> Error {
    if there.is_empty() {
        return error;
    }
    let reason = error.reason().map(|reason| format!("{reason}; "));
    let already = format!(
        "{}this package is missing; whole and in place already: {}",
        reason.unwrap_or_default(),
        there.join(", ")
    );
    error.why(already)
}

/// What an error of writing is about.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    output: &'a Output,
    spooled: bool,
}

impl Place<'_> {
    /// Names the output in `error`, if nothing is named in it yet.
    pub(super) fn name(self, error: Error) -> Error {
        let error = if self.spooled {
            Spool::place(error)
        } else {
            error
        };
        self.output.place(error)
    }
}

enum Writer<'a> {
    Archive(ArchiveWriter<&'a mut File>),
    Directory(&'a mut DirectoryWriter),
}

impl Writer<'_> {
    fn package(&mut self) -> &mut dyn PackageWriter {
        match self {
            Self::Archive(archive) => archive,
            Self::Directory(directory) => *directory,
        }
    }
}

/// A package being filled, beside others.
pub(super) struct Lane<'a> {
    package: &'a Package,
    place: Place<'a>,
    writer: Writer<'a>,
    members: Vec<Member>,
}

/// A package that was filled.
pub(super) struct Filled {
    /// All members but the manifest, in order.
    pub(super) members: Vec<Member>,
    /// Its bytes.
    pub(super) length: u64,
}

impl Lane<'_> {
    /// Begins the member that holds `source`, if the package has it.
    pub(super) fn open(&mut self, source: usize) -> Option<Result<Taker<'_>>> {
        let mut planned = self.package.members.iter();
        let planned = planned.find(|member| member.source == source)?;
        let place = self.place;
        let opened = self.writer.package().open(&planned.href);
        Some(match opened {
            Ok(writer) => Ok(Taker {
                planned,
                place,
                writer,
                members: &mut self.members,
            }),
            Err(error) => Err(place.name(error)),
        })
    }

    /// Ends the package, now that all `facts` are known.
    pub(super) fn finish(self, facts: &[Facts]) -> Result<Filled> {
        let place = self.place;
        self.finish_unplaced(facts)
            .map_err(|error| place.name(error))
    }

    fn finish_unplaced(self, facts: &[Facts]) -> Result<Filled> {
        let Self {
            package,
            mut writer,
            mut members,
            ..
        } = self;
        let text = package.text(facts)?;
        members.insert(0, writer.package().describe(&text)?);
        if let Some(algorithm) = package.digest {
            let manifest = manifest_of(algorithm, &members);
            writer
                .package()
                .add_manifest(&package.manifest(), &manifest)?;
        }
        let length = match writer {
            Writer::Archive(archive) => archive.finish()?,
            Writer::Directory(_) => members.iter().map(|member| member.size).sum(),
        };
        Ok(Filled { members, length })
    }
}

/// A member of one package that takes the bytes of a source.
pub(super) struct Taker<'a> {
    pub(super) planned: &'a PlannedMember,
    pub(super) place: Place<'a>,
    pub(super) writer: Box<dyn MemberWriter + 'a>,
    members: &'a mut Vec<Member>,
}

impl Taker<'_> {
    /// Ends the member.
    pub(super) fn finish(self) -> Result<()> {
        let finished = self.writer.finish();
        let member = finished.map_err(|error| self.place.name(error))?;
        self.members.push(member);
        Ok(())
    }
}
