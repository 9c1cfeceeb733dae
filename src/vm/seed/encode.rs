//! Bytes in the value of a property.

use std::io::Write as _;

use base64ct::{Base64, Encoding as _};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::base::{Error, Result};

use super::MAX_PROPERTY_VALUE;
use super::fault::SeedFault;
use super::user_data::is_gzip;

/// A value, and whether it had to be compressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encoded {
    pub(super) text: String,
    pub(super) compressed: bool,
}

/// `bytes` in base64; compressed first where they would not fit else. `key` is the property.
pub(super) fn encode(key: &'static str, bytes: &[u8]) -> Result<Encoded> {
    let text = Base64::encode_string(bytes);
    if text.len() <= MAX_PROPERTY_VALUE {
        let compressed = false;
        return Ok(Encoded { text, compressed });
    }
    let text = if is_gzip(bytes) {
        text
    } else {
        Base64::encode_string(&gzip(bytes).map_err(Error::write)?)
    };
    if text.len() > MAX_PROPERTY_VALUE {
        let length = text.len();
        return Err(SeedFault::LongValue { key, length }.into());
    }
    Ok(Encoded {
        text,
        compressed: !is_gzip(bytes),
    })
}

/// `bytes` compressed, with neither a name nor a time in the header.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
