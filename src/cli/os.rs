//! `ovfkit os`: which guest operating systems have a name.

use std::fmt::Write as _;

use clap::Args;

use super::summary;
use crate::base::{Error, Result};
use crate::vm::os;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Show only names that contain this
    filter: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let filter = arguments
        .filter
        .as_deref()
        .unwrap_or_default()
        .to_lowercase();
    let mut text = String::new();
    for os in os::all()
        .filter(|os| os.name.contains(&filter) || os.description.to_lowercase().contains(&filter))
    {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:18} {:3}  {:28} {}",
            os.name, os.cim_id, os.os_type, os.description
        );
    }
    if text.is_empty() {
        return Err(
            Error::usage(format!("no operating system's name contains `{filter}`"))
                .help("`ovfkit os` lists all"),
        );
    }
    summary::answer(&text)
}
