//! Writing text so that a reader gets back exactly what was meant.

/// Escapes `value` for an attribute, between either kind of quotes.
///
/// Tab, newline and carriage return become character references: a reader turns
/// the plain characters into blanks (XML 1.0 §3.3.3).
pub fn escape_attribute(value: &str) -> String {
    escape(value, |c| match c {
        '"' => Some("&quot;"),
        '\'' => Some("&apos;"),
        '\t' => Some("&#9;"),
        '\n' => Some("&#10;"),
        _ => None,
    })
}

/// Escapes `value` for the content of an element, where quotes, tabs and
/// newlines can stay as they are and read better.
pub fn escape_text(value: &str) -> String {
    escape(value, |_| None)
}

/// Escapes what needs it everywhere, and what `more` adds to that. A carriage
/// return always needs it, since a reader turns a plain one into a newline
/// (XML 1.0 §2.11).
fn escape(value: &str, more: impl Fn(char) -> Option<&'static str>) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            _ => match more(c) {
                Some(reference) => escaped.push_str(reference),
                None => escaped.push(c),
            },
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_keep_quotes_and_line_ends() {
        assert_eq!(
            escape_attribute("a\t\"b\" & 'c'\r\n<d>"),
            "a&#9;&quot;b&quot; &amp; &apos;c&apos;&#13;&#10;&lt;d&gt;"
        );
    }

    #[test]
    fn text_stays_readable() {
        assert_eq!(escape_text("\"a\"\n\tb ]]>\r"), "\"a\"\n\tb ]]&gt;&#13;");
    }
}
