//! A manifest in the making: its length is known before its digests are.

use std::collections::{HashMap, HashSet};

use crate::base::digest::Algorithm;
use crate::base::{Error, ErrorKind, Result};
use crate::ops::assemble::names::Old;
use crate::ops::assemble::part::Part;
use crate::ova::listing::Listing;
use crate::ova::manifest::{Entry, lines};
use crate::ova::name::SafeName;

use super::plan::{Content, Package, Plan};

/// A file that is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Listed {
    Descriptor,
    /// One of the plan's.
    Content(usize),
}

/// Digests that were taken.
pub(super) type Taken = HashMap<Listed, HashMap<Algorithm, String>>;

/// The text of a manifest, but for digests that are not known yet.
pub(super) struct Draft {
    pieces: Vec<Piece>,
    /// The digest of its first line, which a signature has, too.
    pub(super) algorithm: Algorithm,
}

enum Piece {
    Text(String),
    Digest(Listed, Algorithm),
}

impl Draft {
    /// The manifest `old`, each line of which stays as it is unless its file changes. Files that
    /// come get lines, and with `all` also those that had none.
    pub(super) fn renewed(
        old: &Old,
        listing: &Listing,
        package: &Package,
        plan: &Plan<'_>,
        all: bool,
    ) -> Self {
        let text = String::from_utf8_lossy(&old.bytes);
        let entries = &listing.manifest.entries;
        let algorithm = entries
            .first()
            .map_or(Algorithm::Sha256, |entry| entry.algorithm);
        let mut draft = Self {
            pieces: Vec::new(),
            algorithm,
        };
        let files = Files::of(package, plan);
        let mut ends_line = true;
        for line in lines(&text) {
            let whole = &text[line.start..];
            let whole = whole.split_inclusive('\n').next().unwrap_or_default();
            // A byte order mark stands before the first line.
            let known = line.entry().or_else(|| {
                let first = entries.first().filter(|_| line.start == 0)?;
                Some(first.clone())
            });
            let Some(entry) = known.filter(|_| !line.is_blank()) else {
                draft.text(whole);
                ends_line = whole.ends_with('\n');
                continue;
            };
            match files.of_line(&old.path, &entry) {
                Fate::Stays => draft.text(whole),
                Fate::Goes => continue,
                Fate::Changes(file) => {
                    let digest = line.parts().map_or("", |parts| parts.digest);
                    let end = line.text.trim_end().len();
                    draft.text(&whole[..end - digest.len()]);
                    draft.pieces.push(Piece::Digest(file, entry.algorithm));
                    draft.text(&whole[end..]);
                }
            }
            ends_line = whole.ends_with('\n');
        }
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        if !ends_line {
            draft.text(newline);
        }
        for content in 0..plan.contents.len() {
            let path = plan.path(package, content);
            let is_new = matches!(plan.contents[content], Content::New { .. });
            if listing.about(path).next().is_none() && (is_new || all) {
                let name = plan.names.of(&old.path, path);
                draft.line(&name, Listed::Content(content), None, newline);
            }
        }
        if all && listing.about(package.own()).next().is_none() {
            let name = plan.names.of(&old.path, package.own());
            draft.line(&name, Listed::Descriptor, None, newline);
        }
        draft
    }

    /// A manifest at `path` of all files, by `algorithm`. What the old one says of files that
    /// stay is taken from there.
    pub(super) fn made(
        path: &SafeName,
        algorithm: Algorithm,
        old: Option<&Old>,
        package: &Package,
        plan: &Plan<'_>,
    ) -> Self {
        let mut draft = Self {
            pieces: Vec::new(),
            algorithm,
        };
        let own = plan.names.of(path, package.own());
        draft.line(&own, Listed::Descriptor, None, "\n");
        let listing = old.and_then(|old| old.listing.as_ref());
        for (number, content) in plan.contents.iter().enumerate() {
            let known = match content {
                Content::Kept(place) => known(listing, &package.parts[*place], algorithm),
                Content::New { .. } => None,
            };
            let name = plan.names.of(path, plan.path(package, number));
            draft.line(&name, Listed::Content(number), known, "\n");
        }
        draft
    }

