//! The program's verdicts by the project's schemas against xmllint's.
//!
//! `OVFKIT_CORPUS` names a directory with descriptors in `corpus/ovf`; without it
//! the test skips aloud.

mod support;

use std::path::{Path, PathBuf};
use std::{env, fs};

use ovfkit::schema::{Edition, validate};
use ovfkit::xml::{decode, read};

use support::run::run;
use support::tools;

/// Descriptors xmllint refuses and the program accepts: xmllint takes a reference
/// with a percent sign that no two hexadecimal digits follow for no `xs:anyURI`.
const ACCEPTED: [&str; 2] = [
    "vmware+govmomi__chinese-chinese_characters.ovf",
    "vmware+govmomi__url-encoded-name-url_24encoded_a.ovf",
];

#[test]
fn verdicts_are_those_of_xmllint() {
    let Some(corpus) = env::var_os("OVFKIT_CORPUS") else {
        eprintln!("SKIPPED: OVFKIT_CORPUS is not set");
        return;
    };
    if !tools::have(&["xmllint"]) {
        return;
    }
    let files = fs::read_dir(PathBuf::from(corpus).join("corpus/ovf")).expect("descriptors");
    let files: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
    for (edition, schema) in [
        (Edition::Ovf1, "ovf-1/envelope.xsd"),
        (Edition::Ovf2, "ovf-2/envelope.xsd"),
        (Edition::Environment, "environment.xsd"),
    ] {
        let said = xmllint(schema, &files);
        let differing: Vec<_> = files
            .iter()
            .filter(|file| differs(file, edition, &said))
            .collect();
        assert!(differing.is_empty(), "{schema}: {differing:?}");
    }
}

fn xmllint(schema: &str, files: &[PathBuf]) -> String {
    let mut command = tools::program("xmllint");
    command
        .args(["--nonet", "--noout", "--huge", "--schema"])
        .arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("xsd")
                .join(schema),
        )
        .args(files);
    run(&mut command).stderr
}

fn differs(file: &Path, edition: Edition, said: &str) -> bool {
    let text = fs::read(file).expect("readable");
    let Ok(text) = decode(&text) else {
        return false;
    };
    if read(&text).is_err() || ACCEPTED.iter().any(|name| file.ends_with(name)) {
        return false;
    }
    let valid = validate(&text, edition).expect("a verdict").is_empty();
    let verdict = ["fails to validate", "validates"][usize::from(valid)];
    let expected = format!("{} {verdict}", file.display());
    !said.lines().any(|line| line == expected)
}
