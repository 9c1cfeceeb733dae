//! Which characters XML 1.0 allows, and where.

/// Whether XML 1.0 (fifth edition, §2.2) allows `c` in a document at all.
///
/// Most control characters are not allowed, not even as character references.
pub const fn is_xml_char(c: char) -> bool {
    matches!(c,
        '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Whether `name` is a name without a colon (Namespaces in XML 1.0, §3).
pub(super) fn is_ncname(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(starts_name) && chars.all(continues_name)
}

/// `NameStartChar` of XML 1.0, without the colon.
const fn starts_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}'
        | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// `NameChar` of XML 1.0, without the colon.
const fn continues_name(c: char) -> bool {
    starts_name(c)
        || matches!(c,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_not_xml() {
        assert!(is_xml_char('\n') && is_xml_char('ü') && is_xml_char('💾'));
        assert!(!is_xml_char('\0') && !is_xml_char('\u{1B}') && !is_xml_char('\u{FFFE}'));
    }

    #[test]
    fn names_start_with_a_letter() {
        assert!(is_ncname("Item") && is_ncname("_x-1.b") && is_ncname("größe"));
        assert!(!is_ncname("") && !is_ncname("1a") && !is_ncname("-a") && !is_ncname("a:b"));
    }
}
