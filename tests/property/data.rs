//! Trees in each of the formats, and files of data with other bytes.

use std::fmt::Write as _;

use ovfkit::data::{Format, Loader};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::change::{hold, other_bytes};
use crate::laws::data::{data, literal};

const SEEDS: [&[u8]; 3] = [
    include_bytes!("seeds/data/vm.yaml"),
    include_bytes!("seeds/data/vm.toml"),
    include_bytes!("seeds/data/vm.json"),
];

/// What is put into files.
const WORDS: [&[u8]; 17] = [
    b"${n}",
    b"${",
    b"}",
    b"$${",
    b":-",
    b": ",
    b"- ",
    b"\n",
    b"\t",
    b"\"",
    b"&a ",
    b"*base",
    b"<<: ",
    b"!!str ",
    b"[[",
    b"]]",
    "\u{FEFF}ü\u{85}\u{2028}".as_bytes(),
];

#[test]
fn files_of_other_bytes() {
    for seed in SEEDS {
        assert!(data(seed));
    }
    let read = hold(4000, &SEEDS, data, |dice, seed| {
        other_bytes(dice, seed, &WORDS)
    });
    assert!(read > 400, "{read} were read");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~üä😀\u{85}\u{2028}\n\t\r$\\{\\}:#\"'-]{0,12}",
        prop::sample::select(vec![
            "", "~", "null", "true", "yes", "1.10", "0x1F", "- a", "a: b", "${n}", "<<"
        ])
        .prop_map(str::to_owned),
    ]
}

fn key() -> impl Strategy<Value = String> {
    let means = |key: &String| !key.ends_with('+') && key != "parameters" && key != "include";
    text().prop_filter("a key that means something", means)
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 40, 6, |inside| {
        prop_oneof![
            prop::collection::vec(inside.clone(), 0..6).prop_map(Value::from),
            map(inside).prop_map(Value::from),
        ]
    })
}

fn map(inside: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(key(), inside, 0..6).prop_map(|map| map.into_iter().collect())
}

/// A text in quotes, which all three formats take.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// In YAML's own form, `indent` deep.
fn yaml(value: &Value, indent: usize, out: &mut String) {
    let room = "  ".repeat(indent);
    match value {
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                write!(out, "\n{room}-").unwrap();
                yaml(item, indent + 1, out);
            }
        }
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                write!(out, "\n{room}{}:", quoted(key)).unwrap();
                yaml(value, indent + 1, out);
            }
        }
        Value::String(word) if word.len() > 5 && word.bytes().all(|c| c.is_ascii_lowercase()) => {
            write!(out, " {word}").unwrap();
        }
        other => write!(out, " {other}").unwrap(),
    }
}

/// A value as TOML has it behind a key.
fn toml(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(items) => format!("[{}]", joined(items.iter().map(toml).collect())),
        Value::Object(entries) => {
            let pair =
                |(key, value): (&String, &Value)| format!("{} = {}", quoted(key), toml(value));
            format!("{{{}}}", joined(entries.iter().map(pair).collect()))
        }
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn a_tree_is_the_same_in_every_format(map in map(value())) {
        let tree = Value::from(map);
        let written = literal(&tree).unwrap();
        let mut block = String::new();
        yaml(&written, 0, &mut block);
        let entries = written.as_object().unwrap().iter();
        let lines = entries.map(|(key, value)| format!("{} = {}\n", quoted(key), toml(value)));
        let texts = [
            (Format::Yaml, block),
            (Format::Yaml, written.to_string()),
            (Format::Json, serde_json::to_string_pretty(&written).unwrap()),
            (Format::Toml, lines.collect()),
        ];
        for (format, text) in texts {
            let document = Loader::new().text("vm", text.as_str(), Some(format)).load();
            let document = document.unwrap_or_else(|error| panic!("{format:?} {error}\n{text}"));
            prop_assert_eq!(&document.read::<Value>().unwrap(), &tree, "{:?}\n{}", format, text);
        }
    }
}
