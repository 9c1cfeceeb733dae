//! What stands in the cells of the reference: kinds of value, defaults and examples.

use ovfkit::data::Tree;
use serde_json::Value;

use super::section;

/// Kinds of value the page explains at its head, by what the schema calls them.
const EXPLAINED: [(&str, &str); 3] = [
    ("Size", "[size](#sizes)"),
    ("Text", "[text](#texts-for-people)"),
    ("Address", "[place](#places)"),
];

/// What `field` takes.
pub(crate) fn kind(root: &Value, field: &Value) -> String {
    if let Some(reference) = field["$ref"].as_str() {
        return referred(root, reference);
    }
    if let Some(alternatives) = field["anyOf"].as_array() {
        let there = alternatives.iter().filter(|one| one["type"] != "null");
        let kinds: Vec<_> = there.map(|one| kind(root, one)).collect();
        return match kinds.as_slice() {
            // A list that may be written without its brackets.
            [one, list] if *list == format!("list: {one}") => format!("{one}; or a list of such"),
            [word, map] if map.starts_with("[map]") => format!("{word}, or a {map}"),
            kinds => kinds.join(", or "),
        };
    }
    if let Some(values) = field
        .get("additionalProperties")
        .filter(|it| it.is_object())
    {
        return format!("map from names: {}", kind(root, values));
    }
    if let Some(members) = field.get("items") {
        return format!("list: {}", kind(root, members));
    }
    plain(field)
}

/// A value without parts.
fn plain(field: &Value) -> String {
    if let Some(words) = field["description"]
        .as_str()
        .filter(|it| !it.ends_with('.'))
    {
        return words.to_owned();
    }
    let types: Vec<_> = match &field["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    let types: Vec<_> = types.into_iter().filter(|one| *one != "null").collect();
    match types.as_slice() {
        ["integer"] => format!("whole number, {}", bounds(field)),
        ["boolean"] => "`true` or `false`".to_owned(),
        ["string"] => "text".to_owned(),
        ["string", "number", "boolean"] => "text, number, `true` or `false`".to_owned(),
        other => panic!("no word for {other:?} in {field}"),
    }
}

/// From where to where a whole number goes: by the schema, or by the room it has.
fn bounds(field: &Value) -> String {
    let least = field["minimum"].as_u64().expect("a bound");
    let room = match field["format"].as_str() {
        Some("uint16") => Some(u64::from(u16::MAX)),
        Some("uint32") => Some(u64::from(u32::MAX)),
        _ => None,
    };
    match field["maximum"].as_u64().or(room) {
        Some(most) => format!("{least} to {most}"),
        None => format!("{least} or more"),
    }
}

/// What `reference` leads to: a section of the page, or the words to choose from.
fn referred(root: &Value, reference: &str) -> String {
    // What is no definition of the schema is all of it.
    let name = reference.strip_prefix("#/$defs/").unwrap_or("Definition");
    if let Some((_, link)) = EXPLAINED.iter().find(|(kind, _)| *kind == name) {
        return (*link).to_owned();
    }
    if let Some(section) = section(name) {
        return format!("[map](#{})", section.anchor());
    }
    let choices = &root["$defs"][name];
    let plain = choices["enum"].as_array().into_iter().flatten();
    let told = choices["oneOf"].as_array().into_iter().flatten();
    let words = plain.chain(told.map(|one| &one["const"]));
    let words: Vec<_> = words
        .map(|it| format!("`{}`", it.as_str().expect("a word")))
        .collect();
    assert!(!words.is_empty(), "{name}: no words");
    words.join(", ")
}

/// The sentences of a description, and what it says of the key's absence.
pub(crate) fn sentences(description: &str) -> (String, String) {
    let words = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut about, mut absent) = (Vec::new(), Vec::new());
    for sentence in words.trim_end_matches('.').split(". ") {
        let mut kept = Vec::new();
        for clause in sentence.split("; ") {
            if clause.contains(" if absent") {
                let told = clause.replacen(" if absent", "", 1);
                absent.push(lower(told.trim_end_matches(',')));
            } else {
                kept.push(clause);
            }
        }
        if !kept.is_empty() {
            about.push(kept.join("; ") + ".");
        }
    }
    if absent.is_empty() {
        absent.push("—".to_owned());
    }
    (about.join(" "), absent.join("; "))
}

/// `text` as it is inside a sentence.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(next)) if next.is_lowercase() => {
            first.to_lowercase().chain(text.chars().skip(1)).collect()
        }
        _ => text.to_owned(),
    }
}

/// An `example` of the value of `key`, in one line of YAML.
pub(crate) fn example(key: &str, example: &Value) -> String {
    format!("{key}: {}", flow(example))
}

fn flow(value: &Value) -> String {
    match value {
        Value::Array(members) => {
            let members: Vec<_> = members.iter().map(flow).collect();
            format!("[{}]", members.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        // Inside brackets these mean something.
        Value::String(text) if text.contains([',', '[', ']', '{', '}']) => value.to_string(),
        scalar => {
            let entry = Tree::yaml_entry("k", &Tree::of_json(scalar));
            entry.trim_end().trim_start_matches("k: ").to_owned()
        }
    }
}
