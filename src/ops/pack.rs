//! From disk images to a package, reading every disk once.
//!
//! The descriptor stands before the disks and tells their compressed sizes. So
//! it is rendered twice: first with every number at its widest, to learn how
//! much room it takes, and at the end with what was measured.

mod report;
mod target;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use crate::base::digest::Algorithm;
use crate::base::output::Overwrite;
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::open::{OpenOptions, OpenedDisk, open};
use crate::disk::{Warning, copy, vmdk};
use crate::ova::archive::{OCTAL_LIMIT, check_name};
use crate::ova::manifest::{Entry, Manifest};
use crate::ova::{Member, PackageWriter};
use crate::template;
use crate::vm::{self, ControllerKind, DiskImage, IsoImage, Machine};

pub use report::{DiskReport, PackReport};
pub use target::Target;

/// A file's size in the descriptor at its widest: a VMDK has less than 2 TiB.
const WIDEST_FILE_SIZE: u64 = 9_999_999_999_999;

/// What to pack, and how.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The machine; its disks and CD images come from the fields below.
    pub machine: Machine,
    /// Disk images, the one to start from first.
    pub disks: Vec<PathBuf>,
    /// CD images.
    pub isos: Vec<PathBuf>,
    /// How the disk images are opened.
    pub open: OpenOptions,
    /// Where the package goes.
    pub target: Target,
    /// Whether an existing target may be replaced.
    pub overwrite: Overwrite,
    /// The manifest's digest; without one there is no manifest.
    pub digest: Option<Algorithm>,
    /// How grains are made.
    pub encode: vmdk::EncodeOptions,
    /// Threads that compress.
    pub threads: NonZeroUsize,
    /// Modification time of archive members, in seconds since 1970.
    pub time: u64,
}

