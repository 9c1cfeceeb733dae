//! The lines of a `.vmx` file: keys and values.
//!
//! VMware calls the format a dictionary. A line is `key = "value"`, or the value without
//! quotes, with nothing behind it but a comment. There is no continuation: what a line cannot
//! hold stands in the value as `|` and two hexadecimal digits, so a line break is `|0A`.

use std::collections::HashMap;

use encoding_rs::Encoding;

use crate::base::encoding::encoding_of;
use crate::base::{Error, ErrorKind, Result};

/// The most bytes of a file. Real ones have some KiB, or more if they carry a guest's
/// configuration.
pub const MAX_BYTES: usize = 4 << 20;
/// The most lines. Real files have some hundreds.
const MAX_LINES: u32 = 5_000;
/// The most faults that are told at once.
const MAX_FAULTS: usize = 20;
/// The key of the line that names the encoding.
const ENCODING: &str = ".encoding";

/// What a `.vmx` file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    /// The lines that set something, in their order.
    entries: Vec<Entry>,
    /// Their numbers, by their keys in lower case.
    by_key: HashMap<String, usize>,
}

/// A line that sets something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key as it is written. Its case means nothing.
    pub key: String,
    /// The key in lower case.
    pub(super) lower: String,
    /// The value, without quotes and escapes.
    pub value: String,
    /// The number of the line, from 1.
    pub line: u32,
}

/// A line in parts, not yet decoded.
struct Raw<'b> {
    line: u32,
    whole: &'b [u8],
    key: &'b [u8],
    value: Vec<u8>,
}

impl Dictionary {
    /// Reads the `bytes` of a file. Everything that is wrong is told at once.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let bytes = text_of(bytes)?;
        let mut faults = Vec::new();
        let mut lines = Vec::new();
        for (number, whole) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
            if number > MAX_LINES {
                return Err(Error::new(
                    ErrorKind::LimitExceeded,
                    format!("the file has more than {MAX_LINES} lines"),
                )
                .at_line(number, 1)
                .help("check that this is the right file"));
            }
            let whole = whole.strip_suffix(b"\r").unwrap_or(whole);
            match Raw::of(whole, number) {
                Ok(line) => lines.extend(line),
                Err(fault) => faults.push(fault),
            }
            if faults.len() == MAX_FAULTS {
                return Err(Error::all(faults));
            }
        }
        let encoding = encoding(bytes, &lines)?;
        let mut dictionary = Self {
            entries: Vec::with_capacity(lines.len()),
            by_key: HashMap::with_capacity(lines.len()),
        };
        for line in lines {
            let fault = line
                .decode(encoding)
                .and_then(|entry| dictionary.add(entry, line.whole));
            faults.extend(fault.err());
            if faults.len() == MAX_FAULTS {
                break;
            }
        }
        if faults.is_empty() {
            Ok(dictionary)
        } else {
            Err(Error::all(faults))
        }
    }

    /// Adds the entry of the line `whole`. VMware refuses a file that sets a key twice; the
    /// same value again is let pass.
    fn add(&mut self, entry: Entry, whole: &[u8]) -> Result<()> {
        if let Some(first) = self.by_key.get(&entry.lower) {
            let first = &self.entries[*first];
            if first.value == entry.value {
                return Ok(());
            }
            let message = format!(
                "`{}` was set to another value in line {}",
                entry.key, first.line
            );
            return Err(Error::new(ErrorKind::Invalid, message)
                .why("VMware's products do not open a file that sets a key twice")
                .help("remove one of the two lines")
                .at_line(entry.line, 1)
                .with_excerpt(&String::from_utf8_lossy(whole), 1, entry.key.len()));
        }
        self.by_key.insert(entry.lower.clone(), self.entries.len());
        self.entries.push(entry);
        Ok(())
    }

    /// The lines that set something.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The place of `key`, in lower case, among the entries.
    pub(super) fn position(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }
}

