//! `ovfkit pack`: from disk images to a package.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::document::overwrite;
use super::progress::Bar;
use super::{interrupt, render, request, summary};
use crate::base::digest::Algorithm;
use crate::base::storage::is_directory;
use crate::base::units::parse_size;
use crate::base::{Error, Result};
use crate::disk::gate::Gate;
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::{EncodeOptions, Level};
use crate::ops::machine;
use crate::ops::pack::{Output, Pack, pack};
use crate::ova::archive::DEFAULT_TIME;
use crate::vm::{GuestOs, Machine, Nic};

/// The network a card is on when none is named: what vSphere calls its first.
const DEFAULT_NETWORK: &str = "VM Network";

const EXAMPLES: &str = "\
Examples:
  ovfkit pack noble-server-cloudimg-amd64.img --os ubuntu24.04 --cpus 4 --mem 4G
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

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// Disk images or block devices, the one to start from first
    #[arg(required = true, value_name = "DISK")]
    disks: Vec<PathBuf>,

    /// The package to write; `-` is standard output [default: NAME.ova here]
    #[arg(short, long, value_name = "FILE|-", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Form of the package: one archive, or a directory of files
    #[arg(long, value_enum, default_value = "ova", help_heading = "Output")]
    format: PackageFormat,
    /// Replace an existing output
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Digest of the manifest: sha256, sha1 (importers before 2016) or sha512
    #[arg(
        long,
        value_name = "NAME",
        default_value = "sha256",
        help_heading = "Output"
    )]
    digest: String,
    /// Write no manifest
    #[arg(long, conflicts_with = "digest", help_heading = "Output")]
    no_manifest: bool,

    /// Name of the machine and of the files [default: the output's or the first disk's]
    #[arg(long, help_heading = "Machine")]
    name: Option<String>,
    /// Guest operating system, such as debian12, ubuntu, rhel9, windows2022; `ovfkit os` lists
    /// all [default: linux, any 64-bit Linux]
    #[arg(long, help_heading = "Machine")]
    os: Option<String>,
    /// Virtual CPUs
    #[arg(long, default_value_t = 2, value_name = "N", help_heading = "Machine")]
    cpus: u32,
    /// CPUs of a socket
    #[arg(long, value_name = "N", help_heading = "Machine")]
    cores_per_socket: Option<u32>,
    /// Memory, such as 4G or 512M [default: 2G, 4G for Windows]
    #[arg(long, value_name = "SIZE", help_heading = "Machine")]
    mem: Option<String>,
    /// bios or efi [default: bios, efi for Windows 11]
    #[arg(long, help_heading = "Machine")]
    firmware: Option<String>,
    /// Start signed boot loaders only; needs --firmware efi
    #[arg(long, help_heading = "Machine")]
    secure_boot: bool,
    /// Virtual hardware version
    #[arg(
        long,
        value_name = "vmx-NN",
        default_value = "vmx-14",
        help_heading = "Machine"
    )]
    hardware: String,

    /// Disk controller: lsilogic, lsilogicsas, pvscsi, buslogic, sata, nvme or ide [default:
    /// pvscsi for Linux, lsilogicsas for Windows, lsilogic for others]
    #[arg(long, value_name = "KIND", help_heading = "Devices")]
    controller: Option<String>,
    /// A network card: e1000, e1000e, vmxnet3 or pcnet32, and its network; repeatable [default:
    /// one on "VM Network", vmxnet3 for Linux, e1000e for Windows, e1000 for others]
    #[arg(long, value_name = "MODEL[:NETWORK]", help_heading = "Devices")]
    nic: Vec<String>,
    /// No network card
    #[arg(long, conflicts_with = "nic", help_heading = "Devices")]
    no_nic: bool,
    /// A CD image to pack, in a drive of its own; repeatable
    #[arg(long, value_name = "FILE", help_heading = "Devices")]
    iso: Vec<PathBuf>,

    /// Name of the product
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    product: Option<String>,
    /// Who makes it
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    vendor: Option<String>,
    /// Version of the product
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    version: Option<String>,
    /// A note shown with the machine
    #[arg(long, value_name = "TEXT", help_heading = "Product")]
    annotation: Option<String>,
    /// A text file with the licence to accept
    #[arg(long, value_name = "FILE", help_heading = "Product")]
    eula: Option<PathBuf>,
    /// A property the user may set at deployment, with its default; repeatable
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Product")]
    property: Vec<String>,

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

    /// Compression: fast, default, best, or a libdeflate level from 0 to 12
    #[arg(long, default_value = "default", help_heading = "Compression")]
    level: String,
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
        let name = self.machine_name()?;
        let digest = (!self.no_manifest)
            .then(|| parse::<Algorithm>("--digest", &self.digest))
            .transpose()?;
        let output = match (&self.output, self.format) {
            (Some(path), PackageFormat::Ova) if path == Path::new("-") => Output::StandardOutput,
            (Some(path), PackageFormat::Ovf) if path == Path::new("-") => {
                return Err(Error::usage("a directory cannot go to standard output")
                    .in_option("-o")
                    .help("leave `--format ovf` away, or name a directory"));
            }
            (Some(path), PackageFormat::Ova) => Output::Archive(path.clone()),
            (Some(path), PackageFormat::Ovf) => Output::Directory(path.clone()),
            (None, PackageFormat::Ova) => Output::Archive(format!("{name}.ova").into()),
            (None, PackageFormat::Ovf) => Output::Directory(name.clone().into()),
        };
        let machine = self.machine(name)?;
        let open = OpenOptions {
            format: parse_some("--input-format", self.input_format.as_deref())?,
            gate: Gate::allowing(&self.allow_backing)?,
            snapshot: self.snapshot,
            salvage: self.salvage,
        };
        let sources = machine::sources(self.disks, self.iso, &open);
        Ok(Pack {
            packages: vec![machine::package(machine, &sources, output, digest)],
            sources,
            overwrite: overwrite(self.force),
            encode: EncodeOptions {
                level: level(&self.level)?,
                pass_through: !self.recompress,
            },
            threads: request::threads(self.threads)?,
            time: source_date_epoch()?,
        })
    }

    /// The name given, or the stem of the output or of the first disk.
    fn machine_name(&self) -> Result<String> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let output = self
            .output
            .as_deref()
            .filter(|path| *path != Path::new("-"));
        let stem = match (output, self.format) {
            (Some(path), PackageFormat::Ova) => path.file_stem(),
            (Some(path), PackageFormat::Ovf) => path.file_name(),
            (None, _) => self.disks.first().and_then(|disk| disk.file_stem()),
        };
        match stem.and_then(|stem| stem.to_str()) {
            Some(stem) if !stem.is_empty() => Ok(stem.to_owned()),
            // `.` and `..` have no stem; that they are directories is the point.
            _ => Err(match self.disks.iter().find(|disk| disk.is_dir()) {
                Some(directory) => is_directory(directory, "a disk image"),
                None => Error::usage("no machine name can be made from the file names")
                    .help("name the machine with `--name`"),
            }),
        }
    }

    fn machine(&self, name: String) -> Result<Machine> {
        let os: GuestOs = parse_some("--os", self.os.as_deref())?.unwrap_or_default();
        let mut machine = Machine::new(name, os);
        machine.cpus = self.cpus;
        machine.cores_per_socket = self.cores_per_socket;
        if let Some(memory) = &self.mem {
            machine.memory = parse_size(memory).map_err(|error| error.in_option("--mem"))?;
        }
        if let Some(firmware) = parse_some("--firmware", self.firmware.as_deref())? {
            machine.firmware = firmware;
        }
        machine.secure_boot = self.secure_boot;
        machine.hardware = parse("--hardware", &self.hardware)?;
        if let Some(controller) = parse_some("--controller", self.controller.as_deref())? {
            machine.controller = controller;
        }
        machine.nics = self.nics(&machine.os)?;
        machine.product.clone_from(&self.product);
        machine.vendor.clone_from(&self.vendor);
        machine.version.clone_from(&self.version);
        machine.annotation.clone_from(&self.annotation);
        machine.eula = self.eula.as_deref().map(read_text).transpose()?;
        machine.properties = self
            .property
            .iter()
            .map(|property| key_and_value(property))
            .collect::<Result<_>>()?;
        request::check(&machine)?;
        Ok(machine)
    }

    fn nics(&self, os: &GuestOs) -> Result<Vec<Nic>> {
        if self.no_nic {
            return Ok(Vec::new());
        }
        if self.nic.is_empty() {
            return Ok(vec![Nic {
                model: os.default_nic(),
                network: DEFAULT_NETWORK.to_owned(),
            }]);
        }
        self.nic
            .iter()
            .map(|text| {
                let (model, network) = text.split_once(':').unwrap_or((text, DEFAULT_NETWORK));
                if network.is_empty() {
                    return Err(Error::usage(format!(
                        "`{text}` names no network behind the colon"
                    ))
                    .in_option("--nic")
                    .help(format!(
                        "write `{model}:NETWORK`, or `{model}` for \"{DEFAULT_NETWORK}\""
                    )));
                }
                Ok(Nic {
                    model: parse("--nic", model)?,
                    network: network.to_owned(),
                })
            })
            .collect()
    }
}

