//! Ids by which images and their parents are known.

use std::fmt;

/// An id of 16 bytes, in the order it is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The id whose bytes stand in the order they are written in.
    pub(in crate::disk) fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id whose first three groups are stored as little-endian numbers.
    pub(in crate::disk) fn mixed(mut bytes: [u8; 16]) -> Self {
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        Self(bytes)
    }

    /// Whether it is the id of nothing.
    pub fn is_nil(&self) -> bool {
        self.0 == [0; 16]
    }
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
        assert!(Uuid::new([0; 16]).is_nil() && !written.is_nil());
    }
}
