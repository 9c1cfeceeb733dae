//! Writing an envelope: handlebars templates, and the proof that what they wrote
//! is what was meant.
//!
//! `templates/ovf-1.1` has a template for the envelope and one for each section,
//! named after its element. A template sees the envelope as serde serialises it, in
//! strict mode, so a misspelt field is an error. Two helpers join handlebars' own:
//!
//! * `{{#given field}}…{{/given}}` writes its block unless the field is absent.
//!   Unlike `#if` it lets zero and the empty text through.
//! * `{{text field}}` is for the content of elements: line ends and quotes stay
//!   readable. A plain `{{field}}` is safe in attributes too.

use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonRender, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use crate::base::{Error, ErrorKind, Result};
use crate::envelope::{self, Envelope};
use crate::xml::{escape_attribute, escape_text};

/// The templates of OVF 1.1, each with the name others call it by.
const OVF_1_1: [(&str, &str); 12] = [
    (
        "Envelope",
        include_str!("../templates/ovf-1.1/Envelope.hbs"),
    ),
    (
        "References",
        include_str!("../templates/ovf-1.1/References.hbs"),
    ),
    (
        "DiskSection",
        include_str!("../templates/ovf-1.1/DiskSection.hbs"),
    ),
    (
        "NetworkSection",
        include_str!("../templates/ovf-1.1/NetworkSection.hbs"),
    ),
    (
        "VirtualSystem",
        include_str!("../templates/ovf-1.1/VirtualSystem.hbs"),
    ),
    (
        "OperatingSystemSection",
        include_str!("../templates/ovf-1.1/OperatingSystemSection.hbs"),
    ),
    (
        "VirtualHardwareSection",
        include_str!("../templates/ovf-1.1/VirtualHardwareSection.hbs"),
    ),
    ("Item", include_str!("../templates/ovf-1.1/Item.hbs")),
    ("Config", include_str!("../templates/ovf-1.1/Config.hbs")),
    (
        "ProductSection",
        include_str!("../templates/ovf-1.1/ProductSection.hbs"),
    ),
    (
        "EulaSection",
        include_str!("../templates/ovf-1.1/EulaSection.hbs"),
    ),
    (
        "AnnotationSection",
        include_str!("../templates/ovf-1.1/AnnotationSection.hbs"),
    ),
];

/// Writes `envelope` as the text of an OVF 1.1 descriptor.
///
/// The text is read back and compared before it is returned, so it can be relied on
/// to say exactly what `envelope` says. A difference is an error of kind `Internal`
/// that names the first field that differs.
pub fn render(envelope: &Envelope) -> Result<String> {
    let templates = templates().map_err(|error| internal(&error))?;
    let text = templates
        .render("Envelope", envelope)
        .map_err(|error| internal(&error))?;
    verify(envelope, &text)?;
    Ok(text)
}

/// The engine with the templates and helpers in place.
fn templates() -> Result<Handlebars<'static>, handlebars::TemplateError> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape_attribute);
    engine.register_helper("text", Box::new(text));
    engine.register_helper("given", Box::new(given));
    for (name, source) in OVF_1_1 {
        engine.register_template_string(name, source)?;
    }
    Ok(engine)
}

/// `{{text field}}`: the field as content of an element.
///
/// It writes past the engine's indentation, which would otherwise creep into texts
/// of several lines.
fn text(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let field = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("text", 0))?;
    out.write(&escape_text(&field.value().render()))?;
    Ok(())
}

/// `{{#given field}}…{{/given}}`: the block, unless the field is absent.
fn given<'reg, 'rc>(
    helper: &Helper<'rc>,
    engine: &'reg Handlebars<'reg>,
    context: &'rc Context,
    render: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let field = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("given", 0))?;
    match helper.template() {
        Some(block) if !field.value().is_null() => block.render(engine, context, render, out),
        _ => Ok(()),
    }
}

/// That `text` reads back as `envelope`.
fn verify(envelope: &Envelope, text: &str) -> Result<()> {
    let written = envelope::parse(text).map_err(|error| internal(&error))?;
    if written == *envelope {
        return Ok(());
    }
    let meant = serde_json::to_value(envelope).map_err(|error| internal(&error))?;
    let written = serde_json::to_value(&written).map_err(|error| internal(&error))?;
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
    let message = format!("the descriptor could not be written faithfully: {reason}");
    Error::new(ErrorKind::Internal, message)
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
