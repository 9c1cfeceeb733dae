//! Which of the formats a file has, and its text.

use std::path::Path;

use crate::base::position::{BYTE_ORDER_MARK, line_column};
use crate::base::{Error, ErrorKind, Result};

use super::files::Source;
use super::limits::{Budget, MAX_FILE_BYTES, exceeded};
use super::node::Node;
use super::{json, toml, yaml};

/// The formats a file can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2.
    Yaml,
    /// TOML 1.1.
    Toml,
    /// JSON.
    Json,
}

impl Format {
    /// The format of the file `path`: by its ending, else by its `text`.
    pub(super) fn of(path: &Path, text: &str) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("yaml" | "yml") => Self::Yaml,
            Some("toml") => Self::Toml,
            Some("json") => Self::Json,
            _ => Self::looks_like(text),
        }
    }

    /// The format of a `text`, by its first line that is no comment.
    fn looks_like(text: &str) -> Self {
        let mut lines = text.lines().map(str::trim);
        let first = lines
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        let rest = text.trim_start();
        if let Some(inside) = rest.strip_prefix('{') {
            // YAML takes a map in braces, too; only its keys may be without quotes.
            let quoted = inside.trim_start().starts_with(['"', '}']);
            return if quoted { Self::Json } else { Self::Yaml };
        }
        let header = first.starts_with('[') && first.ends_with(']') && !first.contains(',');
        let key = first.split_once('=').is_some_and(|(key, _)| {
            let key = key.trim_end();
            !key.is_empty() && !key.contains([':', ' ', '{']) && !key.starts_with('-')
        });
        if header || key {
            Self::Toml
        } else {
            Self::Yaml
        }
    }

    /// Reads a `source` of this format.
    pub(super) fn read(self, source: Source<'_>, budget: &mut Budget) -> Result<Node> {
        match self {
            Self::Yaml => yaml::read(source, budget, yaml::Dialect::default()),
            Self::Toml => toml::read(source, budget),
            Self::Json => json::read(source, budget),
        }
    }
}

/// The text of a file of these `bytes`, without a byte order mark.
pub(super) fn decode(bytes: Vec<u8>) -> Result<String> {
    if bytes.len() > MAX_FILE_BYTES {
        let most = MAX_FILE_BYTES >> 20;
        return Err(exceeded(format!("the file is larger than {most} MiB"))
            .why("a definition is a text of some KiB")
            .help("check that this is the right file"));
    }
    if let [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'!'..=b'~', ..] | [b'!'..=b'~', 0, ..] =
        bytes[..]
    {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the file is UTF-16; it has to be UTF-8",
        )
        .help("save it as UTF-8, or convert it: `iconv -f UTF-16 -t UTF-8`"));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let before = String::from_utf8_lossy(&bytes[..valid]);
        let (line, column) = line_column(&before, valid);
        let message = format!("the byte {:#04x} is not UTF-8", bytes[valid]);
        Error::new(ErrorKind::Invalid, message)
            .at_line(line, column)
            .help("save the file as UTF-8, or convert it, as by `iconv -f WINDOWS-1252 -t UTF-8`")
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_else_the_content() {
        for (path, text, format) in [
            ("a.yml", "{}", Format::Yaml),
            ("a.YAML", "", Format::Yaml),
            ("a.toml", "", Format::Toml),
            ("a.json", "", Format::Json),
            ("a", "{\n  \"a\": 1}", Format::Json),
            ("a", "{}", Format::Json),
            ("a", "{a: 1}", Format::Yaml),
            ("a", "# x\n\nname = 'a'\n", Format::Toml),
            ("a", "a.b=1", Format::Toml),
            ("a", "[vm]\nname = 1", Format::Toml),
            ("a", "[a, b]", Format::Yaml),
            ("a", "name: a=b", Format::Yaml),
            ("a", "- a=b", Format::Yaml),
            ("a", "", Format::Yaml),
        ] {
            assert_eq!(Format::of(path.as_ref(), text), format, "{path} {text:?}");
        }
    }

    #[test]
    fn text_is_utf_8() {
        assert_eq!(decode(b"\xEF\xBB\xBFa: 1".to_vec()).unwrap(), "a: 1");
        for (bytes, message, line) in [
            (&b"\xFF\xFEa\0"[..], "UTF-16", None),
            (b"\xFE\xFF\0a", "UTF-16", None),
            (b"a\0:\0", "UTF-16", None),
            (
                b"a: 1\nb: \xE4\n",
                "the byte 0xe4 is not UTF-8",
                Some((2, 4)),
            ),
        ] {
            let error = decode(bytes.to_vec()).unwrap_err();
            assert!(error.message().contains(message), "{error}");
            assert_eq!(error.place().line, line);
            assert!(error.advice().is_some());
        }
        let error = decode(vec![b' '; MAX_FILE_BYTES + 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}
