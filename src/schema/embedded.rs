//! The project's schemas as the program carries them.

use std::io;

use fastxml::schema::{FetchResult, Schema, SchemaFetcher};

/// What the addresses of the schemas start with. Nothing is ever sought there: it
/// lets the relative addresses of imports be resolved.
const BASE: &str = "ovfkit:///";

/// The type the validator does not know well enough: it refuses elements within
/// that no schema declares.
const ANY_TYPE: &str = r#" type="xs:anyType""#;
/// How the standard of schemas defines it.
const ANY_TYPE_SPELT_OUT: &str = r###"><xs:complexType mixed="true"><xs:sequence>
    <xs:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence><xs:anyAttribute namespace="##any" processContents="lax"/>
    </xs:complexType></xs:element>"###;

/// A table of schemas by their paths below `xsd/`.
macro_rules! schemas {
    ($($path:literal)*) => {
        [$(($path, include_str!(concat!("../../xsd/", $path)))),*]
    };
}

/// Every schema, by its path.
const FILES: [(&str, &str); 16] = schemas! {
    "common.xsd"
    "environment.xsd"
    "ovf-1/envelope.xsd"
    "ovf-1/rasd.xsd"
    "ovf-1/vssd.xsd"
    "ovf-2/boot-config.xsd"
    "ovf-2/boot-source.xsd"
    "ovf-2/envelope.xsd"
    "ovf-2/epasd.xsd"
    "ovf-2/rasd.xsd"
    "ovf-2/sasd.xsd"
    "ovf-2/vssd.xsd"
    "ovf-2/xenc.xsd"
    "ovf-2/xenc11.xsd"
    "ovf-2/xmldsig.xsd"
    "xml.xsd"
};

/// The address of the schema at `path`.
fn address(path: &str) -> String {
    format!("{BASE}{path}")
}

/// The schema at `path`, with all it imports.
pub(super) fn compile(path: &str) -> fastxml::Result<Schema> {
    let address = address(path);
    let entry = Embedded.fetch(&address)?.content;
    Schema::builder()
        .add(address, entry)
        .resolve_with(&Embedded)
}

/// Hands the validator the schemas the program carries, and nothing else.
struct Embedded;

impl SchemaFetcher for Embedded {
    fn fetch(&self, address: &str) -> fastxml::Result<FetchResult> {
        let path = address.strip_prefix(BASE).unwrap_or_default();
        let (_, text) = FILES
            .iter()
            .find(|(name, _)| *name == path)
            .ok_or_else(|| io::Error::other(format!("no schema {address} in the program")))?;
        Ok(FetchResult {
            content: spelt_out(text).into_bytes(),
            final_url: address.to_owned(),
            redirected: false,
        })
    }
}

/// The schema with `xs:anyType` spelt out. The elements that have it are one line
/// each.
fn spelt_out(schema: &str) -> String {
    let line = |line: &str| {
        if line.contains(ANY_TYPE) {
            let untyped = line.replace(ANY_TYPE, "");
            untyped.replace("/>", ANY_TYPE_SPELT_OUT)
        } else {
            line.to_owned()
        }
    };
    schema.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_carried_is_found() {
        assert!(Embedded.fetch(&address("xml.xsd")).is_ok());
        for elsewhere in ["http://www.w3.org/2001/xml.xsd", "file:///etc/passwd", ""] {
            assert!(Embedded.fetch(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
