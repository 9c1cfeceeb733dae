//! `ovfkit unpack`: from a package to files.

use std::path::{Path, PathBuf};

use clap::Args;

use super::form::FormDetails;
use super::machine::parse_some;
use super::progress::Bar;
use super::request::threads;
use super::summary::{Lines, count, duration};
use super::{interrupt, render, summary};
use crate::base::output::Overwrite;
use crate::base::units::{human, some_of};
use crate::base::writeback::Durability;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::detect::Format;
use crate::disk::form::Form;
use crate::ops::convert::Preset;
use crate::ops::unpack::{
    DiskReport, MemberReport, Unpack, UnpackReport, default_output, descriptor, unpack,
};
use crate::ova::open::STANDARD_INPUT;

/// The most names of a list that are shown.
const MAX_NAMES: usize = 10;

/// What leaves disks as they are.
const KEEP: &str = "keep";

const EXAMPLES: &str = "\
Examples:
  ovfkit unpack appliance.ova
  ovfkit unpack appliance.ova -d disks --only '*.vmdk'
  ovfkit unpack appliance.ova --disks qcow2
  ovfkit unpack appliance.ova --for azure
  ovfkit unpack appliance.ova.xz --descriptor | less
  curl -sL https://example.org/appliance.ova | ovfkit unpack - -d appliance";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// The package: an OVA, plain or in gzip, xz, zstd or zip; a descriptor with its files beside it,
    /// or their directory; `-` is an OVA from standard input
    #[arg(value_name = "PACKAGE")]
    input: PathBuf,
    /// The directory for the files [default: called as the package, here]
    #[arg(short, long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    force: bool,
    /// Unpack only members whose names fit: `*` is anything, `?` one character; repeatable
    #[arg(long, value_name = "PATTERN")]
    only: Vec<String>,
    /// Join the chunks of a file (`disk.vmdk.000000000` and so on)
    #[arg(long)]
    join: bool,
    /// Keep files that are not what the manifest says; they are told of, and the exit code is 3
    #[arg(long)]
    keep_going: bool,
    /// Convert the disks to raw, qcow2, vmdk, vhdx, vhd or vdi; or keep them as they are
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = KEEP,
        conflicts_with = "platform",
        help_heading = "Output"
    )]
    disks: String,
    #[command(flatten)]
    form: FormDetails,
    /// Threads that convert [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Wait until the files are on the disk
    #[arg(long)]
    sync: bool,
    /// Print the descriptor and unpack nothing
    #[arg(
        long,
        conflicts_with_all = [
            "directory", "force", "only", "join", "keep_going", "disks", "platform", "settings",
            "compress", "sync", "json",
        ]
    )]
    descriptor: bool,
    /// Print a JSON report instead of the summary
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every member with its digest
    #[arg(short, long)]
    verbose: bool,
}

impl Arguments {
    /// What the disks become, if they are converted.
    fn form(&self) -> Result<Option<Form>> {
        let format = self.format()?;
        match (format, self.form.preset()?, self.form.given()) {
            (None, None, None) => Ok(None),
            (None, None, Some(option)) => Err(Error::usage("the disks are kept as they are")
                .in_option(option)
                .help("add `--disks FORMAT`, such as `--disks qcow2`, or leave it away")),
            (format, ..) => {
                let named = || format.ok_or_else(|| Error::usage("no format is named"));
                self.form.form(named).map(Some)
            }
        }
    }

    /// The format the disks are to have, if one is named.
    fn format(&self) -> Result<Option<Format>> {
        let named = Some(self.disks.as_str()).filter(|named| *named != KEEP);
        parse_some("--disks", named)
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(help) = arguments.form.help(arguments.format()?) {
        return summary::answer(help);
    }
    if arguments.descriptor {
        return summary::answer(descriptor(&arguments.input)?);
    }
    let request = Unpack {
        output: output(arguments)?,
        input: arguments.input.clone(),
        overwrite: if arguments.force {
            Overwrite::Allowed
        } else {
            Overwrite::Never
        },
        only: arguments.only.clone(),
        join: arguments.join,
        keep_going: arguments.keep_going,
        disks: arguments.form()?,
        threads: threads(arguments.threads)?,
        durability: if arguments.sync {
            Durability::Synced
        } else {
            Durability::Cached
        },
    };
    interrupt::catch(false)?;
    let mut bar = Bar::new(arguments.quiet);
    let unpacked = unpack(&request, &mut bar);
    bar.finish();
    let report = unpacked?;
    if !arguments.quiet {
        report.notes.iter().for_each(|note| render::note(note));
    }
    let text = if arguments.json {
        summary::json(&report)?
    } else if arguments.quiet {
        String::new()
    } else {
        text(&report, arguments.verbose, arguments.form.preset()?)
    };
    summary::print(&text, false)?;
    if report.damaged.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Mismatch,
        format!(
            "not all is as the manifest says: {}",
            some_of(&report.damaged, MAX_NAMES)
        ),
    )
    .at(&request.output)
    .why("`--keep-going` kept the files all the same")
    .help("fetch the package again before you use them"))
}

fn output(arguments: &Arguments) -> Result<PathBuf> {
    if let Some(directory) = &arguments.directory {
        return Ok(directory.clone());
    }
    default_output(&arguments.input).ok_or_else(|| {
        let what = if arguments.input == Path::new(STANDARD_INPUT) {
            "standard input"
        } else {
            "this package"
        };
        Error::usage(format!("{what} has no name to call a directory by"))
            .in_option("-d")
            .help("name a directory with `-d`")
    })
}

/// The report for people.
fn text(report: &UnpackReport, verbose: bool, preset: Option<&Preset>) -> String {
    let mut lines = Lines::default();
    if verbose {
        for member in &report.members {
            lines.add("file", &member_line(member));
            if let (Some(algorithm), Some(digest)) = (&member.algorithm, &member.digest) {
                lines.add(algorithm, digest);
            }
        }
    }
    lines.add("manifest", &manifest_line(report));
    let left_out = match report.skipped.len() {
        0 => String::new(),
        left_out => format!("; {left_out} left out"),
    };
    for disk in &report.disks {
        lines.add("disk", &disk_line(disk));
    }
    if let Some(preset) = preset.filter(|preset| !preset.hint.is_empty()) {
        lines.add(preset.name, preset.hint);
    }
    let done = format!(
        "{}, {}, {} in {}{left_out}",
        report.output,
        count(report.members.len() as u64, "file"),
        human(report.size),
        duration(report.seconds)
    );
    lines.add("output", &done);
    lines.into_text()
}

fn member_line(member: &MemberReport) -> String {
    let size = human(member.size);
    if member.file == member.name {
        format!("{}, {size}", member.name)
    } else {
        format!("{}, {size}, in {}", member.name, member.file)
    }
}

fn disk_line(disk: &DiskReport) -> String {
    let several = match disk.files.len() {
        0 | 1 => String::new(),
        files => format!(" in {files} files"),
    };
    format!(
        "{}: {}, {}, {} written{several}",
        disk.file,
        disk.format,
        human(disk.capacity),
        human(disk.written)
    )
}

fn manifest_line(report: &UnpackReport) -> String {
    let Some(manifest) = &report.manifest else {
        return "none; nothing was compared".to_owned();
    };
    let verified = report.members.iter().filter(|member| member.verified);
    let verified = count(verified.count() as u64, "file");
    format!("{manifest}: {verified} compared and found equal")
}
