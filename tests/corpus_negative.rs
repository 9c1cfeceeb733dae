//! Descriptors that were made to be wrong: which of them ovfkit refuses and why,
//! and what faults it finds in those it reads. What is not listed as a fault is for
//! validation to find: reading minds only whether there is a place for everything.
//!
//! `OVFKIT_CORPUS` names a directory with a list of them in `corpus/NEGATIVE.txt`;
//! without it the test skips aloud.

mod support;

use std::fmt::Write as _;
use std::fs;

use ovfkit::envelope::{EnvelopeError, read};
use ovfkit::xml::decode;

use support::corpus;

#[test]
fn what_is_made_to_be_wrong_is_refused_or_has_known_faults() {
    let Some(list) = corpus::file("corpus/NEGATIVE.txt") else {
        return;
    };
    let names = fs::read_to_string(list).expect("a list");
    let names: Vec<_> = names.split_whitespace().collect();
    assert!(names.len() > 60, "{} descriptors", names.len());
    let mut told = String::new();
    for name in names {
        let path = corpus::file(&format!("corpus/ovf/{name}")).expect("a listed descriptor");
        writeln!(told, "{name}").expect("room for text");
        for line in verdict(&fs::read(path).expect("readable")) {
            writeln!(told, "  {line}").expect("room for text");
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("golden/corpus");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("negative", told));
}

/// Why the descriptor is refused, or its faults, equal ones counted.
fn verdict(bytes: &[u8]) -> Vec<String> {
    let reading = match decode(bytes).and_then(|text| read(&text)) {
        Ok(reading) => reading,
        Err(error) => return vec![format!("refused ({:?}): {error}", error.kind())],
    };
    let mut faults: Vec<(String, usize)> = Vec::new();
    for fault in reading.faults.iter().map(kind) {
        match faults.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, times)) => *times += 1,
            None => faults.push((fault, 1)),
        }
    }
    if faults.is_empty() {
        return vec!["read".to_owned()];
    }
    let lines = faults
        .iter()
        .map(|(fault, times)| format!("{times} x {fault}"));
    lines.collect()
}

/// The kind of a fault and what it is about, without what the document says there.
fn kind(fault: &EnvelopeError) -> String {
    match fault {
        EnvelopeError::UnknownElement {
            element, parent, ..
        } => {
            format!("unknown {element} in {parent}")
        }
        EnvelopeError::RepeatedElement {
            element, parent, ..
        } => {
            format!("repeated {element} in {parent}")
        }
        EnvelopeError::MissingElement {
            element, parent, ..
        } => {
            format!("no {element} in {parent}")
        }
        EnvelopeError::MissingAttribute {
            attribute, element, ..
        } => {
            format!("no {attribute} on {element}")
        }
        EnvelopeError::Unqualified {
            attribute, element, ..
        } => {
            format!("{attribute} without its prefix on {element}")
        }
        EnvelopeError::WrongValue { name, expected, .. } => format!("{name} is not {expected}"),
        EnvelopeError::StrayText { element, .. } => format!("text in {element}"),
        other => other.to_string(),
    }
}
