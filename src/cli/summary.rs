//! What packing did, in words and as JSON.

use std::fmt::Write as _;
use std::io::{ErrorKind as ErrorKindOfIo, Write};
use std::path::Path;

use serde::Serialize;

use super::render;
use crate::base::output::STANDARD_OUTPUT;
use crate::base::units::human;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::pack::{DiskReport, PackReport, PackageReport};
use crate::vm::Outline;

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
        write_to(std::io::stderr(), "(standard error)", text.as_bytes())
    } else {
        answer(text)
    };
    printed.map_err(|error| error.help("what was asked for is done; only this text is lost"))
}

/// Prints the report of what was done: as JSON, as the `text` for people, or not at all.
pub(super) fn done<R: Serialize>(
    report: &R,
    as_json: bool,
    quiet: bool,
    text: impl FnOnce(&R) -> String,
) -> Result<()> {
    if as_json {
        answer(json(report)?)
    } else if quiet {
        Ok(())
    } else {
        print(&text(report), false)
    }
}

/// Prints to standard output what was asked for.
pub(super) fn answer(text: impl AsRef<[u8]>) -> Result<()> {
    write_to(std::io::stdout(), STANDARD_OUTPUT, text.as_ref())
}

/// A reader that leaves early, such as `head`, has read enough.
fn write_to(mut stream: impl Write, place: &str, text: &[u8]) -> Result<()> {
    match stream.write_all(text).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != ErrorKindOfIo::BrokenPipe => {
            Err(Error::io("cannot print", Path::new(place), error))
        }
        _ => Ok(()),
    }
}

/// The report for people: the disks, and every package with what differs from the one before.
pub(super) fn text(report: &PackReport, verbose: bool) -> String {
    let mut lines = Lines::default();
    for disk in &report.disks {
        lines.add("disk", &disk_line(disk));
        if verbose {
            lines.add("", &grains_line(disk, report));
        }
    }
    let mut told = None;
    for package in &report.packages {
        if told != Some(&package.machines) {
            for machine in &package.machines {
                lines.add_machine(machine, package.machines.len() > 1);
            }
        }
        told = Some(&package.machines);
        lines.add_digests(package, verbose);
        lines.add("output", &output_line(report, package));
    }
    lines.into_text()
}

/// Lines with a label each. Nothing out of a file reaches them but made printable.
#[derive(Default)]
pub(super) struct Lines {
    text: String,
}

impl Lines {
    /// A machine, with its name if there are several.
    fn add_machine(&mut self, machine: &Outline, named: bool) {
        let name = if named {
            format!("{}: ", machine.name)
        } else {
            String::new()
        };
        let since = match machine.hardware_since {
            Some(product) => format!(" ({product} and later)"),
            None => String::new(),
        };
        let secure = if machine.secure_boot {
            " with secure boot"
        } else {
            ""
        };
        self.add(
            "machine",
            &format!(
                "{name}{}, {}, {} RAM, {}{secure}, {}{since}",
                machine.os,
                count(u64::from(machine.cpus), "CPU"),
                human(machine.memory),
                machine.firmware.to_uppercase(),
                machine.hardware,
            ),
        );
        self.add("devices", &devices_line(machine));
        if let Some(hint) = driver_hint(machine) {
            self.add("", &hint);
        }
    }

