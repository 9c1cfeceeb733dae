//! YAML 1.2, in a form that readers of 1.1 take for the same.

use super::super::node::Kind;
use super::super::scalar::resolve;
use super::Tree;

/// The columns of a line that a list or map in braces may fill.
const WIDTH: usize = 88;
/// The columns each level is moved in.
const STEP: usize = 2;
/// The longest key that may stand in front of its value (YAML 1.2.2 §7.4.3).
const LONGEST_KEY: usize = 1000;

/// What readers of YAML 1.1 take for something else than a text.
const OLD_WORDS: [&str; 8] = ["yes", "no", "on", "off", "y", "n", "<<", "="];

/// The entry `key` with its `value`, `indent` columns in, with its line ends.
pub(super) fn entry(key: &str, value: &Tree, indent: usize) -> String {
    let key = text(key, false);
    let pad = " ".repeat(indent);
    if key.len() > LONGEST_KEY {
        return format!("{pad}? {key}\n{pad}:{}", behind(value, indent, indent + 1));
    }
    let column = indent + key.chars().count() + 1;
    format!("{pad}{key}:{}", behind(value, indent, column))
}

/// `value` behind a colon or dash in `column`, of what is `indent` columns in.
fn behind(value: &Tree, indent: usize, column: usize) -> String {
    if let Some(flow) = flow(value).filter(|flow| column + flow.chars().count() < WIDTH) {
        return format!(" {flow}\n");
    }
    match value {
        Tree::List(_) | Tree::Map(_) => format!("\n{}\n", self::value(value, indent + STEP)),
        scalar => format!(" {}\n", block_scalar(scalar, indent + STEP)),
    }
}

/// `value`, `indent` columns in, without a line end.
pub(super) fn value(value: &Tree, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let written = match value {
        Tree::List(items) if !items.is_empty() => items
            .iter()
            .map(|item| list_item(item, indent, &pad))
            .collect(),
        Tree::Map(entries) if !entries.is_empty() => {
            let entries = entries.iter().map(|(key, value)| entry(key, value, indent));
            entries.collect()
        }
        Tree::List(_) => format!("{pad}[]"),
        Tree::Map(_) => format!("{pad}{{}}"),
        scalar => format!("{pad}{}", block_scalar(scalar, indent + STEP)),
    };
    match written.strip_suffix('\n') {
        Some(stripped) => stripped.to_owned(),
        None => written,
    }
}

fn list_item(item: &Tree, indent: usize, pad: &str) -> String {
    match item {
        Tree::Map(entries)
            if !entries.is_empty()
                && flow(item).is_none_or(|flow| indent + 2 + flow.chars().count() >= WIDTH) =>
        {
            // The first entry stands behind the dash.
            let inner: String = entries
                .iter()
                .map(|(key, value)| entry(key, value, indent + STEP))
                .collect();
            format!("{pad}- {}", &inner[indent + STEP..])
        }
        item => format!("{pad}-{}", behind(item, indent, indent + 1)),
    }
}

/// `value` in one line, if that is a form it is well read in.
fn flow(value: &Tree) -> Option<String> {
    match value {
        Tree::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(flow).collect();
            Some(format!("[{}]", items?.join(", ")))
        }
        Tree::Map(entries) if entries.is_empty() => Some("{}".to_owned()),
        // Maps of maps are read better line by line.
        Tree::Map(entries) if entries.iter().any(|(_, value)| is_filled_map(value)) => None,
        Tree::Map(entries) => {
            let entries: Option<Vec<String>> = entries
                .iter()
                .map(|(key, value)| Some(format!("{}: {}", text(key, true), flow(value)?)))
                .collect();
            Some(format!("{{ {} }}", entries?.join(", ")))
        }
        Tree::Text(text) | Tree::Loose(text) if text.contains('\n') => None,
        scalar => Some(self::scalar(scalar, true)),
    }
}

/// Whether `value` is a map with something in it.
fn is_filled_map(value: &Tree) -> bool {
    matches!(value, Tree::Map(entries) if !entries.is_empty())
}

