//! `ovfkit disk compare`: whether two images hold the same disk.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::base::Result;
use crate::base::units::exactly;
use crate::cli::images::ImageOptions;
use crate::cli::machine::parse_some;
use crate::cli::progress::Bar;
use crate::cli::summary::Lines;
use crate::cli::{exit, interrupt, request, summary};
use crate::ops::disk::compare::{Compare, CompareReport, compare};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk compare disk.qcow2 disk.vmdk
  ovfkit disk compare disk.raw vm.ova:vm-disk1.vmdk --strict

A shorter disk is taken to go on with zeros. For those who know qemu-img: -f and --strict are
the same; -F is --other-format.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A disk image: a file or block device, a file of an OVA (vm.ova:disk1.vmdk), or `-`
    #[arg(value_name = "IMAGE")]
    one: PathBuf,
    /// The other one
    #[arg(value_name = "OTHER")]
    other: PathBuf,
    /// Format of the other image, instead of detecting it
    #[arg(short = 'F', long, value_name = "FORMAT", help_heading = "Input")]
    other_format: Option<String>,
    /// Take disks of different sizes for different, whatever is on them
    #[arg(short, long)]
    strict: bool,
    /// Threads that read [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<u32>,
    #[command(flatten)]
    input: ImageOptions,
    /// Print a JSON report instead of a line
    #[arg(long, help_heading = "Messages")]
    json: bool,
    /// Print nothing but errors; the exit code tells
    #[arg(short, long, help_heading = "Messages")]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let open = arguments.input.open()?;
    let mut other = open.clone();
    other.format = parse_some("-F", arguments.other_format.as_deref())?;
    let request = Compare {
        one: (&arguments.one, &open),
        other: (&arguments.other, &other),
        strict: arguments.strict,
        threads: request::threads(arguments.threads)?,
    };
    interrupt::catch(false)?;
    let mut bar = Bar::new(arguments.quiet);
    let compared = compare(&request, &mut bar);
    bar.finish();
    let report = compared?;
    if arguments.json {
        summary::answer(summary::json(&report)?)?;
    } else if !arguments.quiet {
        summary::answer(text(&report))?;
    }
    Ok(if report.identical {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(exit::DIFFERENT)
    })
}

/// The verdict for people.
fn text(report: &CompareReport) -> String {
    let mut lines = Lines::default();
    let [one, other] = &report.disks;
    for disk in [one, other] {
        lines.add(
            "disk",
            &format!("{}, {}", disk.name, exactly(disk.capacity)),
        );
    }
    let verdict = match report.first_difference {
        Some(offset) => format!("the disks differ, first at byte {offset}"),
        None if one.capacity == other.capacity => "the disks are the same".to_owned(),
        None if report.identical => {
            "the disks are the same, but for zeros at the end of the longer one".to_owned()
        }
        None => "the disks differ in size; what the longer one has more is zeros".to_owned(),
    };
    lines.add("verdict", &verdict);
    lines.into_text()
}
