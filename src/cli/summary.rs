//! What packing did, in words and as JSON.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::base::units::human;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::pack::{DiskReport, PackReport};

/// The report as one JSON object.
pub(super) fn json(report: &PackReport) -> Result<String> {
    serde_json::to_string_pretty(report)
        .map(|text| text + "\n")
        .map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("the report is no JSON: {error}"),
            )
        })
}

/// Prints to standard output, or to standard error when the package went to
/// standard output.
pub(super) fn print(text: &str, to_stderr: bool) -> Result<()> {
    if to_stderr {
        std::io::stderr().write_all(text.as_bytes())
    } else {
        std::io::stdout().write_all(text.as_bytes())
    }
    .map_err(Error::write)
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
            "{}, {} CPUs, {} memory, {}{secure}, {} ({} and later)",
            machine.os,
            machine.cpus,
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
    // The descriptor, the first member, is of interest to few.
    for member in report.members.iter().skip(usize::from(!verbose)) {
        if let (Some(algorithm), Some(digest)) = (&report.digest, &member.digest) {
            lines.add(algorithm, &format!("{digest}  {}", member.name));
        }
    }
    lines.add("output", &output_line(report));
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn add(&mut self, label: &str, text: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "{label:>8}  {text}");
    }
}

fn disk_line(disk: &DiskReport) -> String {
    format!(
        "{} ({}): {} virtual, {} data, {} packed ({})",
        disk.source,
        disk.source_format,
        human(disk.capacity),
        human(disk.populated),
        human(disk.size),
        ratio(disk.populated, disk.size),
    )
}

fn grains_line(disk: &DiskReport, report: &PackReport) -> String {
    format!(
        "{} grains of 64 KiB, {} of them taken over as compressed in the image; level {}, {} threads",
        disk.grains, disk.passed_through, report.level, report.threads
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
        "no network".to_owned()
    } else {
        nics.join(", ")
    };
    format!("{} disks, {nics}", report.machine.controller)
}

/// What to pass for a guest without drivers for the chosen devices.
fn driver_hint(report: &PackReport) -> Option<String> {
    let machine = &report.machine;
    let mut options = Vec::new();
    if machine.controller == "pvscsi" {
        options.push("--controller sata (or lsilogic)");
    }
    if machine.nics.iter().any(|nic| nic.model == "vmxnet3") {
        options.push("--nic e1000");
    }
    (!options.is_empty()).then(|| {
        format!(
            "a guest without drivers for them (they are in every Linux since 2.6.33) needs {}",
            options.join(" ")
        )
    })
}

fn output_line(report: &PackReport) -> String {
    let data: u64 = report.disks.iter().map(|disk| disk.populated).sum();
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    // A speed for people needs three digits.
    let speed = (data as f64 / report.seconds.max(0.001)) as u64;
    format!(
        "{} ({}), {} in {}, {}/s of data",
        report.output,
        report.format.to_uppercase(),
        human(report.size),
        duration(report.seconds),
        human(speed),
    )
}

fn ratio(data: u64, packed: u64) -> String {
    if data == 0 || packed == 0 {
        return "no data".to_owned();
    }
    let hundredths = u128::from(packed) * 100 / u128::from(data);
    format!("{hundredths} %")
}

fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = std::time::Duration::from_secs_f64(seconds).as_secs();
    format!("{} min {:02} s", whole / 60, whole % 60)
}
