//! The JSON Schemas in `schema/` are those of the types the program prints and reads.

use std::path::Path;
use std::{env, fs};

use ovfkit::ops::check::Checked;
use ovfkit::ops::convert::ConvertReport;
use ovfkit::ops::disk::compare::CompareReport;
use ovfkit::ops::disk::info::ImageInfo;
use ovfkit::ops::disk::map::Stretch;
use ovfkit::ops::disk::measure::MeasureReport;
use ovfkit::ops::disk::resize::ResizeReport;
use ovfkit::ops::disk::snapshots::SnapshotsReport;
use ovfkit::ops::edit::EditReport;
use ovfkit::ops::info::Report;
use ovfkit::ops::verify::VerifyReport;
use ovfkit::validate::Verdict;
use ovfkit::vm::{definition, profile};
use serde::Serialize;
use serde_json::Value;

/// Compares `schema` with the file `name`, or writes that if `OVFKIT_UPDATE` is set.
fn check(name: &str, schema: &impl Serialize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(name);
    let current = serde_json::to_string_pretty(schema).expect("a schema is JSON") + "\n";
    if env::var_os("OVFKIT_UPDATE").is_some() {
        fs::write(&path, &current).expect("the schema can be written");
    }
    let committed = fs::read_to_string(&path).expect("the schema is there");
    assert!(
        committed == current,
        "{name} is not the schema of the type any more; write it again with \
         OVFKIT_UPDATE=1 cargo test --test json_schema"
    );
}

#[test]
fn the_schema_of_info_is_current() {
    check("info.json", &schemars::schema_for!(Report));
}

#[test]
fn the_schema_of_validate_is_current() {
    check("validate.json", &schemars::schema_for!(Verdict));
}

#[test]
fn the_schema_of_verify_is_current() {
    check("verify.json", &schemars::schema_for!(VerifyReport));
}

#[test]
fn the_schema_of_edit_is_current() {
    check("edit.json", &schemars::schema_for!(EditReport));
}

#[test]
fn the_schema_of_convert_is_current() {
    check("convert.json", &schemars::schema_for!(ConvertReport));
}

#[test]
fn the_schemas_of_verbs_on_disks_are_current() {
    check("disk-check.json", &schemars::schema_for!(Checked));
    check("disk-compare.json", &schemars::schema_for!(CompareReport));
    check("disk-info.json", &schemars::schema_for!(ImageInfo));
    check("disk-map.json", &schemars::schema_for!(Vec<Stretch>));
    check("disk-measure.json", &schemars::schema_for!(MeasureReport));
    check("disk-resize.json", &schemars::schema_for!(ResizeReport));
    check(
        "disk-snapshots.json",
        &schemars::schema_for!(SnapshotsReport),
    );
}

#[test]
fn the_schema_of_definitions_is_current() {
    check("definition.json", &definition::schema());
}

#[test]
fn the_schema_of_targets_is_current() {
    check("target.json", &profile::schema());
}

/// The properties of all objects in `schema`, which stands at `path`.
fn properties<'s>(path: &str, schema: &'s Value, found: &mut Vec<(String, &'s Value)>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                let Some(own) = value.as_object().filter(|_| key == "properties") else {
                    properties(&format!("{path}/{key}"), value, found);
                    continue;
                };
                for (name, property) in own {
                    let path = format!("{path}.{name}");
                    properties(&path, property, found);
                    found.push((path, property));
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| properties(path, value, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_described() {
    for schema in [definition::schema(), profile::schema()] {
        let mut found = Vec::new();
        properties("", &schema, &mut found);
        assert!(found.len() > 15, "{} keys", found.len());
        for (path, property) in found {
            let description = property["description"].as_str().unwrap_or_default();
            assert!(description.ends_with('.'), "{path}: {description:?}");
        }
    }
}

#[test]
fn examples_of_definitions_are_definitions() {
    let schema = definition::schema();
    let own = schema["properties"].as_object().expect("properties");
    let mut examples = 0;
    for (key, property) in own {
        for example in property["examples"].as_array().into_iter().flatten() {
            let mut map = serde_json::Map::new();
            map.insert(key.clone(), example.clone());
            let text = Value::Object(map).to_string();
            let loader = ovfkit::data::Loader::new();
            let document = loader
                .text("x", text, Some(ovfkit::data::Format::Json))
                .load();
            // What is included is not there, and parameters stand for something.
            if key == "include" {
                continue;
            }
            let read = document.and_then(|document| document.read::<definition::Definition>());
            assert!(read.is_ok(), "{key}: {example}: {read:?}");
            examples += 1;
        }
    }
    assert!(examples > 20, "{examples} examples");
}
