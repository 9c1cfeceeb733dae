//! Every fix, on what breaks its rule; and what holds for all of them.

use std::collections::BTreeSet;

use super::table::TABLE;
use super::{AROUND, DiskFacts, FileFacts, Fixed, LEFT, Options, fix};
use crate::envelope::STREAM_OPTIMIZED;
use crate::validate::rules::tests::{FILES, MACHINE, all_cases, judged};
use crate::validate::{PENDING, Report, Severity, rule, rules, validate};

/// The files of the good descriptors, none of them a disk.
fn files(name: &str) -> Option<FileFacts> {
    let (_, size) = FILES.iter().find(|(known, _)| *known == name)?;
    Some(FileFacts {
        size: *size,
        gzip: false,
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

/// What is not mended of what breaks rules in the tests of these, and why.
const REFUSED: [&str; 21] = [
    "DSK-001: an id has to be chosen, and what refers to it",
    "DSK-001: which of the two is meant where cannot be told",
    "DSK-002: how large the disk is has to be said",
    "DSK-002: what is meant cannot be told",
    "DSK-008: the file is not there to tell its format",
    "DSK-012: the file is not there to tell its format",
    "ENV-004: the two would have to be merged",
    "ENV-009: whether it is of the standard cannot be told",
    "ENV-011: which section it is cannot be told",
    "ENV-012: what to call the machine has to be chosen",
    "ENV-015: which of the two to keep has to be chosen",
    "ENV-101: there is another, and the two would have to be merged",
    "ENV-102: there is another, and the two would have to be merged",
    "EXT-011: nobody but its author knows what the prefix stands for",
    "NET-002: the two say different things",
    "PRD-007a: which of the standard's types fits has to be chosen",
    "PRD-013: what is meant cannot be told",
    "PRD-017: nobody would be asked for another, and the guest might have none",
    "REF-002: which of the two is meant where cannot be told",
    "VHW-050: what it is for cannot be told",
    "VHW-059: another firmware is asked for, so one of the two has to go",
];

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
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    refused.sort();
    refused.dedup();
    assert_eq!(refused, REFUSED);
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
    // The mark is left out when the text is written.
    let rules = rules().filter(|rule| rule.fixable && rule.id != "ENV-032");
    for rule in rules {
        let mended = with.contains(rule.id) || AROUND.contains(&rule.id);
        assert!(mended, "{} has no fix", rule.id);
    }
    for id in AROUND {
        assert!(rule(id).is_some_and(|rule| rule.fixable), "{id}");
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

/// A descriptor as tutorials print it: prefixes nobody declares, units behind numbers, items
/// with nothing but a description, and no `Info`.
const TUTORIAL: &str = include_str!("tests/tutorial.ovf");

#[test]
fn what_tutorials_print_becomes_what_it_was_meant_to_be() {
    // Each fault once, and none that is only there because of another: a prefix nobody
    // declares is one fault, and what it stands before is read all the same.
    let judged = validate(TUTORIAL.as_bytes(), &crate::validate::Options::default());
    let judged = judged.expect("within the limits");
    let named = [
        ("EXT-011a", "first", "xmlns:ovf="),
        ("EXT-011", "vssd", "xmlns:"),
        ("EXT-011", "rasd", "xmlns:"),
        ("DSK-002", "no whole number", "ovf:capacityAllocationUnits"),
        ("DSK-008", "no `ovf:format`", "#streamOptimized"),
        ("ENV-012", "no `Info`", "`Info`"),
        ("ENV-015", "no `Info`", "`Info`"),
        ("VHW-013", "no `rasd:InstanceID`", "number"),
        ("VHW-014", "no `rasd:ResourceType`", "number CIM has"),
        ("VHW-027a", "no `rasd:AllocationUnits`", "byte * 2^20"),
        ("VHW-033a", "ovf:/disk/vmdisk1", "`ovf:`"),
    ];
    for (rule, label, help) in named {
        let mut found = judged.findings.iter().filter(|one| one.rule == rule);
        assert!(
            found.any(|one| one.label.contains(label) && one.help.contains(help)),
            "{rule}"
        );
    }
    let cascade = ["REF-001", "DSK-001", "EXT-004"];
    assert!(
        judged
            .findings
            .iter()
            .all(|one| !cascade.contains(&&*one.rule))
    );
    let disk = |name: &str| {
        (name == "disk.vmdk").then_some(FileFacts {
            size: 4096,
            gzip: false,
            disk: Some(DiskFacts {
                capacity: 20 << 30,
                format: Some(STREAM_OPTIMIZED),
            }),
        })
    };
    let options = Options {
        files: Some(&disk),
        ..Options::default()
    };
    let fixed = fix(TUTORIAL.as_bytes(), &options).expect("within the limits");
    let text = fixed.text.expect("there is a lot to mend");
    assert_eq!(text, include_str!("tests/tutorial-mended.ovf"));
    // What is left is what only its author can know: what the first item is.
    let left: Vec<_> = fixed.left.iter().map(|left| &*left.rule).collect();
    assert_eq!(left, ["VHW-023"]);
    assert!(fixed.changes.iter().all(|change| change.line.is_some()));
    let report = validate(text.as_bytes(), &crate::validate::Options::default());
    let report = report.expect("within the limits");
    assert_eq!(errors(&report), BTreeSet::from(["VHW-014".to_owned()]));
}

#[test]
fn a_root_without_a_namespace_gets_one() {
    for root in [
        "<Envelope><References/><VirtualSystem ovf:id='a'/></Envelope>",
        "<ovf:Envelope><ovf:References/><ovf:VirtualSystem ovf:id='a'/></ovf:Envelope>",
    ] {
        let fixed = mended(root);
        assert_eq!(fixed.changes[0].rule, "ENV-001", "{root}");
        let text = fixed.text.expect("mended");
        assert!(!errors(&judged(&text)).contains("ENV-001"), "{text}");
    }
    // What may be anything is left alone.
    for other in [
        "<Envelope/>",
        "<Envelope><a/></Envelope>",
        "<Other><References/></Other>",
        "text",
    ] {
        assert!(mended(other).text.is_none(), "{other}");
    }
}

#[test]
fn what_vsphere_does_not_know_goes_for_vsphere_alone() {
    let text = MACHINE
        .replace("vmx-13 vmx-14", "virtualbox-2.2")
        .replace("</System>", "</System>\n<Item><rasd:ElementName>s</rasd:ElementName><rasd:InstanceID>90</rasd:InstanceID><rasd:ResourceSubType>ensoniq1371</rasd:ResourceSubType><rasd:ResourceType>35</rasd:ResourceType></Item>\n<Item><rasd:ElementName>i</rasd:ElementName><rasd:InstanceID>91</rasd:InstanceID><rasd:ResourceSubType>PIIX4</rasd:ResourceSubType><rasd:ResourceType>5</rasd:ResourceType></Item>\n<Item><rasd:ElementName>a</rasd:ElementName><rasd:InstanceID>92</rasd:InstanceID><rasd:ResourceSubType>AHCI</rasd:ResourceSubType><rasd:ResourceType>20</rasd:ResourceType></Item>");
    assert!(text.contains("virtualbox-2.2"));
    assert!(mended(&text).text.is_none());
    let options = Options {
        strict: true,
        files: Some(&files),
        vsphere: true,
        ..Options::default()
    };
    let fixed = fix(text.as_bytes(), &options).expect("within the limits");
    let rules: Vec<_> = fixed.changes.iter().map(|change| &*change.rule).collect();
    assert_eq!(
        rules,
        ["INT-ESX-02", "INT-ESX-05a", "INT-ESX-05a", "INT-ESX-08"]
    );
    let new = fixed.text.expect("mended");
    for there in [
        "vmx-13",
        "<Item ovf:required=\"false\"><rasd:ElementName>s<",
        ">vmware.sata.ahci<",
    ] {
        assert!(new.contains(there), "no {there} in {new}");
    }
    assert!(!new.contains("PIIX4") && !new.contains("virtualbox-2.2"));
}

#[test]
fn allowed_rules_are_left_alone() {
    let bad = MACHINE.replace("ovf:size=\"4096\"", "ovf:size=\"1\"");
    assert!(mended(&bad).text.is_some());
    let allow = ["ref-007B".to_owned()];
    let options = Options {
        files: Some(&files),
        allow: &allow,
        ..Options::default()
    };
    assert!(fix(bad.as_bytes(), &options).expect("fine").text.is_none());
}

#[test]
fn encodings_become_utf_8() {
    let text = MACHINE.replace("ovf:size=\"4096\"", "ovf:size=\"1\"");
    let declared = text.replacen("encoding=\"UTF-8\"", "encoding=\"UTF-16\"", 1);
    assert!(declared != text);
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend(declared.encode_utf16().flat_map(u16::to_le_bytes));
    let options = Options {
        strict: true,
        files: Some(&files),
        ..Options::default()
    };
    let fixed = fix(&bytes, &options).expect("within the limits");
    let rules: Vec<_> = fixed.changes.iter().map(|change| &*change.rule).collect();
    assert_eq!(rules, ["REF-007b", "ENV-031"]);
    assert_eq!(fixed.text.as_deref(), Some(MACHINE));
    let marked = ["\u{FEFF}", MACHINE].concat();
    let fixed = fix(marked.as_bytes(), &options).expect("within the limits");
    assert_eq!(fixed.changes[0].rule, "ENV-032");
    assert_eq!(fixed.text.as_deref(), Some(MACHINE));
}

#[test]
fn many_faults_are_mended_in_time() {
    let many =
        |count: usize, one: &dyn Fn(usize) -> String| -> String { (0..count).map(one).collect() };
    let into = |mark: &str, more: &str| MACHINE.replace(mark, &format!("{mark}{more}"));
    let item = |id: &str, more: &str| {
        format!("<Item><rasd:InstanceID>{id}</rasd:InstanceID>{more}</Item>")
    };
    let bare = many(4000, &|n| {
        format!("<Item><rasd:Description>{n}</rasd:Description></Item>")
    });
    let odd = many(4000, &|n| {
        item(&format!("x{n}"), "<rasd:ResourceType>6</rasd:ResourceType>")
    });
    let drives = many(4000, &|_| {
        item(
            "5",
            "<rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:Parent>3</rasd:Parent>\
             <rasd:ResourceType>17</rasd:ResourceType>",
        )
    });
    let sections = many(4000, &|_| "<ProductSection/>".to_owned());
    let networks = many(4000, &|_| "<Network ovf:name=\"n\"/>".to_owned());
    for (name, text) in [
        ("bare items", into("</System>", &bare)),
        ("odd ids", into("</System>", &odd)),
        ("one address", into("</System>", &drives)),
        ("late sections", into("</VirtualSystem>", &sections)),
        (
            "one network",
            MACHINE.replace("</NetworkSection>", &format!("{networks}</NetworkSection>")),
        ),
    ] {
        let start = std::time::Instant::now();
        let fixed = mended(&text);
        // A build for tests is slow; what is quadratic takes minutes.
        let took = start.elapsed();
        println!(
            "{name}: {took:?}, {} changes",
            fixed.changes.len() + fixed.more
        );
        assert!(
            took < std::time::Duration::from_secs(90),
            "{name}: {took:?}"
        );
    }
}
