//! Errors and warnings for people.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use crate::base::Error;
use crate::base::error::Excerpt;
use crate::validate::{Finding, Severity};

/// Colours for a terminal that wants them, and nothing for any other reader.
struct Paint {
    on: bool,
}

impl Paint {
    fn for_stderr() -> Self {
        Self::on_terminal(std::io::stderr().is_terminal())
    }

    fn on_terminal(terminal: bool) -> Self {
        Self {
            on: terminal && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Prints what, where, why and what to do, of each if there are several errors.
pub(super) fn error(error: &Error) {
    print(&told(error, &Paint::for_stderr()));
}

/// Each of several errors, and how many they are.
fn told(error: &Error, paint: &Paint) -> String {
    let mut text = described(error, paint);
    for other in error.others() {
        text += &described(other, paint);
    }
    if !error.others().is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{} errors", 1 + error.others().len());
    }
    text
}

/// What, where, why and what to do.
fn described(error: &Error, paint: &Paint) -> String {
    let mut text = format!(
        "{} {}\n",
        paint.paint("1;31", "error:"),
        brief(error.message())
    );
    let place = error.place();
    let mut where_ = Vec::new();
    where_.extend(place.option.clone());
    where_.extend(place.path.as_ref().map(|path| path.display().to_string()));
    where_.extend(place.member.clone());
    where_.extend(
        place
            .line
            .map(|(line, column)| format!("line {line}, column {column}")),
    );
    // Who sees the line needs no count of bytes, which is of the decoded text.
    where_.extend(
        place
            .offset
            .filter(|_| error.excerpt().is_none())
            .map(|offset| format!("byte {offset} ({offset:#x})")),
    );
    let parts = [
        ("where:", (!where_.is_empty()).then(|| where_.join(", "))),
        ("why:", error.reason().map(str::to_owned)),
        ("help:", error.advice().map(str::to_owned)),
    ];
    for (label, part) in parts {
        if let Some(part) = part {
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "  {} {}",
                paint.paint("1", &format!("{label:6}")),
                brief(&part)
            );
        }
        if label == "where:" {
            text.push_str(&excerpt(error).unwrap_or_default());
        }
    }
    text
}

/// The line an error is about, with its number, and carets below what is at fault.
fn excerpt(error: &Error) -> Option<String> {
    let ((line, _), shown) = error.place().line.zip(error.excerpt())?;
    Some(marked(line, shown, ""))
}

/// A line with its number, and carets below what is at fault, with the `label` behind.
fn marked(line: u32, shown: &Excerpt, label: &str) -> String {
    let number = format!("{line:>5}");
    let carets = "^".repeat(shown.width);
    let under = format!("{}{carets} {}", " ".repeat(shown.indent), printable(label));
    format!(
        "{number} | {}\n{:room$} | {}\n",
        printable(&shown.line),
        "",
        under.trim_end(),
        room = number.len()
    )
}

/// A finding as compilers tell one: what, where, the line with what is at fault, and, if
/// `fully`, why it matters and how to mend it.
pub(super) fn finding(finding: &Finding, fully: bool) -> String {
    let paint = Paint::on_terminal(std::io::stdout().is_terminal());
    let (word, colour) = match finding.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
        Severity::Info => ("note", "1"),
    };
    let word = paint.paint(colour, &format!("{word}[{}]", finding.rule));
    let mut text = format!("{word}: {}\n", printable(&finding.title));
    let name = printable(&finding.file);
    let place = match (&finding.region, finding.offset) {
        (Some(region), _) => format!("{name}:{}:{}", region.line, region.column),
        (None, Some(offset)) => format!("{name}, byte {offset} ({offset:#x})"),
        (None, None) => name,
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "   --> {place}");
    match finding.region.as_ref().zip(finding.excerpt.as_ref()) {
        Some((region, shown)) => text += &marked(region.line, shown, &finding.label),
        None if finding.label.is_empty() => {}
        None => {
            let _ = writeln!(text, "    = {}", printable(&finding.label));
        }
    }
    if !finding.targets.is_empty() {
        let names: Vec<_> = finding.targets.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "    = minded by {}", names.join(", "));
    }
    if fully {
        let _ = writeln!(text, "    = {}; {}", finding.reference, finding.why);
        let _ = writeln!(text, "    = help: {}", printable(&finding.help));
    }
    text
}

/// Prints a warning.
pub(super) fn warning(about: &str, message: &str) {
    let label = Paint::for_stderr().paint("1;33", "warning:");
    print(&format!("{label} {}: {}\n", brief(about), brief(message)));
}

/// Prints a note.
pub(super) fn note(note: &str) {
    let label = Paint::for_stderr().paint("1", "note:");
    print(&format!("{label} {}\n", brief(note)));
}

/// The most characters that are shown of a part of a message. It can repeat a value out
/// of a file, or all its names, which are as long and as many as the file has it.
const MAX_CHARACTERS: usize = 4000;

/// `text` printable and as long as somebody may read.
fn brief(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => printable(&text[..end]) + " …",
        None => printable(text),
    }
}

/// Names out of hostile files must not steer the terminal.
pub(super) fn printable(text: &str) -> String {
    // Besides control characters, those that end a line or turn the direction of
    // writing.
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}')
            || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| {
            if steers(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

fn print(text: &str) {
    // With standard error gone there is nobody left to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_cannot_steer_the_terminal() {
        let error = Error::usage("")
            .at_line(8, 3)
            .with_excerpt("  <p:Disk \x1b[2J>", 3, 7);
        let shown = excerpt(&error).expect("there is a line");
        assert_eq!(shown, "    8 |   <p:Disk \u{FFFD}[2J>\n      |   ^^^^^^^\n");
        assert_eq!(excerpt(&Error::usage("").with_excerpt("x", 1, 1)), None);
    }

    #[test]
    fn several_errors_are_told_and_counted() {
        let paint = Paint { on: false };
        let one = |number: u32| Error::usage(format!("no {number}")).at_line(number, 1);
        assert_eq!(
            told(&one(1), &paint),
            "error: no 1\n  where: line 1, column 1\n"
        );
        assert_eq!(
            told(&Error::all([one(1), one(2)]), &paint),
            "error: no 1\n  where: line 1, column 1\nerror: no 2\n  where: line 2, column 1\n2 errors\n"
        );
    }

    #[test]
    fn what_ends_lines_or_turns_writing_is_replaced() {
        for c in "\0\n\r\t\x07\x1b\x7f\u{85}\u{9b}\u{61c}\u{200f}\u{2028}\u{202e}\u{2067}".chars() {
            assert_eq!(printable(&c.to_string()), "\u{FFFD}", "{c:?}");
        }
        let plain = "a ä \u{5d0} \u{1f600} \u{200d}";
        assert_eq!(printable(plain), plain);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let most = "ä".repeat(MAX_CHARACTERS);
        assert_eq!(brief(&most), most);
        assert_eq!(brief(&format!("{most}ä\x1b")), format!("{most} …"));
    }

    #[test]
    fn the_caret_stands_below_the_fault_on_any_line() {
        for (line, shown) in [
            (1, "    1 | ab\n      |  ^\n"),
            (234_567, "234567 | ab\n       |  ^\n"),
        ] {
            let error = Error::usage("").at_line(line, 2).with_excerpt("ab", 2, 1);
            assert_eq!(excerpt(&error).as_deref(), Some(shown));
        }
    }
}
