//! Mending a package: the faults of its descriptor that can be mended without asking, and what
//! goes with them: sizes, the end of VMDK streams, the manifest, the archive around it all.
//!
//! ```text
//! mod       the verb: what is at a path, and its descriptor
//! manifest  the manifest, for the files as they will be
//! archive   the files of an OVA laid out     write   ... and written
//! beside    a descriptor with files beside it
//! disk      a disk alone
//! ```

mod archive;
mod beside;
mod disk;
mod manifest;
mod write;

use std::path::Path;

use crate::base::output::Overwrite;
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::ova::open::{Opened, open, shown};
use crate::validate::fix::{self, Files, Mended};
use crate::validate::{self, Report, Target};
use crate::xml;

use super::descriptor;
use super::examine::is_disk;

/// What to mend, and how.
#[derive(Debug, Clone, Copy)]
pub struct Fix<'f> {
    /// A descriptor, an OVA, also in a wrapper, the directory of a package, or a disk; `-` is
    /// standard input.
    pub input: &'f Path,
    /// Where to write; without it the input is replaced.
    pub output: Option<&'f Path>,
    /// What to do about an output that is there already.
    pub overwrite: Overwrite,
    /// Whether to write nothing at all.
    pub dry_run: bool,
    /// Also mend what only a schema minds.
    pub strict: bool,
    /// Rules that are left alone.
    pub allow: &'f [String],
    /// Also make it what vSphere takes.
    pub vsphere: bool,
    /// Who is to import it, for the verdict on what remains.
    pub targets: &'f [Target],
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// What the descriptor is called.
    pub name: String,
    /// What was changed.
    pub mended: Mended,
    /// What is still wrong with the descriptor.
    pub report: Report,
    /// The descriptor's text as it was.
    pub before: String,
    /// Its text now, if it was changed.
    pub after: Option<String>,
}

/// Mends what is at a path.
pub fn fix(request: &Fix<'_>, observer: &mut dyn Observer) -> Result<Outcome> {
    match open(request.input)? {
        Opened::Archive(archive) => {
            archive::fix(request, archive, observer).map_err(|error| error.at(shown(request.input)))
        }
        Opened::Text {
            path: None,
            content,
            ..
        } => alone(request, &descriptor::bounded(content, request.input)?),
        Opened::Text {
            path: Some(path),
            by_directory: false,
            ..
        } if is_disk(&path)? => disk::fix(request, &path, observer),
        Opened::Text {
            path: Some(path),
            by_directory,
            content,
        } => {
            let bytes = descriptor::bounded(content, &path)?;
            beside::fix(request, &path, by_directory, &bytes, observer)
        }
    }
}

/// A descriptor from standard input, with nothing around it.
fn alone(request: &Fix<'_>, bytes: &[u8]) -> Result<Outcome> {
    require_output(request)?;
    let mut texts = Texts::mend(request, bytes, None)?;
    write_descriptor(request, &mut texts)?;
    Ok(texts.outcome(shown(request.input).display().to_string()))
}

/// Refuses to mend standard input in its place.
fn require_output(request: &Fix<'_>) -> Result<()> {
    if request.output.is_some() || request.dry_run {
        return Ok(());
    }
    Err(Error::usage("where to write what is mended is not said")
        .in_option("--fix")
        .why("standard input cannot be replaced")
        .help("name a file with `-o`, or pass `--dry-run` to see what would be done"))
}

/// Writes the descriptor alone to the output, where there is one.
fn write_descriptor(request: &Fix<'_>, texts: &mut Texts) -> Result<()> {
    let Some(output) = request.output.filter(|_| !request.dry_run) else {
        return Ok(());
    };
    descriptor::deliver_bytes(texts.bytes(), output, request.overwrite)?;
    texts.mended.written = Some(output.display().to_string());
    Ok(())
}

/// A descriptor before and after.
struct Texts {
    original: Vec<u8>,
    before: String,
    after: Option<String>,
    mended: Mended,
    report: Report,
}

impl Texts {
    /// Mends the descriptor `bytes` by what is known of its `files`, and judges what remains.
    fn mend(request: &Fix<'_>, bytes: &[u8], files: Option<Files<'_>>) -> Result<Self> {
        let fixed = fix::fix(
            bytes,
            &fix::Options {
                strict: request.strict,
                files,
                allow: request.allow,
                vsphere: request.vsphere,
            },
        )?;
        let before = match xml::decode(bytes) {
            Ok(text) => text.into_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        };
        let now = fixed.text.as_deref().map_or(bytes, str::as_bytes);
        let size = |name: &str| files?(name).map(|facts| facts.size);
        let options = validate::Options {
            strict: request.strict,
            beside: files.map(|_| &size as validate::Beside<'_>),
            package: None,
            targets: request.targets,
        };
        let mut report = validate::validate(now, &options)?;
        report.allow(request.allow);
        let mut left = fixed.left;
        left.extend(fix::left(&report));
        let mended = Mended {
            changes: fixed.changes,
            more: fixed.more,
            left,
            ..Mended::default()
        };
        Ok(Self {
            original: bytes.to_vec(),
            before,
            after: fixed.text,
            mended,
            report,
        })
    }

    /// The descriptor as it is to be.
    fn bytes(&self) -> &[u8] {
        self.after.as_deref().map_or(&self.original, str::as_bytes)
    }

    fn outcome(mut self, name: String) -> Outcome {
        for finding in &mut self.report.findings {
            finding.file.clone_from(&name);
        }
        Outcome {
            name,
            mended: self.mended,
            report: self.report,
            before: self.before,
            after: self.after,
        }
    }
}
