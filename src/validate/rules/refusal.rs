//! Files that cannot be judged further: no descriptor, not well-formed, no envelope.

use super::Rule;
use crate::base::{Error, ErrorKind, Result};
use crate::validate::report::{Finding, Region};

/// The rule for a file that is no XML.
pub(in crate::validate) const NO_DESCRIPTOR: &str = "ENV-030";
/// The rule for a document that is not well-formed.
pub(in crate::validate) const NOT_WELL_FORMED: &str = "ENV-002";
/// The rule for a document with another root.
pub(in crate::validate) const NO_ENVELOPE: &str = "ENV-001";

/// What of these is found ends the validation, so none has a check.
pub(super) const RULES: &[Rule] = &[
    Rule::error(NO_DESCRIPTOR, "the file is no descriptor")
        .reference("DSP0243 1.1 §6.1")
        .why("importers look for an XML document with the root `Envelope`")
        .help("give the `*.ovf` of the package; if this was it, fetch or export it again"),
    Rule::error(NOT_WELL_FORMED, "the descriptor is not well-formed XML")
        .reference("DSP0243 1.1 §6.1; XML 1.0")
        .why("no importer reads past the fault; a DOCTYPE is refused for safety")
        .help("correct the line, or export the descriptor again"),
    Rule::error(NO_ENVELOPE, "the root element is no OVF envelope")
        .reference("DSP0243 1.1 §7.1")
        .why("importers tell a descriptor, and its edition, by the name and namespace of its root")
        .help("write `Envelope` in the namespace http://schemas.dmtf.org/ovf/envelope/1"),
];

/// What is said of a file that was refused with `error`, by the rule `id`. What is beyond
/// the limits of ovfkit is no fault of the file.
pub(in crate::validate) fn finding(error: Error, id: &str) -> Result<Finding> {
    if error.kind() == ErrorKind::LimitExceeded {
        return Err(error);
    }
    let Some(rule) = RULES.iter().find(|rule| rule.id == id) else {
        return Err(error);
    };
    let mut finding = Finding::new(rule, error.message().to_owned());
    if let Some(advice) = error.advice() {
        advice.clone_into(&mut finding.help);
    }
    let place = error.place();
    finding.excerpt = error.excerpt().cloned();
    finding.region = place.line.map(|(line, column)| {
        let shown = error.excerpt().map_or(1, |shown| shown.width);
        let length = u32::try_from(shown).unwrap_or(1);
        Region {
            offset: place.offset.unwrap_or_default(),
            length: u64::from(length),
            line,
            column,
            end_line: line,
            end_column: column.saturating_add(length),
        }
    });
    Ok(finding)
}
