//! Changing what a package describes: its descriptor becomes a definition, that is changed, and
//! what changed is changed in the descriptor and in the package.
//!
//! ```text
//! mod      a package opened, the request, what was done
//! text     the descriptor's new text        content  the files that come in
//! members  files and disks by their names in the package
//! named    the files a definition names
//! again    first-boot configuration in the place of another
//! check    what cannot be asked for of a package that is there
//! ```

mod again;
mod check;
mod content;
mod members;
mod named;
mod text;

use std::cell::RefCell;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;

use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::EncodeOptions;
use crate::envelope::check_amendable;
use crate::ova::open::STANDARD_INPUT;
use crate::vm::reverse::{Around, Recovered, reverse};
use crate::vm::{At, Profile};

use super::define::{Defined, Files};
use super::descriptor::{self, Descriptor};
use super::edit::{
    Destination, Edit, EditReport, ManifestPolicy, NewDescriptor, NewFile, Recovered as Found,
    Signing, Written, apply, recover,
};

use content::Content;
use text::Texts;

/// What paths begin with in a definition that mean files of the package itself.
const IN_PACKAGE: &str = "package:";

/// A package whose definition can be changed.
pub struct Package {
    descriptor: Descriptor,
    recovered: Recovered,
    found: Found,
    /// What the package describes, with what is laid over it.
    pub defined: Defined,
}

/// How a package is changed.
pub struct Revise<'r> {
    /// The package; the one that was opened.
    pub package: &'r Path,
    /// Where the changed one goes.
    pub destination: Destination<'r>,
    /// What becomes of the manifest.
    pub manifest: ManifestPolicy,
    /// What becomes of a signature.
    pub signing: Signing<'r>,
    /// Whom it shall be for: what is left open is chosen for that platform.
    pub profile: &'r Profile,
    /// How disk images are opened that say nothing themselves.
    pub open: &'r OpenOptions,
    /// How new disks are compressed.
    pub encode: EncodeOptions,
    /// Threads that compress.
    pub threads: NonZeroUsize,
    /// The time of all there is in images that are made, in seconds since 1970.
    pub time: u64,
}

/// What was done.
pub struct Outcome {
    /// What the descriptor is called.
    pub name: String,
    /// Its text as it was.
    pub before: String,
    /// Its text as it is now, or would be.
    pub after: String,
    /// What is to be known of what was asked for.
    pub notes: Vec<String>,
    /// What became of the package.
    pub report: EditReport,
}

impl Package {
    /// Opens the package at `path`, and lays the definitions in `files` over what it describes.
    /// A change of it in place that was interrupted is completed first.
    pub fn open(
        path: &Path,
        files: &Files,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self> {
        if path == Path::new(STANDARD_INPUT) {
            return Err(Error::usage("a package in standard input is not edited")
                .why("it is read twice: its descriptor first")
                .help("write it to a file first"));
        }
        let found = recover(path)?;
        let descriptor = descriptor::read(path)?;
        check_amendable(&descriptor.text).map_err(|error| descriptor.place.locate(error))?;
        let envelope = &descriptor.reading.envelope;
        // Those that cannot be read stay as they are.
        let bundles = descriptor.place.bundles(envelope).unwrap_or_default();
        let around = Around {
            bundles: &bundles,
            path: &|href| format!("{IN_PACKAGE}{href}"),
        };
        let recovered =
            reverse(envelope, &around).map_err(|error| descriptor.place.locate(error))?;
        let base = recovered.definition.to_yaml(&[], &[], &[])?;
        let name = format!("definition of {}", path.display());
        let defined = Defined::over(&base, &name, files, environment)?;
        Ok(Self {
            descriptor,
            recovered,
            found,
            defined,
        })
    }

    /// Changes the package as its definition was changed.
    pub fn revise(&self, request: Revise<'_>, observer: &mut dyn Observer) -> Result<Outcome> {
        let texts = Texts::new(self, &request)?;
        let content = Content::open(self, &request, &texts)?;
        let draft = texts.text(&content.widest()?)?;
        let (mut add, mut replace): (Vec<NewFile<'_>>, Vec<NewFile<'_>>) = (Vec::new(), Vec::new());
        for (file, is_new) in content.files() {
            if is_new {
                add.push(file);
            } else {
                replace.push(file);
            }
        }
        let after = RefCell::new(draft.clone());
        let late = |_: &[Written]| {
            let text = texts.text(&content.measured()?)?;
            after.borrow_mut().clone_from(&text);
            Ok(text)
        };
        let descriptor = if content.is_known() {
            NewDescriptor::Text(draft)
        } else {
            NewDescriptor::Late { draft, text: &late }
        };
        let mut report = apply(
            &Edit {
                package: request.package,
                descriptor: Some(descriptor),
                add,
                replace,
                remove: texts.files.removed.clone(),
                destination: request.destination,
                manifest: request.manifest,
                signing: request.signing,
            },
            observer,
        )?;
        if report.recovered == Found::Nothing {
            report.recovered = self.found;
        }
        Ok(Outcome {
            name: self.descriptor.place.to_string(),
            before: self.descriptor.text.clone(),
            after: after.into_inner(),
            notes: texts.notes,
            report,
        })
    }

    /// Where in the definition the machine is that is called `name`.
    pub fn machine(&self, name: &str) -> Result<At> {
        members::machine(&self.defined.definition, name)
    }
}

/// The name of the file of the package that `path` means, if it means one.
fn in_package(path: &str) -> Option<String> {
    path.strip_prefix(IN_PACKAGE).map(str::to_owned)
}
