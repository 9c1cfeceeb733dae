//! `ovfkit template`: the templates descriptors are written with.

use clap::{Args, Subcommand};

use super::summary;
use crate::base::{Error, Result};
use crate::cli::rewrite::OvfVersion;
use crate::template;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the names of the built-in templates
    List,
    /// Print a built-in template
    Show {
        /// The template, such as `Item`
        name: String,
        /// The edition of OVF it is for
        #[arg(long, value_enum, default_value = "1.1")]
        ovf_version: OvfVersion,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        Command::List => summary::answer(&(template::names().join("\n") + "\n")),
        Command::Show { name, ovf_version } => {
            let source = template::source(name, (*ovf_version).into()).ok_or_else(|| {
                Error::usage(format!("there is no template `{name}`"))
                    .help("`ovfkit template list` shows the names")
            })?;
            summary::answer(source)
        }
    }
}
