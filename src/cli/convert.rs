//! `ovfkit convert`: from disk images to a disk image.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;

use super::document::overwrite;
use super::form::FormOptions;
use super::images::ImageOptions;
use super::progress::Bar;
use super::summary::{Lines, duration};
use super::{interrupt, request, summary};
use crate::base::units::human;
use crate::base::writeback::Durability;
use crate::base::{Error, Result};
use crate::ops::convert::{Convert, ConvertReport, Output, Preset, convert};

const EXAMPLES: &str = "\
Examples:
  ovfkit convert noble-server-cloudimg-amd64.img noble.vmdk
  ovfkit convert -c disk.raw disk.qcow2
  ovfkit convert --for azure disk.qcow2 disk.vhd
  ovfkit convert vm.ova:vm-disk1.vmdk disk.qcow2 --verify
  ovfkit convert -O raw disk.qcow2 - | ssh host 'cat > /dev/sdb'

For those who know qemu-img:
  qemu-img convert -f -O -o -c    the same; `-O` is told by the ending of the output, too
  -l snapshot.name=NAME           --snapshot NAME
  -m N                            --threads N
  -p                              always, on a terminal; -q turns it off
  -n                              not needed: an existing device is written to, with --force
  -W                              not needed: writing is parallel, and the output the same
  -S                              zeros are always found, and become holes
  qemu-img compare                --verify, before the image gets its name";

const USAGE: &str = "ovfkit convert [OPTIONS] <SOURCE>... <OUTPUT>";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(super) struct Arguments {
    /// Disk images, one behind the other, and the image to make of them. An image is a file or
    /// block device, a file of an OVA (vm.ova:disk1.vmdk), an OVA with one disk, or `-`, which
    /// is standard input or output
    #[arg(value_name = "SOURCE")]
    images: Vec<PathBuf>,

    #[command(flatten)]
    form: FormOptions,
    /// Replace an existing output
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Read the image back and compare it with the source before it gets its name
    #[arg(long, help_heading = "Output")]
    verify: bool,
    /// Wait until the image is on the disk
    #[arg(long, help_heading = "Output")]
    sync: bool,
    /// Threads that encode; the output does not depend on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Output")]
    threads: Option<u32>,

    #[command(flatten)]
    input: ImageOptions,

    /// Print a JSON report instead of the summary
    #[arg(long, help_heading = "Messages")]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long, help_heading = "Messages")]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(help) = arguments.form.help()? {
        return summary::answer(help);
    }
    let request = arguments.request()?;
    let to_stdout = request.output == Output::StandardOutput;
    if to_stdout && std::io::stdout().is_terminal() {
        return Err(Error::usage("a disk image is not written to a terminal")
            .help("pipe it into a program or a file, or name a file"));
    }
    interrupt::catch(request.output.is_stream())?;
    let mut bar = Bar::new(arguments.quiet);
    let converted = convert(&request, &mut bar);
    bar.finish();
    let report = converted?;
    let text = if arguments.json {
        summary::json(&report)?
    } else if arguments.quiet {
        String::new()
    } else {
        text(&report, arguments.form.preset()?)
    };
    summary::print(&text, to_stdout)
}

impl Arguments {
    fn request(&self) -> Result<Convert> {
        let [sources @ .., output] = self.images.as_slice() else {
            return Err(Error::usage("no image is named").help(format!("usage: {USAGE}")));
        };
        if sources.is_empty() {
            return Err(Error::usage("one image is named, and no output")
                .at(output)
                .help(format!("usage: {USAGE}")));
        }
        Ok(Convert {
            sources: sources.to_vec(),
            open: self.input.open()?,
            form: self.form.form(Some(output))?,
            output: Output::named(output),
            overwrite: overwrite(self.force),
            verify: self.verify,
            durability: if self.sync {
                Durability::Synced
            } else {
                Durability::Cached
            },
            threads: request::threads(self.threads)?,
        })
    }
}

/// The report for people.
fn text(report: &ConvertReport, preset: Option<&Preset>) -> String {
    let mut lines = Lines::default();
    for source in &report.sources {
        lines.add("source", &format!("{}, {}", source.name, source.format));
    }
    let checked = if report.verified {
        "; read back and found equal"
    } else {
        ""
    };
    lines.add(
        "output",
        &format!(
            "{}, {}, {} disk, {} written in {}{checked}",
            report.output,
            report.format,
            human(report.capacity),
            human(report.stored),
            duration(report.seconds)
        ),
    );
    if let Some(preset) = preset.filter(|preset| !preset.hint.is_empty()) {
        lines.add(preset.name, preset.hint);
    }
    lines.into_text()
}
