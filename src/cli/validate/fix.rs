//! `ovfkit validate --fix`: what was mended, and what was not.

use std::fmt::Write as _;
use std::path::Path;

use super::{Arguments, base_name};
use crate::base::output::is_stream;
use crate::base::{Error, Result};
use crate::cli::difference::difference;
use crate::cli::document::overwrite;
use crate::cli::progress::Bar;
use crate::cli::{render, summary};
use crate::ops::fix::{Fix, fix};
use crate::ova::open::STANDARD_INPUT;
use crate::validate::fix::Mended;
use crate::validate::{Report, Target};

/// A file that was mended, and what is told of it.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) report: Report,
    pub(super) mended: Mended,
    /// The difference, if it was asked for.
    pub(super) diff: String,
}

/// Refuses outputs that cannot be; tells whether it is a pipe or a device.
pub(super) fn check(arguments: &Arguments) -> Result<bool> {
    let output = arguments.output.as_deref();
    if output == Some(Path::new(STANDARD_INPUT)) {
        return Err(
            Error::usage("what is mended is not written to standard output")
                .in_option("-o")
                .help("name a file, or pass `--dry-run` to see what would be changed"),
        );
    }
    if output.is_some() && arguments.files.len() > 1 {
        return Err(Error::usage("one output cannot be that of several files")
            .in_option("-o")
            .help("mend one file at a time, or leave `-o` away to have each replaced"));
    }
    Ok(output.is_some_and(is_stream))
}

/// Mends what is at `path`, and judges what remains: of all that was written, or of the
/// descriptor as it would be.
pub(super) fn run(
    arguments: &Arguments,
    path: &Path,
    targets: &[Target],
    bar: &mut Bar,
) -> Result<Told> {
    let request = Fix {
        input: path,
        output: arguments.output.as_deref(),
        overwrite: overwrite(arguments.force),
        dry_run: arguments.dry_run,
        strict: arguments.strict,
        allow: &arguments.allow,
        vsphere: targets.iter().any(|one| one.importer().is_vmware()),
        targets,
    };
    let outcome = fix(&request, bar)?;
    let now = outcome.mended.written.as_deref().map_or(path, Path::new);
    let (name, report) = if arguments.dry_run || is_stream(now) {
        (outcome.name.clone(), outcome.report)
    } else {
        arguments.validate(now, targets, bar)?
    };
    let diff = match &outcome.after {
        Some(after) if arguments.dry_run => {
            difference(&outcome.name, "mended", &outcome.before, after)
        }
        _ => String::new(),
    };
    Ok(Told {
        name,
        report,
        mended: outcome.mended,
        diff,
    })
}

/// What was changed, and what was not and why.
pub(super) fn told(file: &str, mended: &Mended, dry_run: bool) -> String {
    let word = if dry_run { "to fix" } else { "fixed" };
    let file = render::printable(file);
    let mut text = String::new();
    // Writing to a String cannot fail.
    for change in &mended.changes {
        let place = match change.line {
            Some(line) => format!("{file}:{line}"),
            None => file.clone(),
        };
        let what = render::printable(&change.what);
        let _ = writeln!(text, "{word}[{}]: {what}\n   --> {place}", change.rule);
    }
    if mended.more > 0 {
        let _ = writeln!(text, "{word}: {} more of these", mended.more);
    }
    for change in &mended.package {
        let about = change.member.as_deref().map(|member| format!("{member}: "));
        let about = about.unwrap_or_default();
        let _ = writeln!(
            text,
            "{word}: {}",
            render::printable(&(about + &change.what))
        );
    }
    for left in &mended.left {
        let times = match left.count {
            1 => String::new(),
            count => format!(" ({count} times)"),
        };
        let why = render::printable(&left.why);
        let _ = writeln!(text, "not fixed[{}]: {why}{times}", left.rule);
    }
    let name = render::printable(&base_name(&file));
    let count = mended.changes.len() + mended.more + mended.package.len();
    let changes = summary::count(count as u64, "change");
    match &mended.written {
        Some(written) if count == 0 => {
            let _ = writeln!(
                text,
                "{name}: nothing to fix; copied to {}",
                render::printable(written)
            );
        }
        Some(written) => {
            let _ = writeln!(
                text,
                "{name}: {changes}, written to {}",
                render::printable(written)
            );
        }
        None if count == 0 => {
            let _ = writeln!(text, "{name}: nothing to fix");
        }
        None => {
            let _ = writeln!(text, "{name}: {changes}, and nothing written");
        }
    }
    text.push('\n');
    text
}