    fn text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    fn line(&mut self, name: &str, file: Listed, known: Option<String>, newline: &str) {
        let algorithm = self.algorithm;
        let entry = |digest| Entry {
            algorithm,
            name: name.to_owned(),
            digest,
        };
        if let Some(digest) = known {
            self.text(&entry(digest).to_line());
        } else {
            self.text(&entry(String::new()).to_line());
            self.pieces.push(Piece::Digest(file, algorithm));
        }
        self.text(newline);
    }

    /// Bytes it will have.
    pub(super) fn length(&self) -> u64 {
        let lengths = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Digest(_, algorithm) => algorithm.hex_length(),
        });
        lengths.sum::<usize>() as u64
    }

    /// The digests of `file` that are not known yet.
    pub(super) fn wanted(&self, file: Listed) -> Vec<Algorithm> {
        let mut wanted = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Digest(of, algorithm) if *of == file && !wanted.contains(algorithm) => {
                    wanted.push(*algorithm);
                }
                _ => {}
            }
        }
        wanted
    }

    /// Whether it reads `bytes`, whatever the digests.
    pub(super) fn reads(&self, bytes: &[u8]) -> bool {
        match self.pieces.as_slice() {
            [] => bytes.is_empty(),
            [Piece::Text(text)] => text.as_bytes() == bytes,
            _ => false,
        }
    }

    /// The text, with the digests that were taken.
    pub(super) fn fill(&self, taken: &Taken) -> Result<String> {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(known) => text.push_str(known),
                Piece::Digest(file, algorithm) => {
                    let digest = taken.get(file).and_then(|file| file.get(algorithm));
                    text.push_str(digest.ok_or_else(untaken)?);
                }
            }
        }
        Ok(text)
    }

    /// A text of the same length.
    pub(super) fn sample(&self) -> String {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Digest(_, algorithm) => "0".repeat(algorithm.hex_length()),
        });
        pieces.collect()
    }
}

/// What becomes of a line.
enum Fate {
    Stays,
    Goes,
    Changes(Listed),
}

/// Files by what is equal where case does not count, as importers look names up.
struct Files {
    changed: HashMap<String, Listed>,
    gone: HashSet<String>,
}

impl Files {
    fn of(package: &Package, plan: &Plan<'_>) -> Self {
        let mut changed = HashMap::new();
        if plan.descriptor.is_some() {
            changed.insert(package.own().folded(), Listed::Descriptor);
        }
        for (number, content) in plan.contents.iter().enumerate() {
            if let Content::New { path, .. } = content {
                changed.insert(path.folded(), Listed::Content(number));
            }
        }
        let gone = plan.gone.iter();
        let gone = gone.map(|place| package.parts[*place].path.folded());
        Self {
            changed,
            gone: gone.collect(),
        }
    }

    fn of_line(&self, manifest: &SafeName, entry: &Entry) -> Fate {
        for path in manifest.meant(&entry.name) {
            let path = path.folded();
            if let Some(file) = self.changed.get(&path) {
                return Fate::Changes(*file);
            }
            if self.gone.contains(&path) {
                return Fate::Goes;
            }
        }
        Fate::Stays
    }
}

/// What the old manifest says of a file that stays; nothing where its lines disagree.
fn known(listing: Option<&Listing>, part: &Part, algorithm: Algorithm) -> Option<String> {
    let mut lines = listing?.about(&part.path);
    let mut known = None;
    lines.try_for_each(|line| {
        if line.algorithm != algorithm {
            return Some(());
        }
        let same = known.get_or_insert_with(|| line.digest.clone());
        (*same == line.digest).then_some(())
    })?;
    known
}

fn untaken() -> Error {
    Error::new(ErrorKind::Internal, "a digest was not taken")
}
