//! The law of the descriptor: parse, render and parse again give an equal envelope.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without
//! it the test skips aloud.

mod support;

use std::fs;

use ovfkit::envelope::{Envelope, Version, parse};
use ovfkit::template::render;
use ovfkit::xml::decode;

use support::corpus;

/// Descriptors that are no well-formed XML with namespaces (a prefix nobody declared,
/// or bytes of something else), or whose root is another element, and what ovfkit has
/// to say of them. One is of a draft of 2008 with a namespace of its own.
const UNREADABLE: [(&str, &str); 11] = [
    ("ruby-ovf+ovfparse__ourOVF.ovf", "not an OVF envelope"),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope-Neg-invalid_env.ovf",
        "not an OVF envelope",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-invalid_env.ovf",
        "prefix `ovf` is not declared",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-Envelope_1_0-Neg-section_compatibility_neg.ovf",
        "prefix `ovf-namspace` is not declared",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-ProductSection-Neg-prop_dup_keys.ovf",
        "prefix `ovf` is not declared",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-ProductSection-Neg-prop_no_key.ovf",
        "prefix `ovf` is not declared",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-VirtualHardware_1_0-Neg-empty_system.ovf",
        "prefix `ovf-namespace` is not declared",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-OVF-xmltestfiles-VirtualHardware_1_0-Pos-item_msgid_elename.ovf",
        "prefix `ovfstr` is not declared",
    ),
    (
        "vmware+govmomi__OVFToolTemplates-ovftoolresources-item_msgid.ovf",
        "prefix `ovfstr` is not declared",
    ),
    ("vmware+govmomi__jeos_corrupted.ovf", "not XML"),
    (
        "vmware+govmomi__ovftoolresources-item_msgid_elename.ovf",
        "prefix `ovfstr` is not declared",
    ),
];

#[test]
fn what_is_read_is_written_and_read_again() {
    let Some(files) = corpus::descriptors() else {
        return;
    };
    let mut wrong = Vec::new();
    for file in files {
        let name = corpus::name(&file);
        let bytes = fs::read(&file).expect("readable");
        let verdict = law(&bytes);
        let expected = UNREADABLE.iter().find(|(known, _)| *known == name);
        match (verdict, expected) {
            (Ok(()), None) => {}
            (Err(why), Some((_, expected))) if why.contains(expected) => {}
            (Err(why), _) => wrong.push(format!("{name}: {why}")),
            (Ok(()), Some((_, expected))) => wrong.push(format!("{name}: not {expected}")),
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

fn law(bytes: &[u8]) -> Result<(), String> {
    let text = decode(bytes).map_err(|error| error.to_string())?;
    let read = parse(&text).map_err(|error| error.to_string())?;
    let written = render(&read).map_err(|error| error.to_string())?;
    let again = parse(&written).map_err(|error| error.to_string())?;
    let version = match read.version {
        Version::V0_9 => Version::V1,
        version => version,
    };
    if again == (Envelope { version, ..read }) {
        Ok(())
    } else {
        Err("reads back as something else".to_owned())
    }
}
