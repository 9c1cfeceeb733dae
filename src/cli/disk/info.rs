//! `ovfkit disk info`: what an image says of itself.

mod specific;

use std::path::PathBuf;

use clap::Args;

use super::snapshots;
use crate::base::Result;
use crate::base::units::{exactly, human};
use crate::cli::machine::parse_some;
use crate::cli::progress::Bar;
use crate::cli::summary::{Lines, count};
use crate::cli::{interrupt, render, summary};
use crate::disk::gate::Gate;
use crate::ops::disk::info::{ImageInfo, Info, info};

/// Snapshots shown; `disk snapshots` shows all.
const SHOWN: usize = 20;

const EXAMPLES: &str = "\
Examples:
  ovfkit disk info disk.qcow2
  ovfkit disk info overlay.qcow2 --backing-chain --allow-backing /srv/images
  ovfkit disk info disk.vmdk --json | jq '.\"virtual-size\"'

The keys of --json are those of `qemu-img info` where they mean the same.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// A disk image: a file or block device, a file of an OVA (vm.ova:disk1.vmdk), or `-`
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Format of the image, raw, qcow2, vmdk, vhdx, vhd or vdi, instead of detecting it
    #[arg(short = 'f', long, value_name = "FORMAT")]
    input_format: Option<String>,
    /// Show the images it rests on, too
    #[arg(long)]
    backing_chain: bool,
    /// Allow backing, data and parent files in this directory; repeatable
    #[arg(long, value_name = "DIR", requires = "backing_chain")]
    allow_backing: Vec<PathBuf>,
    /// Print a JSON object, or an array of them with --backing-chain
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    interrupt::catch(false)?;
    let chain = arguments
        .backing_chain
        .then(|| Gate::allowing(&arguments.allow_backing));
    let request = Info {
        image: &arguments.image,
        format: parse_some("--input-format", arguments.input_format.as_deref())?,
        chain: chain.transpose()?,
    };
    let mut bar = Bar::new(arguments.json);
    let images = info(&request, &mut bar);
    bar.finish();
    let images = images?;
    if arguments.json {
        return summary::answer(match images.as_slice() {
            [only] if !arguments.backing_chain => summary::json(only)?,
            images => summary::json(&images)?,
        });
    }
    let texts: Vec<_> = images.iter().map(text).collect();
    summary::answer(texts.join("\n"))?;
    for image in &images {
        for warning in &image.about.warnings {
            render::warning(&image.filename, warning);
        }
    }
    Ok(())
}

fn text(image: &ImageInfo) -> String {
    let about = &image.about;
    let mut lines = Lines::default();
    lines.add("image", &format!("{} ({})", image.filename, image.format));
    lines.add("disk", &exactly(about.virtual_size));
    let size = exactly(image.file_size);
    lines.add(
        "file",
        &match image.actual_size {
            Some(actual) if actual < image.file_size => {
                format!("{size}, of which {} are stored", human(actual))
            }
            _ => size,
        },
    );
    if let Some(specific) = &about.format_specific {
        specific::add(&mut lines, specific, about.cluster_size);
    }
    if let Some(name) = &about.backing_filename {
        let format = about.backing_filename_format.as_deref();
        let format = format.map_or_else(String::new, |format| format!(" ({format})"));
        lines.add("rests on", &format!("{name}{format}"));
    }
    for snapshot in about.snapshots.iter().take(SHOWN) {
        lines.add("snapshot", &snapshots::line(snapshot));
    }
    let more = about.snapshots.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.add("", &format!("and {}", count(more as u64, "more snapshot")));
    }
    lines.into_text()
}
