//! Files as one tree, and what is made of it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path as FilePath, PathBuf};

use serde::de::DeserializeOwned;

use crate::base::{Error, Result};

use super::collect;
use super::files::{Files, Location};
use super::fill::fill;
use super::format::{Format, decode};
use super::include::Reading;
use super::limits::Budget;
use super::node::{Node, Value};
use super::parameters::{Given, Parameters};
use super::path::Path;
use super::yaml::{self, Dialect};

/// The key of what parameters there are.
const PARAMETERS: &str = "parameters";

/// What a document is to be made of.
pub struct Loader<'a> {
    sources: Vec<Source>,
    set: BTreeMap<String, String>,
    environment: Box<Environment<'a>>,
}

/// Where the values of the environment's variables come from.
type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

enum Source {
    File(PathBuf),
    Text(PathBuf, String, Option<Format>),
}

impl Default for Loader<'_> {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            set: BTreeMap::new(),
            environment: Box::new(|_| None),
        }
    }
}

impl<'a> Loader<'a> {
    /// One with nothing yet, and without an environment.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the file `path`, over those before it.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.push(Source::File(path.into()));
        self
    }

    /// Adds a `text` over what was before it. Errors call it `path`, and what it includes is
    /// looked for beside that; without a `format`, both tell which it has.
    #[must_use]
    pub fn text(
        mut self,
        path: impl Into<PathBuf>,
        text: impl Into<String>,
        format: Option<Format>,
    ) -> Self {
        let source = Source::Text(path.into(), text.into(), format);
        self.sources.push(source);
        self
    }

    /// Sets the parameter `name`, whatever the files say. What is set last counts.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.insert(name.into(), value.into());
        self
    }

    /// Looks for the environment's variables in `environment`, which is
    /// `|name| std::env::var_os(name)` for those of the process.
    #[must_use]
    pub fn environment(mut self, environment: impl Fn(&str) -> Option<OsString> + 'a) -> Self {
        self.environment = Box::new(environment);
        self
    }

    /// Reads, merges and fills in. An error carries the [others](Error::others) that were
    /// found.
    pub fn load(self) -> Result<Document> {
        let mut reading = Reading::default();
        for source in self.sources {
            match source {
                Source::File(path) => reading.file(&path, None),
                Source::Text(path, text, format) => reading.text(&path, text, format),
            }
        }
        let Reading {
            files,
            mut budget,
            errors,
            merged,
            ..
        } = reading;
        let (Some(mut root), true) = (merged, errors.is_empty()) else {
            return Err(nothing_or(errors));
        };
        let declarations = take(&mut root, PARAMETERS);
        let given = Given {
            set: &self.set,
            environment: &*self.environment,
        };
        let mut parameters = Parameters::new(given, &files, &mut budget, declarations.as_ref());
        fill(&mut root, &mut parameters);
        let errors = parameters.finish();
        if errors.is_empty() {
            Ok(Document { root, files })
        } else {
            Err(Error::all(errors))
        }
    }
}

/// The `errors`, or that nothing was given.
fn nothing_or(errors: Vec<Error>) -> Error {
    if errors.is_empty() {
        return Error::usage("there is no file to read");
    }
    Error::all(errors)
}

/// Takes the value of `key` out of the map `root`.
fn take(root: &mut Node, key: &str) -> Option<Node> {
    let Value::Map(entries) = &mut root.value else {
        return None;
    };
    let at = entries.iter().position(|entry| entry.key.text == key)?;
    Some(entries.remove(at).value)
}

/// Files that were read, merged and filled in.
#[derive(Debug)]
pub struct Document {
    root: Node,
    files: Files,
}

impl Document {
    /// Reads a `text` that another program has a use for: it includes nothing, and has no
    /// parameters. Errors call it `path`.
    pub fn foreign(path: &FilePath, text: &str, format: Format) -> Result<Self> {
        let text = decode(text.into()).map_err(|error| error.at(path))?;
        let mut files = Files::default();
        let file = files.add(path, text);
        let root = format.read(files.source(file), &mut Budget::default())?;
        Ok(Self { root, files })
    }

    /// Reads a `text` of YAML as programs in Python do, with the words of YAML 1.1 for truth
    /// values. A single value with the program's own `tag`, such as `!param`, becomes a map
    /// from that to the text. Errors call it `path`.
    pub fn python(path: &FilePath, text: &str, tag: &'static str) -> Result<Self> {
        let text = decode(text.into()).map_err(|error| error.at(path))?;
        let mut files = Files::default();
        let file = files.add(path, text);
        let dialect = Dialect {
            old_truths: true,
            tag: Some(tag),
        };
        let root = yaml::read(files.source(file), &mut Budget::default(), dialect)?;
        Ok(Self { root, files })
    }
}

impl Document {
    /// Makes a `T` of it. An error carries the [others](Error::others) that were found.
    ///
    /// Texts take numbers as they were written, so that a version may be `1.10`; numbers
    /// take numbers only. Nothing (`null`) in a field of a struct is as if the key were
    /// not there.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        collect::read(&self.root, &self.files)
    }

    /// Its tree, without `include` and `parameters`.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Where what `path` leads to was written, or the last thing on the way there is.
    pub fn location(&self, path: &Path) -> Location {
        self.files.location(self.root.nearest(path).span)
    }

    /// The directory of the file in which what `path` leads to was written. What that names
    /// is beside it.
    pub fn directory(&self, path: &Path) -> PathBuf {
        let file = self.files.path(self.root.nearest(path).span);
        file.parent().map(Into::into).unwrap_or_default()
    }

    /// Puts an `error` about what `path` leads to, or the last thing on the way there is,
    /// to its place, unless it has one.
    #[must_use]
    pub fn blame(&self, path: &Path, error: Error) -> Error {
        self.files.blame(self.root.nearest(path).span, error)
    }
}
