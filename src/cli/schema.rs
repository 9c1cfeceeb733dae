//! `ovfkit schema`: the JSON Schemas of files ovfkit reads.

use clap::Args;

use super::summary;
use crate::base::{Error, ErrorKind, Result};
use crate::vm::{definition, profile};

const EXAMPLES: &str = "\
Examples:
  ovfkit schema > ovfkit.schema.json
  ovfkit schema --target > ovfkit-target.schema.json";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The schema of the files of targets instead of that of definitions
    #[arg(long)]
    target: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let schema = if arguments.target {
        profile::schema()
    } else {
        definition::schema()
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("no JSON: {error}")))?;
    summary::answer(&(text + "\n"))
}
