//! The `ovfkit` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ovfkit::cli::main()
}
