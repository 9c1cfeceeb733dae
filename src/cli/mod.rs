//! The command line: arguments in, operations, text out. A file a command.

mod environment;
mod exit;
mod info;
mod interrupt;
mod os;
mod pack;
mod progress;
mod render;
mod request;
mod rewrite;
mod sign;
mod summary;
mod template;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::base::Result;

/// Packages virtual machines.
#[derive(Debug, Parser)]
#[command(
    name = "ovfkit",
    version,
    about = "Packages virtual machine disks as OVF and OVA that import the first time",
    after_help = exit::HELP,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an OVA (or an OVF directory) from disk images
    Pack(Box<pack::Arguments>),
    /// Show what a descriptor describes: machines, disks, networks, properties
    Info(info::Arguments),
    /// Read a descriptor and write it anew: normalised, in another edition, in one language
    Rewrite(rewrite::Arguments),
    /// Make the document that tells a guest of its deployment (OVF environment)
    Environment(Box<environment::Arguments>),
    /// Sign a package
    Sign(Box<sign::Arguments>),
    /// Verify the digests and the signature of a package
    Verify(verify::Arguments),
    /// Show the templates descriptors are written with
    Template(template::Arguments),
    /// List the guest operating systems `--os` knows
    Os(os::Arguments),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done: Result<()> = match cli.command {
        Command::Pack(arguments) => pack::run(*arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Rewrite(arguments) => rewrite::run(&arguments),
        Command::Environment(arguments) => environment::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Template(arguments) => template::run(&arguments),
        Command::Os(arguments) => os::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            render::error(&error);
            exit::code(error.kind())
        }
    }
}
