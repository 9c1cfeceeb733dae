//! Definitions: from files and options to what is packed.

pub(super) mod inputs;
pub(super) mod plan;
pub(super) mod seed;
pub(super) mod texts;

pub use plan::{NO_MANIFEST, Order, Plan, digest, plan};
pub(in crate::ops) use texts::read_text;

use std::ffi::OsString;
use std::path::PathBuf;

use super::init::compose;
use crate::base::shell::word;
use crate::base::{Error, ErrorKind, Result};
use crate::data::{Document, Format, Loader, Step};
use crate::vm::{At, Definition, Problem};

/// A definition, and where each of its values was written.
#[derive(Debug, Default)]
pub struct Defined {
    /// What is defined.
    pub definition: Definition,
    /// The files it was read from.
    document: Option<Document>,
    /// The values that options gave, with the options.
    options: Vec<(At, &'static str)>,
}

/// What a definition is read from.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// The files, each over those before it.
    pub paths: Vec<PathBuf>,
    /// Values of parameters.
    pub parameters: Vec<(String, String)>,
}

/// The `error` of reading `paths`, unless one of them is in the form of another program.
fn told_apart(error: Error, paths: &[PathBuf]) -> Error {
    let Some(path) = paths.iter().find(|path| compose::is_one(path)) else {
        return error;
    };
    Error::new(
        ErrorKind::Invalid,
        "the file is one for ova-compose, and no definition",
    )
    .at(path)
    .help(format!(
        "make a definition of it: ovfkit init --from {} -o vm.yaml",
        word(path)
    ))
}

/// A definition that was read from no file.
impl From<Definition> for Defined {
    fn from(definition: Definition) -> Self {
        Self {
            definition,
            ..Self::default()
        }
    }
}

impl Defined {
    /// Reads the definition in `files`; without any, there is nothing in it. Everything that is
    /// wrong with their form is told at once.
    ///
    /// `environment` is asked for the variables parameters name.
    pub fn load(files: &Files, environment: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        if files.paths.is_empty() {
            if let Some((name, _)) = files.parameters.first() {
                return Err(Error::usage(format!(
                    "the parameter `{name}` is set, but there is no definition it is for"
                ))
                .in_option("--set")
                .help("name the definition with `--definition`"));
            }
            return Ok(Self::default());
        }
        Self::read(Loader::new(), files, environment)
    }

    /// Reads the definition in `files` over `base`, the text of one, which errors call `name`.
    pub fn over(
        base: &str,
        name: &str,
        files: &Files,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self> {
        let loader = Loader::new().text(name, base, Some(Format::Yaml));
        Self::read(loader, files, environment)
    }

    /// Reads `files` over what `loader` has.
    fn read(
        loader: Loader<'_>,
        files: &Files,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self> {
        let mut loader = loader.environment(environment);
        for path in &files.paths {
            loader = loader.file(path);
        }
        for (name, value) in &files.parameters {
            loader = loader.set(name, value);
        }
        let read = loader.load().and_then(|document| {
            let definition = document.read()?;
            Ok((definition, document))
        });
        let (definition, document) = read.map_err(|error| told_apart(error, &files.paths))?;
        Ok(Self {
            definition,
            document: Some(document),
            options: Vec::new(),
        })
    }

    /// The machine at `at`: the definition itself, or one in it.
    ///
    /// # Panics
    ///
    /// If `at` is no machine of it.
    pub fn machine_mut(&mut self, at: &At) -> &mut Definition {
        let mut machine = &mut self.definition;
        for step in at.path().steps() {
            if let Step::Index(index) = step {
                machine = &mut machine.machines[*index];
            }
        }
        machine
    }

    /// Notes that `option` gave the value at `at`, whatever the files say.
    pub fn given(&mut self, at: At, option: &'static str) {
        self.options.push((at, option));
    }

    /// Whether an option gave just the value at `at`.
    pub fn is_given(&self, at: &At) -> bool {
        self.options.iter().any(|(given, _)| given == at)
    }

    /// The option that gave the value at `at`, or what is around it.
    fn option_of(&self, at: &At) -> Option<&'static str> {
        let steps = at.path().steps();
        let mut options = self.options.iter().rev();
        let found = options.find(|(given, _)| {
            let given = given.path().steps();
            steps.starts_with(given) || (given.starts_with(steps) && !steps.is_empty())
        });
        found.map(|(_, option)| *option)
    }

    /// The `problem` as an error in its place: an option, or a line of a file.
    pub fn blame(&self, problem: Problem) -> Error {
        let Problem { at, error } = problem;
        if let Some(option) = self.option_of(&at) {
            return error.in_option(option);
        }
        let Some(document) = &self.document else {
            return error;
        };
        match error.kind() {
            // That a file cannot be read is told where it is named.
            ErrorKind::Io => document.blame(at.path(), error.naming_its_file()),
            // What it says wrongly is told there.
            _ if error.place().path.is_some() => error,
            // What would be a mistake of the request is one of the file.
            ErrorKind::Usage => document.blame(at.path(), error.of_kind(ErrorKind::Invalid)),
            _ => document.blame(at.path(), error),
        }
    }

    /// The `error` about the value at `at`, in its place.
    pub fn at(&self, at: &At, error: Error) -> Error {
        let at = at.clone();
        self.blame(Problem { at, error })
    }

    /// The `error` about the file that is named at `at`: where a definition names it, in its
    /// place there.
    fn about_file(&self, at: &At, error: Error) -> Error {
        let (Some(document), None) = (&self.document, self.option_of(at)) else {
            return error;
        };
        document.blame(at.path(), error.naming_its_file())
    }

    /// The path `text`, which is the value at `at`: what a file names is beside the file.
    pub fn path(&self, at: &At, text: &str) -> PathBuf {
        match &self.document {
            Some(document) if self.option_of(at).is_none() => {
                document.directory(at.path()).join(text)
            }
            _ => PathBuf::from(text),
        }
    }
}
