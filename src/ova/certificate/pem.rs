//! PEM: blocks of base64 between lines that tell what they hold (RFC 7468).

use base64ct::{Base64, Encoding as _};

use super::fault::Fault;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// Characters of base64 to a line.
const WIDTH: usize = 64;

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// What it holds, such as `CERTIFICATE`.
    pub(super) label: String,
    /// Whether lines stand before the base64, as in keys encrypted in the old way.
    pub(super) headers: bool,
    /// The bytes, unless they did not decode; a block nobody asks for may be anything.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Block {
    /// The bytes, which have to be whole.
    pub(super) fn content(&self) -> Result<&[u8], Fault> {
        let bytes = self.bytes.as_deref();
        bytes.ok_or_else(|| Fault::BadBlock {
            label: self.label.clone(),
        })
    }
}

/// All blocks of `text`, with any text around them. Blanks, carriage returns and lines of
/// any length are taken.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut lines = text.lines().map(str::trim);
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let label = line
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(DASHES));
        let Some(label) = label else {
            continue;
        };
        let mut base64 = String::new();
        let (mut headers, mut ended) = (false, false);
        for line in lines.by_ref() {
            if let Some(end) = line.strip_prefix(END) {
                ended = end.strip_suffix(DASHES) == Some(label);
                break;
            }
            headers |= line.contains(':');
            base64.extend(line.split_whitespace());
        }
        let bytes = Base64::decode_vec(&base64).ok().filter(|_| ended);
        found.push(Block {
            label: label.to_owned(),
            headers,
            bytes,
        });
    }
    found
}

/// A block in the form all programs read.
pub(super) fn block(label: &str, bytes: &[u8]) -> String {
    let base64 = Base64::encode_string(bytes);
    let mut text = format!("{BEGIN}{label}{DASHES}\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, next) = rest.split_at(rest.len().min(WIDTH));
        text.push_str(line);
        text.push('\n');
        rest = next;
    }
    text + END + label + DASHES + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        for length in [0, 1, 47, 48, 49, 1000] {
            let bytes = vec![0xA5; length];
            let text = block("THING", &bytes);
            assert!(text.lines().all(|line| line.len() <= WIDTH));
            let read = blocks(&format!("before\n{text}after\n"));
            assert_eq!(read.len(), 1);
            assert_eq!(
                (read[0].label.as_str(), read[0].content()),
                ("THING", Ok(&*bytes))
            );
        }
    }

    #[test]
    fn blanks_and_carriage_returns_are_taken() {
        let text = "  -----BEGIN X-----\r\n QU \r\n\tJD\r\n\r\n-----END X----- \r\n";
        assert_eq!(blocks(text)[0].content(), Ok(&b"ABC"[..]));
    }

    #[test]
    fn damage_is_told_only_of_a_block_that_is_asked_for() {
        for text in [
            "-----BEGIN X-----\nQUJD\n",
            "-----BEGIN X-----\nQUJD\n-----END Y-----\n",
            "-----BEGIN X-----\nQU%D\n-----END X-----\n",
            "-----BEGIN X-----\nProc-Type: 4\n\nQUJD\n-----END X-----\n",
        ] {
            let read = blocks(text);
            assert_eq!(read.len(), 1, "{text}");
            assert!(read[0].content().is_err(), "{text}");
            assert_eq!(read[0].headers, text.contains("Proc"));
        }
        assert!(blocks("-----BEGIN X\n-----END X-----").is_empty());
    }
}
