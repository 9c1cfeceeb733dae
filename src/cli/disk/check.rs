//! `ovfkit disk check`: whether an image is whole.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use crate::base::Result;
use crate::cli::machine::parse_some;
use crate::cli::progress::Bar;
use crate::cli::summary::{self, Lines, count};
use crate::cli::{exit, interrupt};
use crate::disk::check::{Finding, Level, Report, Severity};
use crate::disk::gate::Gate;
use crate::ops::check::{Check, Checked, check};

/// Findings shown; JSON has more.
const SHOWN: usize = 20;

const EXAMPLES: &str = "\
Examples:
  ovfkit disk check web-01.qcow2
  ovfkit disk check web-01.qcow2 --repair leaks
  ovfkit disk check web-01.vhdx --json | jq .corruptions

Exit codes:
    0  nothing is wrong
    3  there are corruptions
   11  there are leaks, and nothing worse
  others as `ovfkit --help` tells";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The image, or a file of a package (`vm.ova:disk1.vmdk`); what it rests on is not looked at
    image: PathBuf,
    /// Format of the image, raw, qcow2, vmdk, vhdx, vhd or vdi, instead of detecting it
    #[arg(short = 'f', long, value_name = "FORMAT")]
    input_format: Option<String>,
    /// Allow files in this directory that the image names: extents elsewhere, and a parent whose
    /// content id is compared; repeatable
    #[arg(long, value_name = "DIR")]
    allow_backing: Vec<PathBuf>,
    /// Repair what can be repaired safely, then check again
    #[arg(long, value_name = "WHAT")]
    repair: Option<Repair>,
    /// Print one JSON object, whose schema is `schema/disk-check.json`
    #[arg(long)]
    json: bool,
    /// Print nothing but errors; the exit code tells
    #[arg(short, long)]
    quiet: bool,
}

/// What to repair.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Repair {
    /// Free what nothing uses
    Leaks,
    /// That, and damage that can be mended without a doubt
    All,
}

pub(in crate::cli) fn run(arguments: &Arguments) -> Result<ExitCode> {
    // What only reads has nothing to put in order.
    interrupt::catch(arguments.repair.is_none())?;
    let mut bar = Bar::new(arguments.quiet);
    let gate = Gate::allowing(&arguments.allow_backing)?;
    let request = Check {
        gate: &gate,
        image: &arguments.image,
        format: parse_some("--input-format", arguments.input_format.as_deref())?,
        repair: arguments.repair.map(|repair| match repair {
            Repair::Leaks => Level::Leaks,
            Repair::All => Level::All,
        }),
    };
    let checked = check(&request, &mut bar);
    bar.finish();
    let checked = checked?;
    if arguments.json {
        summary::answer(summary::json(&checked)?)?;
    } else if !arguments.quiet {
        summary::answer(text(&checked))?;
    }
    Ok(if checked.report.is_corrupt() {
        exit::damaged()
    } else if checked.report.leaks > 0 {
        ExitCode::from(exit::LEAKS_FOUND)
    } else {
        ExitCode::SUCCESS
    })
}

fn text(checked: &Checked) -> String {
    let report = &checked.report;
    let mut lines = Lines::default();
    lines.add(
        "image",
        &format!("{} ({})", checked.filename, checked.format),
    );
    let used = used(report);
    if !used.is_empty() {
        lines.add("in use", &used);
    }
    for finding in report.findings.iter().take(SHOWN) {
        let label = match finding.severity {
            Severity::Corruption => "corrupt",
            Severity::Leak => "leak",
            Severity::Note => "note",
        };
        lines.add(label, &told(finding));
    }
    let told = report.findings.len().min(SHOWN);
    let more = (report.findings.len() - told) as u64 + report.findings_left_out;
    if more > 0 {
        lines.add("", &format!("... and {more} more"));
    }
    let (corruptions, leaks) = (report.corruptions_fixed, report.leaks_fixed);
    if corruptions + leaks > 0 {
        lines.add("repaired", &both(corruptions, leaks));
    }
    lines.add("verdict", &verdict(report));
    lines.into_text()
}

/// A finding with its place in front.
fn told(finding: &Finding) -> String {
    let file = finding.file.as_ref();
    let parts = [
        file.map(|file| file.escape_debug().to_string()),
        finding.line.map(|line| format!("line {line}")),
        finding.offset.map(|at| format!("byte {at}")),
        Some(finding.message.clone()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    parts.join(": ")
}

/// How much of the disk the file holds.
fn used(report: &Report) -> String {
    let mut parts = Vec::new();
    if let (Some(allocated), Some(total)) = (report.allocated_clusters, report.total_clusters) {
        parts.push(format!("{allocated} of {}", count(total, "cluster")));
        for (number, what) in [
            (report.compressed_clusters, "compressed"),
            (report.fragmented_clusters, "fragmented"),
        ] {
            if let Some(number) = number.filter(|number| *number > 0) {
                parts.push(format!("{number} {what}"));
            }
        }
    }
    if let Some(end) = report.image_end_offset {
        parts.push(format!("the image ends at byte {end}"));
    }
    parts.join(", ")
}

fn verdict(report: &Report) -> String {
    if report.is_sound() {
        return "nothing is wrong".to_owned();
    }
    let verdict = both(report.corruptions, report.leaks);
    if report.check_errors > 0 {
        let places = count(report.check_errors, "part");
        return format!("{verdict}; {places} could not be followed, so nothing more is repaired");
    }
    verdict
}

fn both(corruptions: u64, leaks: u64) -> String {
    let parts = [(corruptions, "corruption"), (leaks, "leak")];
    let parts = parts.into_iter().filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, what)| count(number, what)).collect();
    parts.join(" and ")
}