/// A single value, in braces or not.
fn scalar(value: &Tree, flow: bool) -> String {
    match value {
        Tree::Bool(yes) => yes.to_string(),
        Tree::Number(number) => number.to_string(),
        Tree::Loose(loose) if Tree::loose(loose).is_some() => loose.clone(),
        Tree::Text(text) | Tree::Loose(text) => self::text(text, flow),
        Tree::Null | Tree::List(_) | Tree::Map(_) => "null".to_owned(),
    }
}

/// A single value that may take several lines, each `indent` columns in.
fn block_scalar(value: &Tree, indent: usize) -> String {
    match value {
        Tree::Text(text) | Tree::Loose(text) if is_block(text) => {
            let chomping = if text.ends_with('\n') { "" } else { "-" };
            let body = text.strip_suffix('\n').unwrap_or(text);
            let pad = " ".repeat(indent);
            let lines = body.split('\n').map(|line| match line {
                "" => String::new(),
                line => format!("{pad}{line}"),
            });
            let lines: Vec<String> = lines.collect();
            format!("|{chomping}\n{}", lines.join("\n"))
        }
        value => scalar(value, false),
    }
}

/// Whether `text` can be written line by line, without quotes.
fn is_block(text: &str) -> bool {
    let printable = |c: char| c == '\n' || (c == '\t' || is_printable(c));
    let mut lines = text.split('\n');
    let first = lines
        .clone()
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    text.contains('\n')
        && text.chars().all(printable)
        && !first.is_empty()
        && !first.starts_with([' ', '\t'])
        && !text.starts_with('\n')
        && !text.ends_with("\n\n")
        // A line of blanks alone is taken for an empty one.
        && !lines.any(|line| !line.is_empty() && line.trim_matches([' ', '\t']).is_empty())
}

/// Whether `c` stands for itself in YAML, on one line, and is seen.
fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' | '\u{A0}'
        )
        && !matches!(u32::from(c), 0xFDD0..=0xFDEF)
        && u32::from(c) & 0xFFFE != 0xFFFE
}

/// `text` with the quotes it needs, in braces or not.
fn text(text: &str, flow: bool) -> String {
    if is_plain(text, flow) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        // In double quotes, a backslash would have to be doubled.
        if text.contains('\'') && !text.contains(['"', '\\']) {
            format!("\"{text}\"")
        } else {
            format!("'{}'", text.replace('\'', "''"))
        }
    } else {
        escaped(text)
    }
}

/// Whether `text` is taken for itself without quotes.
fn is_plain(text: &str, flow: bool) -> bool {
    let first = text.chars().next().unwrap_or(' ');
    let indicators = "-?:,[]{}#&*!|>'\"%@`";
    let old = OLD_WORDS.iter().any(|word| word.eq_ignore_ascii_case(text));
    // To readers of 1.1, digits with colons between are a number to the base of 60.
    let sixties =
        text.contains(':') && text.chars().all(|c| c.is_ascii_digit() || ":.".contains(c));
    // And so are digits with underscores, and binary ones.
    let digits = text.trim_start_matches(['-', '+']).replace('_', "");
    let binary = digits
        .strip_prefix("0b")
        .is_some_and(|rest| rest.chars().all(|c| "01".contains(c)));
    let number = binary || (text.contains('_') && !matches!(resolve(&digits), Kind::Text));
    matches!(resolve(text), Kind::Text)
        && !old
        && !sixties
        && !number
        && first != ' '
        && !indicators.contains(first)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains('\t')
        && text != "..."
        && text.chars().all(is_printable)
        && !(flow && text.contains([',', '[', ']', '{', '}']))
        // Some readers take a dash there for that of a list.
        && !(flow && (text.contains(" -") || text.contains(" ?")))
}

/// `text` in double quotes, with escapes.
fn escaped(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if is_printable(c) => quoted.push(c),
            c => {
                let code = u32::from(c);
                let escape = match code {
                    0..=0xFF => format!("\\x{code:02x}"),
                    0x100..=0xFFFF => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                quoted.push_str(&escape);
            }
        }
    }
    quoted.push('"');
    quoted
}
