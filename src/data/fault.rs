//! What is wrong with a tree for the type that is read of it.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::de::{self, Deserialize as _, Expected, Unexpected};

use crate::base::suggest::nearest;
use crate::base::{Error, ErrorKind};

use super::files::Files;
use super::node::Span;
use super::path::{Path, Step};
use super::wording;

/// What parts the pieces of a [`Carried`] error, each of which is cleared of it.
const SEPARATOR: char = '\u{1F}';

/// A fault and where it is.
#[derive(Debug)]
pub(super) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    what: What,
    /// The way to the node, the last step first.
    steps: Vec<Step>,
    /// The key in that node it is about.
    key: Option<String>,
    /// Where that is.
    span: Option<Span>,
}

#[derive(Debug)]
pub(super) enum What {
    /// A key nobody asks for.
    UnknownKey(String, &'static [&'static str]),
    /// A key that has to be there.
    MissingKey(&'static str),
    /// A name that is none of those there are.
    UnknownName(String, &'static [&'static str]),
    /// Another thing than what was expected.
    Unexpected { found: String, expected: String },
    /// In other words.
    Told {
        kind: ErrorKind,
        message: String,
        why: Option<String>,
        help: Option<String>,
    },
}

impl Fault {
    fn new(what: What) -> Self {
        Self(Box::new(Inner {
            what,
            steps: Vec::new(),
            key: None,
            span: None,
        }))
    }

    /// It was found in what `step` leads to, which is at `span`.
    pub(super) fn within(mut self, step: Step, span: Span) -> Self {
        self = self.at(span);
        self.0.steps.push(step);
        self
    }

    /// It is about the `key` at `span`.
    pub(super) fn of_key(mut self, key: &str, span: Span) -> Self {
        self.0.key.get_or_insert_with(|| key.to_owned());
        self.at(span)
    }

    /// It was found at `span`, if not deeper.
    pub(super) fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// What is wrong.
    pub(super) fn what(&self) -> &What {
        &self.0.what
    }

    /// The way to the node it is about.
    pub(super) fn node(&self) -> Path {
        self.0.steps.iter().rev().cloned().collect()
    }

    /// The way to what has to be left out to read on.
    pub(super) fn leave_out(&self) -> Path {
        let key = match (&self.0.key, &self.0.what) {
            (Some(key), _) | (None, What::UnknownKey(key, _)) => Some(Step::Key(key.clone())),
            _ => None,
        };
        self.0.steps.iter().rev().cloned().chain(key).collect()
    }

    /// It for people.
    pub(super) fn tell(self, files: &Files) -> Error {
        let path = self.node().to_string();
        let place = if path.is_empty() { path } else { path + ": " };
        let (message, kind) = match &self.0.what {
            What::UnknownKey(key, _) => (format!("there is no key `{key}`"), ErrorKind::Invalid),
            What::MissingKey(key) => (format!("the key `{key}` is missing"), ErrorKind::Invalid),
            What::UnknownName(name, _) => (format!("there is no `{name}`"), ErrorKind::Invalid),
            What::Unexpected { found, expected } => (
                format!("this has to be {expected}, and is {found}"),
                ErrorKind::Invalid,
            ),
            What::Told { kind, message, .. } => (message.clone(), *kind),
        };
        let mut error = Error::new(kind, place + &message);
        match self.0.what {
            What::UnknownKey(name, known) | What::UnknownName(name, known) => {
                error = error.help(suggestion(&name, known));
            }
            What::Unexpected { found, expected } => {
                if let Some(advice) = wording::advice(&found, &expected) {
                    error = error.help(advice);
                }
            }
            What::Told { why, help, .. } => {
                if let Some(why) = why {
                    error = error.why(why);
                }
                if let Some(help) = help {
                    error = error.help(help);
                }
            }
            What::MissingKey(_) => {}
        }
        match self.0.span {
            Some(span) => files.blame(span, error),
            None => error,
        }
    }
}

/// Which of the names `known` was meant by `typed`.
fn suggestion(typed: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return "remove it; nothing is known here".to_owned();
    }
    let list = known.join(", ");
    match nearest(typed, known.iter().copied()).first() {
        Some(near) => format!("did you mean `{near}`? Known are: {list}"),
        None => format!("known are: {list}"),
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.what)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        // The form for machines, which is the one for people unless it is a `Carried`.
        let text = format!("{message:#}");
        let mut parts = text.split(SEPARATOR).map(str::to_owned);
        let message = parts.next().unwrap_or_default();
        let mut part = || parts.next().filter(|part| !part.is_empty());
        let (why, help) = (part(), part());
        let kind = part().map_or(ErrorKind::Invalid, |kind| match kind.as_str() {
            "Io" => ErrorKind::Io,
            "Unsupported" => ErrorKind::Unsupported,
            "Denied" => ErrorKind::Denied,
            "LimitExceeded" => ErrorKind::LimitExceeded,
            // What a file says wrongly is a fault of the file, not of the request.
            _ => ErrorKind::Invalid,
        });
        Self::new(What::Told {
            kind,
            message,
            why,
            help,
        })
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(What::Unexpected {
            found: wording::found(found),
            expected: wording::expected(&expected.to_string()),
        })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(What::Unexpected {
            found: format!("{length} long"),
            expected: wording::expected(&expected.to_string()),
        })
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownName(variant.to_owned(), known))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey(field.to_owned(), known))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(What::MissingKey(field))
    }
}

/// An error on its way through serde, which takes nothing but a text.
struct Carried(Error);

impl Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        if !f.alternate() {
            return f.write_str(error.message());
        }
        let clear = |text: &str| text.replace(SEPARATOR, " ");
        write!(
            f,
            "{}{SEPARATOR}{}{SEPARATOR}{}{SEPARATOR}{:?}",
            clear(error.message()),
            clear(error.reason().unwrap_or_default()),
            clear(error.advice().unwrap_or_default()),
            error.kind()
        )
    }
}

/// Makes an error of serde of an `error` of ours, for a `Deserialize` to end with. A
/// [`Document`](super::Document) tells what it says of why and of what to do; others have
/// its message.
pub fn custom<E: de::Error>(error: Error) -> E {
    E::custom(Carried(error))
}

/// Reads a text and makes a `T` of it, for `#[serde(deserialize_with)]` and for a
/// `Deserialize` of a type that goes by its `FromStr`.
pub fn parsed<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = Error>,
    D: de::Deserializer<'de>,
{
    String::deserialize(deserializer)?.parse().map_err(custom)
}
