//! `ovfkit disk create`: an image with nothing on it.

use std::path::PathBuf;

use clap::Args;

use crate::base::progress::Unobserved;
use crate::base::units::{exactly, human, parse_size};
use crate::base::{Error, Result};
use crate::cli::document::overwrite;
use crate::cli::form::FormOptions;
use crate::cli::summary;
use crate::cli::summary::Lines;
use crate::ops::convert::Output;
use crate::ops::disk::create::{Create, create};

const EXAMPLES: &str = "\
Examples:
  ovfkit disk create data.qcow2 20G
  ovfkit disk create empty.vmdk 100G
  ovfkit disk create data.qcow2 1T -o cluster_size=2M

A qcow2 over a backing file is not made yet.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct Arguments {
    /// The image to make
    #[arg(value_name = "OUTPUT")]
    output: Option<PathBuf>,
    /// The size the guest sees, such as 20G
    #[arg(value_name = "SIZE")]
    size: Option<String>,
    #[command(flatten)]
    form: FormOptions,
    /// Replace an existing output
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// Print nothing but errors
    #[arg(short, long, help_heading = "Messages")]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if let Some(help) = arguments.form.help()? {
        return summary::answer(help);
    }
    let (Some(output), Some(size)) = (&arguments.output, &arguments.size) else {
        return Err(Error::usage("an image needs a name and a size")
            .help("usage: ovfkit disk create OUTPUT SIZE"));
    };
    let request = Create {
        output: Output::named(output),
        form: arguments.form.form(Some(output))?,
        capacity: parse_size(size)?,
        overwrite: overwrite(arguments.force),
    };
    let written = create(&request, &mut Unobserved)?;
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
