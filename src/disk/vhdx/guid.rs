//! Identifiers as Microsoft stores them: the first three fields little-endian.

use std::fmt;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::disk::blocks::Uuid;

/// A GUID, in the order of its bytes in the file.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(transparent)]
pub struct Guid([u8; 16]);

impl Guid {
    /// The one of zeros, which stands for none.
    pub(super) const NONE: Self = Self([0; 16]);

    /// The one written `{aaaaaaaa-bbbb-cccc-dddd-dddddddddddd}`.
    pub(super) const fn new(a: u32, b: u16, c: u16, d: u64) -> Self {
        let (a, b, c, d) = (
            a.to_le_bytes(),
            b.to_le_bytes(),
            c.to_le_bytes(),
            d.to_be_bytes(),
        );
        Self([
            a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], d[0], d[1], d[2], d[3], d[4], d[5],
            d[6], d[7],
        ])
    }

    /// Reads one in text, with or without braces, in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Uuid::parse(text).map(Self::from)
    }
}

impl From<Uuid> for Guid {
    fn from(id: Uuid) -> Self {
        Self(id.to_mixed())
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a0, a1, a2, a3, b0, b1, c0, c1, d @ ..] = self.0;
        let d = u64::from_be_bytes(d);
        write!(
            f,
            "{{{:08x}-{:04x}-{:04x}-{:04x}-{:012x}}}",
            u32::from_le_bytes([a0, a1, a2, a3]),
            u16::from_le_bytes([b0, b1]),
            u16::from_le_bytes([c0, c1]),
            d >> 48,
            d & 0xFFFF_FFFF_FFFF
        )
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_are_the_same_guid() {
        let text = "{2dc27766-f623-4200-9d64-115e9bfd4a08}";
        let guid = Guid::parse(text).expect("a GUID");
        assert_eq!(guid.to_string(), text);
        assert_eq!(
            guid.as_bytes(),
            b"\x66\x77\xc2\x2d\x23\xf6\x00\x42\x9d\x64\x11\x5e\x9b\xfd\x4a\x08"
        );
        assert_eq!(Guid::parse(&text[1..37].to_ascii_uppercase()), Some(guid));
        assert_eq!(Guid::parse("{}"), None);
    }
}
