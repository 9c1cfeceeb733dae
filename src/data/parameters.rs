//! What parameters stand for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::rc::Rc;

use crate::base::suggest::nearest;
use crate::base::{Error, ErrorKind};

use super::declaration::{self, Declared};
use super::files::Files;
use super::limits::{Budget, MAX_PARAMETER_DEPTH, exceeded};
use super::node::{Node, Span};
use super::template::{Malformed, Parameter, Piece, Source, pieces};

/// Values from outside of the files.
pub(super) struct Given<'a> {
    /// Set explicitly.
    pub(super) set: &'a BTreeMap<String, String>,
    /// The environment.
    pub(super) environment: &'a dyn Fn(&str) -> Option<OsString>,
}

/// What a name stands for.
#[derive(Clone)]
enum State {
    Running,
    Value(Rc<str>),
    Nothing,
    /// It was told why it has none.
    Failed,
}

/// It was told what is wrong.
pub(super) struct Told;

/// The parameters of a document while it is filled in.
pub(super) struct Parameters<'a> {
    given: Given<'a>,
    files: &'a Files,
    budget: &'a mut Budget,
    declared: BTreeMap<String, Declared>,
    states: HashMap<String, State>,
    used: BTreeSet<String>,
    /// The names being looked up, each for the one before it.
    running: Vec<String>,
    /// What was wrong.
    pub(super) errors: Vec<Error>,
}

impl<'a> Parameters<'a> {
    /// Those that `declarations` declare.
    pub(super) fn new(
        given: Given<'a>,
        files: &'a Files,
        budget: &'a mut Budget,
        declarations: Option<&Node>,
    ) -> Self {
        let (declared, errors) = match declarations {
            Some(node) => declaration::read(files, node),
            None => Default::default(),
        };
        let mut parameters = Self {
            given,
            files,
            budget,
            declared,
            states: HashMap::new(),
            used: BTreeSet::new(),
            running: Vec::new(),
            errors,
        };
        parameters.require();
        parameters
    }

    /// Tells of those that somebody has to set and nobody has.
    fn require(&mut self) {
        let required = self.declared.iter().filter(|(_, one)| one.required);
        for (name, declared) in required {
            let variable = declared.variable.as_ref().map(|(name, _)| name.as_str());
            let set = self.given.set.contains_key(name)
                || variable.is_some_and(|name| (self.given.environment)(name).is_some());
            if !set {
                let error = self.files.invalid(
                    declared.span,
                    format!("the parameter `{name}` has to be set"),
                );
                self.errors.push(error.help(how_to_set(name, variable)));
                self.states.insert(name.clone(), State::Failed);
            }
        }
    }

    /// What was wrong, when all is filled in; also values for which there was no use.
    pub(super) fn finish(mut self) -> Vec<Error> {
        let known: BTreeSet<&str> = self
            .declared
            .keys()
            .chain(&self.used)
            .map(String::as_str)
            .collect();
        for name in self.given.set.keys() {
            if known.contains(name.as_str()) {
                continue;
            }
            let error = Error::usage(format!("there is no parameter `{name}`")).in_option("--set");
            let list: Vec<&str> = known.iter().copied().collect();
            self.errors
                .push(match nearest(name, list.iter().copied()).first() {
                    Some(near) => error.help(format!("did you mean `{near}`?")),
                    None if list.is_empty() => error
                        .help("the files declare and use none; write `${NAME}` where it belongs"),
                    None => error.help(format!("known are: {}", list.join(", "))),
                });
        }
        self.errors
    }

