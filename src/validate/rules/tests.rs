//! Every rule, broken and kept: a small change of a good descriptor breaks it.

#[path = "tests/around.rs"]
mod around;
#[path = "tests/cases.rs"]
mod cases;
#[path = "tests/cases_around.rs"]
mod cases_around;
#[path = "tests/cases_content.rs"]
mod cases_content;
#[path = "tests/cases_hardware.rs"]
mod cases_hardware;

use std::collections::BTreeSet;

use crate::validate::{Editions, Options, PENDING, Report, Severity, rule, rules, validate};

/// A machine of OVF 1.x that has all there is.
pub(in crate::validate) const MACHINE: &str = include_str!("tests/machine.ovf");
/// A collection of OVF 1.x.
const COLLECTION: &str = include_str!("tests/collection.ovf");
/// A collection of OVF 2.x, with its sections.
const SECOND: &str = include_str!("tests/second.ovf");
/// A machine of before the standard.
const OLD: &str = include_str!("tests/old.ovf");

/// What lies beside the good descriptors.
pub(in crate::validate) const FILES: [(&str, u64); 6] = [
    ("disk1.vmdk", 1_024_000),
    ("disk2.vmdk", 2_048_000),
    ("tools.iso", 4096),
    ("vm.nvram", 8684),
    ("icon.png", 300),
    ("init.txt", 10),
];

/// A change that breaks a rule.
pub(in crate::validate) struct Case {
    pub(in crate::validate) rule: &'static str,
    good: &'static str,
    changes: &'static [(&'static str, &'static str)],
}

impl Case {
    /// The descriptor that breaks the rule.
    pub(in crate::validate) fn bad(&self) -> String {
        let changes = self.changes.iter();
        changes.fold(self.good.to_owned(), |text, (from, to)| {
            text.replace(from, to)
        })
    }
}

/// The `rule` is kept by `good`, and not with all of `changes`.
const fn case(
    rule: &'static str,
    good: &'static str,
    changes: &'static [(&'static str, &'static str)],
) -> Case {
    Case {
        rule,
        good,
        changes,
    }
}

pub(in crate::validate) fn judged(text: &str) -> Report {
    let beside = |name: &str| {
        let found = FILES.iter().find(|(known, _)| *known == name);
        found.map(|(_, size)| *size)
    };
    let options = Options {
        strict: true,
        beside: Some(&beside),
        package: None,
    };
    validate(text.as_bytes(), &options).expect("within the limits")
}

fn breaks(text: &str, id: &str) -> bool {
    judged(text)
        .findings
        .iter()
        .any(|finding| finding.rule == id)
}

pub(in crate::validate) fn all_cases() -> impl Iterator<Item = &'static Case> {
    cases::CASES
        .iter()
        .chain(cases_around::CASES)
        .chain(cases_content::CASES)
        .chain(cases_hardware::CASES)
}

