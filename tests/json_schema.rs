//! The JSON Schemas in `schema/` are those of the types the program prints and reads.

use std::path::Path;
use std::{env, fs};

use ovfkit::ops::info::Report;
use ovfkit::ops::verify::VerifyReport;
use ovfkit::validate::Verdict;
use ovfkit::vm::Profile;
use schemars::Schema;

/// Compares `schema` with the file `name`, or writes that if `OVFKIT_UPDATE` is set.
fn check(name: &str, schema: &Schema) {
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
fn the_schema_of_targets_is_current() {
    check("target.json", &schemars::schema_for!(Profile));
}
