//! How parts of a package are encrypted.

use crate::xml::names::ovf;

use super::Text;
use super::record::record;

record! {
/// How parts of the package are encrypted (DSP0243 2.1 §9.16). What it says in the terms
/// of XML Encryption is kept as [`Extra`](super::Extra).
pub struct EncryptionSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
}
}
