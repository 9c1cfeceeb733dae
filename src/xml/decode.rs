//! From the bytes of a file to text.
//!
//! XML 1.0 (fifth edition) §4.3.3 and appendix F: a document is UTF-8 unless it
//! begins otherwise or says so. What it says is often wrong, because a program
//! copied the declaration and wrote the rest its own way, so the bytes decide
//! first and the declaration only where they leave a choice.

use std::borrow::Cow;

use thiserror::Error;

use crate::base::error::Fact;
use crate::base::{Error, ErrorKind, Result};

use super::read::MAX_DOCUMENT_BYTES;
use super::{Element, XmlFault, line_column, read};

/// The mark in UTF-8.
const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";
/// How far a declaration is looked for. The longest sensible one has 70 bytes.
const DECLARATION_BYTES: usize = 512;
/// How much of a line behind a broken byte is shown.
const SHOWN_BEHIND: usize = 120;

/// Why bytes are not the text of a document.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A file of length zero.
    #[error("the file is empty")]
    Empty,
    /// A file of zero bytes, as sparse copies leave behind.
    #[error("the file holds nothing but zero bytes")]
    Zeros,
    /// A file of another kind, known by its first bytes.
    #[error("this is {what}, not a descriptor")]
    Other {
        /// What it is, with an article.
        what: &'static str,
        /// What to do with it.
        help: &'static str,
    },
    /// Something that begins with another character than `<`.
    #[error("this is not XML: it does not begin with `<`")]
    NotXml {
        /// Where it begins.
        offset: usize,
    },
    /// An encoding ovfkit has no decoder for.
    #[error("the document is written in {0}, which ovfkit does not read")]
    Encoding(String),
    /// A byte that UTF-8 does not allow there.
    #[error("the byte 0x{byte:02X} is not UTF-8 here")]
    NotUtf8 {
        /// The byte.
        byte: u8,
        /// Where it stands.
        offset: usize,
    },
    /// Half a character in UTF-16.
    #[error("the document is UTF-16, but half of a character is missing here")]
    NotUtf16 {
        /// Where the other half stands, or the document ends.
        offset: usize,
    },
    /// A zero byte or character inside text.
    #[error("there is a zero byte in the text")]
    Nul {
        /// Where it stands.
        offset: usize,
    },
}

impl Fact for DecodeError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Encoding(_) => ErrorKind::Unsupported,
            _ => ErrorKind::Invalid,
        }
    }

    fn offset(&self) -> Option<u64> {
        match self {
            Self::NotXml { offset }
            | Self::NotUtf8 { offset, .. }
            | Self::NotUtf16 { offset }
            | Self::Nul { offset } => u64::try_from(*offset).ok(),
            _ => None,
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::Empty | Self::Zeros | Self::Nul { .. } => {
                "a copy or download that broke off, or a full disk, leaves such files"
            }
            Self::NotUtf8 { .. } => {
                "a document is UTF-8 unless its first line declares another encoding"
            }
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Other { help, .. } => help,
            Self::NotXml { .. } => "give a descriptor (`*.ovf`)",
            Self::Encoding(_) => "convert it to UTF-8, for instance with `iconv -t UTF-8`",
            Self::NotUtf8 { .. } => {
                "convert it to UTF-8 with `iconv`, or declare what it is, as in \
                 `<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>`"
            }
            Self::Empty | Self::Zeros | Self::Nul { .. } | Self::NotUtf16 { .. } => {
                "fetch or export it again"
            }
        };
        Some(help.to_owned())
    }
}

/// The text of the document `bytes`, without a byte order mark. Offsets of what is
/// read from it count in this text.
///
/// Read are UTF-8, UTF-16 of either byte order, and Windows-1252, which holds
/// Latin-1 and ASCII, where it is declared and the bytes are not UTF-8. The size is
/// checked before anything is allocated.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    if let Some(other) = not_xml(bytes) {
        return Err(other.into());
    }
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(XmlFault::TooLong.at(0).into());
    }
    match bytes {
        [0xFF, 0xFE, 0, 0, ..]
        | [0, 0, 0xFE, 0xFF, ..]
        | [b'<', 0, 0, 0, ..]
        | [0, 0, 0, b'<', ..] => Err(DecodeError::Encoding("UTF-32".to_owned()).into()),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => Err(DecodeError::Encoding("EBCDIC".to_owned()).into()),
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, 2, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, 2, u16::from_be_bytes).map(Cow::Owned),
        [b'<', 0, _, 0, ..] => utf_16(bytes, 0, u16::from_le_bytes).map(Cow::Owned),
        [0, b'<', 0, _, ..] => utf_16(bytes, 0, u16::from_be_bytes).map(Cow::Owned),
        _ => eight_bits(bytes),
    }
}

/// Decodes the document `bytes` and reads it. The text is what offsets and spans
/// point into.
pub fn read_bytes(bytes: &[u8]) -> Result<(Cow<'_, str>, Element)> {
    let text = decode(bytes)?;
    let root = read(&text)?;
    Ok((text, root))
}