    /// The disks' digests, or all; a single one needs no name.
    fn add_digests(&mut self, package: &PackageReport, all: bool) {
        let members = package.members.iter();
        let shown: Vec<_> = members
            .filter(|member| all || member.disk.is_some())
            .collect();
        for member in &shown {
            if let (Some(algorithm), Some(digest)) = (&package.digest, &member.digest) {
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

    pub(super) fn into_text(self) -> String {
        self.text
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

fn devices_line(machine: &Outline) -> String {
    let nics: Vec<_> = machine
        .nics
        .iter()
        .map(|nic| format!("{} on \"{}\"", nic.model, nic.network))
        .collect();
    let nics = if nics.is_empty() {
        "no network card".to_owned()
    } else {
        nics.join(", ")
    };
    let disks = match machine.disks {
        0 => return format!("no disk, {nics}"),
        1 => "disk",
        _ => "disks",
    };
    format!("{disks} on {}, {nics}", machine.controllers.join(" and "))
}

/// What to pass for a guest without drivers for the chosen devices.
fn driver_hint(machine: &Outline) -> Option<String> {
    let mut options = Vec::new();
    if machine.controllers.iter().any(|kind| kind == "pvscsi") {
        options.push("--controller sata");
    }
    if machine.nics.iter().any(|nic| nic.model == "vmxnet3") {
        options.push("--nic e1000");
    }
    (!options.is_empty())
        .then(|| format!("a guest without their drivers needs {}", options.join(" ")))
}

fn output_line(report: &PackReport, package: &PackageReport) -> String {
    let written = format!("{}, {}", package.output, human(package.size));
    let last = report.packages.last();
    if last.is_some_and(|last| last.output == package.output) {
        format!("{written} in {}", time(report))
    } else {
        written
    }
}

/// The time all packages took, and the speed.
fn time(report: &PackReport) -> String {
    let took = duration(report.seconds);
    // Nobody waited for it, and a speed would tell of starting up alone.
    if report.seconds < 0.1 {
        return took;
    }
    let data: u64 = report.disks.iter().map(|disk| disk.populated).sum();
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    // A speed for people needs three digits.
    let speed = (data as f64 / report.seconds) as u64;
    format!("{took} ({}/s of data)", human(speed))
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

/// How long something took.
pub(super) fn duration(seconds: f64) -> String {
    if seconds < 0.1 {
        return format!("{:.0} ms", (seconds * 1000.0).max(1.0));
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = std::time::Duration::from_secs_f64(seconds).as_secs();
    format!("{} min {:02} s", whole / 60, whole % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::detect::Format;
    use crate::ops::pack::MemberReport;

    fn package(output: &str, cpus: u32, disks: &[usize]) -> PackageReport {
        let machine = Outline {
            name: "vm".to_owned(),
            os: "Linux (64-bit)".to_owned(),
            os_name: "linux".to_owned(),
            cpus,
            memory: 2 << 30,
            firmware: "bios".to_owned(),
            secure_boot: false,
            hardware: "vmx-14".to_owned(),
            hardware_since: Some("ESXi 6.7"),
            disks: disks.len(),
            controllers: vec!["pvscsi".to_owned()],
            nics: Vec::new(),
        };
        let members = disks.iter().map(|disk| MemberReport {
            name: format!("disk{disk}.vmdk"),
            size: 1024,
            digest: Some(format!("{disk}{disk}")),
            disk: Some(*disk),
        });
        PackageReport {
            output: output.to_owned(),
            format: "ova",
            size: 2048,
            digest: Some("sha1".to_owned()),
            members: members.collect(),
            machines: vec![machine],
        }
    }

    #[test]
    fn packages_share_what_is_told_of_them() {
        let disk = |source: &str| DiskReport {
            source: source.to_owned(),
            source_format: Format::Raw,
            capacity: 4096,
            populated: 4096,
            size: 1024,
            grains: 1,
            passed_through: 0,
        };
        let report = PackReport {
            packages: vec![
                package("a.ova", 1, &[0, 1]),
                package("b.ova", 1, &[0, 1]),
                package("c.ova", 2, &[0]),
            ],
            disks: vec![disk("x.raw"), disk("y.raw")],
            warnings: Vec::new(),
            notes: Vec::new(),
            threads: 1,
            level: "adaptive".to_owned(),
            seconds: 2.0,
        };
        let text = text(&report, false);
        let labels: Vec<_> = text
            .lines()
            .map(|line| line.get(..8).unwrap_or_default().trim())
            .filter(|label| !label.is_empty())
            .collect();
        let wanted = [
            "disk", "disk", "machine", "devices", "sha1", "sha1", "output", "sha1", "sha1",
            "output", "machine", "devices", "sha1", "output",
        ];
        assert_eq!(labels, wanted, "{text}");
        assert!(
            text.contains("disks on pvscsi") && text.contains("  disk on pvscsi"),
            "{text}"
        );
        assert!(text.contains("a.ova, 2 KiB\n"), "{text}");
        assert!(text.contains("b.ova, 2 KiB\n"), "{text}");
        // The time all of them took is told once.
        assert!(
            text.ends_with("c.ova, 2 KiB in 2.0 s (4 KiB/s of data)\n"),
            "{text}"
        );
    }
}
