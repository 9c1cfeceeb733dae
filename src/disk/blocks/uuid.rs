//! Ids by which images and their parents are known.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::base::{Error, ErrorKind, Result};

/// An id of 16 bytes, in the order it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The id of nothing.
    pub(in crate::disk) const NIL: Self = Self([0; 16]);

    /// The id whose bytes stand in the order they are written in.
    pub(in crate::disk) fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id whose first three groups are stored as little-endian numbers.
    pub(in crate::disk) fn mixed(bytes: [u8; 16]) -> Self {
        Self(mix(bytes))
    }

    /// The id in `text`, with or without braces, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .unwrap_or(text);
        let lengths = bare.split('-').map(str::len);
        if !lengths.eq([8, 4, 4, 4, 12]) {
            return None;
        }
        let mut digits = bare.bytes().filter(|byte| *byte != b'-');
        let mut digit = || char::from(digits.next()?).to_digit(16);
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            *byte = u8::try_from(digit()? << 4 | digit()?).ok()?;
        }
        Some(Self(bytes))
    }

    /// An id for one `purpose` of what `name` names: the same for the same two, and another
    /// for any other. It is marked as of version 8 of RFC 9562, as made in a way of its own.
    pub(in crate::disk) fn made(name: [u8; 16], purpose: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update(purpose)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        bytes[6] = bytes[6] & 0x0F | 0x80;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Self(bytes)
    }

    /// An id nobody has: of version 4 of RFC 9562.
    pub(in crate::disk) fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::new(
                ErrorKind::Io,
                format!("the system gives no random number: {error}"),
            )
        })?;
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        Ok(Self(bytes))
    }

    /// An id that was asked for may not be that of nothing, with which no disk is read.
    pub(in crate::disk) fn check_given(id: Option<Self>) -> Result<()> {
        if id.is_some_and(|id| id.is_nil()) {
            return Err(Error::usage("the id of a disk cannot be all zeros")
                .help("choose another, or leave it out to have one made from the content"));
        }
        Ok(())
    }

    /// Its bytes in the order they are written in.
    pub(in crate::disk) fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Its bytes with the first three groups as little-endian numbers.
    pub(in crate::disk) fn to_mixed(self) -> [u8; 16] {
        mix(self.0)
    }

    /// Whether it is the id of nothing.
    pub fn is_nil(&self) -> bool {
        self.0 == [0; 16]
    }
}

/// From one order of bytes to the other.
fn mix(mut bytes: [u8; 16]) -> [u8; 16] {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, byte) in self.0.iter().enumerate() {
            if [4, 6, 8, 10].contains(&number) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_orders_read_as_the_same_id() {
        let written =
            Uuid::new(*b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10");
        let stored =
            Uuid::mixed(*b"\x04\x03\x02\x01\x06\x05\x08\x07\x09\x0A\x0B\x0C\x0D\x0E\x0F\x10");
        assert_eq!(written, stored);
        assert_eq!(written.to_string(), "01020304-0506-0708-090a-0b0c0d0e0f10");
        assert_eq!(Uuid::mixed(written.to_mixed()), written);
        assert_eq!(Uuid::new(written.to_bytes()), written);
        assert!(Uuid::new([0; 16]).is_nil() && !written.is_nil());
    }

    #[test]
    fn text_is_read_as_it_is_written() {
        let text = "01020304-a506-0708-090a-0b0c0d0e0f10";
        let id = Uuid::parse(text).expect("an id");
        assert_eq!(id.to_string(), text);
        let upper = text.to_ascii_uppercase();
        assert_eq!(Uuid::parse(&format!("{{{upper}}}")), Some(id));
        for wrong in [
            "",
            "{}",
            "{01020304-a506-0708-090a-0b0c0d0e0f10",
            "01020304a5060708090a0b0c0d0e0f10",
            "+1020304-a506-0708-090a-0b0c0d0e0f10",
            "01020304-a506-0708-090a-0b0c0d0e0f1é",
        ] {
            assert_eq!(Uuid::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn made_ids_are_the_same_for_the_same() {
        let id = Uuid::made([7; 16], "a disk");
        assert_eq!(id, Uuid::made([7; 16], "a disk"));
        assert_ne!(id, Uuid::made([7; 16], "a file"));
        assert_ne!(id, Uuid::made([8; 16], "a disk"));
        Uuid::check_given(Some(id)).expect("an id");
        Uuid::check_given(Some(Uuid::new([0; 16]))).expect_err("the id of nothing");
        let text = id.to_string();
        assert_eq!(&text[14..15], "8");
        assert!("89ab".contains(&text[19..20]), "{text}");
    }
}
