//! The manifest: a digest for every file of a package (DSP0243 1.1 §5.1).

use super::role::MAX_MANIFEST_BYTES;
use crate::base::digest::Algorithm;
use crate::base::{Error, ErrorKind, Result};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The file, named as in the package.
    pub name: String,
    /// The digest in lower-case hexadecimal.
    pub digest: String,
}

/// All lines, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The lines.
    pub entries: Vec<Entry>,
}

impl Manifest {
    /// The text: `SHA256(name)= hex`, a line an entry, ended by line feeds.
    pub fn to_text(&self) -> String {
        let lines = self.entries.iter().map(|entry| entry.to_line() + "\n");
        lines.collect()
    }

    /// Reads a manifest, as strict as to know every line's meaning and as
    /// lenient as the field needs: blanks around the name and the sign, other
    /// spellings of the algorithms, carriage returns, upper-case digits, empty
    /// lines and a byte order mark are taken.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() as u64 > MAX_MANIFEST_BYTES {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                format!("the manifest is larger than {MAX_MANIFEST_BYTES} bytes"),
            )
            .help("a manifest has a line of some 200 bytes for each file; make it anew"));
        }
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(lines(text)) {
            if line.is_blank() {
                continue;
            }
            let entry = line.entry().ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "this is no line of a manifest")
                    .at_line(number, 1)
                    .with_excerpt(line.text, 1, line.text.chars().count())
                    .help("a line reads `SHA256(disk.vmdk)= ` and 64 hexadecimal digits")
            })?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }

    /// Reads the bytes of a manifest.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Error::new(ErrorKind::Invalid, "the manifest is not UTF-8")
                .at_offset(error.valid_up_to() as u64)
                .help("write it again in UTF-8; some shells write UTF-16 on `>`")
        })?;
        Self::parse(text)
    }

    /// The algorithms it uses, each once.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        let mut found = Vec::new();
        for entry in &self.entries {
            if !found.contains(&entry.algorithm) {
                found.push(entry.algorithm);
            }
        }
        found
    }
}

/// A line as it stands, without what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'t> {
    /// The line.
    pub text: &'t str,
    /// Its first byte in the manifest.
    pub start: usize,
}

/// The parts of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'t> {
    /// What stands for the algorithm.
    pub token: &'t str,
    /// The file.
    pub name: &'t str,
    /// The digest.
    pub digest: &'t str,
}

/// The lines of the manifest `text`, blank ones included.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |whole| {
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let line = Line { text, start };
        start += whole.len();
        line
    })
}

impl<'t> Line<'t> {
    /// Whether nothing stands in it.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Its parts, if it looks like a line of a manifest at all. A name may hold
    /// parentheses: the last `)` before the sign ends it.
    pub fn parts(&self) -> Option<Parts<'t>> {
        let (token, rest) = self.text.split_once('(')?;
        let (head, digest) = rest.rsplit_once('=')?;
        Some(Parts {
            token: token.trim(),
            name: head.trim_end().strip_suffix(')')?,
            digest: digest.trim(),
        })
    }

    /// What it says, if that is understood.
    pub fn entry(&self) -> Option<Entry> {
        let parts = self.parts()?;
        let algorithm = algorithm(parts.token)?;
        let digest = parts.digest.to_ascii_lowercase();
        let whole = digest.len() == algorithm.hex_length();
        (whole && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Entry {
            algorithm,
            name: parts.name.to_owned(),
            digest,
        })
    }
}

impl Entry {
    /// The line as the standard has it.
    pub fn to_line(&self) -> String {
        let Self {
            algorithm,
            name,
            digest,
        } = self;
        format!("{}({name})= {digest}", algorithm.token())
    }
}

/// The algorithm called `token`: as the standard writes it, as OpenSSL 3 does
/// (`SHA2-256`), or in lower case.
pub fn algorithm(token: &str) -> Option<Algorithm> {
    let token = token.to_ascii_uppercase();
    Some(match token.as_str() {
        "SHA1" | "SHA-1" => Algorithm::Sha1,
        "SHA256" | "SHA-256" | "SHA2-256" => Algorithm::Sha256,
        "SHA384" | "SHA-384" | "SHA2-384" => Algorithm::Sha384,
        "SHA512" | "SHA-512" | "SHA2-512" => Algorithm::Sha512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let entry = |algorithm: Algorithm, name: &str| Entry {
            algorithm,
            name: name.to_owned(),
            digest: algorithm.digest(name.as_bytes()),
        };
        Manifest {
            entries: vec![
                entry(Algorithm::Sha256, "vm.ovf"),
                entry(Algorithm::Sha1, "a disk (1)=2.vmdk"),
                entry(Algorithm::Sha512, "b.vmdk"),
            ],
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = manifest().to_text();
        assert!(text.starts_with("SHA256(vm.ovf)= "));
        assert!(text.ends_with('\n') && !text.contains('\r'));
        assert_eq!(Manifest::parse(&text).unwrap(), manifest());
    }

    #[test]
    fn the_fields_spellings_are_understood() {
        let digest = "A9993E364706816ABA3E25717850C26C9CD0D89D";
        for line in [
            format!("SHA1(vm.ovf)= {digest}"),
            format!("SHA1 (vm.ovf) = {digest}\r\n"),
            format!("\n SHA1(vm.ovf)={digest}\n\n"),
        ] {
            let entries = Manifest::parse(&line).unwrap().entries;
            assert_eq!(entries.len(), 1, "{line:?}");
            assert_eq!(entries[0].name, "vm.ovf");
            assert_eq!(entries[0].digest, digest.to_lowercase());
        }
    }

    #[test]
    fn every_algorithm_has_its_spellings() {
        for (token, algorithm) in [
            ("SHA1", Algorithm::Sha1),
            ("sha256", Algorithm::Sha256),
            ("SHA2-256", Algorithm::Sha256),
            ("SHA-384", Algorithm::Sha384),
            ("SHA512", Algorithm::Sha512),
        ] {
            let digest = algorithm.digest(b"");
            let text = format!("\u{feff}{token}(a b (1).vmdk)= {digest}\r\n");
            let manifest = Manifest::read(text.as_bytes()).unwrap();
            assert_eq!(manifest.algorithms(), [algorithm], "{token}");
            assert_eq!(manifest.entries[0].name, "a b (1).vmdk");
        }
        let error = Manifest::read(b"SHA1(\xff)= 00").unwrap_err();
        assert_eq!(error.place().offset, Some(5));
    }

    #[test]
    fn anything_else_is_refused_with_its_line() {
        for line in ["SHA1(x)= 12", "MD5(x)= 00", "SHA1 x = 00", "hello"] {
            let error = Manifest::parse(&format!("\n{line}\n")).unwrap_err();
            assert_eq!(error.place().line, Some((2, 1)), "{line}");
        }
    }
}
