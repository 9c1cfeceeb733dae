//! The verdict of the schema, a class of its own: most descriptors of products are not
//! valid, and all importers read them.

use std::ops::Range;

use super::{Document, Editions, Rule, Sink, shown};
use crate::envelope::Version;
use crate::schema::{Edition, SchemaFault, validate};
use crate::xml::Element;

pub(super) const RULES: &[Rule] = &[
    Rule::info("XSD-001", "the descriptor is not valid by the schema")
        .reference("DSP8023")
        .why("a third of the descriptors there are break it, and importers read them")
        .help("`--strict` lists what breaks it; `ovfkit rewrite` puts most of it right")
        .only(Editions::Standard)
        .check(summary),
    Rule::error("XSD-002", "the schema does not allow this")
        .reference("DSP8023")
        .why("tools that validate before they read refuse the descriptor")
        .help("`ovfkit rewrite` puts most of it right")
        .only(Editions::Standard)
        .strict()
        .check(each),
];

/// What breaks the schema; nothing if it cannot be asked.
fn faults(document: &Document<'_>) -> Vec<SchemaFault> {
    let edition = match document.version {
        Version::V2 => Edition::Ovf2,
        Version::V0_9 | Version::V1 => Edition::Ovf1,
    };
    // Undeclared prefixes have a rule of their own.
    validate(&without_vendors(document), edition).unwrap_or_default()
}

/// The text with blanks in the place of sections of other namespaces: no schema knows
/// them, and that they may be there has rules of its own.
fn without_vendors(document: &Document<'_>) -> String {
    let mut places = Vec::new();
    foreign(document.written, &document.written.name.ns, &mut places);
    let mut text = String::with_capacity(document.text.len());
    let mut end = 0;
    // They stand in the order of the text, and none within another.
    for place in places {
        text.push_str(document.text.get(end..place.start).unwrap_or_default());
        let inside = document.text.get(place.clone()).unwrap_or_default();
        let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
        text.extend(inside.bytes().map(blank));
        end = place.end;
    }
    text.push_str(document.text.get(end..).unwrap_or_default());
    text
}

/// Where elements of other namespaces than `ns` stand among sections.
fn foreign(parent: &Element, ns: &str, places: &mut Vec<Range<usize>>) {
    for child in parent.elements() {
        if child.name.ns != ns {
            places.push(child.span.clone());
        } else if child.name.local.starts_with("VirtualSystem") {
            foreign(child, ns, places);
        }
    }
}

fn summary(document: &Document<'_>, sink: &mut Sink<'_>) {
    let count = faults(document).len();
    if count > 0 {
        sink.at(
            document.written,
            format!("{count} {}", if count == 1 { "fault" } else { "faults" }),
        );
    }
}

fn each(document: &Document<'_>, sink: &mut Sink<'_>) {
    let faults = faults(document);
    if faults.is_empty() {
        return;
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(document.text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    for fault in faults {
        let start = fault
            .line
            .and_then(|line| starts.get(line.checked_sub(1)? as usize));
        let start = start.copied().unwrap_or_default();
        let line = document.text[start..]
            .split('\n')
            .next()
            .unwrap_or_default();
        let indent = line.len() - line.trim_ascii_start().len();
        sink.span(
            start + indent..start + line.trim_ascii_end().len().max(indent),
            shown_fault(&fault),
        );
    }
}

fn shown_fault(fault: &SchemaFault) -> String {
    shown(&fault.message)
}
