//! `ovfkit pack`: from disk images to a package.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::document::overwrite;
use super::machine::{DefinitionOptions, MachineOptions, parse_some};
use super::progress::Bar;
use super::{interrupt, render, request, summary};
use crate::base::storage::is_directory;
use crate::base::{Error, Result};
use crate::disk::gate::Gate;
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::{EncodeOptions, Level};
use crate::ops::define::{Defined, Order, plan};
use crate::ops::pack::{Output, Pack, pack};
use crate::ops::target;
use crate::ova::archive::DEFAULT_TIME;
use crate::vm::definition::Form;
use crate::vm::{At, Profile, profile};

/// The target that is meant when none is named.
const PORTABLE: &str = "portable";

const EXAMPLES: &str = "\
Examples:
  ovfkit pack noble-server-cloudimg-amd64.img --os ubuntu24.04 --cpus 4 --mem 4G
  ovfkit pack --definition web-01.yaml --target vsphere:8.0 --target virtualbox
  ovfkit pack system.qcow2 data.raw -o appliance.ova --nic vmxnet3:LAN --nic e1000:DMZ
  ovfkit pack win.qcow2 --os windows2022 --firmware efi --secure-boot
  ovfkit pack /dev/sdb --name old-server -o - | ssh host 'cat > old-server.ova'";

// Plain comments: clap would spread help for every value over several lines.
// The form of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PackageFormat {
    // One tar archive.
    Ova,
    // A directory with the descriptor, the disks and the manifest.
    Ovf,
}

