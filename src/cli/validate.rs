//! `ovfkit validate`: whether packages, descriptors and disks keep the rules.

mod fix;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::progress::Bar;
use super::{exit, explain, failed, interrupt, render, summary};
use crate::base::units::human;
use crate::base::{ErrorKind, Result};
use crate::ops::validate::{Depth, Validate, validate};
use crate::validate::{Imports, Judged, Outcome, Report, Seen, Severity, Target, Verdict, sarif};

// Plain comments: clap would spread help for every value over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    Warnings,
}

const EXAMPLES: &str = "\
Examples:
  ovfkit validate vm.ova
  ovfkit validate vm.ova --deep
  ovfkit validate *.ovf --deny warnings --allow ENV-018 --allow NET-008
  ovfkit validate vm.ova --target vsphere:7.0,virtualbox
  ovfkit validate vm.ova --target all
  ovfkit validate vm.ovf --sarif > findings.sarif
  ovfkit validate vm.ova --fix --dry-run
  ovfkit validate vm.ova --fix -o vm-fixed.ova";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// OVAs, plain or in gzip, xz or zstd; descriptors, or directories with one; environments;
    /// VMDK, qcow2, VHD and VDI disks. `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object, whose schema is `schema/validate.json`
    #[arg(long)]
    json: bool,
    /// Print one SARIF 2.1.0 log
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
    /// End with a code of its own when there are warnings and no errors
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Denied>,
    /// Who is to import the package, such as `vsphere:7.0`, `virtualbox`, `aws`; repeated or
    /// with commas for more. `all` prints a table of who imports it instead of what was found
    #[arg(long, value_name = "NAME[:VERSION]", value_delimiter = ',')]
    target: Vec<String>,
    /// Say nothing of this rule; repeated for more
    #[arg(long, value_name = "RULE")]
    allow: Vec<String>,
    /// Also look for what only a schema minds, and take its verdict for an error
    #[arg(long)]
    strict: bool,
    /// Also read all that is on the disks: every grain, table and marker
    #[arg(long, conflicts_with = "headers")]
    deep: bool,
    /// Look at headers and texts alone, and verify no digests
    #[arg(long)]
    headers: bool,
    /// Mend what can be mended without asking, and tell what remains; the files are replaced
    #[arg(long)]
    fix: bool,
    /// Write what was mended here, and leave the file as it is
    #[arg(short, long, value_name = "OUT", requires = "fix")]
    output: Option<PathBuf>,
    /// Write nothing, and show what would be changed
    #[arg(long, requires = "fix", conflicts_with = "output")]
    dry_run: bool,
    /// Replace an existing output
    #[arg(long, requires = "output")]
    force: bool,
    /// Print errors alone: no warnings, notes and counts
    #[arg(short, long)]
    quiet: bool,
}

impl Arguments {
    fn validate(&self, path: &Path, targets: &[Target], bar: &mut Bar) -> Result<(String, Report)> {
        let request = Validate {
            input: path,
            strict: self.strict,
            depth: self.depth(),
            targets,
        };
        validate(&request, bar)
    }

    fn depth(&self) -> Depth {
        match (self.deep, self.headers) {
            (true, _) => Depth::Content,
            (_, true) => Depth::Headers,
            _ => Depth::Digests,
        }
    }
}

/// A file that cannot be read is told, and the others are judged.
pub(super) fn run(arguments: &Arguments) -> ExitCode {
    for id in &arguments.allow {
        if let Err(error) = explain::known(id) {
            return failed(&error.in_option("--allow"));
        }
    }
    let targets = match Targets::read(&arguments.target) {
        Ok(targets) => targets,
        Err(error) => return failed(&error.in_option("--target")),
    };
    let stream = match fix::check(arguments) {
        Ok(stream) => stream,
        Err(error) => return failed(&error),
    };
    if let Err(error) = interrupt::catch(stream) {
        return failed(&error);
    }
    let mut verdict = Verdict::default();
    let mut diffs = Vec::new();
    let mut refused = None;
    for path in &arguments.files {
        let mut bar = Bar::new(arguments.quiet);
        let judged = if arguments.fix {
            fix::run(arguments, path, &targets.chosen, &mut bar).map(|told| {
                diffs.push(told.diff);
                (told.name, told.report, Some(told.mended))
            })
        } else {
            arguments
                .validate(path, &targets.chosen, &mut bar)
                .map(|(name, report)| (name, report, None))
        };
        bar.finish();
        match judged {
            Ok((name, mut report, mended)) => {
                report.allow(&arguments.allow);
                verdict.add_mended(name, report, mended);
            }
            Err(error) if error.kind() == ErrorKind::Cancelled => return failed(&error),
            Err(error) => refused = Some(failed(&error)),
        }
    }
    if let Err(error) = print(arguments, targets.all, &verdict, &diffs) {
        return failed(&error);
    }
    let (errors, warnings) = if targets.all {
        most_lenient(&verdict)
    } else {
        (verdict.errors > 0, verdict.warnings > 0)
    };
    match refused {
        Some(code) => code,
        None if errors => ExitCode::from(exit::ERRORS_FOUND),
        None if warnings && arguments.deny == Some(Denied::Warnings) => {
            ExitCode::from(exit::WARNINGS_DENIED)
        }
        None => ExitCode::SUCCESS,
    }
}

/// Who is to import the packages.
struct Targets {
    chosen: Vec<Target>,
    /// Whether everybody is asked.
    all: bool,
}

