//! Translations.

use crate::xml::Name;
use crate::xml::names::{XML, ovf};

use super::Text;
use super::record::record;

record! {
/// The texts of the envelope in one language (DSP0243 1.1 §10).
pub struct Strings {
    /// The language, such as `de-DE`.
    lang: Option<String> = attribute(&Name::known(XML, "lang"));
    /// The [`File`](super::File) that holds the texts, where they are not here.
    file_ref: Option<String> = attribute(&ovf("fileRef"));
    /// The texts, each with the id that texts of the envelope refer to. In OVF 2.x a
    /// text may be in a file, named by the attribute `ovf:fileRef`.
    messages: Vec<Text> = child(&ovf("Msg"));
}
}
