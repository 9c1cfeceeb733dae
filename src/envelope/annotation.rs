//! A note.

use crate::xml::names::ovf;

use super::Text;
use super::record::record;

record! {
/// A note shown with the machine (DSP0243 1.1 §9.4).
pub struct AnnotationSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The note.
    annotation: Text = required(&ovf("Annotation"));
}
}