    /// What `pieces`, which are those of `text` at `span`, stand for together.
    pub(super) fn expand(
        &mut self,
        pieces: &[Piece],
        text: &str,
        span: Span,
    ) -> Result<String, Told> {
        let mut expanded = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(plain) => self.push(&mut expanded, plain, span)?,
                Piece::Parameter(parameter) => {
                    let value = self.value(parameter, text, span)?;
                    self.push(&mut expanded, &value, span)?;
                }
            }
        }
        Ok(expanded)
    }

    fn push(&mut self, expanded: &mut String, text: &str, span: Span) -> Result<(), Told> {
        if let Err(error) = self.budget.text(text.len()) {
            self.wrong(span, error);
            return Err(Told);
        }
        expanded.push_str(text);
        Ok(())
    }

    /// What is put for a use of a parameter in `text` at `span`.
    fn value(&mut self, parameter: &Parameter, text: &str, span: Span) -> Result<Rc<str>, Told> {
        let used = &text[parameter.range.clone()];
        let found = match &parameter.source {
            Source::Parameter(name) => self.look_up(name, used, span)?,
            Source::Environment(name) => self.variable(name, self.place(used, span))?,
        };
        match (found, &parameter.default) {
            (Some(value), _) if !value.is_empty() => Ok(value),
            // As in shells, `:-` is also for what is empty.
            (_, Some(default)) => Ok(self.expand(default, text, span)?.into()),
            (Some(empty), None) => Ok(empty),
            (None, None) => {
                let error = self.without_value(&parameter.source);
                self.wrong(self.place(used, span), error);
                Err(Told)
            }
        }
    }

    /// The value of the parameter `name`, if it has one.
    fn look_up(&mut self, name: &str, used: &str, span: Span) -> Result<Option<Rc<str>>, Told> {
        self.used.insert(name.to_owned());
        if let Some(value) = self.given.set.get(name) {
            return Ok(Some(value.as_str().into()));
        }
        match self.states.get(name) {
            Some(State::Value(value)) => return Ok(Some(Rc::clone(value))),
            Some(State::Nothing) => return Ok(None),
            Some(State::Failed) => return Err(Told),
            Some(State::Running) => {
                let from = self.running.iter().position(|running| running == name);
                let mut round = self.running[from.unwrap_or_default()..].to_vec();
                round.push(name.to_owned());
                let message = format!("parameters stand for one another: {}", round.join(" → "));
                let error = Error::new(ErrorKind::Invalid, message)
                    .help("give one of them a default without the others");
                self.wrong(self.place(used, span), error);
                return Err(Told);
            }
            None => {}
        }
        if self.running.len() == MAX_PARAMETER_DEPTH {
            let message = format!(
                "parameters stand in one another's defaults more than {MAX_PARAMETER_DEPTH} deep"
            );
            self.wrong(span, exceeded(message));
            return Err(Told);
        }
        self.states.insert(name.to_owned(), State::Running);
        self.running.push(name.to_owned());
        let found = self.declared_value(name);
        self.running.pop();
        let state = match &found {
            Ok(Some(value)) => State::Value(Rc::clone(value)),
            Ok(None) => State::Nothing,
            Err(Told) => State::Failed,
        };
        self.states.insert(name.to_owned(), state);
        found
    }

    /// The value of the parameter `name` by its declaration.
    fn declared_value(&mut self, name: &str) -> Result<Option<Rc<str>>, Told> {
        let Some(declared) = self.declared.get(name) else {
            return Ok(None);
        };
        let default = declared.default.clone();
        if let Some((variable, span)) = declared.variable.clone()
            && let Some(value) = self.variable(&variable, span)?
        {
            return Ok(Some(value));
        }
        let Some((text, span)) = default else {
            return Ok(None);
        };
        match pieces(&text) {
            Ok(None) => Ok(Some(text.into())),
            Ok(Some(pieces)) => Ok(Some(self.expand(&pieces, &text, span)?.into())),
            Err(malformed) => {
                self.malformed(&malformed, &text, span);
                Err(Told)
            }
        }
    }

    /// The value of the variable `name` of the environment, asked for at `span`.
    fn variable(&mut self, name: &str, span: Span) -> Result<Option<Rc<str>>, Told> {
        let Some(value) = (self.given.environment)(name) else {
            return Ok(None);
        };
        if let Ok(value) = value.into_string() {
            return Ok(Some(value.into()));
        }
        let message = format!("the environment variable `{name}` is not UTF-8");
        self.wrong(span, Error::new(ErrorKind::Invalid, message));
        Err(Told)
    }

    /// There is nothing to put for a parameter.
    fn without_value(&self, source: &Source) -> Error {
        let invalid = |message| Error::new(ErrorKind::Invalid, message);
        let name = match source {
            Source::Environment(name) => {
                return invalid(format!("the environment variable `{name}` is not set"))
                    .help(format!("set it, or give a default: `${{env:{name}:-…}}`"));
            }
            Source::Parameter(name) => name,
        };
        if let Some(declared) = self.declared.get(name) {
            let variable = declared.variable.as_ref().map(|(name, _)| name.as_str());
            let help = how_to_set(name, variable);
            return invalid(format!("the parameter `{name}` has no value"))
                .help(format!("{help}, or give it a default"));
        }
        let error = invalid(format!("there is no parameter `{name}`"));
        let known = self.declared.keys().chain(self.given.set.keys());
        error.help(match nearest(name, known.map(String::as_str)).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!(
                "declare it below `parameters`, or set it: `--set {name}=VALUE`; `$${{` is a `${{` \
                 that begins none"
            ),
        })
    }

    /// A text at `span` is no text with parameters.
    pub(super) fn malformed(&mut self, malformed: &Malformed, text: &str, span: Span) {
        let error = Error::new(ErrorKind::Invalid, malformed.message.as_str()).help(
            "write `${NAME}` or `${NAME:-DEFAULT}`, and `$${` for a `${` that begins neither",
        );
        let rest = text[malformed.at..].lines().next().unwrap_or_default();
        self.wrong(self.place(rest, span), error);
    }

    /// Where `part` is in what is written at `span`; all of it if it is written in another
    /// way there, as with escapes.
    fn place(&self, part: &str, span: Span) -> Span {
        match self.files.written(span).find(part) {
            Some(at) => self.files.part(span, at..at + part.len()),
            None => span,
        }
    }

    fn wrong(&mut self, span: Span, error: Error) {
        self.errors.push(self.files.blame(span, error));
    }
}

/// What sets the parameter `name`.
fn how_to_set(name: &str, variable: Option<&str>) -> String {
    match variable {
        Some(variable) => {
            format!("set it, by `--set {name}=VALUE` or the environment variable `{variable}`")
        }
        None => format!("set it: `--set {name}=VALUE`"),
    }
}
