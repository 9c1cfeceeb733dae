//! What a text without quotes is taken for.
//!
//! YAML 1.2.2 §10.3.2, the core schema. `yes`, `no`, `on` and `off` are texts, as is
//! everything else with another meaning in YAML 1.1 only.

use super::node::{Kind, Scalar, Style};

/// What `text` is taken for.
pub(super) fn resolve(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Kind::Float(f64::NAN),
        _ => {}
    }
    let (sign, size) = match text.as_bytes() {
        [b'-', ..] => (-1.0, &text[1..]),
        [b'+', ..] => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    if matches!(size, ".inf" | ".Inf" | ".INF") {
        return Kind::Float(sign * f64::INFINITY);
    }
    integer(text, size)
        .map(Kind::Integer)
        .or_else(|| float(text, size).map(Kind::Float))
        .unwrap_or(Kind::Text)
}

/// The whole number `text`, which is `size` behind its sign. One that is beyond any use
/// is none.
fn integer(text: &str, size: &str) -> Option<i128> {
    let digits = |digits: &str, radix: u32| {
        let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        all.then(|| i128::from_str_radix(digits, radix).ok())
            .flatten()
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return digits(hexadecimal, 16);
    }
    let number = digits(size, 10)?;
    Some(if text.starts_with('-') {
        -number
    } else {
        number
    })
}

/// The number `text`, which is `size` behind its sign.
fn float(text: &str, size: &str) -> Option<f64> {
    // Rust's own reading also takes `inf` and `nan`.
    let starts = size.starts_with(|c: char| c.is_ascii_digit())
        || size
            .strip_prefix('.')?
            .starts_with(|c: char| c.is_ascii_digit());
    let form = size
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    (starts && form).then(|| text.parse().ok()).flatten()
}

impl Scalar {
    /// A value without quotes.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            kind: resolve(&text),
            text,
            style: Style::Plain,
        }
    }

    /// A text written in `style`.
    pub(super) fn text(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            kind: Kind::Text,
            style,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema() {
        for (text, kind) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("null", Kind::Null),
            ("nULL", Kind::Text),
            ("True", Kind::Bool(true)),
            ("false", Kind::Bool(false)),
            ("yes", Kind::Text),
            ("0", Kind::Integer(0)),
            ("-12", Kind::Integer(-12)),
            ("+12", Kind::Integer(12)),
            ("012", Kind::Integer(12)),
            ("0o17", Kind::Integer(15)),
            ("0xfF", Kind::Integer(255)),
            ("0x-1", Kind::Text),
            ("+-5", Kind::Text),
            ("-0x1", Kind::Text),
            ("1_000", Kind::Text),
            ("1.10", Kind::Float(1.1)),
            (".5", Kind::Float(0.5)),
            ("5.", Kind::Float(5.0)),
            ("-1e3", Kind::Float(-1000.0)),
            ("1e", Kind::Text),
            ("-.inf", Kind::Float(f64::NEG_INFINITY)),
            ("inf", Kind::Text),
            ("nan", Kind::Text),
            (".", Kind::Text),
            ("-", Kind::Text),
            ("1.2.3", Kind::Text),
            ("4 GiB", Kind::Text),
            ("10:20", Kind::Text),
            ("٣", Kind::Text),
        ] {
            assert_eq!(resolve(text), kind, "{text}");
        }
        let huge = "9".repeat(60);
        assert_eq!(resolve(&huge), Kind::Float(1e60));
        assert!(matches!(resolve(".nan"), Kind::Float(number) if number.is_nan()));
    }
}
