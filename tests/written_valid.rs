//! What ovfkit writes is valid by the project's schema of the edition it writes.
//!
//! `OVFKIT_CORPUS` names a directory with real descriptors in `corpus/ovf`; without
//! it only the samples are written.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ovfkit::envelope::{Envelope, Reading, Version, read, to_version};
use ovfkit::schema::{Edition, SchemaFault, validate};
use ovfkit::template::render;
use ovfkit::xml::decode;

/// What the schema says of an element that only a schema of its vendor declares: it
/// refuses sections it does not know, and the standard allows them.
const VENDORS: &str = "is not declared in schema";

/// Descriptors that say nothing wrong and cannot become valid: there is no machine in
/// them, or a section of a type that nobody declares.
const INVALID: [(&str, &str); 6] = [
    ("Envelope-Neg-invalid_no_vm.ovf", "incomplete content"),
    ("Envelope-Neg-no_content.ovf", "incomplete content"),
    (
        "Envelope-Pos-section_extensibility.ovf",
        "'ovf:UserDefinedSectionToAllowExtensibility_Type' is not defined",
    ),
    ("Envelope_1_0-Neg-invalid_no_vm.ovf", "incomplete content"),
    ("Envelope_1_0-Neg-invalid_version.ovf", "incomplete content"),
    ("Envelope_1_0-Neg-no_content.ovf", "incomplete content"),
];

/// What `path` says, if it can be read.
fn reading(path: &Path) -> Option<Reading> {
    let bytes = fs::read(path).expect("readable");
    read(&decode(&bytes).ok()?).ok()
}

/// What is invalid about `envelope`, written for `version`.
fn faults(envelope: Envelope, version: Version) -> Vec<SchemaFault> {
    let (envelope, _) = to_version(envelope, version);
    let text = render(&envelope).expect("it can be written");
    let edition = match version {
        Version::V2 => Edition::Ovf2,
        Version::V0_9 | Version::V1 => Edition::Ovf1,
    };
    let mut faults = validate(&text, edition).expect("a verdict");
    faults.retain(|fault| !fault.message.ends_with(VENDORS));
    faults
}

/// The samples use whatever the schemas declare, so every template is filled in.
#[test]
fn all_there_is_can_be_written() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("xsd/samples");
    for name in ["everything-1.ovf", "everything-2.ovf"] {
        let envelope = reading(&samples.join(name)).expect("readable").envelope;
        for version in [Version::V1, Version::V2] {
            let faults = faults(envelope.clone(), version);
            assert!(faults.is_empty(), "{name} for {version}: {faults:?}");
        }
    }
}

/// Descriptors with faults are left out: what does not fit is written back as it was.
#[test]
fn real_descriptors_can_be_written() {
    let Some(corpus) = env::var_os("OVFKIT_CORPUS") else {
        eprintln!("SKIPPED: OVFKIT_CORPUS is not set");
        return;
    };
    let files = fs::read_dir(PathBuf::from(corpus).join("corpus/ovf")).expect("descriptors");
    let (mut wrong, mut written) = (Vec::new(), 0);
    for file in files {
        let file = file.expect("readable").path();
        let name = file.to_string_lossy();
        let expected = INVALID.iter().find(|(end, _)| name.ends_with(end));
        let faultless = reading(&file).filter(|reading| reading.faults.is_empty());
        let Some(Reading { envelope, .. }) = faultless else {
            continue;
        };
        for version in [Version::V1, Version::V2] {
            written += 1;
            match (faults(envelope.clone(), version).first(), expected) {
                (None, None) => {}
                (Some(fault), Some((_, part))) if fault.message.contains(part) => {}
                (fault, _) => wrong.push(format!("{name}: {version}: {fault:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(written > 500, "only {written} are without fault");
}
