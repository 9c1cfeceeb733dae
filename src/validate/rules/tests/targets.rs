//! Findings and verdicts for targets.

use super::{MACHINE, PORTABLE, around, everybody, judged_for};
use crate::validate::package::{Form, Package};
use crate::validate::{
    Imports, Options, Outcome, Report, Severity, Target, rule, rules, validate_package,
};

/// The rules tried here: no small change breaks them, or none keeps them.
pub(super) const TRIED: [&str; 4] = ["INT-VCD-02", "INT-AZR-01", "INT-OST-01", "INT-ESX-03"];

fn target(text: &str) -> Target {
    text.parse().expect("a target")
}

/// What `targets`, with blanks between, make of `text`.
fn judge(text: &str, targets: &str) -> Report {
    let targets: Vec<_> = targets.split_whitespace().map(target).collect();
    judged_for(text, &targets)
}

/// The only verdict there is.
fn verdict(text: &str, target: &str) -> Outcome {
    let report = judge(text, target);
    let [outcome] = report.targets.as_slice() else {
        panic!("{} verdicts", report.targets.len());
    };
    outcome.clone()
}

/// How bad what `rule` finds is, with the targets that mind; `None` if it finds nothing.
fn finding(report: &Report, rule: &str) -> Option<(Severity, String)> {
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| finding.rule == rule)?;
    let targets: Vec<_> = finding.targets.iter().map(ToString::to_string).collect();
    Some((finding.severity, targets.join(" ")))
}

fn found(severity: Severity, targets: &str) -> (Severity, String) {
    (severity, targets.to_owned())
}

#[test]
fn there_is_a_descriptor_every_importer_takes_as_it_is() {
    let report = judged_for(PORTABLE, &everybody());
    let disks_alone = ["INT-AZR-01", "INT-OST-01"];
    let told: Vec<_> = report
        .findings
        .iter()
        .filter(|one| !disks_alone.contains(&one.rule.as_str()))
        .map(|one| format!("{} {:?}", one.rule, one.label))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
    for outcome in &report.targets {
        let wanted = if outcome.target.importer().takes_disks_alone() {
            Imports::No
        } else {
            Imports::Yes
        };
        assert_eq!(outcome.imports, wanted, "{}", outcome.target);
    }
}

#[test]
fn the_rules_of_a_target_are_looked_for_when_it_is_asked_for() {
    let text = PORTABLE.replace(">E1000<", ">VmxNet3<");
    assert!(finding(&judge(&text, ""), "INT-VBX-08").is_none());
    assert!(finding(&judge(&text, "vsphere"), "INT-VBX-08").is_none());
    let report = judge(&text, "vsphere virtualbox virtualbox:6.1");
    assert_eq!(
        finding(&report, "INT-VBX-08"),
        Some(found(Severity::Warning, "virtualbox:7 virtualbox:6.1"))
    );
    let verdicts: Vec<_> = report.targets.iter().map(|one| one.imports).collect();
    let doubtful = Imports::WithWarnings;
    assert_eq!(verdicts, [Imports::Yes, doubtful, doubtful]);
}

#[test]
fn what_no_target_minds_is_a_step_less_severe() {
    // Only VMware's products look networks up.
    let text = PORTABLE.replace("<rasd:Connection>NAT<", "<rasd:Connection>lan<");
    let severity = |targets| finding(&judge(&text, targets), "NET-003");
    assert_eq!(severity(""), Some(found(Severity::Error, "")));
    assert_eq!(severity("aws"), Some(found(Severity::Warning, "")));
    assert_eq!(
        severity("aws vcd vsphere"),
        Some(found(Severity::Error, "vcd vsphere:8.0"))
    );
    assert_eq!(verdict(&text, "aws").imports, Imports::Yes);
    assert_eq!(verdict(&text, "vcd").imports, Imports::No);
}

#[test]
fn what_a_rule_of_a_target_tells_is_told_once() {
    let text = PORTABLE.replace("byte * 2^20", "byte*2^20");
    assert_eq!(
        finding(&judge(&text, ""), "VHW-029"),
        Some(found(Severity::Warning, ""))
    );
    let report = judge(&text, "virtualbox");
    assert!(finding(&report, "VHW-029").is_none());
    assert_eq!(
        finding(&report, "INT-VBX-02"),
        Some(found(Severity::Error, "virtualbox:7"))
    );
    // Others are told what they would be told.
    let report = judge(&text, "aws");
    assert_eq!(finding(&report, "VHW-029"), Some(found(Severity::Info, "")));
}

