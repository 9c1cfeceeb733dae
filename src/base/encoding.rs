//! What encoding a text is in, by what it says of itself.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The encoding of `bytes`, which say that it is the one `named`. A text that says none is
/// UTF-8 if it can be, else what Windows has in the west. `None` if nobody knows the one it
/// names, and it matters.
pub fn encoding_of(bytes: &[u8], named: Option<&[u8]>) -> Option<&'static Encoding> {
    let Some(named) = named else {
        let plain = std::str::from_utf8(bytes).is_ok();
        return Some(if plain { UTF_8 } else { WINDOWS_1252 });
    };
    Encoding::for_label(named)
        .filter(|known| known.is_ascii_compatible())
        // In any encoding a line can be in, ASCII is ASCII.
        .or(bytes.is_ascii().then_some(UTF_8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_and_what_is_not() {
        for (bytes, named, found) in [
            (&b"a"[..], None, Some(UTF_8)),
            (b"\xc3\xa4", None, Some(UTF_8)),
            (b"\xe4", None, Some(WINDOWS_1252)),
            (b"\xc3\xa4", Some(&b"windows-1252"[..]), Some(WINDOWS_1252)),
            (b"a", Some(b"EBCDIC"), Some(UTF_8)),
            (b"\xe4", Some(b"EBCDIC"), None),
            (b"\xe4", Some(b"UTF-16LE"), None),
        ] {
            assert_eq!(encoding_of(bytes, named), found, "{named:?}");
        }
    }
}
