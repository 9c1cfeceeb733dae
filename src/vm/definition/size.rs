//! Byte counts with their units.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::units::{GIB, KIB, MIB, TIB, parse_size};
use crate::base::{Error, Result};
use crate::data;

/// A number of bytes, written with a unit: `4 GiB`, `512M`; a bare number is bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Size(pub u64);

impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        parse_size(text).map(Self)
    }
}

/// In the largest unit that gives a whole number.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(TIB, "TiB"), (GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")];
        let whole = |(unit, _): &&(u64, &str)| self.0 > 0 && self.0.is_multiple_of(*unit);
        match units.iter().find(whole) {
            Some((unit, name)) => write!(f, "{} {name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size such as `4 GiB` or `512 MiB`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(data::custom)
            }
        }

        deserializer.deserialize_str(Bytes)
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Size {
    fn schema_name() -> Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of bytes with a unit: KiB, MiB, GiB, TiB (powers of 1024; \
                            K, M, G, T for short) or kB, MB, GB, TB (powers of 1000). A bare \
                            number is bytes.",
            "type": ["string", "integer"],
            "examples": ["4 GiB", "512 MiB", "20G"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_as_they_are_read() {
        for text in ["0", "1", "1536", "4 MiB", "20 GiB", "2 TiB", "3 KiB"] {
            let size: Size = text.parse().expect(text);
            let written = size.to_string();
            assert_eq!(written.parse::<Size>().expect("written"), size);
        }
        assert_eq!(Size(20 * GIB).to_string(), "20 GiB");
        assert_eq!(Size(1000).to_string(), "1000");
    }
}