#[test]
fn severities_differ_between_targets() {
    let text = PORTABLE.replace("vmx-11 vmx-07", "virtualbox-2.2");
    let report = judge(&text, "workstation");
    assert_eq!(
        finding(&report, "INT-ESX-02"),
        Some(found(Severity::Warning, "workstation"))
    );
    let report = judge(&text, "workstation esxi");
    assert_eq!(
        finding(&report, "INT-ESX-02"),
        Some(found(Severity::Error, "workstation esxi:8.0"))
    );
    let verdicts: Vec<_> = report.targets.iter().map(|one| one.imports).collect();
    assert_eq!(verdicts, [Imports::WithWarnings, Imports::No]);
}

#[test]
fn versions_differ_in_what_they_import() {
    let hardware = |number: &str| PORTABLE.replace("vmx-11 vmx-07", number);
    for (text, target, imports) in [
        (hardware("vmx-20"), "vsphere:7.0", Imports::No),
        (hardware("vmx-20"), "vsphere:8.0", Imports::Yes),
        (hardware("vmx-20 vmx-13"), "vsphere:6.5", Imports::Yes),
        (
            hardware("vmx-20,VMX-13"),
            "vsphere:6.5",
            Imports::WithWarnings,
        ),
        (hardware("vmx-14"), "esxi:6.5", Imports::No),
        (hardware("vmx-14"), "esxi:6.7", Imports::Yes),
        (hardware("vmx-16"), "esxi:9.0", Imports::No),
        (hardware("vmx-16"), "workstation", Imports::Yes),
        (hardware("vmx-99"), "workstation", Imports::WithWarnings),
        (hardware("vmx-22"), "vcd", Imports::Yes),
    ] {
        assert_eq!(verdict(&text, target).imports, imports, "{target}");
    }
    let nvme = PORTABLE.replace(
        "lsilogic</rasd:ResourceSubType><rasd:ResourceType>6<",
        "NVMe</rasd:ResourceSubType><rasd:ResourceType>20<",
    );
    assert_eq!(verdict(&nvme, "virtualbox").imports, Imports::Yes);
    assert_eq!(verdict(&nvme, "virtualbox:6.1").imports, Imports::No);
}

#[test]
fn optional_devices_are_no_fault_where_the_importer_leaves_them_out() {
    let item = "</System><Item REQUIRED><rasd:ElementName>X</rasd:ElementName><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceSubType>other</rasd:ResourceSubType><rasd:ResourceType>KIND</rasd:ResourceType></Item>";
    for (kind, target, required, optional) in [
        ("24", "virtualbox", Imports::No, Imports::Yes),
        ("6", "vsphere", Imports::No, Imports::Yes),
        ("35", "vsphere", Imports::No, Imports::Yes),
        // Its reader stops at unknown storage whatever the item says.
        ("20", "virtualbox", Imports::No, Imports::No),
        ("24", "xen", Imports::WithWarnings, Imports::Yes),
    ] {
        let with = |attribute: &str| {
            let item = item.replace("KIND", kind).replace("REQUIRED", attribute);
            PORTABLE.replace("</System>", &item)
        };
        let outcome = verdict(&with(""), target);
        assert_eq!(outcome.imports, required, "{kind}: {outcome:?}");
        let outcome = verdict(&with("ovf:required=\"false\""), target);
        assert_eq!(outcome.imports, optional, "{kind}: {outcome:?}");
    }
}

#[test]
fn models_are_compared_whatever_their_case_and_in_lists() {
    let scsi = |model: &str| PORTABLE.replace(">lsilogic<", &format!(">{model}<"));
    for (model, target, imports) in [
        ("LSILOGIC", "vsphere", Imports::Yes),
        ("virtualscsi", "vsphere", Imports::Yes),
        ("other, lsilogic", "vsphere", Imports::Yes),
        ("other BusLogic", "virtualbox", Imports::Yes),
        ("other", "vsphere", Imports::No),
        ("VirtualSCSI", "virtualbox", Imports::WithWarnings),
        ("VirtualSCSI,lsilogic", "virtualbox", Imports::Yes),
    ] {
        assert_eq!(verdict(&scsi(model), target).imports, imports, "{model}");
    }
}

