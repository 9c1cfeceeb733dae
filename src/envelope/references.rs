//! The files a package consists of.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::{Take, Value};

/// A file beside the descriptor (DSP0243 1.1 §7.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct File {
    /// The name other parts of the envelope call it by.
    pub id: String,
    /// Where it is, a URI, usually relative to the descriptor.
    pub href: String,
    /// Its length in bytes.
    pub size: Option<u64>,
    /// How it is compressed as a whole: `gzip`, or `identity` for not at all.
    pub compression: Option<String>,
    /// The length in bytes of each chunk but the last, for a file cut in chunks.
    pub chunk_size: Option<u64>,
}

impl File {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let file = Self {
            id: take.required_attribute(&ovf("id"))?.string(),
            href: take.required_attribute(&ovf("href"))?.string(),
            size: take
                .attribute(&ovf("size"))
                .map(Value::number)
                .transpose()?,
            compression: take.attribute(&ovf("compression")).map(Value::string),
            chunk_size: take
                .attribute(&ovf("chunkSize"))
                .map(Value::number)
                .transpose()?,
        };
        take.finish()?;
        Ok(file)
    }
}
