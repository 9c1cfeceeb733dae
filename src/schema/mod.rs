//! Documents against the project's schemas, within the program.

mod embedded;
mod place;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use fastxml::schema::{Schema, Validator};

use crate::base::{Error, ErrorKind, Result};
use crate::xml;

/// The most faults told of one document.
const MAX_FAULTS: usize = 100;

/// Which schema a document is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Edition {
    /// The descriptor of OVF 1.x.
    Ovf1,
    /// The descriptor of OVF 2.x.
    Ovf2,
    /// The environment document.
    Environment,
}

impl Edition {
    const fn path(self) -> &'static str {
        match self {
            Self::Ovf1 => "ovf-1/envelope.xsd",
            Self::Ovf2 => "ovf-2/envelope.xsd",
            Self::Environment => "environment.xsd",
        }
    }

    const fn cache(self) -> &'static OnceLock<Arc<Schema>> {
        static CACHES: [OnceLock<Arc<Schema>>; 3] = [const { OnceLock::new() }; 3];
        &CACHES[self as usize]
    }
}

/// One thing in which a document breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// What is wrong.
    pub message: String,
    /// The line, from 1, as the validator tells it.
    pub line: Option<u32>,
    /// The column, from 1, as the validator tells it.
    pub column: Option<u32>,
    /// The elements from the root to the fault, such as
    /// `/Envelope/VirtualSystem/Item[3]`.
    pub path: Option<String>,
}

/// What in the document `text` breaks the schema of `edition`; nothing if it is valid.
/// At most a hundred faults are told.
///
/// A document that [`xml::read`] refuses is that error. Nothing is fetched, whatever
/// addresses the document names.
pub fn validate(text: &str, edition: Edition) -> Result<Vec<SchemaFault>> {
    let root = xml::read(text)?;
    let body = without_declaration(text);
    let run = || {
        let schema = load(edition)?;
        let validator = Validator::from(body.as_str()).schema(schema);
        validator.max_errors(MAX_FAULTS).run()
    };
    let report = catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| Error::new(ErrorKind::Internal, "the schema validator failed"))?
        .map_err(|error| Error::new(ErrorKind::Invalid, format!("cannot validate: {error}")))?;
    let fault = |error: &&fastxml::StructuredError| SchemaFault {
        message: error.message.to_string(),
        line: number(error.location.line),
        column: number(error.location.column),
        path: place::path(&root, &body, error),
    };
    Ok(report.errors().iter().map(fault).collect())
}

fn number(number: Option<usize>) -> Option<u32> {
    u32::try_from(number?).ok()
}

/// The compiled schema, made once.
fn load(edition: Edition) -> fastxml::Result<Arc<Schema>> {
    if let Some(schema) = edition.cache().get() {
        return Ok(Arc::clone(schema));
    }
    let schema = Arc::new(embedded::compile(edition.path())?);
    Ok(Arc::clone(edition.cache().get_or_init(|| schema)))
}

/// The text with blanks for its byte order mark and XML declaration: it is decoded
/// already, whatever encoding they name.
fn without_declaration(text: &str) -> String {
    let mut body = text.replacen('\u{FEFF}', "   ", usize::from(text.starts_with('\u{FEFF}')));
    let start = body.len() - body.trim_start().len();
    if body[start..].starts_with("<?xml ")
        && let Some(length) = body[start..].find("?>")
    {
        let end = start + length + 2;
        let keep = |c: char| if c == '\n' { "\n" } else { " " };
        let blank: String = body[start..end].chars().map(keep).collect();
        body.replace_range(start..end, &blank);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_valid() {
        for (edition, text) in [
            (
                Edition::Ovf1,
                include_str!("../../xsd/samples/everything-1.ovf"),
            ),
            (
                Edition::Ovf2,
                include_str!("../../xsd/samples/everything-2.ovf"),
            ),
            (
                Edition::Environment,
                include_str!("../../xsd/samples/environment.xml"),
            ),
        ] {
            assert_eq!(
                validate(text, edition).expect("readable"),
                [],
                "{edition:?}"
            );
        }
    }

    #[test]
    fn a_fault_has_a_place() {
        let text = "<o:Envelope xmlns:o='http://schemas.dmtf.org/ovf/envelope/1'>\n\
                    <o:References>\n<o:File o:id='a' o:href='a'/>\n\
                    <o:File o:id='b' o:size='ü' o:href='b'/></o:References></o:Envelope>";
        let faults = validate(text, Edition::Ovf1).expect("readable");
        let places: Vec<_> = faults
            .iter()
            .map(|fault| (fault.line, fault.path.as_deref().unwrap_or_default()))
            .collect();
        let expected = (Some(4), "/Envelope/References/File[2]");
        assert!(places.contains(&expected), "{faults:?}");
    }

    #[test]
    fn hostile_documents_are_refused_or_judged() {
        assert!(validate("<!DOCTYPE a><a/>", Edition::Ovf1).is_err());
        let deep = format!("{}{}", "<a>".repeat(60), "</a>".repeat(60));
        assert!(!validate(&deep, Edition::Ovf2).expect("readable").is_empty());
        let wide = format!("<a>{}</a>", "<b/>".repeat(20_000));
        assert!(!validate(&wide, Edition::Ovf1).expect("readable").is_empty());
    }
}
