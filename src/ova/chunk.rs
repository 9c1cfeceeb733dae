//! Files cut in chunks, each a file of its own: `name.000000000` and so on (DSP0243 1.1 §7.1).

/// The name of the chunk `number` of the file `whole`.
pub fn chunk_name(whole: &str, number: u32) -> String {
    format!("{whole}.{number:09}")
}

/// The file that `name` is a chunk of, and the chunk's number.
pub fn chunk_of(name: &str) -> Option<(&str, u32)> {
    let (whole, digits) = name.rsplit_once('.')?;
    let is_number = digits.len() == 9 && digits.bytes().all(|digit| digit.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| is_number)?;
    (!whole.is_empty() && !whole.ends_with('/')).then_some((whole, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_known_by_nine_digits() {
        assert_eq!(chunk_of("a.vmdk.000000012"), Some(("a.vmdk", 12)));
        assert_eq!(chunk_of(&chunk_name("a.vmdk", 7)), Some(("a.vmdk", 7)));
        for name in [
            "a.vmdk",
            "a.00000001",
            "a.+00000001",
            ".000000000",
            "a/.000000000",
            "000000000",
        ] {
            assert_eq!(chunk_of(name), None, "{name}");
        }
    }
}
