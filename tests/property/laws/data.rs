//! What holds for any text that is given as a file of data.

use std::collections::BTreeMap;

use ovfkit::data::{Document, Format, Loader};
use serde::Deserialize;
use serde_json::Value;

/// A type with fields of every kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Machine {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    cpus: u8,
    #[serde(default)]
    disks: Vec<Disk>,
    #[serde(default)]
    nics: Vec<BTreeMap<String, bool>>,
    properties: BTreeMap<String, Property>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Disk {
    File(String),
    Made { size: String, bus: Bus },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Bus {
    Sata,
    Other(#[allow(dead_code)] (u8, u8)),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Property {
    label: String,
    default: Option<f64>,
}

/// A text is refused, or it is the same when written as JSON and read again; and whatever
/// a type has against it has a place. Returns whether a format reads it.
pub fn data(bytes: &[u8]) -> bool {
    // What is included is not searched for.
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains("include") => text,
        _ => return false,
    };
    let formats = [Format::Yaml, Format::Toml, Format::Json].map(Some);
    let read = formats.into_iter().chain([None]).filter(|format| {
        let Ok(document) = load("vm", text, *format) else {
            return false;
        };
        placed(&document);
        again(&document);
        true
    });
    read.count() > 0
}

/// The document of a `text`, with an environment and the parameter `n` set if it is used.
fn load(name: &str, text: &str, format: Option<Format>) -> Result<Document, ovfkit::Error> {
    let loader = || {
        Loader::new()
            .text(name, text, format)
            .environment(|name| (name == "HOME").then(|| "/root".into()))
    };
    loader().set("n", "7").load().or_else(|_| loader().load())
}

fn placed(document: &Document) {
    if let Err(error) = document.read::<Machine>() {
        for one in std::iter::once(&error).chain(error.others()) {
            assert!(one.place().line.is_some(), "{one}");
            assert!(one.others().is_empty() || std::ptr::eq(one, &raw const error));
        }
    }
}

fn again(document: &Document) {
    // Numbers that JSON does not know are refused by it.
    let Ok(value) = document.read::<Value>() else {
        return;
    };
    let Some(text) = written(&value) else {
        return;
    };
    let again = load("again.json", &text, None).unwrap();
    assert_eq!(again.read::<Value>().unwrap(), value, "{text}");
}

/// `value` in JSON, with what begins a parameter written so that it begins none; nothing if
/// a key means something to the loader.
pub fn written(value: &Value) -> Option<String> {
    let root = value.as_object()?;
    if root.contains_key("parameters") || root.contains_key("include") {
        return None;
    }
    serde_json::to_string_pretty(&literal(value)?).ok()
}

/// `value` with what begins a parameter written so that it begins none.
pub fn literal(value: &Value) -> Option<Value> {
    Some(match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => Value::Array(items.iter().map(literal).collect::<Option<_>>()?),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let value = (!key.ends_with('+')).then(|| literal(value)).flatten()?;
                Some((key.clone(), value))
            });
            Value::Object(entries.collect::<Option<_>>()?)
        }
        other => other.clone(),
    })
}
