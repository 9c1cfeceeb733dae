//! What docs/targets.md tells of targets is made from what they are.

use std::fmt::Write as _;

use ovfkit::ops::target::all;
use ovfkit::vm::{Feature, Profile};
use serde_json::Value;

use crate::support::documentation::{check, replaced};

fn targets() -> String {
    let mut text = "| target | platform | hardware | disks on | network cards | manifest |\n\
                    |---|---|---|---|---|---|\n"
        .to_owned();
    for one in all().expect("built in") {
        let _ = match &one.no_package {
            Some(why) => writeln!(text, "| `{}` | {} | {why} | | | |", one.name, one.title),
            None => writeln!(
                text,
                "| `{}` | {} | {} | {} | {} | {} |",
                one.name, one.title, one.hardware, one.controllers, one.nics, one.digest,
            ),
        };
    }
    text
}

/// What the schema says of the fields of `object`, those of maps in it behind a dot.
fn fields(root: &Value, object: &Value, around: &str, text: &mut String) {
    let properties = object["properties"].as_object().expect("fields");
    for (name, field) in properties {
        let about = field["description"].as_str().unwrap_or_default();
        let about = about.split_whitespace().collect::<Vec<_>>().join(" ");
        let default = match &field["default"] {
            Value::String(word) => format!(" Default: `{word}`."),
            _ => String::new(),
        };
        let _ = writeln!(text, "| `{around}{name}` | {about}{default} |");
        if let Some(inner) = target_of(root, field).filter(|inner| inner["properties"].is_object())
        {
            fields(root, inner, &format!("{name}."), text);
        }
    }
}

/// What a `$ref` in `field` leads to.
fn target_of<'v>(root: &'v Value, field: &Value) -> Option<&'v Value> {
    let name = field["$ref"].as_str()?.strip_prefix("#/$defs/")?;
    root["$defs"].get(name)
}

#[test]
fn the_documentation_of_targets_is_current() {
    let schema = schemars::schema_for!(Profile).to_value();
    let mut table = "| key | what it says |\n|---|---|\n".to_owned();
    fields(&schema, &schema, "", &mut table);
    let mut features = "| key | what it is |\n|---|---|\n".to_owned();
    for feature in Feature::ALL {
        let key = serde_json::to_value(feature).expect("a name");
        let key = key.as_str().expect("a name");
        let _ = writeln!(features, "| `{key}` | {} |", feature.title());
    }
    check("targets.md", "targets documentation", |page| {
        let page = replaced(page, "targets", &targets());
        let page = replaced(&page, "fields", &table);
        replaced(&page, "features", &features)
    });
}
