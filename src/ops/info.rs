//! What a descriptor describes, with the choices made, and what is around it.

mod inside;
mod package;

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::base::digest::Algorithm;
use crate::base::progress::Observer;
use crate::base::{Error, ErrorKind, Result};
use crate::envelope::resolve::{Choices, View, chosen, resolve};
use crate::xml;

use super::descriptor;
use super::examine::{Depth, Examine, examine};

pub use inside::{DigestView, DiskFileView, SignatureView};
pub use package::{Form, ManifestView, PackageMemberView, PackageView};

/// The most faults that are told, each with its line; [`Inspection::faults`] counts all.
pub const MAX_TOLD: usize = 10;

/// What to look at.
#[derive(Debug)]
pub struct Inspect<'i> {
    /// The descriptor or its package; `-` is standard input.
    pub input: &'i Path,
    /// The deployment option; the descriptor's default if not given.
    pub configuration: Option<&'i str>,
    /// The language of texts; the descriptor's own if not given.
    pub locale: Option<&'i str>,
    /// Whether all files are read: digests are taken, and disks read to their end.
    pub deep: bool,
}

/// What there is to see, for programs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "What `ovfkit info --json` prints")]
pub struct Report {
    /// The machines as they would be built.
    #[serde(flatten)]
    pub view: View,
    /// The package the descriptor is in; none of a descriptor alone.
    pub package: Option<PackageView>,
}

/// What there is to see.
#[derive(Debug)]
pub struct Inspection {
    /// The machines and the package.
    pub report: Report,
    /// How many faults the descriptor has.
    pub faults: usize,
    /// The first of them, and what could not be read in the package.
    pub told: Vec<Error>,
}

/// Reads a descriptor and resolves it.
pub fn inspect(request: &Inspect<'_>, observer: &mut dyn Observer) -> Result<Inspection> {
    let descriptor = descriptor::read(request.input)?;
    let lies_still = descriptor.place.lies_still();
    if request.deep && !lies_still {
        return Err(descriptor.place.locate(
            Error::usage("a stream or a wrapped package cannot be read twice")
                .in_option("--deep")
                .help("save the package to a file, unwrapped, and name that"),
        ));
    }
    let (envelope, faults) = (descriptor.reading.envelope, descriptor.reading.faults);
    chosen(&envelope, request.configuration).map_err(|error| error.in_option("--configuration"))?;
    let count = faults.len();
    let located = faults.into_iter().take(MAX_TOLD).map(|fault| {
        let error = xml::locate(fault.into(), &descriptor.text);
        descriptor.place.locate(error)
    });
    let mut told: Vec<_> = located.collect();
    let mut package = PackageView::around(&descriptor.place.origin, &envelope, &mut told);
    if let Some(package) = package.as_mut().filter(|_| lies_still) {
        let depth = if request.deep {
            Depth::Content
        } else {
            Depth::Headers
        };
        let examined = examine(
            &Examine {
                input: request.input,
                depth,
                also: request.deep.then_some(Algorithm::Sha256),
            },
            observer,
        )?;
        package.look_inside(&examined.package);
    }
    let bundles = match descriptor.place.bundles(&envelope) {
        Ok(bundles) => bundles,
        // Who asked for a language cannot do without; others have the texts' defaults.
        Err(error) if request.locale.is_some() => return Err(error.in_option("--locale")),
        Err(error) => {
            told.push(error);
            Vec::new()
        }
    };
    let choices = Choices {
        configuration: request.configuration.map(str::to_owned),
        locale: request.locale.map(str::to_owned),
        bundles,
    };
    let view = resolve(&envelope, &choices).map_err(|error| match error.kind() {
        // The deployment option is there, so what there is not is the language.
        ErrorKind::Usage => error.in_option("--locale"),
        _ => descriptor.place.locate(error),
    })?;
    Ok(Inspection {
        report: Report { view, package },
        faults: count,
        told,
    })
}
