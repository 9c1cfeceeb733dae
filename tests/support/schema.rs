//! DMTF's schema of the OVF 1.1 envelope, where `OVFKIT_CORPUS` has it, for
//! xmllint.

use std::path::{Path, PathBuf};

use super::run::{Outcome, run};
use super::tools;

const SCHEMA: &str = "xsd/1.1.1/dsp8023_1.1.1.xsd";
/// What others import by this address stands beside them.
const ADDRESS: &str = "http://schemas.dmtf.org/wbem/wscim/1/common.xsd";
const COPY: &str = "common.xsd";

/// The schema, if the corpus has it.
pub(crate) fn find() -> Option<PathBuf> {
    let corpus = PathBuf::from(std::env::var_os("OVFKIT_CORPUS")?);
    corpus.join(SCHEMA).canonicalize().ok()
}

/// xmllint's verdict on the descriptor at `document`. Nothing is fetched: a
/// catalog beside the document leads from the address to the copy.
pub(crate) fn validate(schema: &Path, document: &Path) -> Outcome {
    let catalog = document.with_extension("catalog.xml");
    let copy = schema.with_file_name(COPY);
    let text = format!(
        "<catalog xmlns=\"urn:oasis:names:tc:entity:xmlns:xml:catalog\">\
         <system systemId=\"{ADDRESS}\" uri=\"file://{0}\"/>\
         <uri name=\"{ADDRESS}\" uri=\"file://{0}\"/></catalog>",
        copy.display()
    );
    std::fs::write(&catalog, text).expect("room for a catalog");
    let mut xmllint = tools::program("xmllint");
    xmllint
        .args(["--nonet", "--noout", "--schema"])
        .args([schema, document])
        .env("XML_CATALOG_FILES", &catalog);
    run(&mut xmllint)
}
