//! The manifest as it was, and what one calls files.

use std::collections::HashMap;

use crate::base::percent::unescaped;
use crate::envelope::{Envelope, Version};
use crate::ova::listing::Listing;
use crate::ova::name::SafeName;

/// The manifest as it was.
pub(in crate::ops) struct Old {
    /// Its path.
    pub(in crate::ops) path: SafeName,
    pub(in crate::ops) bytes: Vec<u8>,
    /// What it says, if it can be read.
    pub(in crate::ops) listing: Option<Listing>,
}

impl Old {
    pub(in crate::ops) fn new(path: SafeName, bytes: Vec<u8>) -> Self {
        let listing = Listing::of(&Ok(path.clone()), &bytes).ok();
        Self {
            path,
            bytes,
            listing,
        }
    }
}

/// What a descriptor calls files, which is what the manifest has to call them.
#[derive(Default)]
pub(in crate::ops) struct Names {
    /// The references that are spelled with escapes, by what they mean.
    escaped: HashMap<String, String>,
    /// Whether the descriptor is of OVF 2.x.
    pub(in crate::ops) second: bool,
}

impl Names {
    pub(in crate::ops) fn new(envelope: &Envelope) -> Self {
        let files = envelope.references.files.iter();
        let escaped = files.filter_map(|file| Some((unescaped(&file.href)?, file.href.clone())));
        Self {
            escaped: escaped.collect(),
            second: envelope.version == Version::V2,
        }
    }

    /// What the file at `path` is called in the `manifest`.
    pub(in crate::ops) fn of(&self, manifest: &SafeName, path: &SafeName) -> String {
        let path = beneath(manifest, path);
        self.escaped
            .get(path)
            .map_or(path, String::as_str)
            .to_owned()
    }
}

/// What the file at `path` is called where the `manifest` is.
fn beneath<'p>(manifest: &SafeName, path: &'p SafeName) -> &'p str {
    let (directory, _) = manifest.split();
    let inside = path.as_str().strip_prefix(directory);
    let inside = inside.and_then(|rest| rest.strip_prefix('/'));
    inside.unwrap_or(path.as_str())
}