#[test]
fn reasons_begin_with_the_worst_and_the_shortest() {
    let outcome = verdict(MACHINE, "virt-v2v");
    let told: Vec<_> = outcome
        .reasons
        .iter()
        .map(|reason| (std::cmp::Reverse(reason.severity), reason.title.len()))
        .collect();
    assert!(told.is_sorted(), "{told:?}");
    assert!(!told.is_empty());
}

#[test]
fn what_is_allowed_is_no_reason() {
    let text = PORTABLE.replace(">E1000<", ">VmxNet3<");
    let mut report = judge(&text, "virtualbox");
    assert_eq!(report.targets[0].imports, Imports::WithWarnings);
    report.allow(&["int-vbx-08".to_owned()]);
    assert_eq!(report.targets[0].imports, Imports::Yes);
    assert!(report.findings.iter().all(|one| one.rule != "INT-VBX-08"));
}

#[test]
fn nobody_imports_what_is_no_descriptor() {
    for text in ["", "<html/>", "<Envelope>"] {
        let report = judge(text, "aws virtualbox");
        assert_eq!(report.targets.len(), 2, "{text}");
        for outcome in &report.targets {
            assert_eq!(outcome.imports, Imports::No);
            assert_eq!(outcome.reasons.len(), 1);
        }
        assert_eq!(report.findings[0].targets.len(), 2);
    }
}

#[test]
fn a_descriptor_can_be_too_long_for_cloud_director() {
    let long = |megabytes: usize| {
        let text = "x".repeat(megabytes << 20);
        PORTABLE.replace("<Info>Disks<", &format!("<Info>{text}<"))
    };
    assert!(finding(&judge(&long(11), "vcd"), "INT-VCD-02").is_none());
    assert!(finding(&judge(&long(12), "vcd"), "INT-VCD-02").is_some());
}

#[test]
fn services_for_disks_alone_import_no_package() {
    for (target, rule) in [("azure", "INT-AZR-01"), ("openstack", "INT-OST-01")] {
        let outcome = verdict(MACHINE, target);
        let reasons: Vec<_> = outcome.reasons.iter().map(|one| &*one.rule).collect();
        assert_eq!((outcome.imports, reasons), (Imports::No, vec![rule]));
    }
}

#[test]
fn old_hosts_do_not_know_new_digests() {
    let made = around::good();
    for (version, told) in [("6.0", true), ("6.5", false), ("8.0", false)] {
        let old = target(&format!("vsphere:{version}"));
        let report = made.judged_for(&[old]);
        let refused = finding(&report, "INT-ESX-03").is_some();
        assert_eq!(refused, told, "{version}");
    }
}

#[test]
fn a_package_without_a_descriptor_is_imported_by_nobody() {
    let mut made = around::good();
    made.package.members.remove(0);
    let options = Options {
        targets: &everybody(),
        ..Options::default()
    };
    let report = validate_package(&made.package, &options);
    assert_eq!(report.targets.len(), 17);
    for outcome in &report.targets {
        assert_eq!(outcome.imports, Imports::No, "{outcome:?}");
    }
}

#[test]
fn a_disk_alone_has_no_verdicts() {
    let mut package = Package::new(Form::Disk);
    package.members.push(around::file("disk.vmdk", 512));
    let options = Options {
        targets: &everybody(),
        ..Options::default()
    };
    assert!(validate_package(&package, &options).targets.is_empty());
}

#[test]
fn rules_of_targets_take_the_place_of_rules_there_are() {
    for own in rules().filter(|rule| !rule.is_general()) {
        for id in own.instead_of {
            let other = rule(id).unwrap_or_else(|| panic!("{}: there is no {id}", own.id));
            assert!(other.is_general(), "{}: {id}", own.id);
        }
        for importer in own.milder {
            assert!(own.targets.contains(importer), "{}: {importer}", own.id);
        }
    }
}
