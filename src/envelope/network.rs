//! Logical networks.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::Take;

/// The networks a package expects (DSP0243 1.1 §9.2).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NetworkSection {
    /// What the section is about, for people.
    pub info: String,
    /// The networks.
    pub networks: Vec<Network>,
}

/// One logical network, mapped to a real one when the package is deployed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Network {
    /// The name adapters call it by in `rasd:Connection`.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

impl NetworkSection {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let networks = take
            .children(&ovf("Network"))
            .into_iter()
            .map(Network::read);
        let section = Self {
            networks: networks.collect::<Result<_>>()?,
            info: take.required_string(&ovf("Info"))?,
        };
        take.finish()?;
        Ok(section)
    }
}

impl Network {
    fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let network = Self {
            name: take.required_attribute(&ovf("name"))?.string(),
            description: take.string(&ovf("Description"))?,
        };
        take.finish()?;
        Ok(network)
    }
}
