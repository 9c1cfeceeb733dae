//! A licence.

use crate::xml::names::ovf;

use super::Text;
use super::record::record;

record! {
/// A licence to accept when the machine is deployed (DSP0243 1.1 §9.6).
pub struct EulaSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The text of the licence.
    license: Text = required(&ovf("License"));
}
}