impl Raw<'_> {
    /// The parts of the line `whole`; nothing if it is blank or a comment.
    fn of(whole: &[u8], line: u32) -> Result<Option<Raw<'_>>> {
        let start = skip_blanks(whole, 0);
        if matches!(whole.get(start), None | Some(b'#')) {
            return Ok(None);
        }
        let wrong = |at: usize, message: &str, help: &str| {
            let column = String::from_utf8_lossy(&whole[..at]).chars().count() + 1;
            let column = u32::try_from(column).unwrap_or(u32::MAX);
            Error::new(ErrorKind::Invalid, message)
                .help(help)
                .at_line(line, column)
                .with_excerpt(&String::from_utf8_lossy(whole), column, 1)
        };
        let is_key = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'#' | b'=');
        let end = start
            + whole[start..]
                .iter()
                .take_while(|byte| is_key(byte))
                .count();
        let equals = skip_blanks(whole, end);
        if end == start || whole.get(equals) != Some(&b'=') {
            return Err(wrong(
                start,
                "the line sets no key",
                "write `key = \"value\"`, or `#` in front of a comment",
            ));
        }
        let begin = skip_blanks(whole, equals + 1);
        let (value, behind) = if whole.get(begin) == Some(&b'"') {
            let inside = &whole[begin + 1..];
            let Some(length) = inside.iter().position(|byte| *byte == b'"') else {
                return Err(wrong(
                    begin,
                    "the value has no closing quote",
                    "end the value with `\"`; a line break in it is written as `|0A`",
                ));
            };
            (&inside[..length], begin + length + 2)
        } else {
            let is_value = |byte: &u8| !matches!(byte, b' ' | b'\t' | b'#');
            let inside = &whole[begin..];
            let length = inside.iter().take_while(|byte| is_value(byte)).count();
            (&inside[..length], begin + length)
        };
        let behind = skip_blanks(whole, behind);
        if !matches!(whole.get(behind), None | Some(b'#')) {
            return Err(wrong(
                behind,
                "there is something behind the value",
                "put quotes around the whole value; a quote in it is written as `|22`",
            ));
        }
        Ok(Some(Raw {
            line,
            whole,
            key: &whole[start..end],
            value: unescaped(value),
        }))
    }

    fn decode(&self, encoding: &'static Encoding) -> Result<Entry> {
        let decode = |bytes: &[u8]| -> Result<String> {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
            let text = text.ok_or_else(|| {
                let message = format!("the line is not {}", encoding.name());
                Error::new(ErrorKind::Invalid, message)
                    .help("save the file as UTF-8, and write `.encoding = \"UTF-8\"` in it")
                    .at_line(self.line, 1)
                    .with_excerpt(&String::from_utf8_lossy(self.whole), 1, 1)
            })?;
            Ok(text.into_owned())
        };
        let key = decode(self.key)?;
        // Nothing in the world of a virtual machine has control characters in it.
        let kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
        Ok(Entry {
            lower: key.to_ascii_lowercase(),
            value: decode(&self.value)?.chars().filter(kept).collect(),
            line: self.line,
            key,
        })
    }
}

/// `bytes` without a byte order mark, if they can be a `.vmx` file.
fn text_of(bytes: &[u8]) -> Result<&[u8]> {
    if bytes.len() > MAX_BYTES {
        let message = format!("the file is larger than {} MiB", MAX_BYTES >> 20);
        return Err(Error::new(ErrorKind::LimitExceeded, message)
            .why("a `.vmx` file is a text of some KiB")
            .help("check that this is the right file"));
    }
    if matches!(bytes, [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..]) {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the file is UTF-16, which VMware's products do not read either",
        )
        .help("convert it: `iconv -f UTF-16 -t UTF-8`"));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(Error::new(
            ErrorKind::Invalid,
            "the file is no text: it has a zero byte",
        )
        .at_offset(at as u64)
        .help("check that this is a `.vmx` file, and not a disk"));
    }
    Ok(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
}

