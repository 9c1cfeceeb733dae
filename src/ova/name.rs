//! Names of members: which of them may become files.
//!
//! An archive may be made by anybody, and a name in it may be any bytes. What
//! becomes a file has to lie below the directory that is unpacked into, on every
//! system alike: a backslash is harmless here and a way out elsewhere.

use std::fmt;

use thiserror::Error;

use crate::base::ErrorKind;
use crate::base::error::Fact;
use crate::base::percent::unescaped;

/// Longest name that is read, in bytes. No system opens a longer path than 4096,
/// and with [`MAX_MEMBERS`](super::reader::MAX_MEMBERS) this bounds the memory a
/// list of members takes.
pub const MAX_NAME_BYTES: usize = 1024;

/// A relative path with `/` between its parts, none of which leads upward.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeName(String);

/// Why a name cannot become a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NameFault {
    /// Nothing is left of it, as of `./`.
    #[error("the member's name means no file")]
    Empty,
    /// It begins at the root.
    #[error("the member's name is an absolute path")]
    Absolute,
    /// It begins with a drive.
    #[error("the member's name begins with a drive letter")]
    Drive,
    /// It leads upward.
    #[error("the member's name leads out of its directory by `..`")]
    Upward,
    /// It holds a backslash.
    #[error("the member's name holds a backslash")]
    Backslash,
    /// It holds a NUL or another control character.
    #[error("the member's name holds a control character")]
    Control,
    /// It is no UTF-8.
    #[error("the member's name is not UTF-8")]
    NotText,
}

impl Fact for NameFault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotText => ErrorKind::Unsupported,
            Self::Empty => ErrorKind::Invalid,
            _ => ErrorKind::Denied,
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::NotText | Self::Empty => return None,
            Self::Backslash | Self::Drive => {
                "on Windows such a name leads anywhere; a package made with care has none"
            }
            Self::Control => "programs disagree about where such a name ends",
            Self::Absolute | Self::Upward => {
                "files are written below the chosen directory only; such a name could replace any \
                 file of this machine"
            }
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        let help = "ask for a clean package; `--only PATTERN` extracts other members";
        Some(help.to_owned())
    }
}

impl SafeName {
    /// The name as a path below a directory: `.` and doubled slashes fall away.
    pub fn new(stored: &[u8]) -> Result<Self, NameFault> {
        let name = std::str::from_utf8(stored).map_err(|_| NameFault::NotText)?;
        if name.chars().any(char::is_control) {
            return Err(NameFault::Control);
        }
        if name.contains('\\') {
            return Err(NameFault::Backslash);
        }
        if name.starts_with('/') {
            return Err(NameFault::Absolute);
        }
        if matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic()) {
            return Err(NameFault::Drive);
        }
        let mut parts = Vec::new();
        for part in name.split('/') {
            match part {
                "" | "." => {}
                ".." => return Err(NameFault::Upward),
                part => parts.push(part),
            }
        }
        if parts.is_empty() {
            return Err(NameFault::Empty);
        }
        Ok(Self(parts.join("/")))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The directory it is in, empty at the top; and its last part.
    pub fn split(&self) -> (&str, &str) {
        self.0.rsplit_once('/').unwrap_or(("", &self.0))
    }

    /// The path of what is called `name` where this file is, if that is safe.
    pub fn beside(&self, name: &str) -> Option<Self> {
        // Judged alone first: behind a directory, what begins at the root would not.
        let own = Self::new(name.as_bytes()).ok()?;
        Some(match self.split() {
            ("", _) => own,
            (directory, _) => Self(format!("{directory}/{own}")),
        })
    }

    /// The paths that `name`, in a file that lies here, may mean: as it stands, and with
    /// escapes resolved.
    pub fn meant(&self, name: &str) -> impl Iterator<Item = Self> {
        let names = [Some(name.to_owned()), unescaped(name)].into_iter();
        names.flatten().filter_map(|name| self.beside(&name))
    }

    /// What is equal for names that are one file where case does not count.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// Whether Windows can have a file of this name.
    pub fn is_portable(&self) -> bool {
        self.0.split('/').all(|part| {
            let stem = part.split('.').next().unwrap_or(part).trim_end();
            !part.ends_with(['.', ' '])
                && !part.contains(['<', '>', ':', '"', '|', '?', '*'])
                && !is_device(stem)
        })
    }
}

impl fmt::Display for SafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether Windows has a device called `stem`, whatever ending follows.
fn is_device(stem: &str) -> bool {
    let stem = stem.to_ascii_uppercase();
    let numbered = |kind: &str| {
        stem.strip_prefix(kind)
            .is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']))
    };
    ["CON", "PRN", "AUX", "NUL"].contains(&&*stem) || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_path_below() {
        for (stored, path) in [
            ("vm.ovf", "vm.ovf"),
            ("./vm.ovf", "vm.ovf"),
            ("a//b/./c d (1).vmdk", "a/b/c d (1).vmdk"),
            ("...", "..."),
            ("dir/", "dir"),
            ("größe", "größe"),
            ("ab:c", "ab:c"),
        ] {
            assert_eq!(SafeName::new(stored.as_bytes()).unwrap().as_str(), path);
        }
    }

    #[test]
    fn ways_out_are_told_apart() {
        for (stored, fault) in [
            (&b"/etc/passwd"[..], NameFault::Absolute),
            (b"//host/share", NameFault::Absolute),
            (b"../x", NameFault::Upward),
            (b"a/../../x", NameFault::Upward),
            (b"a/..", NameFault::Upward),
            (b"a\\b", NameFault::Backslash),
            (b"c:x", NameFault::Drive),
            (b"C:/x", NameFault::Drive),
            (b"a\0b", NameFault::Control),
            (b"a\nb", NameFault::Control),
            (b"\xff", NameFault::NotText),
            (b"", NameFault::Empty),
            (b"./", NameFault::Empty),
        ] {
            assert_eq!(SafeName::new(stored), Err(fault), "{stored:?}");
        }
    }

    #[test]
    fn names_windows_cannot_have_are_known() {
        for name in ["con", "a/NUL.txt", "lpt9.vmdk", "x.", "a /b", "what?.ovf"] {
            assert!(
                !SafeName::new(name.as_bytes()).unwrap().is_portable(),
                "{name}"
            );
        }
        for name in ["console", "com0", "com10.ovf", "a/b.c", ".hidden"] {
            assert!(
                SafeName::new(name.as_bytes()).unwrap().is_portable(),
                "{name}"
            );
        }
    }
}
