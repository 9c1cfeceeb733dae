//! The guest operating system, notes, licences and installation.

use super::{Document, Editions, Rule, Sink, repeated, shown};
use crate::validate::document::{attr, attr_anywhere, child, children, standard};
use crate::xml::Element;

/// The longest licence that is usual.
const LONG_LICENSE: usize = 64 << 10;
/// The numbers the vendors disagree about.
const AMBIGUOUS: std::ops::RangeInclusive<u16> = 112..=123;
/// The last number any vendor has a meaning for.
const LAST_KNOWN: u16 = 125;

pub(super) const RULES: &[Rule] = &[
    Rule::error("SEC-001", "the operating system has no id")
        .reference("DSP0243 1.1 §9.9")
        .why("importers choose the guest by it, and OVF Tool refuses the section without it")
        .help("write the number of CIM for the system; 1 is \"other\"")
        .check(no_id),
    Rule::warning(
        "SEC-001a",
        "the id of the operating system is no number CIM could have",
    )
    .reference("DSP0243 1.1 §9.9; CIM_OperatingSystem")
    .why("importers take it for \"other\"")
    .help("write the number of CIM for the system, and its name in `Description`")
    .check(odd_id),
    Rule::warning(
        "SEC-002",
        "the id of the operating system means different systems to different vendors",
    )
    .reference("CIM_OperatingSystem; practice of VMware, VirtualBox and Proxmox VE")
    .why("from 112 upward their lists differ, so the guest may be taken for another Windows")
    .help("add `vmw:osType`, and the name in `Description`")
    .check(ambiguous),
    Rule::error(
        "SEC-006",
        "an AnnotationSection has not exactly one Annotation",
    )
    .reference("DSP0243 1.1 §9.4")
    .why("there is nothing to show, or it is unclear what")
    .help("write one `Annotation` behind `Info`, or remove the section")
    .check(annotation),
    Rule::error("SEC-007", "an EulaSection has not exactly one License")
        .reference("DSP0243 1.1 §9.6")
        .why("there is nothing to agree to, or it is unclear to what")
        .help("write one `License` behind `Info`, or remove the section")
        .check(license),
    Rule::info("SEC-008", "a licence is empty or very long")
        .reference("practice of all importers")
        .why("people are asked to agree to nothing, or to what no dialog shows")
        .help("write the text, or where to find it")
        .check(license_length),
    Rule::error(
        "SEC-009",
        "the delay of an installation is missing or no number of seconds",
    )
    .reference("DSP0243 2.1 §9.10")
    .why("how long to wait for the installation to end cannot be told")
    .help("write `ovf:initialBootStopDelay`, 0 for any time")
    .only(Editions::V2)
    .fixable()
    .check(delay),
    Rule::warning(
        "SEC-009a",
        "the delay of an installation is missing or no number of seconds",
    )
    .reference("DSP0243 1.1 §9.10")
    .why("the schema of 1.1 wants it, that of 1.0 did not; importers take 0")
    .help("write `ovf:initialBootStopDelay`, 0 for any time")
    .only(Editions::V1)
    .fixable()
    .check(delay),
    Rule::info("SEC-010", "a virtual system names no operating system")
        .reference("DSP0243 1.1 §9.9; practice of oVirt and Google's importer")
        .why("oVirt fails on it, and Google's importer asks for it")
        .help("write an `OperatingSystemSection`")
        .check(no_system),
    Rule::error(
        "SEC-011",
        "the description of the operating system is repeated or comes too late",
    )
    .reference("DSP0243 1.1 §9.9")
    .why("it stands once, right behind `Info`; others are not found")
    .help("move it there")
    .fixable()
    .check(description),
];

/// The sections `local`.
fn sections<'d>(document: &Document<'d>, local: &'static str) -> Vec<&'d Element> {
    document
        .sections_named(local)
        .map(|section| section.element)
        .collect()
}

/// The operating systems of the machines.
pub(super) fn systems<'d>(document: &Document<'d>) -> Vec<&'d Element> {
    sections(document, "OperatingSystemSection")
}

fn no_id(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        if attr(system, "id").is_none() {
            sink.at(system, "has no `ovf:id`");
        }
    }
}

fn odd_id(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        if let Some(id) = attr(system, "id")
            && !id
                .trim_ascii()
                .parse::<u16>()
                .is_ok_and(|id| id <= LAST_KNOWN)
        {
            sink.on(system, "id", format!("`{}`", shown(id)));
        }
    }
}

fn ambiguous(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        let id = attr(system, "id").and_then(|id| id.trim_ascii().parse().ok());
        let named = attr_anywhere(system, "osType").is_some_and(|name| !name.is_empty());
        let by_vendor = system.elements().any(|child| child.name.local == "OSType");
        if id.is_some_and(|id| AMBIGUOUS.contains(&id)) && !named && !by_vendor {
            sink.on(system, "id", "has no `vmw:osType` beside it");
        }
    }
}

/// Tells of each of `sections` that has not exactly one child `local`.
fn exactly_one(sections: Vec<&Element>, local: &'static str, sink: &mut Sink<'_>) {
    for section in sections {
        let mut all = children(section, local);
        if all.next().is_none() {
            sink.at(section, format!("has no `{local}`"));
        }
        for another in all {
            sink.at(another, "one more");
        }
    }
}

fn annotation(document: &Document<'_>, sink: &mut Sink<'_>) {
    exactly_one(sections(document, "AnnotationSection"), "Annotation", sink);
}

fn license(document: &Document<'_>, sink: &mut Sink<'_>) {
    exactly_one(sections(document, "EulaSection"), "License", sink);
}

fn license_length(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in sections(document, "EulaSection") {
        let Some(license) = child(section, "License") else {
            continue;
        };
        let text = license.text();
        let translated = attr(license, "msgid").is_some_and(|id| !id.is_empty());
        if text.len() > LONG_LICENSE {
            sink.at(license, format!("{} bytes", text.len()));
        } else if text.trim_ascii().is_empty() && !translated {
            sink.at(license, "says nothing");
        }
    }
}

fn delay(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in sections(document, "InstallSection") {
        match attr(section, "initialBootStopDelay") {
            None => sink.at(section, "has no `ovf:initialBootStopDelay`"),
            Some(delay) if delay.trim_ascii().parse::<u16>().is_err() => {
                sink.on(section, "initialBootStopDelay", "no number of seconds");
            }
            Some(_) => {}
        }
    }
}

fn no_system(document: &Document<'_>, sink: &mut Sink<'_>) {
    for content in document
        .contents
        .iter()
        .filter(|content| content.is_system())
    {
        if child(content.element, "OperatingSystemSection").is_none() {
            sink.at(content.element, "");
        }
    }
}

fn description(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        let mut foreign = false;
        for child in system.elements() {
            if standard(child) == Some("Description") && foreign {
                sink.at(child, "comes too late");
            }
            foreign |= standard(child).is_none();
        }
    }
    repeated(document, sink, |parent, element| {
        parent == "OperatingSystemSection" && element == "Description"
    });
}
