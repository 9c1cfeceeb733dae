//! Every fix, on what breaks its rule; and what holds for all of them.

use std::collections::BTreeSet;

use super::table::TABLE;
use super::{FileFacts, Fixed, LEFT, Options, fix};
use crate::validate::rules::tests::{FILES, MACHINE, all_cases, judged};
use crate::validate::{PENDING, Report, Severity, rule, rules};

/// The files of the good descriptors, none of them a disk.
fn files(name: &str) -> Option<FileFacts> {
    let (_, size) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(FileFacts {
        size: *size,
        disk: None,
    })
}

fn mended(text: &str) -> Fixed {
    let options = Options {
        strict: true,
        files: Some(&files),
        ..Options::default()
    };
    fix(text.as_bytes(), &options).expect("within the limits")
}

fn errors(report: &Report) -> BTreeSet<String> {
    let findings = report.findings.iter();
    let errors = findings.filter(|one| one.severity == Severity::Error);
    errors.map(|one| one.rule.clone()).collect()
}

fn table() -> impl Iterator<Item = &'static str> {
    TABLE.iter().copied().flatten().map(|(id, _)| *id)
}

#[test]
fn what_breaks_a_rule_is_mended_or_left_with_a_reason() {
    let fixable: BTreeSet<_> = table().collect();
    let mut wrong = Vec::new();
    let mut refused = Vec::new();
    for case in all_cases() {
        let bad = case.bad();
        let fixed = mended(&bad);
        let text = fixed.text.clone().unwrap_or_else(|| bad.clone());
        let after = judged(&text);
        let left = fixed.left.iter().find(|left| left.rule == case.rule);
        let still = after.findings.iter().any(|one| one.rule == case.rule);
        if fixable.contains(case.rule) {
            match left {
                Some(left) => refused.push(format!("{}: {}", case.rule, left.why)),
                None if still => wrong.push(format!("{} is neither mended nor left", case.rule)),
                None => {}
            }
        }
        let new: Vec<_> = errors(&after)
            .difference(&errors(&judged(&bad)))
            .cloned()
            .collect();
        if !new.is_empty() {
            wrong.push(format!(
                "{}: mending adds {new:?}: {:?}",
                case.rule, fixed.changes
            ));
        }
        let again = mended(&text);
        if again.text.is_some() {
            wrong.push(format!("{}: mended again: {:?}", case.rule, again.changes));
        }
    }
    refused.sort();
    refused.dedup();
    println!("{}", refused.join("\n"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fixable_is_what_has_a_fix() {
    let with: BTreeSet<_> = table().collect();
    let pending: BTreeSet<_> = PENDING.iter().flat_map(|one| one.ids).copied().collect();
    for id in &with {
        match rule(id) {
            Some(rule) => assert!(rule.fixable, "{id} has a fix and does not say so"),
            None => assert!(pending.contains(id), "{id} is no rule"),
        }
    }
    for rule in rules().filter(|rule| rule.fixable) {
        assert!(with.contains(rule.id), "{} has no fix", rule.id);
    }
    for id in LEFT.iter().flat_map(|left| left.ids) {
        assert!(rule(id).is_some() && !with.contains(id), "{id}");
    }
}

#[test]
fn a_good_descriptor_is_left_alone() {
    let fixed = mended(MACHINE);
    assert!(fixed.text.is_none(), "{:?}", fixed.changes);
}
