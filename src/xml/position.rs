//! Errors that know their byte offset, with the line an editor shows.

use crate::base::Error;
use crate::base::position::{boundary, line_at, line_column, line_end};

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
    let shown = line_at(text, offset);
    let width = width(&text[offset..line_end(text, offset)]);
    let error = error.at_line(line, column);
    if shown.trim_ascii().is_empty() {
        return error;
    }
    error.with_excerpt(shown, column, width)
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

#[cfg(test)]
mod tests {
    use super::*;

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
