//! The command line: arguments in, operations, text out. A file a command.

mod convert;
mod difference;
mod disk;
mod document;
mod edit;
mod environment;
mod exit;
mod explain;
mod form;
mod images;
mod info;
mod init;
mod interrupt;
mod machine;
mod os;
mod pack;
mod progress;
mod prompt;
mod render;
mod request;
mod rewrite;
mod schema;
mod secrets;
mod sign;
mod signing;
mod summary;
mod target;
mod template;
mod unpack;
mod validate;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::base::{Error, Result};

const EXAMPLES: &str = "\
Begin with:
  ovfkit pack noble-server-cloudimg-amd64.img --os ubuntu24.04     an OVA of a disk image
  ovfkit init --from noble-server-cloudimg-amd64.img -o vm.yaml    a definition, to say more
  ovfkit validate vm.ova --target all                              who imports a package";

/// Packages virtual machines.
#[derive(Debug, Parser)]
#[command(
    name = "ovfkit",
    version,
    about = "Packages virtual machine disks as OVF and OVA that import the first time",
    after_help = format!("{EXAMPLES}\n\n{}", exit::HELP),
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
    /// Begin a definition for `pack`: from options, a disk image, a package or a `.vmx` file
    Init(Box<init::Arguments>),
    /// Convert disk images between formats
    Convert(convert::Arguments),
    /// Check a disk image and repair it, compare, make or measure one
    #[command(subcommand)]
    Disk(disk::Disk),
    /// Unpack a package and compare it with its manifest
    Unpack(unpack::Arguments),
    /// Show what is in a package or descriptor: machines, disks, networks, properties
    Info(info::Arguments),
    /// Read a descriptor and write it anew: normalised, in another edition, in one language
    Rewrite(rewrite::Arguments),
    /// Check packages, descriptors and disks by the rules of the standard and of importers
    Validate(validate::Arguments),
    /// Tell what a rule of `validate` is about
    Explain(explain::Arguments),
    /// Make the document that tells a guest of its deployment (OVF environment)
    Environment(Box<environment::Arguments>),
    /// Change a package: what it describes, its files, its signature
    Edit(Box<edit::Arguments>),
    /// Sign a package
    Sign(Box<sign::Arguments>),
    /// Verify the digests and the signature of a package
    Verify(verify::Arguments),
    /// Show the templates descriptors are written with
    Template(template::Arguments),
    /// Show whom packages can be made for
    Target(target::Arguments),
    /// Print the JSON Schema of definitions, for editors
    Schema(schema::Arguments),
    /// List the guest operating systems `--os` knows
    Os(os::Arguments),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done: Result<()> = match cli.command {
        Command::Validate(arguments) => return validate::run(&arguments),
        Command::Disk(verb) => return disk::run(&verb).unwrap_or_else(|error| failed(&error)),
        Command::Pack(arguments) => pack::run(*arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Unpack(arguments) => unpack::run(&arguments),
        Command::Info(arguments) => info::run(&arguments),
        Command::Rewrite(arguments) => rewrite::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Environment(arguments) => environment::run(&arguments),
        Command::Edit(arguments) => edit::run(&arguments),
        Command::Sign(arguments) => sign::run(&arguments),
        Command::Verify(arguments) => verify::run(&arguments),
        Command::Template(arguments) => template::run(&arguments),
        Command::Target(arguments) => target::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Os(arguments) => os::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Tells of the `error`, and what to end with for it.
fn failed(error: &Error) -> ExitCode {
    render::error(error);
    exit::code(error.kind())
}
