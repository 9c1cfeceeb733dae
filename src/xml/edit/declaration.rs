//! What a document's first line says of its encoding.

/// `text` with a declaration that says UTF-8; `None` if it says so, or nothing, already.
pub(crate) fn declare_utf8(text: &str) -> Option<String> {
    let end = text.find("?>").filter(|_| text.starts_with("<?xml"))?;
    let (declaration, rest) = text.split_at(end);
    let (before, behind) = declaration.split_once("encoding")?;
    let open = behind.find(['"', '\''])?;
    let quote = behind.as_bytes().get(open).copied().map(char::from)?;
    let (name, after) = behind[open + 1..].split_once(quote)?;
    if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8") {
        return None;
    }
    let sign = &behind[..=open];
    Some(format!("{before}encoding{sign}UTF-8{quote}{after}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_made_true() {
        for (before, after) in [
            (
                "<?xml version='1.0' encoding = 'UTF-16' standalone='yes'?><a/>",
                Some("<?xml version='1.0' encoding = 'UTF-8' standalone='yes'?><a/>"),
            ),
            ("<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>", None),
            ("<?xml version=\"1.0\"?><a/>", None),
            ("<a encoding='x'/>", None),
        ] {
            assert_eq!(declare_utf8(before).as_deref(), after);
        }
    }
}
