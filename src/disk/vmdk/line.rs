//! The line of a descriptor that tells of an extent.

use super::format::SECTOR;
use crate::base::Error;

/// What the guest may do with an extent.
const ACCESS: [&str; 3] = ["RW", "RDONLY", "NOACCESS"];

/// `RW 131072 FLAT "disk-f001.vmdk" 0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExtentLine {
    /// Whether nobody may read what is there.
    pub(super) no_access: bool,
    /// Sectors of the disk.
    pub(super) sectors: u64,
    pub(super) kind: LineKind,
    /// Where its bytes are, as it is called in the descriptor.
    pub(super) file: Option<String>,
    /// Sector of the file at which they begin.
    pub(super) offset: u64,
    /// Its number, and the line itself, for errors.
    number: u32,
    text: String,
}

/// What is at the end of an extent's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    /// The bytes as they are: `FLAT`, and `VMFS` on ESX.
    Flat,
    /// Grains, of the format the file itself tells.
    Sparse,
    /// Zeros; there is no file.
    Zero,
    /// A physical disk.
    Device,
    /// One that nobody knows.
    Unknown,
}

impl LineKind {
    fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "FLAT" | "VMFS" => Self::Flat,
            "SPARSE" | "VMFSSPARSE" | "SESPARSE" => Self::Sparse,
            "ZERO" => Self::Zero,
            "VMFSRDM" | "VMFSRAW" => Self::Device,
            _ => Self::Unknown,
        }
    }
}

impl ExtentLine {
    /// Takes line `number` apart, if it is one that tells of an extent, or says what is
    /// wrong with it.
    pub(super) fn parse(text: &str, number: u32) -> Result<Option<Self>, &'static str> {
        let (access, rest) = word(text);
        if !ACCESS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(access))
        {
            return Ok(None);
        }
        let (sectors, rest) = word(rest);
        let sectors = sectors
            .parse()
            .map_err(|_| "its number of sectors is none")?;
        let (kind, rest) = word(rest);
        let kind = match kind {
            "" => return Err("it does not tell the type of the extent"),
            kind => LineKind::of(kind),
        };
        let (file, rest) = match rest.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let (file, rest) = quoted
                    .split_once('"')
                    .ok_or("the name of its file has no closing quote")?;
                (Some(file.to_owned()), rest)
            }
            None if rest.trim().is_empty() => (None, ""),
            None => return Err("the name of its file does not stand in quotes"),
        };
        let offset = match word(rest).0 {
            "" => 0,
            offset => offset.parse().map_err(|_| "its offset is no number")?,
        };
        Ok(Some(Self {
            no_access: access.eq_ignore_ascii_case("NOACCESS"),
            sectors,
            kind,
            file,
            offset,
            number,
            text: text.to_owned(),
        }))
    }

    /// Bytes of the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.sectors.saturating_mul(SECTOR)
    }

    /// What is wrong, at this line.
    pub(super) fn at_fault(&self, fault: impl Into<Error>) -> Error {
        let error = fault.into().at_line(self.number, 1);
        error.with_excerpt(&self.text, 1, self.text.chars().count())
    }
}

/// The first word of `text`, and what follows.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    text.split_once(char::is_whitespace).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_line() {
        for (text, sectors, kind, file, offset) in [
            (
                "RW 4192256 SPARSE \"a b-s001.vmdk\"",
                4_192_256,
                LineKind::Sparse,
                Some("a b-s001.vmdk"),
                0,
            ),
            (
                "RW 8 FLAT \"a.raw\" 16  ",
                8,
                LineKind::Flat,
                Some("a.raw"),
                16,
            ),
            ("rdonly\t8\tvmfs\t\"a\"", 8, LineKind::Flat, Some("a"), 0),
            ("NOACCESS 63 ZERO", 63, LineKind::Zero, None, 0),
            (
                "RW 8 FLAT \"\\\\.\\PhysicalDrive0\" 63 partitionUUID x",
                8,
                LineKind::Flat,
                Some("\\\\.\\PhysicalDrive0"),
                63,
            ),
            (
                "RW 8 VMFSRDM \"a-rdm.vmdk\"",
                8,
                LineKind::Device,
                Some("a-rdm.vmdk"),
                0,
            ),
            ("RW 8 SESPARSE \"a\"", 8, LineKind::Sparse, Some("a"), 0),
            ("RW 8 CLOUD \"a\"", 8, LineKind::Unknown, Some("a"), 0),
        ] {
            let line = ExtentLine::parse(text, 7)
                .expect("good")
                .expect("an extent");
            assert_eq!(
                (line.sectors, line.kind, line.offset),
                (sectors, kind, offset)
            );
            assert_eq!(line.file.as_deref(), file, "{text}");
            assert_eq!(line.no_access, text.starts_with('N'));
        }
    }

    #[test]
    fn lines_that_are_wrong_and_those_of_something_else() {
        for (text, says) in [
            ("RW", "sectors"),
            ("RW x SPARSE \"a\"", "sectors"),
            ("RW -1 SPARSE \"a\"", "sectors"),
            ("RW 99999999999999999999 SPARSE \"a\"", "sectors"),
            ("RW 8", "type"),
            ("RW 8 FLAT \"a 0", "closing quote"),
            ("RW 8 FLAT a 0", "in quotes"),
            ("RW 8 FLAT \"a\" x", "offset"),
        ] {
            let fault = ExtentLine::parse(text, 1).expect_err(text);
            assert!(fault.contains(says), "{text}: {fault}");
        }
        for text in ["", "CID=1", "RWX 8 FLAT \"a\"", "ddb.RW = \"1\""] {
            assert_eq!(ExtentLine::parse(text, 1), Ok(None), "{text}");
        }
    }
}
