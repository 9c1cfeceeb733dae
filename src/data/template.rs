//! Texts with parameters in them.

use std::ops::Range;

use super::limits::MAX_PARAMETER_DEPTH;

/// What begins a parameter.
pub(super) const OPEN: &str = "${";
/// What is written for [`OPEN`] itself.
const ESCAPED: &str = "$${";
/// What a name begins with that is one of the environment's.
const ENVIRONMENT: &str = "env:";

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// As it is.
    Text(String),
    /// `${…}`.
    Parameter(Parameter),
}

/// A use of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    /// Whose value it is.
    pub(super) source: Source,
    /// What stands behind `:-`, for where there is no value.
    pub(super) default: Option<Vec<Piece>>,
    /// Its bytes in the text.
    pub(super) range: Range<usize>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    /// The parameter of this name.
    Parameter(String),
    /// The environment's variable of this name.
    Environment(String),
}

/// Why a text has no meaning, and from which of its bytes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    pub(super) at: usize,
    pub(super) message: String,
}

/// The parts of `text`, or none if it is as it is.
pub(super) fn pieces(text: &str) -> Result<Option<Vec<Piece>>, Malformed> {
    if !text.contains(OPEN) {
        return Ok(None);
    }
    let mut scanner = Scanner { text, at: 0 };
    scanner.pieces(0).map(Some)
}

/// Whether `name` can be one of a parameter.
pub(super) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    /// The parts up to the end, or, inside a default, up to the brace that ends it.
    fn pieces(&mut self, depth: usize) -> Result<Vec<Piece>, Malformed> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        while let Some(c) = self.text[self.at..].chars().next() {
            if depth > 0 && c == '}' {
                break;
            }
            if self.take(ESCAPED) {
                plain.push_str(OPEN);
            } else if self.text[self.at..].starts_with(OPEN) {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Parameter(self.parameter(depth + 1)?));
            } else {
                plain.push(c);
                self.at += c.len_utf8();
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(pieces)
    }

    fn parameter(&mut self, depth: usize) -> Result<Parameter, Malformed> {
        let start = self.at;
        let malformed = |message: String| Malformed { at: start, message };
        if depth > MAX_PARAMETER_DEPTH {
            return Err(malformed(format!(
                "parameters stand in one another's defaults more than {MAX_PARAMETER_DEPTH} deep"
            )));
        }
        self.take(OPEN);
        let of_environment = self.take(ENVIRONMENT);
        let rest = &self.text[self.at..];
        let length = rest.find(['}', ':', '$', '{']).unwrap_or(rest.len());
        let name = &rest[..length];
        self.at += length;
        let default = if self.take(":-") {
            Some(self.pieces(depth)?)
        } else {
            None
        };
        let shown = shortened(name);
        if !self.take("}") {
            let ended = default.is_some() || self.at == self.text.len();
            return Err(malformed(if ended {
                format!("`${{{shown}` has no `}}`")
            } else {
                format!("`${{{shown}` is followed by what is neither `:-` nor `}}`")
            }));
        }
        if !is_name(name) {
            return Err(malformed(format!("`{shown}` is no name of a parameter")));
        }
        let name = name.to_owned();
        Ok(Parameter {
            source: if of_environment {
                Source::Environment(name)
            } else {
                Source::Parameter(name)
            },
            default,
            range: start..self.at,
        })
    }

    /// Goes over `expected`, if it comes next.
    fn take(&mut self, expected: &str) -> bool {
        let comes = self.text[self.at..].starts_with(expected);
        self.at += if comes { expected.len() } else { 0 };
        comes
    }
}

/// As much of `text` as tells what is meant.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn parameter(name: &str, default: Option<Vec<Piece>>, range: Range<usize>) -> Piece {
        Piece::Parameter(Parameter {
            source: match name.strip_prefix(ENVIRONMENT) {
                Some(name) => Source::Environment(name.to_owned()),
                None => Source::Parameter(name.to_owned()),
            },
            default,
            range,
        })
    }

    #[test]
    fn texts_have_parts() {
        assert_eq!(pieces("a $b {c} $$d $"), Ok(None));
        for (given, expected) in [
            ("${a}", vec![parameter("a", None, 0..4)]),
            (
                "ä${a-b.c_1}x",
                vec![text("ä"), parameter("a-b.c_1", None, 2..12), text("x")],
            ),
            (
                "${a}${b}",
                vec![parameter("a", None, 0..4), parameter("b", None, 4..8)],
            ),
            ("${a:-}", vec![parameter("a", Some(vec![]), 0..6)]),
            (
                "${a:-x y$z}",
                vec![parameter("a", Some(vec![text("x y$z")]), 0..11)],
            ),
            (
                "${a:-${env:B:-c}d}}",
                vec![
                    parameter(
                        "a",
                        Some(vec![
                            parameter("env:B", Some(vec![text("c")]), 5..16),
                            text("d"),
                        ]),
                        0..18,
                    ),
                    text("}"),
                ],
            ),
            ("$${a} $$${b}", vec![text("${a} $${b}")]),
        ] {
            assert_eq!(pieces(given), Ok(Some(expected)), "{given}");
        }
    }

    #[test]
    fn what_has_no_meaning() {
        let deep = "${a:-".repeat(MAX_PARAMETER_DEPTH + 1);
        for (given, at, message) in [
            ("x${a", 1, "`${a` has no `}`"),
            ("${a:-b", 0, "`${a` has no `}`"),
            ("${}", 0, "`` is no name"),
            ("${1}", 0, "`1` is no name"),
            ("${a b}", 0, "`a b` is no name"),
            ("${a:b}", 0, "neither `:-` nor `}`"),
            ("${a${b}}", 0, "neither `:-` nor `}`"),
            ("${env:}", 0, "`` is no name"),
            (&deep, deep.len() - 5, "deep"),
        ] {
            let error = pieces(given).unwrap_err();
            assert_eq!(error.at, at, "{given}");
            assert!(error.message.contains(message), "{}", error.message);
        }
    }
}
