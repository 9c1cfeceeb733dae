//! `ovfkit disk resize`: another size for a disk, where its image lies.

use std::path::PathBuf;

use clap::Args;

use crate::base::Result;
use crate::base::units::{exactly, parse_size};
use crate::cli::machine::parse_some;
use crate::cli::progress::Bar;
use crate::cli::secrets::SecretOptions;
use crate::cli::summary::Lines;
use crate::cli::{interrupt, summary};
use crate::disk::gate::Gate;
use crate::disk::open::OpenOptions;
use crate::ops::disk::resize::{GptFate, Resize, ResizeReport, Size, resize};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk resize web-01.qcow2 +10G --move-gpt
  ovfkit disk resize web-01.raw 40G
  ovfkit disk resize web-01.qcow2 20G --shrink

The image is changed where it lies; shut the machine down first. What a larger disk has more reads
as zeros; growing partitions and file systems into it is the guest's to do.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
#[allow(clippy::struct_excessive_bools)] // switches of a command line
pub(in crate::cli) struct Arguments {
    /// The image
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// The new size, such as 40G; +10G is as much more, -10G as much less
    #[arg(value_name = "[+|-]SIZE", allow_hyphen_values = true)]
    size: String,
    /// Format of the image, raw, qcow2, vmdk, vhdx, vhd or vdi, instead of detecting it
    #[arg(short, long, value_name = "FORMAT")]
    format: Option<String>,
    /// Allow files the image rests on in this directory; repeatable
    #[arg(long, value_name = "DIR")]
    allow_backing: Vec<PathBuf>,
    #[command(flatten)]
    secrets: SecretOptions,
    /// Let the disk lose its end: what is stored there is gone
    #[arg(long)]
    shrink: bool,
    /// Move the backup of a GUID partition table to the end of the disk
    #[arg(long)]
    move_gpt: bool,
    /// Print one JSON object, whose schema is `schema/disk-resize.json`
    #[arg(long)]
    json: bool,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let open = OpenOptions {
        format: parse_some("--format", arguments.format.as_deref())?,
        gate: Gate::allowing(&arguments.allow_backing)?,
        secrets: arguments.secrets.secrets()?,
        ..OpenOptions::default()
    };
    let request = Resize {
        image: &arguments.image,
        open: &open,
        size: size(&arguments.size)?,
        shrink: arguments.shrink,
        move_gpt: arguments.move_gpt,
    };
    interrupt::catch(false)?;
    let mut bar = Bar::new(arguments.quiet);
    let resized = resize(&request, &mut bar);
    bar.finish();
    summary::done(&resized?, arguments.json, arguments.quiet, text)
}

/// A size, or how much more or less.
fn size(text: &str) -> Result<Size> {
    let trimmed = text.trim();
    if let Some(more) = trimmed.strip_prefix('+') {
        parse_size(more).map(Size::More)
    } else if let Some(less) = trimmed.strip_prefix('-') {
        parse_size(less).map(Size::Less)
    } else {
        parse_size(trimmed).map(Size::Exactly)
    }
}

fn text(report: &ResizeReport) -> String {
    let mut lines = Lines::default();
    let image = format!("{} ({})", report.filename, report.format);
    lines.add("image", &image);
    let now = exactly(report.capacity);
    lines.add(
        "disk",
        &if report.before == report.capacity {
            format!("{now}, as before")
        } else {
            format!("{now}, before {}", exactly(report.before))
        },
    );
    if report.data_lost > 0 {
        lines.add("lost", &format!("{} of data", exactly(report.data_lost)));
    }
    if report.gpt == GptFate::Moved {
        lines.add("table", "its backup is at the end of the disk now");
    }
    lines.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_relative_with_a_sign() {
        for (text, expected) in [
            ("1K", Size::Exactly(1024)),
            ("+1K", Size::More(1024)),
            ("-1.5K", Size::Less(1536)),
        ] {
            assert_eq!(size(text).expect(text), expected);
        }
        for text in ["", "+", "-", "+-1K", "--1K", "1X"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
