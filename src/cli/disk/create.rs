//! `ovfkit disk create`: an image with nothing on it.

use std::path::PathBuf;

use clap::Args;

use crate::base::units::{exactly, human, parse_size};
use crate::base::{Error, Result};
use crate::cli::document::overwrite;
use crate::cli::form::FormOptions;
use crate::cli::machine::parse_some;
use crate::cli::progress::Bar;
use crate::cli::summary;
use crate::cli::summary::Lines;
use crate::disk::gate::Gate;
use crate::disk::open::OpenOptions;
use crate::ops::convert::Output;
use crate::ops::disk::create::{Backing, Create, create};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk create data.qcow2 20G
  ovfkit disk create empty.vmdk 100G
  ovfkit disk create data.qcow2 1T -o cluster_size=2M
  ovfkit disk create overlay.qcow2 -b base.qcow2
  ovfkit disk create overlay.vhdx -b base.vhdx

The path of a backing file is seen from the directory of the image. A qcow2 shows images of any
format; VMDK, VHDX, VHD and VDI show one of their own, in its size. It may not change any more.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The image to make
    #[arg(value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// The size the guest sees, such as 20G [default: the backing file's]
    #[arg(value_name = "SIZE")]
    size: Option<String>,
    /// Show this image where nothing is written
    #[arg(short, long, value_name = "FILE", help_heading = "Backing file")]
    backing: Option<String>,
    /// Format of the backing file, instead of detecting it
    #[arg(
        short = 'F',
        long,
        value_name = "FORMAT",
        requires = "backing",
        help_heading = "Backing file"
    )]
    backing_format: Option<String>,
    /// Allow files the backing file rests on in this directory; repeatable
    #[arg(
        long,
        value_name = "DIR",
        requires = "backing",
        help_heading = "Backing file"
    )]
    allow_backing: Vec<PathBuf>,
    #[command(flatten)]
    form: FormOptions,
    /// Replace an existing output
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long, help_heading = "Messages")]
    quiet: bool,
}

impl Arguments {
    fn backing(&self) -> Result<Option<Backing>> {
        let Some(file) = &self.backing else {
            return Ok(None);
        };
        Ok(Some(Backing {
            file: file.clone(),
            open: OpenOptions {
                format: parse_some("-F", self.backing_format.as_deref())?,
                gate: Gate::allowing(&self.allow_backing)?,
                ..OpenOptions::default()
            },
        }))
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(help) = arguments.form.help()? {
        return summary::answer(help);
    }
    let Some(output) = &arguments.output else {
        return Err(
            Error::usage("the image has no name").help("usage: ovfkit disk create OUTPUT SIZE")
        );
    };
    let request = Create {
        output: Output::named(output),
        form: arguments.form.form(Some(output))?,
        capacity: arguments.size.as_deref().map(parse_size).transpose()?,
        backing: arguments.backing()?,
        overwrite: overwrite(arguments.force),
    };
    let mut bar = Bar::new(arguments.quiet);
    let written = create(&request, &mut bar);
    bar.finish();
    let written = written?;
    if arguments.quiet {
        return Ok(());
    }
    let mut lines = Lines::default();
    lines.add(
        "output",
        &format!(
            "{}, {}, {} disk, {} written",
            output.display(),
            request.form.format(),
            exactly(written.capacity),
            human(written.stored)
        ),
    );
    summary::print(&lines.into_text(), request.output == Output::StandardOutput)
}
