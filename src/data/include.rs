//! Files with what they include.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::base::bounded::read_up_to;
use crate::base::storage::{FileIdentity, is_directory};
use crate::base::{Error, ErrorKind, Result};

use super::files::Files;
use super::format::{Format, decode};
use super::limits::{Budget, MAX_ERRORS, MAX_FILE_BYTES, MAX_FILES, MAX_INCLUDE_DEPTH, exceeded};
use super::merge::merge;
use super::node::{Node, Span, Value};
use super::template::OPEN;

/// The key of what a file includes.
const INCLUDE: &str = "include";

/// Files on their way to one tree.
#[derive(Default)]
pub(super) struct Reading {
    /// Their texts.
    pub(super) files: Files,
    /// What is left of the limits.
    pub(super) budget: Budget,
    /// What was wrong with them.
    pub(super) errors: Vec<Error>,
    /// The files read so far in one tree.
    pub(super) merged: Option<Node>,
    /// The files being read, each included by the one before it.
    open: Vec<Open>,
}

/// A file being read.
struct Open {
    path: PathBuf,
    identity: Option<FileIdentity>,
    /// Where it is included.
    include: Option<Span>,
}

impl Reading {
    /// Reads the file `path` over what was read before it.
    pub(super) fn file(&mut self, path: &Path, include: Option<Span>) {
        let open = Open {
            path: path.to_owned(),
            identity: FileIdentity::of(path),
            include,
        };
        let bytes = match self.admit(&open).and_then(|()| load(path)) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.errors.push(match include {
                    Some(span) => self.files.blame(span, error.naming_its_file()),
                    None => error.at(path),
                });
                return;
            }
        };
        self.bytes(open, bytes, None);
    }

    /// Reads a `text` that is named `path` over what was read before it.
    pub(super) fn text(&mut self, path: &Path, text: String, format: Option<Format>) {
        let open = Open {
            path: path.to_owned(),
            identity: None,
            include: None,
        };
        self.bytes(open, text.into_bytes(), format);
    }

    fn bytes(&mut self, open: Open, bytes: Vec<u8>, format: Option<Format>) {
        let path = open.path.clone();
        let read = decode(bytes)
            .map_err(|error| error.at(&path))
            .and_then(|text| self.tree(open, text, format));
        if let Err(error) = read {
            self.errors.push(error);
        }
    }

    /// Refuses a file that is being read already, or one too many.
    fn admit(&self, next: &Open) -> Result<()> {
        let same = |open: &Open| open.identity.is_some() && open.identity == next.identity;
        if let Some(first) = self.open.iter().position(same) {
            return Err(self.circle(&self.open[first..], next));
        }
        if self.open.len() > MAX_INCLUDE_DEPTH {
            return Err(exceeded(format!(
                "files include one another more than {MAX_INCLUDE_DEPTH} deep"
            )));
        }
        if self.files.count() >= MAX_FILES {
            return Err(exceeded(format!("there are more than {MAX_FILES} files")));
        }
        Ok(())
    }

    /// The files `round` include one another, the last the first by `next`.
    fn circle(&self, round: &[Open], next: &Open) -> Error {
        let mut names: Vec<String> = round.iter().map(|open| shown(&open.path)).collect();
        names.push(shown(&next.path));
        let places = round[1..].iter().chain([next]).filter_map(|open| {
            let place = self.files.location(open.include?);
            Some(format!("{place} includes {}", shown(&open.path)))
        });
        let message = format!("files include one another: {}", names.join(" → "));
        Error::new(ErrorKind::Invalid, message)
            .why(places.collect::<Vec<_>>().join("; "))
            .help("remove one of these includes")
    }

    fn tree(&mut self, open: Open, text: String, format: Option<Format>) -> Result<()> {
        let path = open.path.clone();
        let format = format.unwrap_or_else(|| Format::of(&path, &text));
        let file = self.files.add(&path, text);
        let mut root = format.read(self.files.source(file), &mut self.budget)?;
        if root.is_null() {
            root.value = Value::Map(Vec::new());
        }
        let Value::Map(entries) = &mut root.value else {
            let what = root.what();
            let message = format!("the file is {what}; it has to be a map of keys and values");
            return Err(self.files.invalid(root.span, message));
        };
        let at = entries.iter().position(|entry| entry.key.text == INCLUDE);
        if let Some(includes) = at.map(|at| entries.remove(at).value) {
            self.open.push(open);
            self.includes(&path, includes);
            self.open.pop();
        }
        self.merged = Some(merge(&self.files, self.merged.take(), root)?);
        Ok(())
    }

    /// Reads what the file `path` includes.
    fn includes(&mut self, path: &Path, includes: Node) {
        let nodes = match includes.value {
            Value::List(items) => items,
            _ => vec![includes],
        };
        for node in nodes {
            if self.errors.len() >= MAX_ERRORS {
                return;
            }
            match self.target(path, &node) {
                Ok(target) => self.file(&target, Some(node.span)),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// The file that `node` names in the file `path`.
    fn target(&self, path: &Path, node: &Node) -> Result<PathBuf> {
        let text = match node.scalar() {
            Some(scalar) if !node.is_null() => &scalar.text,
            _ => {
                let message = format!("an include has to be a path, and is {}", node.what());
                return Err(self.files.invalid(node.span, message));
            }
        };
        if text.contains(OPEN) {
            return Err(self
                .files
                .invalid(node.span, "an include cannot have parameters")
                .why("what they stand for is known when all files are merged")
                .help("give the file with a further `--definition` instead"));
        }
        Ok(path.parent().unwrap_or(Path::new("")).join(text))
    }
}

/// The bytes of the file `path`, or of one that is too large, enough to tell.
fn load(path: &Path) -> Result<Vec<u8>> {
    let refused = |error| Error::io("cannot read the file", path, error);
    let file = File::open(path).map_err(refused)?;
    if file.metadata().map_err(refused)?.is_dir() {
        return Err(is_directory(path, "a file in YAML, TOML or JSON"));
    }
    read_up_to(file, MAX_FILE_BYTES as u64).map_err(refused)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
