//! Changing a package that is there: its descriptor, its files, and what goes with them, the
//! manifest and the signature. What is not changed is not read where that can be avoided.
//!
//! ```text
//! mod       the request, and what is at a path
//! source    where the bytes of new files come from
//! plan      the files as they will be, and whether they fit the descriptor
//! manifest  the manifest, with digests that are known last
//! seals     manifest and signature in the making
//! archive   an OVA: changed where it lies, or written anew
//! anew      ... an archive written anew
//! slots     ... the blocks of an archive that change where it lies
//! patch     blocks overwritten so that no crash leaves half of them
//! journal   ... by what is written down before
//! beside    a descriptor with files beside it
//! report    what was done
//! ```

mod anew;
mod archive;
mod beside;
mod journal;
mod manifest;
pub(in crate::ops) mod patch;
mod plan;
mod report;
mod seals;
mod slots;
mod source;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::base::digest::Algorithm;
use crate::base::output::Overwrite;
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::ova::open::{Opened, STANDARD_INPUT, open, shown};

use super::descriptor;
use super::examine::is_disk;
use super::sign::Signer;

pub use patch::{Recovered, recover};
pub use report::{EditReport, How, SignatureFate};
pub use source::{FileSource, FromFile, Made, NewFile, Written};

/// What to change, and where to write.
pub struct Edit<'e> {
    /// An OVA, also in a wrapper, a descriptor with files beside it, or the directory of a
    /// package; `-` is an OVA from standard input.
    pub package: &'e Path,
    /// The new descriptor; without one it stays as it is.
    pub descriptor: Option<NewDescriptor<'e>>,
    /// Files the package does not have yet.
    pub add: Vec<NewFile<'e>>,
    /// Files that take the place of others of the same name.
    pub replace: Vec<NewFile<'e>>,
    /// Files to leave out, as the descriptor called them.
    pub remove: Vec<String>,
    /// Where the changed package goes.
    pub destination: Destination<'e>,
    /// What becomes of the manifest.
    pub manifest: ManifestPolicy,
    /// What becomes of a signature.
    pub signing: Signing<'e>,
}

/// The text of a descriptor.
pub enum NewDescriptor<'d> {
    /// It is known.
    Text(String),
    /// It tells of new files what is known when they are written.
    Late {
        /// The text with every number at its widest, which refers to the same files.
        draft: String,
        /// The text for the files that were written, no longer than the draft.
        text: &'d dyn Fn(&[Written]) -> Result<String>,
    },
}

impl NewDescriptor<'_> {
    /// The text, as far as it is known before files are written.
    fn draft(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Late { draft, .. } => draft,
        }
    }
}

/// Where a changed package goes.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'d> {
    /// To where it is.
    InPlace,
    /// To another OVA, or to another directory for the files of one.
    New(&'d Path, Overwrite),
    /// Nowhere: what would be done in place is told.
    DryRun,
}

/// What becomes of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestPolicy {
    /// It is renewed with the digests it has; where there is none, none is made unless it is to
    /// be signed.
    Keep,
    /// All its digests are by this algorithm; where there is none, one is made.
    Algorithm(Algorithm),
    /// There is none.
    None,
}

/// What becomes of a signature.
pub enum Signing<'s> {
    /// It is dropped, unless what it is for stays as it is.
    Drop,
    /// The package is signed.
    Renew(&'s Signer),
}

/// Changes a package. A change of it in place that was interrupted is completed first.
pub fn apply(request: &Edit<'_>, observer: &mut dyn Observer) -> Result<EditReport> {
    if request.manifest == ManifestPolicy::None && matches!(request.signing, Signing::Renew(_)) {
        return Err(
            Error::usage("a package without a manifest cannot be signed")
                .why("a signature is over the manifest")
                .help("leave the manifest in, or do not sign"),
        );
    }
    let input = request.package;
    if input == Path::new(STANDARD_INPUT) && matches!(request.destination, Destination::InPlace) {
        return Err(
            Error::usage("where to write the changed package is not said")
                .why("standard input cannot be changed in place")
                .help("name a file with `-o`"),
        );
    }
    let recovered = recover(input)?;
    let mut report = match open(input)? {
        Opened::Archive(archive) => {
            archive::edit(request, archive, observer).map_err(|error| error.at(shown(input)))?
        }
        Opened::Text {
            path: Some(path),
            by_directory,
            content,
        } if by_directory || !is_disk(&path)? => {
            let bytes = descriptor::bounded(content, &path)?;
            beside::edit(request, &path, &bytes, observer)?
        }
        Opened::Text { .. } => return Err(no_package().at(shown(input))),
    };
    report.recovered = recovered;
    Ok(report)
}

fn no_package() -> Error {
    Error::usage("this is no package")
        .why("a disk, or a descriptor with nothing around it, has no files to change")
        .help("name an OVA, a descriptor in its directory, or the directory of a package")
}
