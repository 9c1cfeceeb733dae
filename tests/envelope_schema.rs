//! The golden descriptors against DMTF's own schema, by xmllint.
//!
//! The schema is not part of the project: `OVFKIT_CORPUS` names a directory that has
//! it as `xsd/1.1.1`. Without it, or without xmllint, the test skips aloud; with
//! `OVFKIT_REQUIRE_TOOLS=1` a missing xmllint is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The schema of the OVF 1.1 envelope in the corpus.
const SCHEMA: &str = "xsd/1.1.1/dsp8023_1.1.1.xsd";
/// The schema that others import by this address, and its copy beside them.
const IMPORTED: (&str, &str) = (
    "http://schemas.dmtf.org/wbem/wscim/1/common.xsd",
    "common.xsd",
);

#[test]
fn golden_descriptors_are_valid() {
    let Some(schema) = schema() else {
        eprintln!("SKIPPED: OVFKIT_CORPUS names no directory with {SCHEMA}");
        return;
    };
    if Command::new("xmllint").arg("--version").output().is_err() {
        let required = env::var_os("OVFKIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(
            !required,
            "xmllint is missing and OVFKIT_REQUIRE_TOOLS is 1"
        );
        eprintln!("SKIPPED: xmllint is missing (Debian: libxml2-utils)");
        return;
    }
    let catalog = scratch("catalog.xml");
    fs::write(&catalog, catalog_for(&schema)).expect("a writable directory");
    let goldens = goldens();
    assert!(goldens.len() >= 4, "few goldens: {goldens:?}");
    for golden in goldens {
        let document = scratch(&format!("{}.ovf", stem(&golden)));
        fs::write(&document, descriptor(&golden)).expect("a writable directory");
        let verdict = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .args([&schema, &document])
            .env("XML_CATALOG_FILES", &catalog)
            .output()
            .expect("xmllint runs");
        let said = String::from_utf8_lossy(&verdict.stderr);
        assert!(
            verdict.status.success(),
            "{} is not valid:\n{said}",
            golden.display()
        );
    }
}

/// The schema, absolute, if the corpus has it.
fn schema() -> Option<PathBuf> {
    let corpus = PathBuf::from(env::var_os("OVFKIT_CORPUS")?);
    corpus.join(SCHEMA).canonicalize().ok()
}

/// A catalog that leads xmllint from the address to the copy.
fn catalog_for(schema: &Path) -> String {
    let (address, file) = IMPORTED;
    let copy = schema.with_file_name(file);
    format!(
        "<catalog xmlns=\"urn:oasis:names:tc:entity:xmlns:xml:catalog\">\n  \
         <system systemId=\"{address}\" uri=\"file://{0}\"/>\n  \
         <uri name=\"{address}\" uri=\"file://{0}\"/>\n</catalog>\n",
        copy.display()
    )
}

/// The snapshots.
fn goldens() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = fs::read_dir(directory).expect("the directory of goldens");
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "snap")
        })
        .collect()
}

/// The descriptor in a snapshot: what follows insta's header.
fn descriptor(golden: &Path) -> String {
    let snapshot = fs::read_to_string(golden).expect("a readable golden");
    let start = snapshot.find("<?xml").expect("a descriptor in the golden");
    snapshot[start..].to_owned()
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// A file to write, in cargo's directory for that.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