fn parse<T: FromStr<Err = Error>>(option: &str, text: &str) -> Result<T> {
    text.parse().map_err(|error: Error| error.in_option(option))
}

fn parse_some<T: FromStr<Err = Error>>(option: &str, text: Option<&str>) -> Result<Option<T>> {
    text.map(|text| parse(option, text)).transpose()
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
                    .in_option("--level")
                    .help("choose fast, default, best, or a number from 0 (store) to 12 (slowest)")
            }),
    }
}

fn key_and_value(text: &str) -> Result<(String, String)> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(Error::usage(format!("`{text}` is no property"))
            .in_option("--property")
            .help("write `--property key=value`; the value may be empty")),
    }
}

/// Bytes of a licence text; the descriptor holds it, and importers read no
/// descriptor of many megabytes.
const EULA_LIMIT: u64 = 1 << 20;

fn read_text(path: &Path) -> Result<String> {
    let cannot = |error| Error::io("cannot read the licence text", path, error).in_option("--eula");
    let mut bytes = Vec::new();
    // The length a pipe or a device tells means nothing.
    std::fs::File::open(path)
        .and_then(|file| file.take(EULA_LIMIT + 1).read_to_end(&mut bytes))
        .map_err(cannot)?;
    if bytes.len() as u64 > EULA_LIMIT {
        return Err(Error::usage(format!(
            "the licence text has more than the {EULA_LIMIT} bytes that fit a descriptor"
        ))
        .at(path)
        .in_option("--eula")
        .help("shorten it, or pack a text that says where the whole is found"));
    }
    String::from_utf8(bytes).map_err(|_| {
        Error::usage("the licence text is not UTF-8")
            .at(path)
            .in_option("--eula")
            .help("convert it first: iconv -f ISO-8859-1 -t UTF-8 FILE")
    })
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
