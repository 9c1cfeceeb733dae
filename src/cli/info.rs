//! `ovfkit info`: what a descriptor describes.

mod package;
mod text;
mod tree;

use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::Bar;
use super::{interrupt, render, summary};
use crate::base::Result;
use crate::ops::info::{Inspect, Inspection, MAX_TOLD, inspect};

const EXAMPLES: &str = "\
Examples:
  ovfkit info vm.ova
  ovfkit info vm.ova --deep
  ovfkit info vm.ovf --configuration large --locale de
  ovfkit info vm.ovf --json | jq '.machines[].memory'";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A descriptor of OVF 0.9, 1.x or 2.x, or a package: an OVA, plain or in gzip, xz, zstd or zip, or
    /// a directory with a descriptor; `-` is standard input
    #[arg(value_name = "PACKAGE")]
    input: PathBuf,
    /// The deployment option to look at [default: the descriptor's own]
    #[arg(long, value_name = "ID")]
    configuration: Option<String>,
    /// The language of texts, such as `de` or `de-DE` [default: the descriptor's own]
    #[arg(long, value_name = "L")]
    locale: Option<String>,
    /// Also read all files: compare digests, and tell what disks hold
    #[arg(long)]
    deep: bool,
    /// Print one JSON object, whose schema is `schema/info.json`; sizes are in bytes
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    interrupt::catch(false)?;
    let mut bar = Bar::new(false);
    let inspected = inspect(
        &Inspect {
            input: &arguments.input,
            configuration: arguments.configuration.as_deref(),
            locale: arguments.locale.as_deref(),
            deep: arguments.deep,
        },
        &mut bar,
    );
    bar.finish();
    let inspection = inspected?;
    if arguments.json {
        summary::answer(summary::json(&inspection.report)?)?;
    } else {
        summary::answer(text::text(&inspection.report, &name(&arguments.input)))?;
    }
    warn(&inspection);
    Ok(())
}

/// What to call the descriptor.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    match name.to_string_lossy() {
        name if name == "-" => "(standard input)".to_owned(),
        name => name.into_owned(),
    }
}

/// Tells what is at fault with the descriptor: it may be why a number is missing.
fn warn(inspection: &Inspection) {
    for fault in &inspection.told {
        let place = fault.place();
        let mut about =
            (place.path.as_ref()).map_or_else(String::new, |path| path.display().to_string());
        if let Some(member) = &place.member {
            about = format!("{about}:{member}");
        }
        if let Some((line, column)) = place.line {
            about = format!("{about}:{line}:{column}");
        }
        render::warning(&about, fault.message());
    }
    let untold = inspection.faults.saturating_sub(MAX_TOLD);
    if untold > 0 {
        render::note(&format!(
            "there {} {}",
            if untold == 1 { "is" } else { "are" },
            summary::count(untold as u64, "more fault")
        ));
    }
}
