//! From a byte offset to the line and column an editor shows.

use crate::base::Error;

use super::decode::BYTE_ORDER_MARK;

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

/// Adds line, column and the line's text to an error that knows its byte offset in
/// `text`, unless it has them.
///
/// What is marked is the tag, reference or word that begins at the offset.
#[must_use]
pub fn locate(error: Error, text: &str) -> Error {
    let place = error.place();
    let (None, Some(offset)) = (place.line, place.offset) else {
        return error;
    };
    let offset = boundary(text, usize::try_from(offset).unwrap_or(usize::MAX));
    let (line, column) = line_column(text, offset);
    let start = text[..offset].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[offset..]
        .find('\n')
        .map_or(text.len(), |newline| offset + newline);
    let shown = &text[start..end];
    let shown = shown.strip_prefix(BYTE_ORDER_MARK).unwrap_or(shown);
    let width = width(&text[offset..end]);
    let error = error.at_line(line, column);
    if shown.trim_ascii().is_empty() {
        return error;
    }
    error.with_excerpt(shown, column, width)
}

/// The byte offset at which `part`, a slice of `text`, begins in it.
pub(super) fn place_of(part: &str, text: &str) -> Option<usize> {
    let offset = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    (offset + part.len() <= text.len()).then_some(offset)
}

/// How many characters what `rest` begins with has: a tag as far as its name, a
/// reference, or a word.
fn width(rest: &str) -> usize {
    let mark = rest.chars().take_while(|c| "<&#/!?".contains(*c)).count();
    let reference = rest.starts_with('&');
    let word = rest
        .chars()
        .skip(mark)
        .take_while(|&c| c.is_alphanumeric() || "_-.:".contains(c))
        .count();
    let semicolon = reference && rest.chars().nth(mark + word) == Some(';');
    mark + word + usize::from(semicolon)
}

/// `offset` moved back to where a character begins.
fn boundary(text: &str, offset: usize) -> usize {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
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
    fn an_error_shows_its_line() {
        let text = "\u{FEFF}<ü:a b='1'>\n\n  x &amp; y</a>";
        for (offset, line, fault) in [
            (3, (1, 1), Some("<ü:a")),
            (9, (1, 6), Some("b")),
            (16, (2, 1), None),
            (21, (3, 5), Some("&amp;")),
            (22, (3, 6), Some("amp")),
            (28, (3, 12), Some("</a")),
            (999, (3, 16), Some("")),
        ] {
            let error = locate(Error::usage("").at_offset(offset), text);
            assert_eq!(error.place().line, Some(line), "{offset}");
            let marked = error.excerpt().map(|shown| {
                let fault = shown.line.chars().skip(shown.indent).take(shown.width);
                fault.collect::<String>()
            });
            assert_eq!(marked.as_deref(), fault, "{offset}");
        }
        assert_eq!(locate(Error::usage(""), text).place().line, None);
    }
}
