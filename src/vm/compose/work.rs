//! A definition on its way, and what is told of it.

use super::Around;
use super::given::{Given, Single};
use super::model::{Settings, Text};
use crate::base::{Error, ErrorKind, Result};
use crate::data::{Document, Path};
use crate::vm::definition::{self, Brief, Definition, Parameter, Placeholder, Scalar, Setting};

/// What the program adds to devices that can be taken out.
pub(super) const CONNECTABLE: (&str, &str) = ("connectable.allowGuestControl", "true");

/// A definition on its way.
pub(super) struct Work<'a> {
    pub(super) document: &'a Document,
    pub(super) around: &'a Around<'a>,
    pub(super) definition: Definition,
    pub(super) placeholders: Vec<Placeholder>,
    pub(super) remarks: Vec<String>,
    pub(super) errors: Vec<Error>,
}

/// The path to the value of `key`.
pub(super) fn at(key: &str) -> Path {
    Path::new().key(key)
}

impl Work<'_> {
    /// Notes that `what` is not carried over.
    pub(super) fn lose(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.remarks.contains(&what) {
            self.remarks.push(what);
        }
    }

    /// Notes that what is at `from` is wrong.
    pub(super) fn wrong(&mut self, from: &Path, message: impl Into<String>, help: &str) {
        let error = Error::new(ErrorKind::Invalid, message).help(help);
        self.errors.push(self.document.blame(from, error));
    }

    /// The value of `result`, unless it is wrong, which is told at `from`.
    pub(super) fn check<T>(&mut self, from: &Path, result: Result<T>) -> Option<T> {
        let told = |error: Error| {
            let error = error.of_kind(ErrorKind::Invalid);
            self.errors.push(self.document.blame(from, error));
        };
        result.map_err(told).ok()
    }

    /// What stands for the parameter `name`, which is declared with `default`.
    fn parameter(&mut self, name: &str, default: Option<String>) -> String {
        let own = own_name(name);
        if own != name {
            self.lose(format!("the name of the parameter `{name}`: it is `{own}`"));
        }
        let declared = self.definition.parameters.entry(own.clone());
        let declared = declared.or_insert_with(|| {
            Brief(Parameter {
                required: Some(true),
                ..Parameter::default()
            })
        });
        let mut other = None;
        match (&declared.default, default) {
            (None, Some(default)) => {
                declared.default = Some(Scalar(default));
                declared.required = None;
            }
            (Some(known), Some(default)) if **known != default => {
                other = Some(format!(
                    "the default `{default}` of the parameter `{own}`, which has another elsewhere"
                ));
            }
            _ => {}
        }
        if let Some(other) = other {
            self.lose(other);
        }
        format!("${{{own}}}")
    }

    fn hold(&mut self, to: Path, text: String) {
        self.placeholders.push(Placeholder { at: to, text });
    }

    /// The value of `given`, which goes to `to`. Where a parameter without a default stands for
    /// it, that is `stand_in`.
    pub(super) fn value<T: Single>(&mut self, given: &Given<T>, to: Path, stand_in: T) -> T {
        if let Given::Parameter { name, default } = given {
            let default = default.as_ref().map(ToString::to_string);
            let text = self.parameter(name, default);
            self.hold(to, text);
        }
        given.usual().cloned().unwrap_or(stand_in)
    }

    /// The text `given`, which goes to `to`.
    pub(super) fn text(&mut self, given: &Text, to: Path) -> String {
        self.value(given, to, "-".to_owned())
    }

    /// The text `given`, if there is one.
    pub(super) fn maybe(&mut self, given: Option<&Text>, to: Path) -> Option<String> {
        given.map(|given| self.text(given, to))
    }

    /// The number of MiB `given`, which goes to `to`, in bytes.
    pub(super) fn mebibytes(
        &mut self,
        given: &Given<u64>,
        from: &Path,
        to: Path,
    ) -> definition::Size {
        if let Given::Parameter { name, default } = given {
            let default = default.as_ref().map(ToString::to_string);
            let text = self.parameter(name, default) + " MiB";
            self.hold(to, text);
        }
        let bytes = given.usual().copied().unwrap_or(4).checked_mul(1 << 20);
        if bytes.is_none() {
            self.wrong(from, "the size is beyond any disk", "write it in MiB");
        }
        definition::Size(bytes.unwrap_or_default())
    }

    /// The path of a file `given`, which goes to `to`, as the definition writes it.
    pub(super) fn path(&mut self, given: &Text, to: Path) -> String {
        let usual = given.usual().map(|path| (self.around.path)(path));
        if let Given::Parameter { name, .. } = given {
            let text = self.parameter(name, usual.clone());
            self.hold(to, text);
        }
        usual.unwrap_or_else(|| "-".to_owned())
    }

    /// The value at `from` where a definition has no place for a parameter.
    pub(super) fn known<T: Single>(&mut self, given: &Given<T>, from: &Path) -> Option<T> {
        match given {
            Given::Value(value) => Some(value.clone()),
            Given::Parameter {
                name,
                default: Some(default),
            } => {
                self.lose(format!(
                    "the parameter `{name}` at `{from}`: its default, `{default}`, is put there"
                ));
                Some(default.clone())
            }
            Given::Parameter { name, .. } => {
                self.wrong(
                    from,
                    format!("{from}: no parameter of a definition can stand here"),
                    &format!("write the value, or give a default: `!param {name}=VALUE`"),
                );
                None
            }
        }
    }

    /// The settings `given`, over those the program makes, as they go to `to`.
    pub(super) fn settings(
        &mut self,
        made: &[(&str, &str)],
        given: Option<&Settings>,
        to: &Path,
    ) -> definition::Settings {
        let all = over(made, given);
        self.write_settings(&all, to)
    }

    /// The settings `all` as they go to `to`.
    pub(super) fn write_settings(&mut self, all: &Settings, to: &Path) -> definition::Settings {
        let there = all
            .iter()
            .filter_map(|(key, value)| Some((key, value.as_ref()?)));
        let written = there.map(|(key, value)| {
            let value = Scalar(self.text(value, to.clone().key(key)));
            let setting = Setting {
                value,
                required: false,
            };
            (key.clone(), Brief(setting))
        });
        written.collect()
    }
}

/// The settings that are `made`, with those `given` over them.
pub(super) fn over(made: &[(&str, &str)], given: Option<&Settings>) -> Settings {
    let made = made
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Some(Given::Value((*value).to_owned()))));
    let mut all: Settings = made.collect();
    for (key, value) in given.into_iter().flatten() {
        all.insert(key.clone(), value.clone());
    }
    all
}

/// `name` as a definition can have it.
fn own_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut own: String = name
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    if !own.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        own.insert(0, '_');
    }
    own
}
