//! What packing did, in words and as JSON.

use std::fmt::Write as _;
use std::io::{ErrorKind as ErrorKindOfIo, Write};
use std::path::Path;

use serde::Serialize;

use super::render;
use crate::base::units::human;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::pack::{DiskReport, PackReport};

/// What is reported, as one JSON object.
pub(super) fn json(report: &impl Serialize) -> Result<String> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("the report is no JSON: {error}"),
            )
        })
}

/// Prints the summary of what was done to standard output, or to standard error when
/// the package went to standard output.
pub(super) fn print(text: &str, to_stderr: bool) -> Result<()> {
    let printed = if to_stderr {
        write_to(std::io::stderr(), "(standard error)", text)
    } else {
        answer(text)
    };
    printed.map_err(|error| error.help("what was asked for is done; only this text is lost"))
}

/// Prints to standard output what was asked for.
pub(super) fn answer(text: &str) -> Result<()> {
    write_to(std::io::stdout(), "(standard output)", text)
}

/// A reader that leaves early, such as `head`, has read enough.
fn write_to(mut stream: impl Write, place: &str, text: &str) -> Result<()> {
    match stream
        .write_all(text.as_bytes())
        .and_then(|()| stream.flush())
    {
        Err(error) if error.kind() != ErrorKindOfIo::BrokenPipe => {
            Err(Error::io("cannot print", Path::new(place), error))
        }
        _ => Ok(()),
    }
}

/// The report for people.
pub(super) fn text(report: &PackReport, verbose: bool) -> String {
    let mut lines = Lines::default();
    for disk in &report.disks {
        lines.add("disk", &disk_line(disk));
        if verbose {
            lines.add("", &grains_line(disk, report));
        }
    }
    let machine = &report.machine;
    let secure = if machine.secure_boot {
        " with secure boot"
    } else {
        ""
    };
    lines.add(
        "machine",
        &format!(
            "{}, {}, {} RAM, {}{secure}, {} ({} and later)",
            machine.os,
            count(u64::from(machine.cpus), "CPU"),
            human(machine.memory),
            machine.firmware.to_uppercase(),
            machine.hardware,
            machine.hardware_since,
        ),
    );
    lines.add("devices", &devices_line(report));
    if let Some(hint) = driver_hint(report) {
        lines.add("", &hint);
    }
    lines.add_digests(report, verbose);
    lines.add("output", &output_line(report));
    lines.text
}

/// Lines of a label and a text.
#[derive(Default)]
pub(super) struct Lines {
    pub(super) text: String,
}

impl Lines {
    /// The disks' digests, or all; a single one needs no name.
    fn add_digests(&mut self, report: &PackReport, all: bool) {
        let is_disk = |name: &str| report.disks.iter().any(|disk| disk.name == name);
        let members = report.members.iter();
        let shown: Vec<_> = members
            .filter(|member| all || is_disk(&member.name))
            .collect();
        for member in &shown {
            if let (Some(algorithm), Some(digest)) = (&report.digest, &member.digest) {
                if shown.len() > 1 {
                    self.add("", &member.name);
                }
                self.add(algorithm, digest);
            }
        }
    }

    pub(super) fn add(&mut self, label: &str, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{label:>8}  {}", render::printable(text));
    }
}

fn disk_line(disk: &DiskReport) -> String {
    let name = Path::new(&disk.source).file_name().map_or_else(
        || disk.source.clone(),
        |name| name.to_string_lossy().into_owned(),
    );
    format!(
        "{name} ({}, {}): {} data, {} packed{}",
        disk.source_format,
        human(disk.capacity),
        human(disk.populated),
        human(disk.size),
        ratio(disk.populated, disk.size),
    )
}

fn grains_line(disk: &DiskReport, report: &PackReport) -> String {
    format!(
        "{} of 64 KiB, {} taken over as compressed in the image; level {}, {}",
        count(disk.grains, "grain"),
        disk.passed_through,
        report.level,
        count(report.threads as u64, "thread"),
    )
}

fn devices_line(report: &PackReport) -> String {
    let nics: Vec<_> = report
        .machine
        .nics
        .iter()
        .map(|nic| format!("{} on \"{}\"", nic.model, nic.network))
        .collect();
    let nics = if nics.is_empty() {
        "no network card".to_owned()
    } else {
        nics.join(", ")
    };
    let disks = match report.disks.len() {
        1 => "disk",
        _ => "disks",
    };
    format!("{disks} on {}, {nics}", report.machine.controller)
}

/// What to pass for a guest without drivers for the chosen devices.
fn driver_hint(report: &PackReport) -> Option<String> {
    let machine = &report.machine;
    let mut options = Vec::new();
    if machine.controller == "pvscsi" {
        options.push("--controller sata");
    }
    if machine.nics.iter().any(|nic| nic.model == "vmxnet3") {
        options.push("--nic e1000");
    }
    (!options.is_empty())
        .then(|| format!("a guest without their drivers needs {}", options.join(" ")))
}

fn output_line(report: &PackReport) -> String {
    let done = format!(
        "{}, {} in {}",
        report.output,
        human(report.size),
        duration(report.seconds)
    );
    // Nobody waited for it, and a speed would tell of starting up alone.
    if report.seconds < 0.1 {
        return done;
    }
    let data: u64 = report.disks.iter().map(|disk| disk.populated).sum();
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    // A speed for people needs three digits.
    let speed = (data as f64 / report.seconds) as u64;
    format!("{done} ({}/s of data)", human(speed))
}

fn ratio(data: u64, packed: u64) -> String {
    if data == 0 {
        return String::new();
    }
    let hundredths = u128::from(packed) * 100 / u128::from(data);
    format!(" ({hundredths} %)")
}

/// So many of something, such as `2 CPUs`.
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn duration(seconds: f64) -> String {
    if seconds < 0.1 {
        return format!("{:.0} ms", (seconds * 1000.0).max(1.0));
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = std::time::Duration::from_secs_f64(seconds).as_secs();
    format!("{} min {:02} s", whole / 60, whole % 60)
}
