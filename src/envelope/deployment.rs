//! Choices whoever deploys the package has.

use crate::xml::names::ovf;

use super::Text;
use super::record::record;

record! {
/// The sizes or kinds of machine a package can become (DSP0243 1.1 §9.8).
pub struct DeploymentOptionSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The choices.
    configurations: Vec<Configuration> = child(&ovf("Configuration"));
}
}

record! {
/// One choice.
pub struct Configuration {
    /// The name items and properties call it by.
    id: String = attribute(&ovf("id"));
    /// Whether it is taken when nobody chooses.
    default: bool = flag(&ovf("default"), false);
    /// What to call it in a dialog.
    label: Option<Text> = child(&ovf("Label"));
    /// What it is.
    description: Option<Text> = child(&ovf("Description"));
}
}
