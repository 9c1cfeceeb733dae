//! `ovfkit rewrite`: a descriptor, read and written anew.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::{render, summary};
use crate::base::Result;
use crate::base::output::Overwrite;
use crate::envelope::{Fate, Version};
use crate::ops::rewrite::{Rewrite, rewrite};
use crate::template::Overrides;

// Plain comments: clap would spread help for every value over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OvfVersion {
    #[value(name = "1.1")]
    V1_1,
    #[value(name = "2.0")]
    V2_0,
}

impl From<OvfVersion> for Version {
    fn from(version: OvfVersion) -> Self {
        match version {
            OvfVersion::V1_1 => Self::V1,
            OvfVersion::V2_0 => Self::V2,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  ovfkit rewrite vm.ovf --ovf-version 1.1 -o vm-1.1.ovf
  ovfkit rewrite vm.ovf --locale de | xmllint --format -";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The descriptor to read, of OVF 0.9, 1.x or 2.x; `-` is standard input
    #[arg(value_name = "IN.ovf")]
    input: PathBuf,
    /// The descriptor to write [default: standard output]
    #[arg(short, long, value_name = "OUT|-")]
    output: Option<PathBuf>,
    /// Replace an existing output
    #[arg(long)]
    force: bool,
    /// The edition to write [default: that of the input; 1.1 for one of 0.9]
    #[arg(long, value_enum)]
    ovf_version: Option<OvfVersion>,
    /// Put the texts of this language in the place of their message ids, such as `de` or `de-DE`
    #[arg(long, value_name = "L")]
    locale: Option<String>,
    /// Take templates from here in the place of built-in ones of the same name
    #[arg(long, value_name = "DIR")]
    template: Option<PathBuf>,
    /// Do not list what could not be carried over
    #[arg(short, long)]
    quiet: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let templates = arguments.template.as_deref().map(Overrides::read);
    let output = arguments
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"));
    let rewritten = rewrite(&Rewrite {
        input: &arguments.input,
        output,
        overwrite: if arguments.force {
            Overwrite::Allowed
        } else {
            Overwrite::Never
        },
        version: arguments.ovf_version.map(Version::from),
        locale: arguments.locale.as_deref(),
        templates: templates.transpose()?.as_ref(),
    })?;
    if !arguments.quiet {
        for loss in &rewritten.losses {
            let verb = match loss.fate {
                Fate::Dropped => "dropped",
                Fate::Changed => "changed",
                Fate::KeptOptional => "kept, optional",
            };
            render::note(&format!("{verb}: {}: {}", loss.what, loss.why));
        }
    }
    match rewritten.text {
        Some(text) => summary::answer(&text),
        None => Ok(()),
    }
}
