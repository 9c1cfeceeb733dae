//! Sections of vendors, given as XML.

use super::problem::{At, Problems};
use crate::base::{Error, ErrorKind};
use crate::envelope::{Content, Envelope, Kept, Section, parse};
use crate::vm::Contradiction;
use crate::vm::definition::{Definition, Within};
use crate::xml::names::{ENVELOPE_1, RASD, VBOX, VMW, VSSD, XSI};

/// The sections of `definition`, at `at`, that stand within `within`.
pub(super) fn sections(
    definition: &Definition,
    at: &At,
    within: Within,
    problems: &mut Problems,
) -> Vec<Section> {
    let list = at.key("sections");
    let mut found = Vec::new();
    for (index, raw) in definition.sections.iter().enumerate() {
        if raw.within != within {
            continue;
        }
        let at = list.index(index).key("xml");
        match read(&raw.xml) {
            Ok(sections) if sections.is_empty() => problems.add(at, Contradiction::NoSection),
            Ok(sections) => found.extend(sections.into_iter().map(|section| match within {
                // There it is no section but an element among others.
                Within::Hardware => whole(&raw.xml).unwrap_or(section),
                Within::Machine | Within::Envelope => section,
            })),
            Err(error) => problems.add(at, not_well_formed(&error)),
        }
    }
    found
}

/// An envelope around `xml`, which declares the usual prefixes. It begins and ends in the
/// line of what it is around, so that lines are told right.
fn envelope(xml: &str) -> String {
    format!(
        "<Envelope xmlns=\"{ENVELOPE_1}\" xmlns:ovf=\"{ENVELOPE_1}\" xmlns:rasd=\"{RASD}\" \
         xmlns:vssd=\"{VSSD}\" xmlns:vmw=\"{VMW}\" xmlns:vbox=\"{VBOX}\" xmlns:xsi=\"{XSI}\">\
         <References/><VirtualSystem ovf:id=\"x\"><Info/>{xml}</VirtualSystem></Envelope>"
    )
}

/// The sections in `xml`, those the model knows as records.
fn read(xml: &str) -> Result<Vec<Section>, Error> {
    let Envelope { mut contents, .. } = parse(&envelope(xml))?;
    Ok(match contents.pop() {
        Some(Content::VirtualSystem(system)) => system.sections,
        _ => Vec::new(),
    })
}

/// That the XML cannot be read, for what `error` says. Its place is that in the envelope
/// around, which nobody knows.
fn not_well_formed(error: &Error) -> Error {
    let told = Error::new(
        ErrorKind::Invalid,
        format!("this is no well-formed XML: {}", error.message()),
    );
    match error.advice() {
        Some(help) => told.help(help),
        None => told,
    }
}

/// The first element in `xml`, kept whole.
fn whole(xml: &str) -> Option<Section> {
    let tree = crate::xml::read(&envelope(xml)).ok()?;
    let system = tree.elements().last()?;
    let element = system.elements().nth(1)?.clone();
    Some(Section::Other(Kept(element)))
}
