//! From the text of a descriptor to an [`Envelope`].

use crate::base::Result;
use crate::xml::names::ovf;
use crate::xml::{self, Element, Name};

use super::lift::{lift, version};
use super::take::{Faults, Record};
use super::{Envelope, EnvelopeError, Strings, Version};

/// What the namespaces of all editions of the standard begin with.
const EDITIONS: &str = "http://schemas.dmtf.org/ovf/envelope/";

/// A descriptor as it was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reading {
    /// What it says.
    pub envelope: Envelope,
    /// What is at fault with it. None of it stopped the reading: what does not fit
    /// its type is kept as it was written.
    pub faults: Vec<EnvelopeError>,
}

/// Reads the descriptor `text`: an envelope of OVF 0.9, 1.x or 2.x.
///
/// Only what is no envelope at all is an error; errors carry line and column.
pub fn parse(text: &str) -> Result<Envelope> {
    read(text).map(|reading| reading.envelope)
}

/// Reads the descriptor `text` as [`parse`] does, and tells what is at fault with it.
pub fn read(text: &str) -> Result<Reading> {
    from_tree(xml::read(text)?).map_err(|error| xml::locate(error.into(), text))
}

/// Reads the translations in `text`, a file beside the descriptor (DSP0243 1.1 §10).
pub fn read_strings(text: &str) -> Result<Strings> {
    let mut root = xml::read(text)?;
    lift(&mut root).map_err(|fault| xml::locate(fault.into(), text))?;
    if root.name != ovf("Strings") {
        let (found, offset) = (root.name.to_string(), root.span.start);
        let fault = EnvelopeError::NotStrings { found, offset };
        return Err(xml::locate(fault.into(), text));
    }
    Ok(Strings::read(root, &Faults::new(Version::default())))
}

/// Reads the document whose tree is `root`.
pub fn from_tree(mut root: Element) -> Result<Reading, EnvelopeError> {
    let faults = Faults::new(normalise(&mut root)?);
    let envelope = Envelope::read(root, &faults);
    let faults = faults.into_vec();
    Ok(Reading { envelope, faults })
}

/// Gives the tree of an envelope the names of the model, those of 1.x, and tells the
/// edition it was written in. Places stay what they were.
pub fn normalise(root: &mut Element) -> Result<Version, EnvelopeError> {
    let version = root_version(root)?;
    lift(root)?;
    Ok(version)
}

/// The version of the envelope, or why the root is none.
fn root_version(root: &Element) -> Result<Version, EnvelopeError> {
    let offset = root.span.start;
    let name = &root.name;
    version(name).ok_or_else(|| {
        if name.local == "Envelope" && name.ns.starts_with(EDITIONS) {
            let namespace = name.ns.to_string();
            return EnvelopeError::UnknownEdition { namespace, offset };
        }
        let found = shown(name, "Envelope");
        EnvelopeError::NotAnEnvelope { found, offset }
    })
}

/// A name, with its namespace if only that makes it another than the one `wanted`.
pub(super) fn shown(name: &Name, wanted: &str) -> String {
    if name.local == wanted && !name.ns.is_empty() {
        format!("{{{}}}{}", name.ns, name.local)
    } else {
        name.to_string()
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
