//! A note.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::Take;

/// A note shown with the machine (DSP0243 1.1 §9.4).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnnotationSection {
    /// What the section is about, for people.
    pub info: String,
    /// The note.
    pub annotation: String,
}

impl AnnotationSection {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let section = Self {
            info: take.required_string(&ovf("Info"))?,
            annotation: take.required_string(&ovf("Annotation"))?,
        };
        take.finish()?;
        Ok(section)
    }
}
