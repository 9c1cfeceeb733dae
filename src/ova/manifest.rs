//! The manifest: a digest for every file of a package (DSP0243 1.1 §5.1).

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
    /// Bytes of a manifest that is read; one line takes some 200.
    pub const LIMIT: usize = 16 << 20;

    /// The text: `SHA256(name)= hex`, a line an entry, ended by line feeds.
    pub fn to_text(&self) -> String {
        self.entries.iter().fold(String::new(), |text, entry| {
            let Entry {
                algorithm,
                name,
                digest,
            } = entry;
            text + &format!("{}({name})= {digest}\n", algorithm.token())
        })
    }

    /// Reads a manifest, as strict as to know every line's meaning and as
    /// lenient as the field needs: blanks around the name and the sign,
    /// carriage returns, upper-case digits and empty lines are taken.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > Self::LIMIT {
            return Err(Error::new(
                ErrorKind::LimitExceeded,
                format!("the manifest is larger than {} bytes", Self::LIMIT),
            ));
        }
        let mut entries = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            let entry = Entry::parse(line).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "this is no line of a manifest")
                    .at_line(number, 1)
                    .why(format!("it reads `{}`", line.escape_debug()))
                    .help("a line reads `SHA256(disk.vmdk)= ` and 64 hexadecimal digits")
            })?;
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

impl Entry {
    /// A name may hold parentheses: the last `)` before the sign ends it.
    fn parse(line: &str) -> Option<Self> {
        let (token, rest) = line.split_once('(')?;
        let (head, digest) = rest.rsplit_once('=')?;
        let name = head.trim_end().strip_suffix(')')?;
        let algorithm = Algorithm::from_token(token.trim())?;
        let digest = digest.trim().to_ascii_lowercase();
        let whole = digest.len() == algorithm.hex_length();
        (whole && digest.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Self {
            algorithm,
            name: name.to_owned(),
            digest,
        })
    }
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
    fn anything_else_is_refused_with_its_line() {
        for line in ["SHA1(x)= 12", "MD5(x)= 00", "SHA1 x = 00", "hello"] {
            let error = Manifest::parse(&format!("\n{line}\n")).unwrap_err();
            assert_eq!(error.place().line, Some((2, 1)), "{line}");
        }
    }
}
