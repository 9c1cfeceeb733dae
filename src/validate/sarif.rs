//! A verdict in the format code hosts and editors read (SARIF 2.1.0, OASIS).

use std::fmt::Write as _;

use serde::Serialize;

use super::{Finding, Rule, Severity, Verdict, rules};

/// The address of the format's schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log file (§3.13).
#[derive(Debug, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

/// One run of the program (§3.14).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Debug, Serialize)]
struct Tool {
    driver: Driver,
}

/// The program and its rules (§3.19).
#[derive(Debug, Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Descriptor>,
}

/// A rule (§3.49).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    help: Message,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Debug, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Serialize)]
struct Properties {
    tags: [&'static str; 1],
}

#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

/// A finding (§3.27).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<TextRegion>,
}

#[derive(Debug, Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// A part of a text (§3.30).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TextRegion {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// The `verdict` as a log.
pub fn log(verdict: &Verdict) -> Log {
    let results = verdict.files.iter().flat_map(|judged| {
        let findings = judged.report.findings.iter();
        findings.map(outcome)
    });
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "ovfkit",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: rules().map(descriptor).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            results: results.collect(),
        }],
    }
}

fn descriptor(rule: &'static Rule) -> Descriptor {
    let message = |text: &str| Message {
        text: text.to_owned(),
    };
    Descriptor {
        id: rule.id,
        short_description: message(rule.title),
        full_description: Message {
            text: format!("{} ({})", rule.why, rule.reference),
        },
        help: message(rule.help),
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        properties: Properties {
            tags: [rule.family()],
        },
    }
}

fn outcome(finding: &Finding) -> Outcome {
    let text = match finding.label.as_str() {
        "" => finding.title.clone(),
        label => format!("{}: {label}", finding.title),
    };
    Outcome {
        rule_id: finding.rule.clone(),
        rule_index: rules().position(|rule| rule.id == finding.rule),
        level: level(finding.severity),
        message: Message { text },
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri(&finding.file),
                },
                region: finding.region.as_ref().map(|region| TextRegion {
                    start_line: region.line,
                    start_column: region.column,
                    end_line: region.end_line,
                    end_column: region.end_column,
                }),
            },
        }],
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A path as a reference (RFC 3986 §4.2): relative ones stay so.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if plain(byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
