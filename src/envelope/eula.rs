//! A licence.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::Take;

/// A licence to accept when the machine is deployed (DSP0243 1.1 §9.6).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EulaSection {
    /// What the section is about, for people.
    pub info: String,
    /// The text of the licence.
    pub license: String,
}

impl EulaSection {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let section = Self {
            info: take.required_string(&ovf("Info"))?,
            license: take.required_string(&ovf("License"))?,
        };
        take.finish()?;
        Ok(section)
    }
}
