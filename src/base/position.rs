//! From a byte offset in a text to what an editor shows there.

/// What some editors put before a text; it is no part of it.
pub const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// Line and column, both from 1, of byte `offset` in `text`. A column counts
/// characters, of which a byte order mark is none. An offset beyond the end, or
/// inside a character, is moved back.
pub fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..boundary(text, offset)];
    let before = before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|&byte| byte == b'\n').count();
    let columns = before[line_start..].chars().count();
    (from_one(lines), from_one(columns))
}

/// The line of `text` that byte `offset` is in, without its end and without a byte
/// order mark.
pub fn line_at(text: &str, offset: usize) -> &str {
    let offset = boundary(text, offset);
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[start..line_end(text, offset)];
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}

/// Where the line that byte `offset` of `text` is in ends.
pub fn line_end(text: &str, offset: usize) -> usize {
    let offset = boundary(text, offset);
    text[offset..]
        .find('\n')
        .map_or(text.len(), |newline| offset + newline)
}

/// `offset` moved back to where a character of `text` begins.
pub fn boundary(text: &str, offset: usize) -> usize {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// The byte offset at which `part`, a slice of `text`, begins in it.
pub fn place_of(part: &str, text: &str) -> Option<usize> {
    let offset = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    (offset + part.len() <= text.len()).then_some(offset)
}

/// Counts from 1 instead of 0.
fn from_one(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "ab\nüxy";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 3), (2, 1));
        assert_eq!(line_column(text, 4), (2, 1), "inside the ü");
        assert_eq!(line_column(text, 5), (2, 2));
        assert_eq!(line_column(text, 999), (2, 4));
    }

    #[test]
    fn a_line_is_told_without_its_mark() {
        let text = "\u{FEFF}ab\nüxy\n";
        assert_eq!(line_at(text, 4), "ab");
        assert_eq!(line_at(text, 5), "ab");
        assert_eq!(line_at(text, 6), "üxy");
        assert_eq!(line_at(text, 999), "");
    }
}
