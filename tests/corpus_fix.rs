//! What mending makes of real descriptors: it adds no error, it is done after one time, and what
//! no edit is about stays as it was.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf`; without it the test skips
//! aloud.

mod support;

use std::collections::BTreeSet;
use std::fs;

use ovfkit::validate::fix::{Fixed, Options, fix};
use ovfkit::validate::{Severity, validate};

use support::corpus;

fn mended(bytes: &[u8], vsphere: bool) -> Fixed {
    let options = Options {
        strict: true,
        vsphere,
        ..Options::default()
    };
    fix(bytes, &options).expect("within the limits")
}

fn errors(bytes: &[u8]) -> BTreeSet<String> {
    let report = validate(bytes, &ovfkit::validate::Options::default()).expect("within the limits");
    let findings = report.findings.into_iter();
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.rule).collect()
}

/// Comments, which no fix is about, in whatever order.
fn comments(text: &str) -> Vec<&str> {
    let parts = text.split("<!--").skip(1);
    let mut found: Vec<_> = parts
        .map(|part| part.split("-->").next().unwrap_or(part))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn real_descriptors_are_mended_and_not_harmed() {
    let Some(files) = corpus::descriptors() else {
        return;
    };
    let (mut changed, mut wrong) = (0, Vec::new());
    for path in &files {
        let name = corpus::name(path);
        let bytes = fs::read(path).expect("readable");
        let fixed = mended(&bytes, false);
        let Some(text) = fixed.text else { continue };
        changed += 1;
        let before = errors(&bytes);
        let added: Vec<_> = errors(text.as_bytes())
            .difference(&before)
            .cloned()
            .collect();
        if !added.is_empty() {
            wrong.push(format!("{name}: {added:?} added by {:?}", fixed.changes));
        }
        let again = mended(text.as_bytes(), false);
        if again.text.is_some() {
            wrong.push(format!("{name}: mended again: {:?}", again.changes));
        }
        let decoded = ovfkit::xml::decode(&bytes).expect("it was read");
        if comments(&decoded) != comments(&text) {
            wrong.push(format!("{name}: comments changed"));
        }
        let twice = mended(text.as_bytes(), true);
        let twice = twice.text.unwrap_or(text);
        if mended(twice.as_bytes(), true).text.is_some() {
            wrong.push(format!("{name}: mended again for vSphere"));
        }
    }
    assert!(
        changed > 200,
        "{changed} descriptors have something to mend"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