#[test]
fn good_descriptors_break_no_rule() {
    for (good, allowed) in [
        (MACHINE, &[][..]),
        (COLLECTION, &["COL-007"]),
        (SECOND, &["COL-007", "ENV-018"]),
        (OLD, &[]),
    ] {
        let report = judged(good);
        let found = report
            .findings
            .iter()
            .filter(|one| !allowed.contains(&&*one.rule));
        let told: Vec<_> = found
            .map(|one| format!("{} {:?}", one.rule, one.region))
            .collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

#[test]
fn every_rule_is_broken_by_a_small_change() {
    let mut wrong = Vec::new();
    for case in all_cases() {
        let Case {
            rule,
            good,
            changes,
        } = case;
        let mut text = (*good).to_owned();
        for (from, to) in *changes {
            if !text.contains(from) {
                wrong.push(format!("{rule}: no {from:?} to change"));
            }
            text = text.replace(from, to);
        }
        let bad = case.bad();
        if breaks(good, rule) {
            wrong.push(format!("{rule} is broken without the change"));
        }
        if !breaks(&bad, rule) {
            wrong.push(format!("{rule} is not broken by {changes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case_and_words() {
    let mut tried: BTreeSet<_> = all_cases().map(|case| case.rule).collect();
    tried.extend(around::tried());
    let known: BTreeSet<_> = rules().map(|rule| rule.id).collect();
    let untried: Vec<_> = known.difference(&tried).collect();
    assert!(untried.is_empty(), "no case for {untried:?}");
    assert_eq!(known.len(), rules().count(), "an id is used twice");
    for rule in rules() {
        let words = [rule.title, rule.reference, rule.why, rule.help];
        assert!(words.iter().all(|text| !text.is_empty()), "{}", rule.id);
        assert!(
            rule.family() != "schema" || rule.id.starts_with("XSD"),
            "{}",
            rule.id
        );
    }
}

#[test]
fn a_rule_of_an_edition_is_not_for_others() {
    for rule in rules().filter(|rule| rule.editions == Editions::V2) {
        let report = judged(MACHINE);
        assert!(
            report.findings.iter().all(|one| one.rule != rule.id),
            "{}",
            rule.id
        );
    }
}

#[test]
fn what_is_pending_is_no_rule() {
    for id in PENDING.iter().flat_map(|pending| pending.ids) {
        assert!(rule(id).is_none(), "{id} is a rule and pending");
    }
}

/// The numbers in use in each family, whether looked for or not.
const NUMBERS: [(&str, &[(u16, u16)]); 23] = [
    ("PKG", &[(1, 28), (101, 118), (201, 209)]),
    ("ENV", &[(1, 32), (101, 118)]),
    ("REF", &[(1, 22)]),
    ("DSK", &[(1, 32), (101, 111)]),
    ("NET", &[(1, 12)]),
    ("VHW", &[(1, 71)]),
    ("SEC", &[(1, 11)]),
    ("PRD", &[(1, 24)]),
    ("DEP", &[(1, 9)]),
    ("COL", &[(1, 13), (101, 107)]),
    ("I18N", &[(1, 10)]),
    ("EXT", &[(1, 15)]),
    ("OVE", &[(1, 12)]),
    ("INT-ESX", &[(1, 13)]),
    ("INT-VBX", &[(1, 13)]),
    ("INT-PVE", &[(1, 9)]),
    ("INT-AWS", &[(1, 5)]),
    ("INT-GCE", &[(1, 4)]),
    ("INT-V2V", &[(1, 5)]),
    ("INT-OVT", &[(1, 4)]),
    ("INT-KVM", &[(1, 2)]),
    ("INT-CLS", &[(1, 1)]),
    ("INT-XEN", &[(1, 3)]),
];

#[test]
fn every_number_is_a_rule_or_pending() {
    let pending: BTreeSet<_> = PENDING
        .iter()
        .flat_map(|pending| pending.ids)
        .copied()
        .collect();
    let mut lost = Vec::new();
    for (family, parts) in NUMBERS {
        let width = if family.starts_with("INT") { 2 } else { 3 };
        for number in parts.iter().flat_map(|(first, last)| *first..=*last) {
            let id = format!("{family}-{number:0width$}");
            if rule(&id).is_none() && !pending.contains(&*id) {
                lost.push(id);
            }
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn a_rule_tells_twenty_findings_and_how_many_more() {
    let many = "<File ovf:id=\"x\" ovf:href=\"a\"/>".repeat(50);
    let text = MACHINE.replace("</References>", &format!("{many}</References>"));
    let report = judged(&text);
    let told = report
        .findings
        .iter()
        .filter(|finding| finding.rule == "REF-002")
        .count();
    let more = report
        .more
        .iter()
        .find(|more| more.rule == "REF-002")
        .expect("more");
    assert_eq!((told, more.count), (20, 29));
    assert!(report.count(Severity::Error) >= 49);
}

/// A machine with `more` items, and `disks` more disks.
fn crowded(items: &str, disks: &str) -> String {
    let text = MACHINE.replace("</DiskSection>", &format!("{disks}</DiskSection>"));
    text.replace("</System>", &format!("</System>{items}"))
}

#[test]
fn hostile_descriptors_are_judged_in_time() {
    let item = |id: &str, more: &str| {
        format!(
            "<Item ovf:configuration='a b c'><rasd:HostResource>ovf:/disk/d1</rasd:HostResource>\
             <rasd:InstanceID>{id}</rasd:InstanceID><rasd:Parent>{more}</rasd:Parent>\
             <rasd:ResourceType>17</rasd:ResourceType></Item>"
        )
    };
    let disk = "<Disk ovf:diskId='d1' ovf:fileRef='f1' ovf:capacity='1'/>";
    let same_items = item("4", "4").repeat(3000);
    // Each hangs on the next one, and each disk on the next disk.
    let joined = |many: usize, one: &dyn Fn(usize) -> String| {
        (0..many).map(one).collect::<Vec<_>>().concat()
    };
    let chain = joined(3000, &|n| item(&format!("i{n}"), &format!("i{}", n + 1)));
    let disks = joined(4000, &|n| {
        format!("<Disk ovf:diskId='x{n}' ovf:parentRef='x{}'/>", n + 1)
    });
    let qualifiers = "Ip(x),".repeat(200_000);
    let values: String = "<Value ovf:value='v'/>".repeat(8000);
    let map = joined(50_000, &|n| format!("'{n}',"));
    let property = |qualifiers: &str, values: &str| {
        let text = format!(
            "<Property ovf:key='k' ovf:type='string' ovf:qualifiers=\"{qualifiers}\">{values}\
             </Property></ProductSection>"
        );
        MACHINE.replace("</ProductSection>", &text)
    };
    for (name, text) in [
        ("one id", crowded(&same_items, &disk.repeat(4000))),
        ("chains", crowded(&chain, &disks)),
        ("qualifiers", property(&qualifiers, "")),
        ("values", property(&format!("ValueMap{{{map}}}"), &values)),
        ("one line", crowded(&chain, &disks).replace('\n', " ")),
    ] {
        let start = std::time::Instant::now();
        let report = judged(&text);
        assert!(report.findings.len() > 10, "{name}");
        // A build for tests is slow; what is quadratic takes minutes.
        let took = start.elapsed();
        println!("{name}: {took:?}");
        assert!(
            took < std::time::Duration::from_secs(60),
            "{name}: {took:?}"
        );
    }
}

#[test]
fn a_placeholder_is_no_fault() {
    let text = MACHINE.replace("ovf:capacity=\"20\"", "ovf:capacity=\"@@SIZE@@\"");
    assert!(!breaks(&text, "DSK-002"));
    assert!(breaks(&text, "ENV-029"));
}

#[test]
fn a_finding_marks_what_is_wrong() {
    let text = MACHINE.replace("ovf:fileRef=\"f2\"", "ovf:fileRef = 'f9'");
    let report = judged(&text);
    let mut found = report.findings.iter();
    let finding = found
        .find(|finding| finding.rule == "DSK-005")
        .expect("a finding");
    let region = finding.region.as_ref().expect("a place");
    let start = usize::try_from(region.offset).expect("small");
    let length = usize::try_from(region.length).expect("small");
    assert_eq!(&text[start..start + length], "ovf:fileRef = 'f9'");
    assert_eq!((region.line, region.column), (13, 27));
    assert_eq!((region.end_line, region.end_column), (13, 45));
}
