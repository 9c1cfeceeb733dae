//! What a descriptor says: the text, taken apart.

use super::fault::Fault;
use super::layout::{Layout, check_inside};
use super::line::{ExtentLine, LineKind};
use crate::base::encoding::encoding_of;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};

/// The first line of every descriptor, but for other comments and blank lines.
const TITLE: &[u8] = b"# Disk DescriptorFile";
/// `parentCID` of a disk that stands alone.
pub(super) const NO_PARENT: u32 = u32::MAX;
/// In front of a text in UTF-8, as editors of Windows write it.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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

/// Whether a text that begins with `front` is a descriptor: its title stands among the
/// comments it begins with, or it begins with a version and goes on with content ids.
pub fn is_descriptor(front: &[u8]) -> bool {
    let text = front.strip_prefix(BYTE_ORDER_MARK).unwrap_or(front);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| {
        line.eq_ignore_ascii_case(TITLE) || !(line.is_empty() || line.starts_with(b"#"))
    });
    let version = |line: &[u8]| {
        let (name, value) = line.split_at(line.len().min(b"version".len()));
        let value = value.trim_ascii_start().strip_prefix(b"=");
        let value = value.map(<[u8]>::trim_ascii_start);
        name.eq_ignore_ascii_case(b"version")
            && matches!(value, Some([b'1'..=b'3', ..]))
            && text.windows(4).any(|word| word == b"CID=")
    };
    first.is_some_and(|line| line.eq_ignore_ascii_case(TITLE) || version(line))
}

impl Description {
    /// Reads the descriptor that `layout` places in `storage`, if there is one.
    pub(super) fn read(storage: &dyn Storage, layout: &Layout) -> Result<Option<Self>> {
        let (at, bytes) = layout.descriptor;
        check_inside("descriptor", at, bytes, storage.length())?;
        let mut text = vec![0; to_usize(bytes)];
        storage.read_exact_at(at, &mut text)?;
        // Some writers keep room for one they do not write.
        if text.first().is_none_or(|first| *first == 0) {
            return Ok(None);
        }
        Self::parse(&text, at).map(Some)
    }

    /// The descriptor of an extent that is a whole disk.
    pub(super) fn embedded(storage: &dyn Storage, layout: &Layout) -> Result<Self> {
        Self::read(storage, layout)?.ok_or_else(|| {
            let what = "a sparse extent without a descriptor";
            Fault::Piece { what }.into()
        })
    }

    /// Takes `text` apart, which stands at byte `at` and ends with the first
    /// NUL. Lines it does not know are left out.
    pub(super) fn parse(text: &[u8], at: u64) -> Result<Self> {
        Self::parse_all(text, at, &mut Err)
    }

    /// The same, with what is wrong with a line handed to `tell`.
    pub(super) fn parse_all(
        text: &[u8],
        at: u64,
        tell: &mut dyn FnMut(Error) -> Result<()>,
    ) -> Result<Self> {
        let fault = |why: String| Fault::Descriptor { why, at };
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        if !is_descriptor(text) {
            let title = String::from_utf8_lossy(TITLE);
            return Err(fault(format!("it does not begin with `{title}`")).into());
        }
        let mut found = Self::default();
        for (number, line) in (1..).zip(decoded(text, at)?.lines()) {
            let line = line.trim();
            let wrong = |fault: Fault| {
                let error = Error::from(fault).at_line(number, 1);
                error.with_excerpt(line, 1, line.chars().count())
            };
            match ExtentLine::parse(line, number) {
                Ok(Some(extent)) => found.extents.push(extent),
                Err(why) => tell(wrong(fault(why.to_owned())))?,
                Ok(None) => {
                    let Some((name, value)) = line.split_once('=') else {
                        continue;
                    };
                    let (name, value) = (name.trim(), value.trim().trim_matches('"'));
                    if let Err(unfit) = found.set(name, value) {
                        tell(wrong(unfit.unwrap_or_else(|| {
                            fault(format!("its {name} is no hexadecimal number of 32 bits"))
                        })))?;
                    }
                }
            }
        }
        Ok(found)
    }