/// The encoding the file says it has. One that says none is UTF-8 if it can be, else what
/// Windows has in the west.
fn encoding(bytes: &[u8], lines: &[Raw<'_>]) -> Result<&'static Encoding> {
    let named = lines
        .iter()
        .find(|line| line.key.eq_ignore_ascii_case(ENCODING.as_bytes()));
    let value = named.map(|named| &*named.value);
    encoding_of(bytes, value).ok_or_else(|| {
        let name = String::from_utf8_lossy(value.unwrap_or_default());
        let error = Error::new(
            ErrorKind::Unsupported,
            format!("the encoding `{name}` is none ovfkit reads"),
        )
        .help("save the file as UTF-8, and write `.encoding = \"UTF-8\"` in it");
        match named {
            Some(named) => error.at_line(named.line, 1).with_excerpt(
                &String::from_utf8_lossy(named.whole),
                1,
                named.key.len(),
            ),
            None => error,
        }
    })
}

/// Where in `line` something else than blanks stands, from `at` on.
fn skip_blanks(line: &[u8], at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    at + blanks.count()
}

/// `value` with bytes for `|` and two hexadecimal digits. Any other `|` is one.
fn unescaped(value: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut found = Vec::with_capacity(value.len());
    let mut at = 0;
    while let Some(&byte) = value.get(at) {
        let digits = (digit(value.get(at + 1)), digit(value.get(at + 2)));
        if let (b'|', (Some(high), Some(low))) = (byte, digits) {
            // Two digits of four bits.
            found.push(u8::try_from(high << 4 | low).unwrap_or_default());
            at += 3;
        } else {
            found.push(byte);
            at += 1;
        }
    }
    found
}

/// Whether a file that begins with `front` is a `.vmx` file, by the first line that says
/// something.
pub fn looks_like(front: &[u8]) -> bool {
    let front = front.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(front);
    for (line, number) in front.split(|byte| *byte == b'\n').zip(1..) {
        match Raw::of(line.strip_suffix(b"\r").unwrap_or(line), number) {
            Ok(None) => {}
            Ok(Some(line)) => {
                let first = line.key.to_ascii_lowercase();
                return [ENCODING.as_bytes(), b"config.version"].contains(&&*first);
            }
            Err(_) => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &[u8]) -> Vec<(String, String)> {
        let dictionary = Dictionary::parse(text).expect("readable");
        let entries = dictionary.entries.into_iter();
        entries.map(|entry| (entry.key, entry.value)).collect()
    }

    fn value(text: &[u8]) -> String {
        let mut all = values(text);
        all.pop().expect("a line").1
    }

    #[test]
    fn lines_are_read_as_vmware_reads_them() {
        for (line, expected) in [
            (&b"a = \"b c\""[..], "b c"),
            (b"a=\"b\"\r\n", "b"),
            (b"\ta\t=\tb\t# more", "b"),
            (b"a = \"# no comment\" # one", "# no comment"),
            (b"a = b\"c", "b\"c"),
            (b"a = ", ""),
            (b"a = # nothing", ""),
            (b"a = \"\"", ""),
            (b"a = \"say |22hello|22|0a|7C\"", "say \"hello\"\n|"),
            (b"a = \"|2\"", "|2"),
            (b"a = \"|xy|\"", "|xy|"),
            (b"a = \"x|00|07y\"", "xy"),
            (b"#!/usr/bin/vmware\n\n  # b = c\na = d\n\n", "d"),
            (b"\xEF\xBB\xBFa = d", "d"),
        ] {
            assert_eq!(value(line), expected, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn the_file_says_its_encoding() {
        for (text, expected) in [
            (
                &b".encoding = \"windows-1252\"\na = \"M\xFCller \x80\""[..],
                "Müller €",
            ),
            (b".encoding = \"UTF-8\"\na = \"M\xC3\xBCller\"", "Müller"),
            (b".encoding = \"UTF-8\"\na = \"M|C3|BCller\"", "Müller"),
            (b"a = \"\xB2\xE2\xCA\xD4\"\n.Encoding = \"GBK\"", "测试"),
            (
                b".encoding = \"Shift_JIS\"\na = \"\x83\x65\x83\x58\x83\x67\"",
                "テスト",
            ),
            (b"a = \"M\xC3\xBCller\"", "Müller"),
            (b"a = \"M\xFCller\"", "Müller"),
            (b".encoding = \"ebcdic\"\na = \"b\"", "b"),
        ] {
            let all = values(text);
            let found = all.iter().find(|(key, _)| key == "a").expect("set");
            assert_eq!(found.1, expected);
        }
    }

    #[test]
    fn keys_have_no_case_and_are_set_once() {
        let dictionary = Dictionary::parse(b"Ab.C = \"1\"\nab.c = \"1\"").expect("the same");
        assert_eq!(dictionary.entries.len(), 1);
        assert_eq!(dictionary.position("ab.c"), Some(0));
        let error = Dictionary::parse(b"Ab = \"1\"\n\naB = \"2\"").expect_err("another value");
        assert_eq!(error.message(), "`aB` was set to another value in line 1");
        assert_eq!(error.place().line, Some((3, 1)));
    }

    #[test]
    fn everything_that_is_wrong_is_told() {
        let text = b"a = \"b\nno key\n= c\nb = c d\nc = \"d\" e\nd = \"fine\"";
        let error = Dictionary::parse(text).expect_err("wrong");
        let told: Vec<_> = error
            .each()
            .into_iter()
            .map(|error| {
                assert!(error.advice().is_some());
                (error.message().to_owned(), error.place().line)
            })
            .collect();
        let expected = [
            ("the value has no closing quote", (1, 5)),
            ("the line sets no key", (2, 1)),
            ("the line sets no key", (3, 1)),
            ("there is something behind the value", (4, 7)),
            ("there is something behind the value", (5, 9)),
        ];
        let expected = expected.map(|(message, place)| (message.to_owned(), Some(place)));
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_no_such_text_is_refused() {
        for (bytes, kind, message) in [
            (&b"\xFF\xFEa\0"[..], ErrorKind::Unsupported, "UTF-16"),
            (b"a = \"b\"\0", ErrorKind::Invalid, "zero byte"),
            (
                b".encoding = \"UTF-8\"\na = \"M\xFC\"",
                ErrorKind::Invalid,
                "the line is not UTF-8",
            ),
            (
                b".encoding = \"ebcdic\"\na = \"M\xFC\"",
                ErrorKind::Unsupported,
                "`ebcdic`",
            ),
            (
                b".encoding = \"UTF-16\"\na = \"M\xFC\"",
                ErrorKind::Unsupported,
                "`UTF-16`",
            ),
            (&vec![b'\n'; 5_000], ErrorKind::LimitExceeded, "lines"),
            (&vec![b' '; MAX_BYTES + 1], ErrorKind::LimitExceeded, "MiB"),
        ] {
            let error = Dictionary::parse(bytes).expect_err(message);
            assert_eq!(error.kind(), kind, "{message}");
            assert!(error.message().contains(message), "{error}");
            assert!(error.advice().is_some(), "{message}");
        }
        let many = b"wrong\n".repeat(1000);
        let error = Dictionary::parse(&many).expect_err("wrong");
        assert_eq!(error.each().len(), MAX_FAULTS);
    }

    #[test]
    fn the_first_line_tells() {
        for front in [
            &b".encoding = \"UTF-8\"\nconfig"[..],
            b"#!/usr/bin/vmware\r\n\r\nconfig.version = \"8\"\r\n",
            b"\xEF\xBB\xBF.encoding=\"GBK\"",
            b"Config.Version = 8",
        ] {
            assert!(looks_like(front), "{}", String::from_utf8_lossy(front));
        }
        for front in [
            &b""[..],
            b"# nothing\n",
            b"# Disk DescriptorFile\nversion=1\n",
            b"<?xml version=\"1.0\"?>",
            b"name: web\n",
            b"\0\0\0\0",
        ] {
            assert!(!looks_like(front), "{}", String::from_utf8_lossy(front));
        }
    }
}
