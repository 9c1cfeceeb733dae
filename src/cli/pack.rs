//! `ovfkit pack`: from disk images to a package.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::document::overwrite;
use super::images::{CompressionOptions, ImageOptions};
use super::machine::{DefinitionOptions, MachineOptions};
use super::progress::Bar;
use super::{interrupt, render, request, summary};
use crate::base::storage::is_directory;
use crate::base::{Error, Result};
use crate::ops::define::{Defined, NO_MANIFEST, Order, plan};
use crate::ops::image::file_of;
use crate::ops::pack::{Output, Pack, pack};
use crate::ops::target;
use crate::vm::definition::{Brief, Disk, Form, Word};
use crate::vm::{At, Profile};

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
    /// Disk images, block devices or files of an OVA (`vm.ova:disk1.vmdk`), the one to start from
    /// first; they take the place of the definition's
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

    #[command(flatten)]
    images: ImageOptions,
    #[command(flatten)]
    compression: CompressionOptions,

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
        self.machine.apply(&At::default(), &mut defined)?;
        self.apply_disks(&mut defined)?;
        self.apply_packaging(&mut defined);
        self.name_machine(&mut defined)?;
        let profiles = target::named_by(&defined)?;
        let open = self.images.open()?;
        let time = request::source_date_epoch()?;
        let order = Order {
            profiles: &profiles,
            open: &open,
            time,
        };
        let outputs = Outputs::new(&defined, profiles.len() > 1)?;
        let plan = plan(&defined, &order, &|name, profile| {
            Ok(outputs.of(name, profile))
        })?;
        Ok(Pack {
            packages: plan.packages,
            sources: plan.sources,
            overwrite: overwrite(self.force),
            encode: self.compression.encode(&defined)?,
            threads: self.compression.threads()?,
            time,
        })
    }

    /// Puts the disks that are named over those of the definition.
    fn apply_disks(&self, defined: &mut Defined) -> Result<()> {
        if !self.disks.is_empty() {
            let disks = self
                .disks
                .iter()
                .map(|disk| Disk::from_word(disk).map(Brief));
            defined.definition.disks = disks.collect::<Result<_>>()?;
            defined.given(At::default().key("disks"), "DISK");
        }
        Ok(())
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
            defined.definition.digest = Some(NO_MANIFEST.to_owned());
            defined.given(root.key("digest"), "--no-manifest");
        }
        self.compression.apply(defined);
    }

    /// Gives a machine without a name that of the output, or of the first disk.
    fn name_machine(&self, defined: &mut Defined) -> Result<()> {
        let definition = &defined.definition;
        if definition.name.is_some() {
            return Ok(());
        }
        let output = definition.output.as_deref().filter(|output| *output != "-");
        let output = output.map(Path::new);
        let image = (0..).zip(&definition.disks).find_map(|(index, disk)| {
            let at = At::default().key("disks").index(index).key("image");
            Some(file_of(&defined.path(&at, disk.image.as_deref()?)))
        });
        let stem = match (output, definition.format) {
            (Some(path), None | Some(Form::Ova)) => path.file_stem(),
            (Some(path), Some(Form::Ovf)) => path.file_name(),
            (None, _) => image.as_deref().and_then(Path::file_stem),
        };
        let stem = stem.and_then(|stem| stem.to_str()).map(str::to_owned);
        match stem {
            Some(stem) if !stem.is_empty() => {
                defined.definition.name = Some(stem);
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
