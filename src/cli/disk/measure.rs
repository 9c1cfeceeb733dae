//! `ovfkit disk measure`: how large an image becomes in another format.

use std::path::PathBuf;

use clap::Args;

use crate::base::units::{exactly, parse_size};
use crate::base::{Error, Result};
use crate::cli::form::FormOptions;
use crate::cli::images::ImageOptions;
use crate::cli::progress::Bar;
use crate::cli::summary::Lines;
use crate::cli::{interrupt, request, summary};
use crate::ops::disk::measure::{MeasureReport, Subject, measure};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk measure -O vmdk disk.qcow2
  ovfkit disk measure -O qcow2 -c -o compression_type=zstd disk.raw
  ovfkit disk measure -O qcow2 --size 1T

The image is made and its bytes are counted, so the answer is exact, and takes as long as
reading the disk, and compressing it where the format does.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// Disk images, one behind the other: files or block devices, files of an OVA, or `-`
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// Measure a disk of this size with nothing on it, instead of an image
    #[arg(
        long,
        value_name = "SIZE",
        conflicts_with = "images",
        help_heading = "Input"
    )]
    size: Option<String>,
    #[command(flatten)]
    input: ImageOptions,
    #[command(flatten)]
    form: FormOptions,
    /// Threads that encode [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Output")]
    threads: Option<u32>,
    /// Print a JSON report
    #[arg(long, help_heading = "Messages")]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(help) = arguments.form.help()? {
        return summary::answer(help);
    }
    let form = arguments.form.form(None)?;
    let subject = match &arguments.size {
        Some(size) => Subject::Size(parse_size(size).map_err(|error| error.in_option("--size"))?),
        None if arguments.images.is_empty() => {
            return Err(Error::usage("nothing is named that could be measured")
                .help("name an image, or a size with `--size`"));
        }
        None => Subject::Images(arguments.images.clone()),
    };
    let threads = request::threads(arguments.threads)?;
    let open = arguments.input.open()?;
    interrupt::catch(false)?;
    let mut bar = Bar::new(false);
    let measured = measure(&subject, &open, &form, threads, &mut bar);
    bar.finish();
    let report = measured?;
    summary::answer(if arguments.json {
        summary::json(&report)?
    } else {
        text(&report)
    })
}

/// The report for people.
fn text(report: &MeasureReport) -> String {
    let mut lines = Lines::default();
    lines.add(
        "disk",
        &format!("{}, {}", exactly(report.capacity), report.format),
    );
    lines.add("image", &exactly(report.required));
    if report.stored != report.required {
        lines.add("stored", &exactly(report.stored));
    }
    if report.files.len() > 1 {
        for file in &report.files {
            lines.add("file", &format!("{}, {}", file.name, exactly(file.size)));
        }
    }
    lines.into_text()
}
