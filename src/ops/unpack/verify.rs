//! Comparing what was unpacked with the manifest.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};

use crate::base::digest::{Algorithm, Digests};
use crate::base::progress::Observer;
use crate::base::units::{some_of, to_usize};
use crate::base::{Error, ErrorKind, Result};
use crate::ova::listing::{LIKELY, Listing};
use crate::ova::manifest::Entry;
use crate::ova::name::SafeName;
use crate::ova::staging::Staging;

use super::remarks::SHOWN;

/// What is known of the manifest.
pub(super) enum Knowledge {
    /// Nothing yet: it may still come.
    None,
    /// That there is none.
    NoManifest,
    /// All of it.
    Manifest(Listing),
}

impl Knowledge {
    pub(super) fn listing(&self) -> Option<&Listing> {
        match self {
            Self::Manifest(listing) => Some(listing),
            Self::None | Self::NoManifest => None,
        }
    }

    /// The digests that the member at `path` needs.
    pub(super) fn digests(&self, path: &SafeName) -> Digests {
        match self {
            Self::None => Digests::new(&LIKELY),
            Self::NoManifest => Digests::new(&[]),
            Self::Manifest(listing) => Digests::new(&listing.algorithms(path)),
        }
    }
}

/// What does not fit the manifest: an error, or a warning where the user wants the
/// files all the same.
pub(super) struct Verdict {
    keep_going: bool,
    /// The members it was about.
    pub(super) damaged: Vec<String>,
}

impl Verdict {
    pub(super) fn new(keep_going: bool) -> Self {
        Self {
            keep_going,
            damaged: Vec::new(),
        }
    }

    /// `error` says that something does not fit, or that the manifest cannot be read.
    pub(super) fn judge(&mut self, error: Error, observer: &mut dyn Observer) -> Result<()> {
        if !self.keep_going || error.kind() == ErrorKind::Io {
            return Err(error);
        }
        let place = error.place();
        let path = place.path.as_ref().map(|path| path.display().to_string());
        let about = place.member.clone().or(path).unwrap_or_default();
        let why = error
            .reason()
            .map_or(String::new(), |why| format!("; {why}"));
        observer.warned(&about, &format!("{}{why}", error.message()));
        if !self.damaged.contains(&about) {
            self.damaged.push(about);
        }
        Ok(())
    }
}

/// A member that was unpacked.
pub(super) struct Piece {
    pub(super) path: SafeName,
    /// The file it is in, with others if chunks were joined.
    pub(super) file: String,
    /// Where it begins in that file.
    pub(super) begin: u64,
    pub(super) size: u64,
    pub(super) digests: HashMap<Algorithm, String>,
}

impl Piece {
    /// Compares the piece with the lines about it; hands back the algorithm of one, if
    /// there is any.
    pub(super) fn verify(
        &mut self,
        listing: &Listing,
        staging: &Staging,
    ) -> Result<Option<Algorithm>> {
        let mut told = None;
        // No file can hold its own digest; some programs list it with that of a draft.
        let others = |_: &&Entry| self.path != listing.path;
        let lines: Vec<_> = listing.about(&self.path).filter(others).collect();
        for line in lines {
            let found = match self.digests.get(&line.algorithm) {
                Some(found) => found.clone(),
                None => self.digest_again(line.algorithm, staging)?,
            };
            if found != line.digest {
                return Err(mismatch(line, &found).in_member(self.path.as_str()));
            }
            self.digests.insert(line.algorithm, found);
            told = told.or(Some(line.algorithm));
        }
        Ok(told)
    }

    fn digest_again(&self, algorithm: Algorithm, staging: &Staging) -> Result<String> {
        let refused = |error| Error::write(error).in_member(&self.file);
        let mut file = staging.reopen(&self.file)?;
        file.seek(SeekFrom::Start(self.begin)).map_err(refused)?;
        let mut hasher = algorithm.hasher();
        let mut chunk = vec![0; 1 << 20];
        let mut left = self.size;
        while left > 0 {
            let now = to_usize(left.min(chunk.len() as u64));
            file.read_exact(&mut chunk[..now]).map_err(refused)?;
            hasher.update(&chunk[..now]);
            left -= now as u64;
        }
        Ok(hasher.finish())
    }
}

fn mismatch(line: &Entry, found: &str) -> Error {
    let algorithm = line.algorithm.token();
    Error::new(
        ErrorKind::Mismatch,
        "the file is not the one the manifest tells of",
    )
    .why(format!(
        "its {algorithm} is {found}, and the manifest says {}",
        line.digest
    ))
    .help(
        "fetch the package again, or make its manifest anew if it was edited; `--keep-going` \
         unpacks it all the same",
    )
}

/// The manifest names files that did not come.
pub(super) fn missing(names: &[String]) -> Error {
    let names = some_of(names, SHOWN);
    Error::new(
        ErrorKind::Mismatch,
        format!("the package lacks files its manifest lists: {names}"),
    )
    .why("the package is not whole, or its manifest is another's")
    .help("fetch the package again; `--keep-going` unpacks what is there")
}
