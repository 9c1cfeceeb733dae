//! Logical networks.

use crate::xml::names::ovf;

use super::Text;
use super::record::record;

record! {
/// The networks a package expects (DSP0243 1.1 §9.2).
pub struct NetworkSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The networks.
    networks: Vec<Network> = child(&ovf("Network"));
}
}

record! {
/// One logical network, mapped to a real one when the package is deployed. The port
/// profiles of OVF 2.x are kept in `extra`.
pub struct Network {
    /// The name adapters call it by in `rasd:Connection`.
    name: String = attribute(&ovf("name"));
    /// What it is for.
    description: Option<Text> = child(&ovf("Description"));
}
}
