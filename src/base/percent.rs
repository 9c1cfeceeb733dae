//! Percent escapes, as URLs have them (RFC 3986 §2.1).

/// `text` with its percent escapes resolved, as a reference in a descriptor, a line of a
/// manifest or a URL in a disk may need before it is a file's name. `None` where there
/// are none, or where they make no UTF-8.
pub fn unescaped(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let escape = behind
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = escape {
            bytes.push(byte);
            rest = &behind[2..];
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unescaped("a%20b%2B.vmdk").as_deref(), Some("a b+.vmdk"));
        assert_eq!(unescaped("100%").as_deref(), Some("100%"));
        assert_eq!(unescaped("%+1").as_deref(), Some("%+1"));
        assert_eq!(unescaped("%ff"), None);
        assert_eq!(unescaped("plain"), None);
    }
}