    /// Takes up that `name` is `value`, if that is known; without a fault, the value is no
    /// number.
    fn set(&mut self, name: &str, value: &str) -> Result<(), Option<Fault>> {
        let cid = || u32::from_str_radix(value, 16).map_err(|_| None);
        match name.to_ascii_lowercase().as_str() {
            "version" if !matches!(value, "1" | "2" | "3") => {
                return Err(Some(Fault::Unsupported(format!(
                    "its descriptor has version {value}; versions 1 to 3 are known"
                ))));
            }
            "cid" => self.cid = Some(cid()?),
            "parentcid" => self.parent_cid = Some(cid()?).filter(|cid| *cid != NO_PARENT),
            "parentfilenamehint" => self.parent_hint = Some(value.to_owned()),
            "createtype" => self.create_type = Some(value.to_owned()),
            key if key.starts_with("encryption.") => return Err(Some(Fault::Encrypted)),
            key if key.starts_with("ddb.") => {
                self.ddb.push((name.to_owned(), value.to_owned()));
            }
            _ => {}
        }
        Ok(())
    }

    /// What the disk data base has under `name`.
    pub(super) fn ddb(&self, name: &str) -> Option<String> {
        let mut entries = self.ddb.iter();
        let found = entries.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }

    /// A disk of changes has to tell to which.
    pub(super) fn check_parent(&self) -> Result<()> {
        match (self.parent_cid, &self.parent_hint) {
            (Some(parent), None) => Err(Fault::UnnamedParent { parent }.into()),
            _ => Ok(()),
        }
    }

    /// The whole disk has to be in the one sparse extent this file holds.
    pub(super) fn check_whole(&self) -> Result<()> {
        match &*self.extents {
            [only] if only.kind == LineKind::Sparse => Ok(()),
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

/// The text in the encoding it says it is in.
fn decoded(text: &[u8], at: u64) -> Result<String> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let named = lines.find_map(|line| {
        let (name, value) = line.split_at(line.iter().position(|byte| *byte == b'=')?);
        let value = value.get(1..)?.trim_ascii();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        let value = value.strip_suffix(b"\"").unwrap_or(value);
        let named = name.trim_ascii().eq_ignore_ascii_case(b"encoding");
        named.then_some(value)
    });
    let Some(encoding) = encoding_of(text, named) else {
        let name = String::from_utf8_lossy(named.unwrap_or_default());
        let why = format!("its encoding is `{name}`, which is not known");
        return Err(Fault::Descriptor { why, at }.into());
    };
    Ok(encoding.decode_with_bom_removal(text).0.into_owned())
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
            b"# Disk DescriptorFile\nRW x SPARSE \"a\"\n",
            b"# Disk DescriptorFile\nencoding=EBCDIC\nddb.comment = \"\xe4\"\n",
        ] {
            let error = Description::parse(text, 512).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert_eq!(error.place().offset, Some(512));
        }
        for extents in ["", "RW 8 FLAT \"a\" 0", "RW 8 SPARSE \"a\"\nRW 8 ZERO"] {
            let text = format!("# Disk DescriptorFile\r\ncreateType=\"custom\"\r\n{extents}\r\n");
            let found = Description::parse(text.as_bytes(), 512).unwrap();
            let error = found.check_whole().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.message().contains("createType custom"), "{error}");
        }
    }

    #[test]
    fn what_is_a_descriptor() {
        for (text, is) in [
            (&b"# Disk DescriptorFile"[..], true),
            (b"\xEF\xBB\xBF# disk descriptorfile\r\n", true),
            (b"\n  \r\n# made by hand\n# Disk DescriptorFile\n", true),
            (b"# made by hand\nversion=1\nCID=fffffffe\n", true),
            (b"Version = 3\r\nparentCID=ffffffff\r\n", true),
            (b"version=1\nname=x\n", false),
            (b"version=4\nCID=fffffffe\n", false),
            (b"x=1\n# Disk DescriptorFile\n", false),
            (b"# Disk\n", false),
            (b"", false),
        ] {
            assert_eq!(is_descriptor(text), is, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn names_are_in_the_encoding_that_is_told() {
        for text in [
            &b"encoding=\"windows-1252\"\nRW 8 FLAT \"\xe4.raw\"\n"[..],
            b"RW 8 FLAT \"\xe4.raw\"\n",
            b"encoding = UTF-8\nRW 8 FLAT \"\xc3\xa4.raw\"\n",
        ] {
            let text = [b"# Disk DescriptorFile\n", text].concat();
            let found = Description::parse(&text, 0).unwrap();
            assert_eq!(found.extents[0].file.as_deref(), Some("\u{e4}.raw"));
        }
    }

    #[test]
    fn what_is_encrypted_or_of_another_version_is_not_read() {
        for text in [
            "version=4\n",
            "encryption.keySafe = \"vmware:key/list/(x)\"\n",
        ] {
            let text = format!("# Disk DescriptorFile\n{text}");
            let error = Description::parse(text.as_bytes(), 0).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert_eq!(error.place().line, Some((2, 1)));
        }
    }
}
