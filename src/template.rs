//! Writing an envelope: handlebars templates, and the proof that what they wrote
//! is what was meant.
//!
//! `templates/ovf` has a template for each section and part of one, named after its
//! element; `ovf-1.1` and `ovf-2.0` hold those that differ. A template sees the envelope as serde serialises it, in
//! strict mode, so a misspelt field is an error. Helpers join handlebars' own:
//!
//! * `{{#given field}}…{{/given}}` writes its block unless the field is absent.
//!   Unlike `#if` it lets zero and the empty text through.
//! * `{{text field}}` is for the content of elements: line ends and quotes stay
//!   readable. A plain `{{field}}` is safe in attributes too.
//! * `{{on extra "Name"}}` writes the attributes that were found on the child `Name`.
//! * `<{{xml field}}` writes a kept element, such as each of `extra.elements`.

mod environment;
mod helpers;
mod library;
mod size;

pub use environment::{render_environment, render_environment_with};
pub use library::{Overrides, names, source};
pub use size::MAX_VALUES;

use std::sync::OnceLock;

use handlebars::{Handlebars, RenderErrorReason, TemplateError};
use serde::Serialize;
use serde_json::Value;

use crate::base::{Error, ErrorKind, Result};
use crate::envelope::{self, Envelope, Version};
use crate::xml::escape_attribute;

/// Writes `envelope` as the text of a descriptor: of OVF 2.0 if it is one of 2.x,
/// else of OVF 1.1.
///
/// The text is read back and compared before it is returned, so it can be relied on
/// to say exactly what `envelope` says. A difference is an error of kind `Internal`
/// that names the first field that differs.
pub fn render(envelope: &Envelope) -> Result<String> {
    size::check(envelope)?;
    let text = builtin(envelope.version)?
        .render("Envelope", envelope)
        .map_err(|error| internal(&error))?;
    verify(envelope, &text)?;
    Ok(text)
}

/// Writes `envelope` with a user's own templates in the place of built-in ones.
///
/// They may add and leave out what they like, but what they write has to be an
/// envelope: the text is read back before it is returned.
pub fn render_with(overrides: &Overrides, envelope: &Envelope) -> Result<String> {
    size::check(envelope)?;
    let text = fill(overrides.sources(envelope.version), "Envelope", envelope)?;
    match envelope::parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(user_fault(&format!(
            "what the templates wrote is no descriptor: {error}"
        ))),
    }
}

/// Fills in the template `root` of a user's `templates`.
fn fill<'t>(
    templates: impl IntoIterator<Item = (&'t str, &'t str)>,
    root: &str,
    data: &impl Serialize,
) -> Result<String> {
    let engine = engine(templates).map_err(|error| {
        let line = error.pos().map(|(line, _)| line);
        let name = error.name().map_or_else(String::new, String::clone);
        template_fault(&name, "read", line, &error.reason().to_string())
    })?;
    engine.render(root, data).map_err(|error| {
        let reason = match error.reason() {
            RenderErrorReason::MissingVariable(Some(field)) => {
                format!("`{field}` is no field here")
            }
            other => other.to_string(),
        };
        let name = error.template_name.clone().unwrap_or_default();
        template_fault(&name, "filled in", error.line_no, &reason)
    })
}

/// The engine with the built-in templates for `version`. Reading them takes as long as
/// writing hundreds of KiB, so it is kept.
fn builtin(version: Version) -> Result<&'static Handlebars<'static>> {
    static OVF_1_1: OnceLock<Handlebars<'static>> = OnceLock::new();
    static OVF_2_0: OnceLock<Handlebars<'static>> = OnceLock::new();
    let kept = match version {
        Version::V0_9 | Version::V1 => &OVF_1_1,
        Version::V2 => &OVF_2_0,
    };
    if let Some(engine) = kept.get() {
        return Ok(engine);
    }
    let engine = engine(Overrides::default().sources(version)).map_err(|error| internal(&error))?;
    Ok(kept.get_or_init(|| engine))
}

/// The engine with `templates` by name and the helpers in place.
fn engine<'t>(
    templates: impl IntoIterator<Item = (&'t str, &'t str)>,
) -> Result<Handlebars<'static>, Box<TemplateError>> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape_attribute);
    helpers::register(&mut engine);
    for (name, source) in templates {
        engine.register_template_string(name, source)?;
    }
    Ok(engine)
}

/// What a user's template called `name` cannot be, and for what `reason`.
fn template_fault(name: &str, cannot_be: &str, line: Option<usize>, reason: &str) -> Error {
    let place = line.map_or_else(String::new, |line| format!(" at line {line}"));
    user_fault(&format!(
        "the template `{name}` cannot be {cannot_be}{place}: {reason}"
    ))
}

fn user_fault(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
        .help("`ovfkit template show NAME` prints the built-in template to start from")
}

/// That `text` reads back as `envelope`.
fn verify(envelope: &Envelope, text: &str) -> Result<()> {
    let written = envelope::parse(text).map_err(|error| match error.kind() {
        // Empty elements are written with more text than they were read from.
        ErrorKind::LimitExceeded => Error::new(
            ErrorKind::LimitExceeded,
            format!("written anew, {}", error.message()),
        )
        .help("split the descriptor into several"),
        _ => internal(&error),
    })?;
    match envelope.version {
        // What is of before the standard is written as 1.x.
        Version::V0_9 => {
            let version = Version::V1;
            let meant = Envelope {
                version,
                ..envelope.clone()
            };
            same(&meant, &written)
        }
        Version::V1 | Version::V2 => same(envelope, &written),
    }
}

/// That what was `written` is what was `meant`.
fn same<T: PartialEq + Serialize>(meant: &T, written: &T) -> Result<()> {
    if written == meant {
        return Ok(());
    }
    let meant = serde_json::to_value(meant).map_err(|error| internal(&error))?;
    let written = serde_json::to_value(written).map_err(|error| internal(&error))?;
    let difference = difference("", &meant, &written)
        .unwrap_or_else(|| "a field that is not serialised".to_owned());
    Err(internal(&difference))
}

/// The first place where two values differ: its path and what stands on either side.
fn difference(path: &str, meant: &Value, written: &Value) -> Option<String> {
    match (meant, written) {
        (Value::Object(meant), Value::Object(written)) => meant.iter().find_map(|(key, meant)| {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            difference(&path, meant, written.get(key).unwrap_or(&Value::Null))
        }),
        (Value::Array(meant), Value::Array(written)) if meant.len() == written.len() => {
            let mut pairs = meant.iter().zip(written).enumerate();
            pairs.find_map(|(index, (meant, written))| {
                difference(&format!("{path}[{index}]"), meant, written)
            })
        }
        _ if meant == written => None,
        _ => Some(format!(
            "`{path}` should be {meant} and reads back as {written}"
        )),
    }
}

fn internal(reason: &dyn std::fmt::Display) -> Error {
    let message = format!("the document could not be written faithfully: {reason}");
    Error::new(ErrorKind::Internal, message)
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