/// Packs. Nothing has its final name unless all went well.
pub fn pack(request: &Pack, observer: &mut dyn Observer) -> Result<PackReport> {
    let started = Instant::now();
    let inputs = Inputs::open(request)?;
    let mut machine = inputs.widest(request)?;
    let name = machine.name.clone();
    let (descriptor, manifest) = (format!("{name}.ovf"), format!("{name}.mf"));
    let files: Vec<&str> = (machine.disks.iter().map(|disk| disk.href.as_str()))
        .chain(machine.isos.iter().map(|iso| iso.href.as_str()))
        .collect();
    check_names(&[&descriptor, &manifest], &files)?;
    let members = files.iter().copied().chain([&*descriptor, &*manifest]);
    inputs.refuse_as_target(&request.target, members)?;
    let room = template::render(&vm::build(&machine)?)?.len() as u64;

    let mut warnings = inputs.warnings();
    tell(&warnings, observer);
    let mut disks = Vec::new();
    let (packaged, size) = request
        .target
        .write(request, observer, &mut |package, observer| {
            package.begin(&descriptor, room)?;
            let mut members = Vec::new();
            for (input, image) in inputs.disks.iter().zip(&mut machine.disks) {
                let (member, written) = add_disk(package, request, input, &image.href, observer)?;
                image.file_size = member.size;
                image.populated = written.populated;
                disks.push(DiskReport::new(input, &member, &written));
                members.push(member);
            }
            for (iso, image) in inputs.isos.iter().zip(&machine.isos) {
                members.push(add_iso(package, iso, &image.href, observer)?);
            }
            let text = template::render(&vm::build(&machine)?)?;
            members.insert(0, package.describe(&text)?);
            if let Some(algorithm) = request.digest {
                package.add_manifest(&manifest, &manifest_of(algorithm, &members))?;
            }
            Ok(members)
        })?;
    let changed: Vec<Warning> = inputs.disks.iter().filter_map(DiskInput::changed).collect();
    tell(&changed, observer);
    warnings.extend(changed);
    Ok(PackReport {
        output: request.target.name(),
        format: request.target.format(),
        size,
        digest: request.digest.map(|algorithm| algorithm.to_string()),
        notes: notes(request, &inputs, &packaged),
        members: packaged.into_iter().map(Into::into).collect(),
        machine: report::MachineReport::new(&machine),
        disks,
        warnings,
        threads: request.threads.get(),
        level: request.encode.level.to_string(),
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn tell(warnings: &[Warning], observer: &mut dyn Observer) {
    for warning in warnings {
        observer.warned(&warning.path, &warning.message);
    }
}

/// A disk image that was opened.
struct DiskInput {
    path: PathBuf,
    opened: OpenedDisk,
    /// When the image was written last, as far as the system tells.
    written: Option<SystemTime>,
}

impl DiskInput {
    /// A disk that was written to while it was read mixes two states.
    fn changed(&self) -> Option<Warning> {
        (written(&self.path) != self.written).then(|| Warning {
            path: self.path.display().to_string(),
            message: "changed while it was read, as by a running machine; the packed disk may \
                      mix old and new content"
                .to_owned(),
        })
    }
}

fn written(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

struct Inputs {
    disks: Vec<DiskInput>,
    isos: Vec<FileStorage>,
}

impl Inputs {
    /// What the images say of themselves.
    fn warnings(&self) -> Vec<Warning> {
        let disks = self.disks.iter();
        disks
            .flat_map(|disk| disk.opened.warnings.iter().cloned())
            .collect()
    }

    fn open(request: &Pack) -> Result<Self> {
        let mut disks: Vec<DiskInput> = Vec::new();
        for path in &request.disks {
            let written = written(path);
            let opened = open(path, &request.open)?;
            let twice = disks
                .iter()
                .find(|other| other.opened.files.first() == opened.files.first());
            if let Some(first) = twice {
                return Err(Error::usage("this disk is given twice")
                    .at(path)
                    .why(format!("`{}` is the same file", first.path.display()))
                    .help(
                        "name every disk once; for two disks with the same content, copy the file",
                    ));
            }
            disks.push(DiskInput {
                path: path.clone(),
                opened,
                written,
            });
        }
        let isos = request
            .isos
            .iter()
            .map(|path| FileStorage::open(path))
            .collect::<Result<Vec<_>>>()?;
        if let Some(iso) = isos.iter().find(|iso| iso.length() == 0) {
            return Err(Error::new(ErrorKind::Invalid, "the file is empty")
                .at(iso.path())
                .help("check that the CD image was made completely"));
        }
        Ok(Self { disks, isos })
    }

    /// An output that replaced an input would destroy what is being read.
    fn refuse_as_target<'a>(
        &self,
        target: &Target,
        members: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let replaced = target.replaced(members);
        let disks = self.disks.iter().flat_map(|disk| &disk.opened.files);
        let isos = self.isos.iter().map(FileStorage::identity);
        if disks.chain(isos).any(|input| replaced.contains(input)) {
            return Err(Error::usage("the output is one of the files to be read")
                .in_option("-o")
                .help("choose another name for the output"));
        }
        Ok(())
    }

    /// The machine with every number at its widest.
    fn widest(&self, request: &Pack) -> Result<Machine> {
        let mut machine = request.machine.clone();
        let name = &machine.name;
        machine.disks = (1..)
            .zip(&self.disks)
            .map(|(number, disk)| {
                let capacity = vmdk::capacity_of(disk.opened.source.capacity())
                    .map_err(|error| error.at(&disk.path))?;
                Ok(DiskImage {
                    href: format!("{name}-disk{number}.vmdk"),
                    capacity,
                    file_size: WIDEST_FILE_SIZE,
                    populated: capacity,
                })
            })
            .collect::<Result<_>>()?;
        machine.isos = self
            .isos
            .iter()
            .map(|iso| {
                let href = iso.path().file_name().unwrap_or_default();
                IsoImage {
                    href: href.to_string_lossy().into_owned(),
                    size: iso.length(),
                }
            })
            .collect();
        vm::check(&machine)?;
        Ok(machine)
    }
}

/// Every name has to fit an archive, and the two files a package has of its own
/// must not be taken by another.
fn check_names(own: &[&str], files: &[&str]) -> Result<()> {
    for name in own.iter().chain(files) {
        check_name(name)?;
    }
    let taken = files
        .iter()
        .find(|file| own.iter().any(|own| own.eq_ignore_ascii_case(file)));
    match taken {
        None => Ok(()),
        Some(href) => Err(vm::Contradiction::DuplicateFile {
            href: (*href).to_owned(),
        }
        .into()),
    }
}

fn add_disk(
    package: &mut dyn PackageWriter,
    request: &Pack,
    input: &DiskInput,
    href: &str,
    observer: &mut dyn Observer,
) -> Result<(Member, vmdk::StreamSummary)> {
    let source = &*input.opened.source;
    let options = vmdk::StreamOptions {
        name: href,
        adapter: adapter_of(request.machine.controller),
        encode: request.encode,
        threads: request.threads,
    };
    let total = observer
        .wants_totals()
        .then(|| copy::stored_bytes(source))
        .flatten();
    observer.begin(href, total.unwrap_or(source.capacity()));
    let mut summary = None;
    let member = package.add(href, &mut |output| {
        summary = Some(vmdk::write(source, output, &options, observer)?);
        Ok(())
    })?;
    match summary {
        Some(summary) => Ok((member, summary)),
        None => Err(Error::new(ErrorKind::Internal, "the disk was not written")),
    }
}

/// The geometry a disk gets for its controller.
fn adapter_of(controller: ControllerKind) -> vmdk::AdapterType {
    match controller {
        ControllerKind::Ide => vmdk::AdapterType::Ide,
        ControllerKind::BusLogic => vmdk::AdapterType::BusLogic,
        _ => vmdk::AdapterType::LsiLogic,
    }
}

fn add_iso(
    package: &mut dyn PackageWriter,
    iso: &FileStorage,
    href: &str,
    observer: &mut dyn Observer,
) -> Result<Member> {
    observer.begin(href, iso.length());
    package.add(href, &mut |output| copy_file(iso, output, observer))
}

fn copy_file(
    file: &FileStorage,
    output: &mut dyn Write,
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut chunk = vec![0; 1 << 20];
    let mut at = 0;
    while at < file.length() {
        let length = (file.length() - at).min(chunk.len() as u64);
        let now = &mut chunk[..to_usize(length)];
        file.read_exact_at(at, now)?;
        output.write_all(now).map_err(Error::write)?;
        at += length;
        if observer.advanced(length).is_break() {
            return Err(cancelled());
        }
    }
    Ok(())
}

fn manifest_of(algorithm: Algorithm, members: &[Member]) -> Manifest {
    let entries = members
        .iter()
        .filter_map(|member| {
            Some(Entry {
                algorithm,
                name: member.name.clone(),
                digest: member.digest.clone()?,
            })
        })
        .collect();
    Manifest { entries }
}

/// What a careful user would want to know about a package that is fine.
fn notes(request: &Pack, inputs: &Inputs, members: &[Member]) -> Vec<String> {
    let mut notes = Vec::new();
    if request.digest == Some(Algorithm::Sha512) {
        notes.push(
            "manifest: SHA512 is not in the standard (DSP0243 1.1 §5.1), and few importers read it"
                .to_owned(),
        );
    }
    for disk in &inputs.disks {
        let bytes = disk.opened.source.capacity();
        // The capacity was found to fit before.
        let capacity = vmdk::capacity_of(bytes).unwrap_or(bytes);
        if capacity != bytes {
            notes.push(format!(
                "{}: the disk has {bytes} bytes, no multiple of a sector; {} zeros are added",
                disk.path.display(),
                capacity - bytes
            ));
        }
    }
    for (key, _) in request
        .machine
        .properties
        .iter()
        .filter(|(key, _)| key.contains('.'))
    {
        notes.push(format!(
            "property `{key}`: DSP0243 1.1 §9.5 allows no dot in a key; vSphere takes it, other \
             importers may not"
        ));
    }
    for member in members
        .iter()
        .filter(|member| request.target.is_archive() && member.size >= OCTAL_LIMIT)
    {
        notes.push(format!(
            "{}: 8 GiB and more, which a strict ustar header cannot say; its size is written in \
             base 256, as VMware's and GNU's tools read it",
            member.name
        ));
    }
    notes
}
