//! `ovfkit target`: whom packages can be made for.

use std::fmt::{Display, Write as _};

use clap::{Args, Subcommand};

use super::summary;
use crate::base::Result;
use crate::ops::target::{self, Overview};
use crate::vm::profile;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the built-in targets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a built-in target as the file it is, to start one of your own from
    Show {
        /// The target, such as `vsphere:8.0`
        name: String,
        /// Print all of it as JSON, also what it takes from others; a file of your own, too
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.command {
        None => list(arguments.json),
        Some(Command::List { json }) => list(*json),
        Some(Command::Show { name, json: true }) => {
            summary::answer(summary::json(&target::load(name)?)?)
        }
        Some(Command::Show { name, json: false }) => summary::answer(profile::source(name)?),
    }
}

fn list(json: bool) -> Result<()> {
    let all = target::all()?;
    summary::answer(if json {
        summary::json(&all)?
    } else {
        table(&all)
    })
}

/// A line for each target. Controllers and cards are those for Linux, Windows and other guests.
fn table(all: &[Overview]) -> String {
    let mut text = String::new();
    let mut line = |name: &str, hardware: &str, disks: &str, nics: &str, title: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name:14} {hardware:8} {disks:30} {nics:24} {title}");
    };
    line("name", "hardware", "disks on", "network cards", "platform");
    for one in all {
        if let Some(why) = &one.no_package {
            line(&one.name, "", "", "", &format!("{}: {why}", one.title));
            continue;
        }
        let disks = words(&one.controllers.all());
        let nics = words(&one.nics.all());
        line(&one.name, &one.hardware, &disks, &nics, &one.title);
    }
    text.push_str(
        "\nDisks and cards: what Linux, Windows and other guests get, once where it is the same.\n",
    );
    text
}

/// The choices for the kinds of guest, or the one they all get.
fn words<T: Display + PartialEq>(choices: &[T; 3]) -> String {
    let [linux, windows, other] = choices;
    if linux == windows && windows == other {
        return linux.to_string();
    }
    format!("{linux}, {windows}, {other}")
}