impl Targets {
    fn read(names: &[String]) -> Result<Self> {
        let mut targets = Self {
            chosen: Vec::new(),
            all: false,
        };
        for name in names {
            if name.eq_ignore_ascii_case("all") {
                targets.all = true;
            } else {
                targets.add(name.parse()?);
            }
        }
        if targets.all {
            // Of those that are named, the version named is meant.
            let chosen: Vec<_> = targets.chosen.iter().map(|one| one.importer()).collect();
            let others = Target::all().filter(|target| !chosen.contains(&target.importer()));
            targets.chosen.extend(others);
        }
        Ok(targets)
    }

    fn add(&mut self, target: Target) {
        if !self.chosen.contains(&target) {
            self.chosen.push(target);
        }
    }
}

/// Whether there is a file that nobody imports, and one that nobody imports without
/// warnings. What is not for importers is as bad as what was found in it.
fn most_lenient(verdict: &Verdict) -> (bool, bool) {
    let best = verdict.files.iter().map(|judged| {
        let report = &judged.report;
        let all = report.targets.iter().map(|outcome| outcome.imports);
        all.min().unwrap_or(if report.count(Severity::Error) > 0 {
            Imports::No
        } else if report.count(Severity::Warning) > 0 {
            Imports::WithWarnings
        } else {
            Imports::Yes
        })
    });
    let worst = best.max().unwrap_or(Imports::Yes);
    (worst == Imports::No, worst == Imports::WithWarnings)
}

fn print(arguments: &Arguments, all: bool, verdict: &Verdict, diffs: &[String]) -> Result<()> {
    if arguments.json {
        return summary::answer(&summary::json(verdict)?);
    }
    if arguments.sarif {
        return summary::answer(&summary::json(&sarif::log(verdict))?);
    }
    let mut text = String::new();
    for (number, judged) in verdict.files.iter().enumerate() {
        if let Some(mended) = judged.mended.as_ref().filter(|_| !arguments.quiet) {
            text += diffs.get(number).map_or("", String::as_str);
            text += &fix::told(&judged.file, mended, arguments.dry_run);
        }
        if all && !judged.report.targets.is_empty() {
            let name = render::printable(&judged.file);
            let table = table(judged, arguments.quiet);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}\n{table}");
        } else {
            text += &told(judged, arguments.quiet);
        }
    }
    if all {
        return summary::answer(text.trim_end_matches('\n').to_owned() + "\n");
    }
    if verdict.files.len() > 1 && !arguments.quiet {
        let counts = counts(verdict.errors, verdict.warnings, verdict.notes);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "all {} files: {counts}", verdict.files.len());
    }
    summary::answer(&text)
}

/// The findings of one file, with how many there are.
fn told(judged: &Judged, quiet: bool) -> String {
    let (file, report) = (base_name(&judged.file), &judged.report);
    let least = if quiet {
        Severity::Error
    } else {
        Severity::Info
    };
    let mut text = String::new();
    let mut known = HashSet::new();
    for finding in report
        .findings
        .iter()
        .filter(|finding| finding.severity >= least)
    {
        let first = known.insert(&finding.rule);
        text += &render::finding(finding, first);
        text.push('\n');
    }
    for more in report.more.iter().filter(|more| more.severity >= least) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "and {} more of {}\n", more.count, more.rule);
    }
    if !quiet {
        let count = |severity| report.count(severity);
        let counts = counts(
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Info),
        );
        let _ = writeln!(text, "{}: {counts}", render::printable(&file));
        if let Some(seen) = report.seen.as_ref().and_then(seen) {
            let _ = writeln!(text, "{seen}");
        }
        text += &table(judged, quiet);
    }
    text
}

/// What was read for the verdict: without it, "no fault found" could mean anything.
fn seen(seen: &Seen) -> Option<String> {
    let mut parts = Vec::new();
    if seen.digested > 0 {
        parts.push(format!("digests of {}", human(seen.digested)));
    }
    if seen.disks > 0 {
        parts.push(format!("all of {}", summary::count(seen.disks, "disk")));
    }
    if seen.grains > 0 {
        parts.push(summary::count(seen.grains, "grain"));
    }
    (!parts.is_empty()).then(|| format!("read: {}", parts.join(", ")))
}

/// What the targets make of one file, a line each. Those that import it are left out if
/// `quiet`.
fn table(judged: &Judged, quiet: bool) -> String {
    let outcomes = judged.report.targets.iter();
    let shown = outcomes.filter(|outcome| !quiet || outcome.imports == Imports::No);
    let rows = shown.map(|outcome| {
        let word = match outcome.imports {
            Imports::Yes => "yes",
            Imports::WithWarnings => "with warnings",
            Imports::No => "no",
        };
        (outcome.target.to_string(), word, reasons(outcome))
    });
    let rows: Vec<_> = rows.collect();
    let width = rows.iter().map(|(target, ..)| target.len()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for (target, word, why) in rows {
        let line = format!("  {target:width$}  {word:13}  {why}");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// Why a target does not import a file as it is: the first reason in words, and the rules of
/// the others that are as bad.
fn reasons(outcome: &Outcome) -> String {
    let Some(first) = outcome.reasons.first() else {
        return String::new();
    };
    let others = outcome.reasons.iter().skip(1);
    let others = others.filter(|reason| reason.severity == first.severity);
    let others: Vec<_> = others.map(|reason| reason.rule.as_str()).collect();
    let also = if others.is_empty() {
        String::new()
    } else {
        format!("; also {}", others.join(", "))
    };
    format!("{} ({}){also}", first.title, first.rule)
}

fn base_name(file: &str) -> String {
    let name = Path::new(file).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Such as "2 errors, 1 warning".
fn counts(errors: usize, warnings: usize, notes: usize) -> String {
    let named = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let there = named.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = there
        .map(|(count, word)| summary::count(*count as u64, word))
        .collect();
    if parts.is_empty() {
        "no fault found".to_owned()
    } else {
        parts.join(", ")
    }
}
