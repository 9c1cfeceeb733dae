//! `ovfkit rewrite`: a descriptor, read and written anew.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::document::{self, Document};
use super::render;
use crate::base::Result;
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
    #[command(flatten)]
    document: Document,
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
    let rewritten = rewrite(&Rewrite {
        input: &arguments.document.input,
        output: arguments.document.output(),
        overwrite: arguments.document.overwrite(),
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
    document::print(rewritten.text)
}
