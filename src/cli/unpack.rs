//! `ovfkit unpack`: from a package to files.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::progress::Bar;
use super::request::threads;
use super::summary::{Lines, count, duration};
use super::{interrupt, render, summary};
use crate::base::output::Overwrite;
use crate::base::units::{human, some_of};
use crate::base::writeback::Durability;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::Level;
use crate::disk::qcow2::Packing;
use crate::ops::unpack::{
    DiskForm, DiskReport, MemberReport, Unpack, UnpackReport, default_output, descriptor, unpack,
};
use crate::ova::open::STANDARD_INPUT;

/// The most names of a list that are shown.
const MAX_NAMES: usize = 10;

const EXAMPLES: &str = "\
Examples:
  ovfkit unpack appliance.ova
  ovfkit unpack appliance.ova -d disks --only '*.vmdk'
  ovfkit unpack appliance.ova --disks qcow2
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
    /// Convert the disks
    #[arg(long, value_enum, default_value = "keep")]
    disks: Disks,
    /// Compress the clusters of qcow2 images
    #[arg(long, value_enum, value_name = "METHOD")]
    compress: Option<Compress>,
    /// Threads that convert [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    /// Wait until the files are on the disk
    #[arg(long)]
    sync: bool,
    /// Print the descriptor and unpack nothing
    #[arg(
        long,
        conflicts_with_all = ["directory", "force", "only", "join", "keep_going", "disks", "sync", "json"]
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

// Plain comments: clap would spread help for every value over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Disks {
    Keep,
    Raw,
    Qcow2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compress {
    Deflate,
    Zstd,
}

/// The level that compresses well at a speed that does not try patience.
const ZSTD_LEVEL: i32 = 3;

fn disk_form(arguments: &Arguments) -> Result<DiskForm> {
    let packing = match arguments.compress {
        None => Packing::Plain,
        Some(Compress::Deflate) => Packing::Deflate(Level::Adaptive),
        Some(Compress::Zstd) => Packing::Zstd(ZSTD_LEVEL),
    };
    match arguments.disks {
        Disks::Qcow2 => Ok(DiskForm::Qcow2(packing)),
        _ if arguments.compress.is_some() => {
            Err(Error::usage("only qcow2 images have compressed clusters")
                .in_option("--compress")
                .help("add `--disks qcow2`, or leave `--compress` away"))
        }
        Disks::Raw => Ok(DiskForm::Raw),
        Disks::Keep => Ok(DiskForm::Keep),
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
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
        disks: disk_form(arguments)?,
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
        text(&report, arguments.verbose)
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
fn text(report: &UnpackReport, verbose: bool) -> String {
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
    format!(
        "{}: {}, {}, {} written",
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
