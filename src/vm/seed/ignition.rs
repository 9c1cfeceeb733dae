//! The file Ignition reads.

use std::path::Path;

use serde_json::Value;

use crate::base::units::MIB;
use crate::base::{Error, Result};

use super::document::Document;
use super::fault::SeedFault;

/// What it is called in errors.
pub(super) const WHAT: &str = "the Ignition config";
/// The most bytes of it. It has to fit into a property once compressed, so larger ones would
/// be refused anyway; this keeps them from being read.
pub const MAX_IGNITION: u64 = 4 * MIB;
/// The major versions of the format: Flatcar of old and OpenShift up to 4.5 read the second,
/// everybody else the third.
const VERSIONS: [&str; 2] = ["2", "3"];

/// What Ignition is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignition {
    document: Document,
    version: String,
}

impl Ignition {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self> {
        Self::of(Document::read(path, WHAT, MAX_IGNITION)?)
    }

    fn of(document: Document) -> Result<Self> {
        let text = document.text(WHAT)?;
        let value: Value =
            serde_json::from_str(text).map_err(|error| not_json(&document, text, &error))?;
        let Value::Object(map) = &value else {
            return Err(document.fault(SeedFault::IgnitionVersion { version: None }));
        };
        // The first version of the format told it so.
        let version = map
            .get("ignition")
            .and_then(|ignition| ignition.get("version"))
            .or_else(|| map.get("ignitionVersion"));
        let version = version.map(|version| match version {
            Value::String(version) => version.clone(),
            other => other.to_string(),
        });
        match version {
            Some(version) if is_read(&version) => Ok(Self { document, version }),
            version => Err(document.fault(SeedFault::IgnitionVersion { version })),
        }
    }

    /// The file.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// The version of its format, such as `3.4.0`.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Whether `version` is a semantic one of a format that is in use.
fn is_read(version: &str) -> bool {
    let core = version.split('-').next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let number = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    numbers.len() == 3 && numbers.iter().all(number) && VERSIONS.contains(&numbers[0])
}

/// The error for `text`, which is no JSON; what it is taken for instead decides what it says.
fn not_json(document: &Document, text: &str, error: &serde_json::Error) -> Error {
    let is_key = |line: &str| line.starts_with("variant:") || line.starts_with("\"variant\":");
    if text.trim_start().starts_with("#cloud-config") {
        return document.fault(SeedFault::IgnitionIsCloudConfig);
    }
    if text.lines().any(is_key) {
        return document.fault(SeedFault::IgnitionIsButane);
    }
    // The place is told apart.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let message = message.to_owned();
    let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
    let column = u32::try_from(error.column()).unwrap_or(u32::MAX).max(1);
    let shown = text.lines().nth(error.line().saturating_sub(1));
    document
        .fault(SeedFault::IgnitionIsNoJson { message })
        .at_line(line, column)
        .with_excerpt(shown.unwrap_or_default(), column, 1)
}
