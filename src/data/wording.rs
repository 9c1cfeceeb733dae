//! serde's terms in a user's words.

use serde::de::Unexpected;

/// What was found.
pub(super) fn found(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(yes) => format!("`{yes}`"),
        Unexpected::Unsigned(number) => format!("the number `{number}`"),
        Unexpected::Signed(number) => format!("the number `{number}`"),
        Unexpected::Float(number) => format!("the number `{number}`"),
        Unexpected::Str(text) => format!("the text `{text}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        // Which is how a number comes that keeps its form.
        Unexpected::Other(text) if text.parse::<f64>().is_ok() => format!("the number `{text}`"),
        other => other.to_string(),
    }
}

/// What was expected, which serde calls `term`.
pub(super) fn expected(term: &str) -> String {
    let whole = |least: &dyn std::fmt::Display, most: &dyn std::fmt::Display| {
        format!("a whole number from {least} to {most}")
    };
    match term {
        "u8" => whole(&u8::MIN, &u8::MAX),
        "u16" => whole(&u16::MIN, &u16::MAX),
        "u32" => whole(&u32::MIN, &u32::MAX),
        "u64" | "usize" => whole(&u64::MIN, &u64::MAX),
        "i8" => whole(&i8::MIN, &i8::MAX),
        "i16" => whole(&i16::MIN, &i16::MAX),
        "i32" => whole(&i32::MIN, &i32::MAX),
        "i64" | "isize" => whole(&i64::MIN, &i64::MAX),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" | "string" | "a borrowed string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "unit" | "unit value" => "nothing".to_owned(),
        _ if term.starts_with("a tuple of size ") => term.replacen("tuple of size", "list of", 1),
        _ => match term.split_once(' ') {
            Some(("struct" | "map", _)) => "a map".to_owned(),
            Some(("enum" | "variant", _)) => "a name, or a map with one".to_owned(),
            _ => term.to_owned(),
        },
    }
}

/// What to do about `found` where there has to be `expected`.
pub(super) fn advice(found: &str, expected: &str) -> Option<String> {
    let text = found.strip_prefix("the text `")?.strip_suffix('`')?;
    if expected == "`true` or `false`" {
        return match text.to_ascii_lowercase().as_str() {
            "yes" | "on" | "y" => Some("write `true`".to_owned()),
            "no" | "off" | "n" => Some("write `false`".to_owned()),
            "true" | "false" => Some("remove the quotes".to_owned()),
            _ => None,
        };
    }
    let number = expected.contains("number") && text.parse::<f64>().is_ok();
    number.then(|| "remove the quotes".to_owned())
}
