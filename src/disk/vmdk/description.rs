//! What an embedded descriptor says: the text, taken apart.

use super::fault::Fault;
use super::layout::{Layout, check_inside};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// The first line of every descriptor.
const TITLE: &str = "# Disk DescriptorFile";
/// `parentCID` of a disk that stands alone.
const NO_PARENT: u32 = u32::MAX;

/// A descriptor, as far as it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) create_type: Option<String>,
    /// Names the content.
    pub(super) cid: Option<u32>,
    /// The content this disk holds changes to.
    pub(super) parent_cid: Option<u32>,
    /// The file that held it.
    pub(super) parent_hint: Option<String>,
    pub(super) extents: Vec<ExtentLine>,
    /// The disk data base: names and values, in order.
    pub(super) ddb: Vec<(String, String)>,
}

/// `RW 131072 SPARSE "disk.vmdk"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ExtentLine {
    /// Sectors.
    pub(super) sectors: u64,
    /// `SPARSE`, `FLAT`, `ZERO` and others.
    pub(super) kind: String,
}

impl Description {
    /// Reads the descriptor that `layout` places in `storage`.
    pub(super) fn read(storage: &dyn Storage, layout: &Layout) -> Result<Self> {
        let (at, bytes) = layout.descriptor;
        check_inside("descriptor", at, bytes, storage.length())?;
        let mut text = vec![0; to_usize(bytes)];
        storage.read_exact_at(at, &mut text)?;
        // Some writers keep room for one they do not write.
        if text.first().is_none_or(|first| *first == 0) {
            return Err(Fault::Unsupported(
                "it has no descriptor, so it is one piece of a disk another file describes"
                    .to_owned(),
            )
            .into());
        }
        Self::parse(&text, at)
    }

    /// Takes `text` apart, which stands at byte `at` and ends with the first
    /// NUL. Lines it does not know are left out.
    pub(super) fn parse(text: &[u8], at: u64) -> Result<Self> {
        let fault = |why: String| Fault::Descriptor { why, at };
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        let text = String::from_utf8_lossy(text);
        let mut lines = text.lines().map(str::trim);
        if lines
            .next()
            .is_none_or(|line| !line.eq_ignore_ascii_case(TITLE))
        {
            return Err(fault(format!("its first line is not `{TITLE}`")).into());
        }
        let mut found = Self::default();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(extent) = ExtentLine::parse(line) {
                found.extents.push(extent);
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            let cid = || {
                u32::from_str_radix(value, 16)
                    .map_err(|_| fault(format!("its {name} is no hexadecimal number of 32 bits")))
            };
            match name.to_ascii_lowercase().as_str() {
                "cid" => found.cid = Some(cid()?),
                "parentcid" => found.parent_cid = Some(cid()?).filter(|cid| *cid != NO_PARENT),
                "parentfilenamehint" => found.parent_hint = Some(value.to_owned()),
                "createtype" => found.create_type = Some(value.to_owned()),
                key if key.starts_with("ddb.") => {
                    found.ddb.push((name.to_owned(), value.to_owned()));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// The whole disk has to be in the one sparse extent this file holds.
    pub(super) fn check_whole(&self) -> Result<()> {
        match &*self.extents {
            [only] if only.kind.eq_ignore_ascii_case("SPARSE") => Ok(()),
            extents => Err(Fault::Unsupported(format!(
                "its descriptor tells of {} extents{}, and one sparse extent in the same file is read",
                extents.len(),
                self.create_type
                    .as_ref()
                    .map(|kind| format!(" (createType {kind})"))
                    .unwrap_or_default()
            ))
            .into()),
        }
    }
}

impl ExtentLine {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let access = words.next()?;
        if !["RW", "RDONLY", "NOACCESS"].contains(&access) {
            return None;
        }
        Some(Self {
            sectors: words.next()?.parse().ok()?,
            kind: words.next()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;

    #[test]
    fn what_vmwares_exporter_writes_is_understood() {
        let text = b"# Disk DescriptorFile\nversion=1 \nCID=a454774a \nparentCID=ffffffff \n\
            createType=\"streamOptimized\" \n\n# Extent description\n\
            RDONLY 33554432 SPARSE \"generated-stream.vmdk\"\n\n#DDB\n\n\
            ddb.adapterType = \"lsilogic\"\nddb.comment = \"a = b\"\n\0CID=1\n";
        let found = Description::parse(text, 512).unwrap();
        assert_eq!(found.create_type.as_deref(), Some("streamOptimized"));
        assert_eq!((found.cid, found.parent_cid), (Some(0xA454_774A), None));
        assert_eq!(found.extents[0].sectors, 33_554_432);
        let ddb: Vec<_> = found
            .ddb
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(
            ddb,
            [("ddb.adapterType", "lsilogic"), ("ddb.comment", "a = b")]
        );
        found.check_whole().unwrap();
    }

    #[test]
    fn what_is_no_descriptor_or_tells_of_other_files_is_refused() {
        for text in [
            &b""[..],
            b"\0\0",
            b"CID=1\n",
            b"# Disk DescriptorFile\nCID=xyz\n",
        ] {
            let error = Description::parse(text, 512).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.place().offset, Some(512));
        }
        for extents in [
            "",
            "RW 8 FLAT \"a\" 0",
            "RW 8 SPARSE \"a\"\nRW 8 ZERO",
            "RW x SPARSE \"a\"",
        ] {
            let text = format!("# Disk DescriptorFile\r\ncreateType=\"custom\"\r\n{extents}\r\n");
            let found = Description::parse(text.as_bytes(), 512).unwrap();
            let error = found.check_whole().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains("createType custom"), "{error}");
        }
    }
}