/// What `bytes` are when they are clearly no XML.
fn not_xml(bytes: &[u8]) -> Option<DecodeError> {
    let other = |what, help| Some(DecodeError::Other { what, help });
    let unpack = "unpack it, and give the descriptor inside (`*.ovf`)";
    let disk = "give the descriptor (`*.ovf`) that belongs to it; `ovfkit pack` makes a package of \
                a disk, and `ovfkit validate` checks one";
    if bytes.get(257..262) == Some(b"ustar") {
        return other(
            "a package (OVA)",
            "give it where a package is expected, or unpack it with `tar -xf`",
        );
    }
    match bytes {
        [] => Some(DecodeError::Empty),
        [0x1F, 0x8B, ..] => other("a gzip file", unpack),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => other("a zip file", unpack),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => other("an xz file", unpack),
        [b'Q', b'F', b'I', 0xFB, ..] => other("a qcow2 disk image", disk),
        [b'K', b'D', b'M', b'V', ..] => other("a VMDK disk image", disk),
        [0, ..] if bytes.iter().all(|&byte| byte == 0) => Some(DecodeError::Zeros),
        _ => None,
    }
}

/// The text of a document in an encoding of bytes.
fn eight_bits(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let body = bytes.strip_prefix(UTF_8_MARK);
    let (body, marked) = (body.unwrap_or(bytes), body.is_some());
    let skipped = bytes.len() - body.len();
    let blanks = body.len() - body.trim_ascii_start().len();
    if body.get(blanks).is_some_and(|&first| first != b'<') {
        let offset = skipped + blanks;
        return Err(placed(DecodeError::NotXml { offset }, body, blanks));
    }
    let fault = match std::str::from_utf8(body) {
        Ok(text) => match text.find('\0') {
            None => return Ok(Cow::Borrowed(text)),
            Some(at) => {
                let offset = skipped + at;
                return Err(placed(DecodeError::Nul { offset }, body, at));
            }
        },
        Err(fault) => fault,
    };
    let declared = if marked { None } else { declared(body) };
    match declared.map(str::to_ascii_lowercase).as_deref() {
        Some(
            "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin1" | "latin-1" | "windows-1252"
            | "cp1252" | "us-ascii" | "ascii",
        ) => {
            if let Some(at) = body.iter().position(|&byte| byte == 0) {
                return Err(placed(DecodeError::Nul { offset: at }, body, at));
            }
            Ok(Cow::Owned(
                body.iter().map(|&byte| windows_1252(byte)).collect(),
            ))
        }
        None | Some("utf-8" | "utf8" | "utf-16" | "utf16" | "utf-16le" | "utf-16be") => {
            let at = fault.valid_up_to();
            let byte = body.get(at).copied().unwrap_or_default();
            let offset = skipped + at;
            Err(placed(DecodeError::NotUtf8 { byte, offset }, body, at))
        }
        Some(_) => Err(DecodeError::Encoding(format!("`{}`", declared.unwrap_or_default())).into()),
    }
}

/// `fact` with line, column and the line's text; `body` is UTF-8 up to `at`.
fn placed(fact: DecodeError, body: &[u8], at: usize) -> Error {
    let before = String::from_utf8_lossy(&body[..at]);
    let (line, column) = line_column(&before, before.len());
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let behind = &body[at..body.len().min(at + SHOWN_BEHIND)];
    let behind = behind
        .split(|&byte| byte == b'\n')
        .next()
        .unwrap_or_default();
    let shown = format!("{}{}", &before[start..], String::from_utf8_lossy(behind));
    let error = Error::from(fact).at_line(line, column);
    if shown.trim_ascii().is_empty() {
        return error;
    }
    error.with_excerpt(&shown, column, 1)
}

/// The text of `bytes`, which begin `skipped` bytes into the file, in UTF-16.
fn utf_16(bytes: &[u8], skipped: usize, unit: fn([u8; 2]) -> u16) -> Result<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    // Never more than three bytes a unit, and usually one.
    let mut text = String::with_capacity(units.len());
    let mut offset = skipped;
    let mut fault = None;
    for c in char::decode_utf16(units.iter().map(|&pair| unit(pair))) {
        match c {
            Ok('\0') => fault = Some(DecodeError::Nul { offset }),
            Ok(c) => {
                text.push(c);
                offset += 2 * c.len_utf16();
            }
            Err(_) => fault = Some(DecodeError::NotUtf16 { offset }),
        }
        if fault.is_some() {
            break;
        }
    }
    if fault.is_none() && !rest.is_empty() {
        fault = Some(DecodeError::NotUtf16 { offset });
    }
    match fault {
        None => Ok(text),
        Some(fault) => Err(placed(fault, text.as_bytes(), text.len())),
    }
}

/// The encoding the document's declaration names (XML 1.0 §2.8, §4.3.3).
fn declared(bytes: &[u8]) -> Option<&str> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let valid = head.utf8_chunks().next()?.valid();
    let declaration = valid.strip_prefix("<?xml")?;
    let declaration = &declaration[..declaration.find("?>")?];
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest
        .trim_ascii_start()
        .strip_prefix('=')?
        .trim_ascii_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split_once(quote).map(|(name, _)| name)
}

/// The character of `byte` in Windows-1252. Five bytes mean nothing there and stay
/// the control characters of Latin-1.
fn windows_1252(byte: u8) -> char {
    /// 0x80 to 0x9F, where it differs from Latin-1.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
