//! From the text of a descriptor to an [`Envelope`].

use crate::base::{Error, Result};
use crate::xml::names::{ENVELOPE_0_9, ENVELOPE_1, ENVELOPE_2, ovf};
use crate::xml::{self, Element, line_column};

use super::take::{Take, unknown};
use super::{Envelope, EnvelopeError, File, Section, VirtualSystem};

/// Reads the descriptor `text`, an OVF 1.x envelope with one virtual system.
///
/// An element or attribute that [`Envelope`] has no place for is an error of kind
/// `Unsupported`: dropping it could change the machine. Errors carry line and column.
pub fn parse(text: &str) -> Result<Envelope> {
    envelope(xml::read(text)?).map_err(|error| locate(error, text))
}

/// Adds line and column to an error that knows its offset in `text`.
fn locate(error: Error, text: &str) -> Error {
    let Some(offset) = error
        .place()
        .offset
        .and_then(|offset| usize::try_from(offset).ok())
    else {
        return error;
    };
    let (line, column) = line_column(text, offset);
    error.at_line(line, column)
}

fn envelope(root: Element) -> Result<Envelope> {
    check_root(&root)?;
    let mut take = Take::new(root)?;
    let Some(references) = take.child(&ovf("References")) else {
        return Err(take.missing(&ovf("References")));
    };
    let Some(virtual_system) = take.child(&ovf("VirtualSystem")) else {
        return Err(match take.child(&ovf("VirtualSystemCollection")) {
            Some(collection) => unknown(&collection, "ovf:Envelope").into(),
            None => take.missing(&ovf("VirtualSystem")),
        });
    };
    let envelope = Envelope {
        references: self::references(references)?,
        sections: sections(&mut take, "ovf:Envelope")?,
        virtual_system: VirtualSystem::read(virtual_system)?,
    };
    take.finish()?;
    Ok(envelope)
}

/// Only the envelope of OVF 1.x is read; its neighbours are named.
fn check_root(root: &Element) -> Result<(), EnvelopeError> {
    let offset = root.span.start;
    match &*root.name.ns {
        _ if root.name.local != "Envelope" => {}
        ENVELOPE_1 => return Ok(()),
        ENVELOPE_2 => {
            return Err(EnvelopeError::Version {
                version: "2",
                offset,
            });
        }
        ENVELOPE_0_9 => {
            return Err(EnvelopeError::Version {
                version: "0.9",
                offset,
            });
        }
        _ => {}
    }
    Err(EnvelopeError::NotAnEnvelope {
        found: root.name.to_string(),
        offset,
    })
}

fn references(element: Element) -> Result<Vec<File>> {
    let mut take = Take::new(element)?;
    let files = take
        .children(&ovf("File"))
        .into_iter()
        .map(File::read)
        .collect::<Result<_>>()?;
    take.finish()?;
    Ok(files)
}

/// The sections among what is left of `take`, which is all of it.
pub(super) fn sections(take: &mut Take, parent: &str) -> Result<Vec<Section>> {
    take.rest()
        .into_iter()
        .map(|element| Section::read(element, parent))
        .collect()
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
