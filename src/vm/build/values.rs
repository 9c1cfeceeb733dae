//! Whether a property can have the values it is given.

use super::problem::{At, Problems};
use crate::envelope;
use crate::vm::Contradiction;
use crate::vm::definition::Property;

/// The types of the standard (DSP0243 1.1 §9.5, table 6).
const TYPES: [&str; 12] = [
    "string", "boolean", "uint8", "sint8", "uint16", "sint16", "uint32", "sint32", "uint64",
    "sint64", "real32", "real64",
];

/// The standard's qualifiers of `property` (DSP0243 1.1 §9.5, table 7).
pub(in crate::vm) fn qualifiers(property: &Property) -> Option<String> {
    if property.qualifiers.is_some() {
        return property.qualifiers.clone();
    }
    let mut list = Vec::new();
    list.extend(property.min_length.map(|least| format!("MinLen({least})")));
    list.extend(property.max_length.map(|most| format!("MaxLen({most})")));
    if !property.choices.is_empty() {
        let quote =
            |choice: &str| format!("\"{}\"", choice.replace('\\', "\\\\").replace('"', "\\\""));
        let choices: Vec<String> = property
            .choices
            .iter()
            .map(|choice| quote(choice))
            .collect();
        list.push(format!("ValueMap{{{}}}", choices.join(",")));
    }
    (!list.is_empty()).then(|| list.join(", "))
}

/// Notes what is wrong with the property `made`, which `property` at `at` became.
pub(super) fn check(
    made: &envelope::Property,
    property: &Property,
    at: &At,
    problems: &mut Problems,
) {
    // What has a colon is VMware's, such as `ip:VM Network`.
    if !TYPES.contains(&&*made.value_type) && !is_vmwares(&made.value_type) {
        problems.add(
            at.key("type"),
            Contradiction::NoType {
                name: made.value_type.clone(),
            },
        );
        return;
    }
    if let (Some(least), Some(most)) = (property.min_length, property.max_length)
        && least > most
    {
        problems.add(at.key("min-length"), Contradiction::EmptyRange);
    }
    // Whoever deploys the machine can be made to give a value by a default that is none.
    let given = made.value.as_deref().filter(|value| !value.is_empty());
    let own = given.map(|value| (at.key("default"), value));
    let configured = made.values.iter().map(|value| {
        let name = value.configuration.as_deref().unwrap_or_default();
        (at.key("values").key(name), &*value.value)
    });
    for (at, value) in own.into_iter().chain(configured) {
        // What refers to another property is known when the machine is deployed.
        if value.contains("${") {
            continue;
        }
        if let Some(misfit) = made.misfit(value) {
            problems.add(
                at,
                Contradiction::BadValue {
                    value: value.to_owned(),
                    misfit,
                },
            );
        }
    }
}

/// Whether VMware knows the type, beyond the standard's.
fn is_vmwares(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let head = lower.split([':', '[', '(']).next().unwrap_or_default();
    matches!(
        head,
        "string" | "password" | "ip" | "expression" | "int" | "real" | "boolean"
    )
}
