//! Sections as XML.

use crate::envelope::{Content, Envelope, Section, VirtualSystem};
use crate::template;
use crate::xml::{read, write_element};

/// `section` as text that reads back the same inside an envelope.
pub(super) fn of(section: &Section) -> Option<String> {
    if let Section::Other(kept) = section {
        return Some(write_element(&kept.0));
    }
    let envelope = Envelope {
        contents: vec![Content::VirtualSystem(VirtualSystem {
            sections: vec![section.clone()],
            ..VirtualSystem::default()
        })],
        ..Envelope::default()
    };
    let tree = read(&template::render(&envelope).ok()?).ok()?;
    let system = tree.elements().last()?;
    system.elements().last().map(write_element)
}