const USAGE: &str = "\
ovfkit pack [OPTIONS] <DISK>...
       ovfkit pack [OPTIONS] --definition <FILE> [DISK]...";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// Disk images or block devices, the one to start from first; they take the place of the
    /// definition's
    #[arg(required_unless_present = "definition", value_name = "DISK")]
    disks: Vec<String>,

    /// Whom the package is for, such as vsphere:8.0, virtualbox or proxmox, or the file of a
    /// profile of your own; repeatable, one package each, and every disk is compressed once.
    /// `ovfkit target` lists all [default: portable]
    #[arg(short, long, value_name = "TARGET", help_heading = "Output")]
    target: Vec<String>,
    /// The package to write; `-` is standard output [default: NAME.ova here, or NAME-TARGET.ova
    /// for each of several targets]
    #[arg(short, long, value_name = "FILE|-", help_heading = "Output")]
    output: Option<String>,
    /// Form of the package: one archive, or a directory of files [default: ova]
    #[arg(long, value_enum, help_heading = "Output")]
    format: Option<PackageFormat>,
    /// Replace an existing output
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Digest of the manifest: sha256, sha1 (importers before 2016) or sha512 [default: the
    /// target's, sha256 for most]
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    digest: Option<String>,
    /// Write no manifest
    #[arg(long, conflicts_with = "digest", help_heading = "Output")]
    no_manifest: bool,

    #[command(flatten)]
    definition: DefinitionOptions,
    #[command(flatten)]
    machine: MachineOptions,

    /// Format of all disk images, raw, qcow2 or vmdk, instead of detecting it
    #[arg(long, value_name = "FORMAT", help_heading = "Input")]
    input_format: Option<String>,
    /// Pack this internal snapshot (name or id) of a qcow2 image
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    snapshot: Option<String>,
    /// Allow backing, data and parent files in this directory; repeatable
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    allow_backing: Vec<PathBuf>,
    /// Pack what is left of a streamOptimized VMDK that was cut off
    #[arg(long, help_heading = "Input")]
    salvage: bool,

    /// Compression: fast, default, best, or a libdeflate level from 0 to 12 [default: default]
    #[arg(long, help_heading = "Compression")]
    level: Option<String>,
    /// Compress again what is compressed in the image, instead of taking it over
    #[arg(long, help_heading = "Compression")]
    recompress: bool,
    /// Threads that compress; the output does not depend on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Compression")]
    threads: Option<u32>,

    /// Print a JSON report instead of the summary
    #[arg(long, help_heading = "Messages")]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Messages")]
    quiet: bool,
    /// Print what was done in detail
    #[arg(short, long, help_heading = "Messages")]
    verbose: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<()> {
    let messages = Messages {
        json: arguments.json,
        quiet: arguments.quiet,
        verbose: arguments.verbose,
    };
    let request = arguments.into_request()?;
    let mut outputs = request.packages.iter().map(|package| &package.output);
    let stream = outputs.clone().any(Output::is_stream);
    let to_stdout = outputs.any(|output| *output == Output::StandardOutput);
    if to_stdout && std::io::stdout().is_terminal() {
        return Err(Error::usage("an OVA is not written to a terminal")
            .in_option("-o")
            .help("pipe it into a program or a file, or name a file with `-o`"));
    }
    interrupt::catch(stream)?;
    let mut bar = Bar::new(messages.quiet);
    let packed = pack(&request, &mut bar);
    bar.finish();
    let report = packed?;
    if !messages.quiet {
        report.notes.iter().for_each(|note| render::note(note));
    }
    let text = if messages.json {
        summary::json(&report)?
    } else if messages.quiet {
        String::new()
    } else {
        summary::text(&report, messages.verbose)
    };
    summary::print(&text, to_stdout)
}

struct Messages {
    json: bool,
    quiet: bool,
    verbose: bool,
}

impl Arguments {
    fn into_request(self) -> Result<Pack> {
        let mut defined = self.definition.load()?;
        self.machine.apply(&self.disks, &mut defined)?;
        self.apply_packaging(&mut defined);
        self.name_machine(&mut defined)?;
        let profiles = profiles(&defined)?;
        let open = OpenOptions {
            format: parse_some("--input-format", self.input_format.as_deref())?,
            gate: Gate::allowing(&self.allow_backing)?,
            snapshot: self.snapshot.clone(),
            salvage: self.salvage,
        };
        let time = source_date_epoch()?;
        let order = Order {
            profiles: &profiles,
            open: &open,
            time,
        };
        let outputs = Outputs::new(&defined, profiles.len() > 1)?;
        let plan = plan(&defined, &order, &|name, profile| {
            Ok(outputs.of(name, profile))
        })?;
        let level = match &defined.definition.level {
            Some(text) => {
                level(text).map_err(|error| defined.at(&At::default().key("level"), error))?
            }
            None => Level::Adaptive,
        };
        Ok(Pack {
            packages: plan.packages,
            sources: plan.sources,
            overwrite: overwrite(self.force),
            encode: EncodeOptions {
                level,
                pass_through: !self.recompress,
            },
            threads: request::threads(self.threads)?,
            time,
        })
    }

    /// Puts the options about the package over the definition's fields.
    fn apply_packaging(&self, defined: &mut Defined) {
        let root = At::default();
        if !self.target.is_empty() {
            defined.definition.target = self.target.clone().into();
            defined.given(root.key("target"), "--target");
        }
        if let Some(output) = &self.output {
            defined.definition.output = Some(output.clone());
            defined.given(root.key("output"), "-o");
        }
        if let Some(format) = self.format {
            defined.definition.format = Some(match format {
                PackageFormat::Ova => Form::Ova,
                PackageFormat::Ovf => Form::Ovf,
            });
            defined.given(root.key("format"), "--format");
        }
        if let Some(digest) = &self.digest {
            defined.definition.digest = Some(digest.clone());
            defined.given(root.key("digest"), "--digest");
        }
        if self.no_manifest {
            defined.definition.digest = Some("none".to_owned());
            defined.given(root.key("digest"), "--no-manifest");
        }
        if let Some(level) = &self.level {
            defined.definition.level = Some(level.as_str().into());
            defined.given(root.key("level"), "--level");
        }
    }

    /// Gives a machine without a name that of the output, or of the first disk.
    fn name_machine(&self, defined: &mut Defined) -> Result<()> {
        let definition = &mut defined.definition;
        if definition.name.is_some() {
            return Ok(());
        }
        let output = definition.output.as_deref().filter(|output| *output != "-");
        let output = output.map(Path::new);
        let image = definition
            .disks
            .iter()
            .find_map(|disk| disk.image.as_deref());
        let stem = match (output, definition.format) {
            (Some(path), None | Some(Form::Ova)) => path.file_stem(),
            (Some(path), Some(Form::Ovf)) => path.file_name(),
            (None, _) => image.map(Path::new).and_then(Path::file_stem),
        };
        match stem.and_then(|stem| stem.to_str()) {
            Some(stem) if !stem.is_empty() => {
                definition.name = Some(stem.to_owned());
                Ok(())
            }
            // `.` and `..` have no stem; that they are directories is the point.
            _ => Err(
                match self.disks.iter().map(Path::new).find(|disk| disk.is_dir()) {
                    Some(directory) => is_directory(directory, "a disk image"),
                    None => Error::usage("no machine name can be made from the file names")
                        .help("name the machine with `--name`"),
                },
            ),
        }
    }
}

/// The profiles of the targets `defined` names, or the one that suits all.
fn profiles(defined: &Defined) -> Result<Vec<Profile>> {
    let targets = &defined.definition.target;
    if targets.is_empty() {
        return Ok(vec![target::load(PORTABLE)?]);
    }
    let list = At::default().key("target");
    let mut profiles: Vec<Profile> = Vec::new();
    for (index, name) in targets.iter().enumerate() {
        let at = list.index(index);
        let name = if profile::is_path(name) {
            defined.path(&at, name).display().to_string()
        } else {
            name.clone()
        };
        let profile = target::load(&name).map_err(|error| defined.at(&at, error))?;
        if profiles.iter().any(|known| known.name == profile.name) {
            let twice = Error::usage(format!("the target `{name}` is named twice"));
            return Err(defined.at(&at, twice.help("name each target once")));
        }
        profiles.push(profile);
    }
    Ok(profiles)
}

/// Where packages go.
struct Outputs {
    /// The output that is named.
    named: Option<PathBuf>,
    form: Form,
    /// Whether there is one for each of several targets.
    several: bool,
}

impl Outputs {
    fn new(defined: &Defined, several: bool) -> Result<Self> {
        let definition = &defined.definition;
        let form = definition.format.unwrap_or(Form::Ova);
        let at = At::default().key("output");
        let named = definition.output.as_deref();
        if named == Some("-") {
            if form == Form::Ovf {
                let error = Error::usage("a directory cannot go to standard output");
                let help = "leave `--format ovf` away, or name a directory";
                return Err(defined.at(&at, error.help(help)));
            }
            if several {
                let error = Error::usage("several packages cannot go to standard output");
                return Err(defined.at(&at, error.help("name one target, or a file")));
            }
        }
        let path = |text: &str| match text {
            "-" => PathBuf::from(text),
            _ => defined.path(&at, text),
        };
        Ok(Self {
            named: named.map(path),
            form,
            several,
        })
    }

    /// Where the package `name` for `profile` goes.
    fn of(&self, name: &str, profile: &Profile) -> Output {
        if self.named.as_deref() == Some(Path::new("-")) {
            return Output::StandardOutput;
        }
        let path = match (&self.named, self.form) {
            (Some(path), _) => path.clone(),
            (None, Form::Ova) => PathBuf::from(format!("{name}.ova")),
            (None, Form::Ovf) => PathBuf::from(name),
        };
        let path = if self.several {
            for_target(&path, self.form, &profile.name)
        } else {
            path
        };
        match self.form {
            Form::Ova => Output::Archive(path),
            Form::Ovf => Output::Directory(path),
        }
    }
}

/// `path` with the name of a target before its ending.
fn for_target(path: &Path, form: Form, target: &str) -> PathBuf {
    let ending = path.extension().filter(|_| form == Form::Ova);
    let stem = match ending {
        Some(_) => path.file_stem(),
        None => path.file_name(),
    };
    let mut name = stem.unwrap_or_default().to_owned();
    name.push(format!("-{target}"));
    if let Some(ending) = ending {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

/// The level for a name or a number.
fn level(text: &str) -> Result<Level> {
    match text {
        "fast" => Ok(Level::Fixed(1)),
        "default" => Ok(Level::Adaptive),
        "best" => Ok(Level::Fixed(12)),
        number => number
            .parse()
            .ok()
            .filter(|level| *level <= 12)
            .map(Level::Fixed)
            .ok_or_else(|| {
                Error::usage(format!("`{text}` is no compression level"))
                    .help("choose fast, default, best, or a number from 0 (store) to 12 (slowest)")
            }),
    }
}

/// The time builds are made reproducible with
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
fn source_date_epoch() -> Result<u64> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(DEFAULT_TIME);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    // Eleven octal digits hold it, as a tar header has them.
    seconds.filter(|seconds| *seconds < 1 << 33).ok_or_else(|| {
        Error::usage(format!(
            "SOURCE_DATE_EPOCH is `{}`, which is no time",
            text.display()
        ))
        .help("set it to seconds since 1970, such as `git log -1 --format=%ct` prints")
    })
}
