//! A descriptor that is read, and a document that is made of it: what commands have in
//! common that do so.

use std::path::{Path, PathBuf};

use clap::Args;

use super::summary;
use crate::base::Result;
use crate::base::output::Overwrite;

#[derive(Debug, Args)]
pub(super) struct Document {
    /// The descriptor to read, of OVF 0.9, 1.x or 2.x; `-` is standard input
    #[arg(value_name = "IN.ovf")]
    pub(super) input: PathBuf,
    /// The document to write [default: standard output]
    #[arg(short, long, value_name = "OUT|-")]
    output: Option<PathBuf>,
    /// Replace an existing output
    #[arg(long)]
    force: bool,
}

impl Document {
    /// The output, unless it is standard output.
    pub(super) fn output(&self) -> Option<&Path> {
        let output = self.output.as_deref();
        output.filter(|path| *path != Path::new("-"))
    }

    pub(super) fn overwrite(&self) -> Overwrite {
        overwrite(self.force)
    }
}

/// What `--force` stands for.
pub(super) fn overwrite(force: bool) -> Overwrite {
    if force {
        Overwrite::Allowed
    } else {
        Overwrite::Never
    }
}

/// Prints the text that was handed back because it was not written to a file.
pub(super) fn print(text: Option<String>) -> Result<()> {
    text.map_or(Ok(()), |text| summary::answer(&text))
}
