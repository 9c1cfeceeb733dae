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
use crate::envelope::{self, Envelope, Version};
use crate::xml::{escape_attribute, escape_text};

/// A table of templates by name, from their files.
macro_rules! templates {
    ($directory:literal: $($name:literal)*) => {
        [$(($name, include_str!(concat!("../templates/", $directory, "/", $name, ".hbs")))),*]
    };
}

/// The templates both versions share, each with the name others call it by.
const SHARED: [(&str, &str); 36] = templates! { "ovf":
    "AnnotationSection"
    "Category"
    "Config"
    "DeploymentOptionSection"
    "Disk"
    "DiskSection"
    "EnvironmentFile"
    "EnvironmentFilesSection"
    "EulaSection"
    "Extra"
    "ExtraConfig"
    "File"
    "Icon"
    "InstallSection"
    "InstanceCount"
    "Item"
    "NetworkSection"
    "OperatingSystemSection"
    "Other"
    "PlacementGroupSection"
    "PlacementSection"
    "ProductSection"
    "Property"
    "References"
    "ResourceAllocationSection"
    "ScaleOutSection"
    "SharedDisk"
    "SharedDiskSection"
    "StartupItem"
    "StartupSection"
    "Strings"
    "System"
    "Value"
    "VirtualHardwareSection"
    "VirtualSystem"
    "VirtualSystemCollection"
};

/// The outermost template of each version.
const ENVELOPE_1_1: &str = include_str!("../templates/ovf-1.1/Envelope.hbs");
const ENVELOPE_2_0: &str = include_str!("../templates/ovf-2.0/Envelope.hbs");

/// Writes `envelope` as the text of an OVF 1.1 descriptor.
///
/// The text is read back and compared before it is returned, so it can be relied on
/// to say exactly what `envelope` says. A difference is an error of kind `Internal`
/// that names the first field that differs.
pub fn render(envelope: &Envelope) -> Result<String> {
    let templates = templates(envelope.version).map_err(|error| internal(&error))?;
    let text = templates
        .render("Envelope", envelope)
        .map_err(|error| internal(&error))?;
    verify(envelope, &text)?;
    Ok(text)
}

/// The engine with the templates and helpers in place.
fn templates(version: Version) -> Result<Handlebars<'static>, handlebars::TemplateError> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape_attribute);
    engine.register_helper("text", Box::new(text));
    engine.register_helper("given", Box::new(given));
    engine.register_helper("xml", Box::new(xml));
    engine.register_helper("on", Box::new(on));
    let outermost = match version {
        Version::V0_9 | Version::V1 => ENVELOPE_1_1,
        Version::V2 => ENVELOPE_2_0,
    };
    engine.register_template_string("Envelope", outermost)?;
    for (name, source) in SHARED {
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

/// `{{xml field}}`: XML that is kept as it was found.
fn xml(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let field = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("xml", 0))?;
    out.write(field.value().as_str().unwrap_or_default())?;
    Ok(())
}

/// `{{on extra "Name" 0}}`: the attributes that were found on a child of that name, the
/// first or the given one, whose value is modelled without them.
fn on(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let param = |index| helper.param(index).map(handlebars::PathAndJson::value);
    let nth = param(2).and_then(Value::as_u64).unwrap_or(0);
    let found = param(0)
        .and_then(|extra| extra.get("on_children")?.as_array())
        .into_iter()
        .flatten()
        .find(|child| Some(&child[0]) == param(1) && child[1] == nth);
    if let Some(child) = found {
        out.write(child[2].as_str().unwrap_or_default())?;
    }
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
    // What is of before the standard is written as 1.x.
    let same = match envelope.version {
        Version::V0_9 => {
            let version = Version::V1;
            written
                == (Envelope {
                    version,
                    ..envelope.clone()
                })
        }
        Version::V1 | Version::V2 => written == *envelope,
    };
    if same {
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
