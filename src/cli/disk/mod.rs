//! `ovfkit disk`: disk images by themselves. A file a subcommand.

mod check;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::base::Result;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that an image is whole, and repair it
    Check(check::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    match &arguments.command {
        Command::Check(arguments) => check::run(arguments),
    }
}
