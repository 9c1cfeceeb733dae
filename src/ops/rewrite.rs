//! A descriptor, read and written anew: normalised, in another edition, or in one
//! language.

use std::path::Path;

use crate::base::Result;
use crate::base::output::Overwrite;
use crate::envelope::{Loss, Version, localise, to_version};
use crate::template::{Overrides, render, render_with};

use super::descriptor;

/// What to do.
#[derive(Debug)]
pub struct Rewrite<'r> {
    /// The descriptor to read; `-` is standard input.
    pub input: &'r Path,
    /// The descriptor to write; without one the text is handed back.
    pub output: Option<&'r Path>,
    /// What to do about an output that is there already.
    pub overwrite: Overwrite,
    /// The edition to write; that of the input if not given.
    pub version: Option<Version>,
    /// The language whose texts take the place of message ids.
    pub locale: Option<&'r str>,
    /// Templates in the place of built-in ones.
    pub templates: Option<&'r Overrides>,
}

/// What became of it.
#[derive(Debug)]
pub struct Rewritten {
    /// The text, unless it was written to a file.
    pub text: Option<String>,
    /// What could not be carried over as it was.
    pub losses: Vec<Loss>,
}

/// Reads a descriptor and writes it anew.
pub fn rewrite(request: &Rewrite<'_>) -> Result<Rewritten> {
    let descriptor = descriptor::read(request.input)?;
    let envelope = descriptor.reading.envelope;
    let own = match envelope.version {
        Version::V0_9 | Version::V1 => Version::V1,
        Version::V2 => Version::V2,
    };
    let version = request.version.unwrap_or(own);
    let (mut envelope, losses) = to_version(envelope, version);
    if let Some(locale) = request.locale {
        let bundles = descriptor.place.bundles(&envelope)?;
        localise(&mut envelope, &bundles, locale).map_err(|error| error.in_option("--locale"))?;
    }
    let text = match request.templates {
        Some(templates) => {
            render_with(templates, &envelope).map_err(|error| error.in_option("--template"))?
        }
        None => render(&envelope).map_err(|error| descriptor.place.locate(error))?,
    };
    let text = descriptor::deliver(text, request.output, request.overwrite)?;
    Ok(Rewritten { text, losses })
}
