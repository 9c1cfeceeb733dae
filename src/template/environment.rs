//! Writing an environment document.

use serde_json::{Value, json};

use crate::base::Result;
use crate::envelope::environment::{Environment, parse};
use crate::xml::names::{CARRIED_PREFIXES, ENVIRONMENT};

use super::{Overrides, engine, fill, internal, same, user_fault};

/// Writes `environment` as the text of an environment document (DSP8027).
///
/// As with a descriptor the text is read back and compared before it is returned.
pub fn render_environment(environment: &Environment) -> Result<String> {
    let sources = Overrides::default();
    let engine = engine(sources.sources_of_environment()).map_err(|error| internal(&error))?;
    let text = engine
        .render("Environment", &data(environment)?)
        .map_err(|error| internal(&error))?;
    same(
        environment,
        &parse(&text).map_err(|error| internal(&error))?,
    )?;
    Ok(text)
}

/// Writes `environment` with a user's own templates in the place of built-in ones. What
/// they write has to be an environment document.
pub fn render_environment_with(overrides: &Overrides, environment: &Environment) -> Result<String> {
    let sources = overrides.sources_of_environment();
    let text = fill(sources, "Environment", &data(environment)?)?;
    match parse(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(user_fault(&format!(
            "what the templates wrote is no environment document: {error}"
        ))),
    }
}

/// What the templates see.
fn data(environment: &Environment) -> Result<Value> {
    let mut data = serde_json::to_value(environment).map_err(|error| internal(&error))?;
    data["prefixes"] = json!(prefixes(&data));
    Ok(data)
}

/// The prefixes the root has to declare: that of the document, unless an attribute kept
/// on the root brings it along, and those of a descriptor that are in what is kept.
/// One too many does no harm, so it is enough that the text looks like a use.
fn prefixes(data: &Value) -> Vec<(&'static str, &'static str)> {
    let on_root = data["extra"]["attributes"].as_str().unwrap_or_default();
    let own = (!on_root.contains(" xmlns:oe=")).then_some(("oe", ENVIRONMENT));
    let all = data.to_string();
    let carried = CARRIED_PREFIXES.into_iter();
    let used = carried.filter(|(prefix, _)| all.contains(&format!("{prefix}:")));
    own.into_iter().chain(used).collect()
}
