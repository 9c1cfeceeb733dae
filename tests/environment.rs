//! Environment documents: read, written, and held against the schema.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use ovfkit::envelope::environment::parse;
use ovfkit::schema::{Edition, validate};
use ovfkit::template::render_environment;

const ENVIRONMENT: &str = "http://schemas.dmtf.org/ovf/environment/1";

/// The sample of the schema, what vendors add, and a real document if there is one.
fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents = vec![
        fs::read_to_string(root.join("xsd/samples/environment.xml")).expect("the sample"),
        format!(
            "<e:Environment xmlns:e='{ENVIRONMENT}' xmlns:v='urn:oe' \
             xmlns:vmw='http://www.vmware.com/schema/ovf' \
             xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' id='x' v:esxId='7'>\
             <v:First vmw:a='1'/><e:Entity e:id='y' vmw:b='2'><v:Mine/><e:PropertySection>\
             <e:Property e:key='k' e:value=''/></e:PropertySection></e:Entity>\
             <e:PlatformSection><e:Kind v:k='1'>a &amp; b</e:Kind><e:Timezone>-60</e:Timezone>\
             <v:P/></e:PlatformSection><e:Section xsi:type='e:PropertySection_Type'>\
             <e:Property key='a' value='&#10;&quot;{{{{x}}}}' v:p='1'/><v:Q/></e:Section>\
             <e:PropertySection/></e:Environment>"
        ),
        format!("<Environment xmlns='{ENVIRONMENT}' xmlns:e='{ENVIRONMENT}' e:other='1'/>"),
    ];
    let corpus = env::var_os("OVFKIT_CORPUS").map(PathBuf::from);
    let real = corpus.map(|corpus| corpus.join("corpus/companions/open-ovf__test-environment.xml"));
    match real.map(fs::read_to_string) {
        Some(Ok(text)) => documents.push(text),
        _ => eprintln!("SKIPPED: OVFKIT_CORPUS names no directory with an environment document"),
    }
    documents
}

#[test]
fn what_is_read_is_written_and_read_again() {
    for document in documents() {
        let read = parse(&document).expect(&document);
        let text = render_environment(&read).expect(&document);
        assert_eq!(parse(&text).expect(&text), read, "{text}");
    }
}

#[test]
fn what_is_written_is_valid() {
    let has_xmllint = Command::new("xmllint").arg("--version").output().is_ok();
    if !has_xmllint {
        let required = env::var_os("OVFKIT_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(
            !required,
            "xmllint is missing and OVFKIT_REQUIRE_TOOLS is 1"
        );
        eprintln!("SKIPPED: xmllint is missing (Debian: libxml2-utils)");
    }
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("xsd/environment.xsd");
    for (number, document) in documents().into_iter().enumerate() {
        let text = render_environment(&parse(&document).expect("readable")).expect("faithful");
        assert_eq!(
            validate(&text, Edition::Environment).expect("readable"),
            [],
            "{text}"
        );
        if !has_xmllint {
            continue;
        }
        let name = format!("environment-{number}.xml");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, &text).expect("a writable directory");
        let mut xmllint = Command::new("xmllint");
        let xmllint = xmllint
            .args(["--nonet", "--noout", "--schema"])
            .arg(&schema);
        let verdict = xmllint.arg(&file).output().expect("xmllint runs");
        let said = String::from_utf8_lossy(&verdict.stderr);
        assert!(verdict.status.success(), "{said}\n{text}");
    }
}

#[test]
fn a_document_looks_as_expected() {
    let sample = documents().swap_remove(0);
    let text = render_environment(&parse(&sample).expect("readable")).expect("faithful");
    let start = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                 <Environment xmlns=\"http://schemas.dmtf.org/ovf/environment/1\"\n    \
                 xmlns:oe=\"http://schemas.dmtf.org/ovf/environment/1\" oe:id=\"one\">\n  \
                 <PlatformSection>\n    <Kind>Emulator</Kind>\n";
    assert!(text.starts_with(start), "{text}");
    assert!(
        text.contains("\n    <Property oe:key=\"other\" oe:value=\"\"/>\n"),
        "{text}"
    );
}
