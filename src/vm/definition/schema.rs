//! The JSON Schema of definition files.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Definition;

/// The schema editors complete and check definition files by (JSON Schema, draft 2020-12).
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Definition>();
    schema.insert("title".to_owned(), "ovfkit machine definition".into());
    schema.to_value()
}
