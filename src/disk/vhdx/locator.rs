//! The parent locator (2.6.2.6): what an overlay lies on, and where that is.

use zerocopy::byteorder::little_endian::{U16, U32};
use zerocopy::{FromBytes as _, FromZeros as _, IntoBytes as _};

use super::fault::Fault;
use super::format::{LocatorEntry, LocatorHead, VHDX_LOCATOR};
use super::guid::Guid;
use crate::base::{Error, Result};
use crate::disk::blocks::over::wide;

/// The keys that are known, in the order paths are tried.
const PATHS: [&str; 3] = ["relative_path", "volume_path", "absolute_win32_path"];
const LINKAGES: [&str; 2] = ["parent_linkage", "parent_linkage2"];

/// The disk an overlay holds changes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Locator {
    /// What its data may be known by: two while it is merged into.
    pub(super) linkages: Vec<Guid>,
    /// The paths it is named by, relative ones first, as Windows writes them.
    paths: [Option<String>; PATHS.len()],
}

impl Locator {
    /// The one of a disk whose data is known by `linkage`, called `relative`, as Windows writes it,
    /// from the directory of the overlay.
    pub(super) fn new(linkage: Guid, relative: String) -> Self {
        Self {
            linkages: vec![linkage],
            paths: [Some(relative), None, None],
        }
    }

    /// The item, of at most 64 KiB.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let linkages = self.linkages.iter().map(Guid::to_string);
        let linkages = LINKAGES.into_iter().zip(linkages);
        let paths = PATHS.into_iter().zip(self.paths.iter().cloned());
        let paths = paths.filter_map(|(key, path)| Some((key, path?)));
        let pairs: Vec<_> = linkages.chain(paths).collect();
        let mut head = LocatorHead::new_zeroed();
        head.kind = VHDX_LOCATOR;
        head.entries = U16::new(pairs.len().try_into().unwrap_or_default());
        let mut table = head.as_bytes().to_vec();
        let mut texts = Vec::new();
        let first = table.len() + pairs.len() * size_of::<LocatorEntry>();
        for (key, value) in pairs {
            let [key, value] = [wide(key), wide(&value)];
            let place = |at: usize| u32::try_from(first + at).map(U32::new);
            let length = |text: &[u8]| u16::try_from(text.len()).map(U16::new);
            let entry = LocatorEntry {
                key_offset: place(texts.len()).map_err(|_| too_long())?,
                value_offset: place(texts.len() + key.len()).map_err(|_| too_long())?,
                key_length: length(&key).map_err(|_| too_long())?,
                value_length: length(&value).map_err(|_| too_long())?,
            };
            table.extend_from_slice(entry.as_bytes());
            texts.extend([key, value].concat());
        }
        table.append(&mut texts);
        Ok(table)
    }

    /// Reads the item in `bytes`, which stands at `at` of the file.
    pub(super) fn parse(bytes: &[u8], at: u64) -> Result<Self> {
        let invalid = |rule| Error::from(Fault::Locator { rule, at });
        let (head, rest) =
            LocatorHead::ref_from_prefix(bytes).map_err(|_| invalid("it is too short"))?;
        if head.kind != VHDX_LOCATOR {
            return Err(Fault::LocatorKind {
                kind: head.kind,
                at,
            }
            .into());
        }
        let count = usize::from(head.entries.get());
        let (entries, _) = rest.as_chunks::<{ size_of::<LocatorEntry>() }>();
        let entries = entries
            .get(..count)
            .ok_or_else(|| invalid("it has more entries than room for them"))?;
        let mut values = [const { None }; PATHS.len() + LINKAGES.len()];
        for entry in entries {
            let Ok(entry) = LocatorEntry::ref_from_bytes(entry) else {
                continue;
            };
            let part = |offset: u32, length: u16| {
                let start = usize::try_from(offset).ok()?;
                bytes.get(start..start.checked_add(length.into())?)
            };
            let outside = "a key or value lies outside of it";
            let key = part(entry.key_offset.get(), entry.key_length.get())
                .ok_or_else(|| invalid(outside))?;
            let known = PATHS.iter().chain(&LINKAGES);
            let Some(known) = known.into_iter().position(|known| is(key, known)) else {
                continue;
            };
            let value = part(entry.value_offset.get(), entry.value_length.get())
                .ok_or_else(|| invalid(outside))?;
            let value = text(value).ok_or_else(|| invalid("a value is not UTF-16 text"))?;
            if values[known].replace(value).is_some() {
                return Err(invalid("it has a key twice"));
            }
        }
        let [relative, volume, absolute, linkages @ ..] = values;
        let linkages = linkages
            .into_iter()
            .flatten()
            .map(|text| Guid::parse(&text).ok_or_else(|| invalid("a linkage is no GUID")))
            .collect::<Result<Vec<_>>>()?;
        if linkages.is_empty() {
            return Err(invalid("it has no parent_linkage"));
        }
        let paths = [relative, volume, absolute];
        if paths.iter().all(Option::is_none) {
            return Err(invalid("it has no path"));
        }
        Ok(Self { linkages, paths })
    }

    /// The first name there is, to be told.
    pub(super) fn name(&self) -> &str {
        self.paths.iter().flatten().next().map_or("", |path| path)
    }

    /// The names that can lead anywhere on this system, in the order they are to be tried.
    pub(super) fn candidates(&self) -> Vec<String> {
        if cfg!(windows) {
            return self.paths.iter().flatten().cloned().collect();
        }
        // What begins with a drive or a volume of Windows leads nowhere here.
        let relative = self.paths[0].iter();
        relative.map(|path| path.replace('\\', "/")).collect()
    }
}

fn too_long() -> Error {
    Error::usage("the name of the parent is too long for a VHDX")
        .why("there is room for 32767 characters")
}

/// Whether `bytes` are `text` in UTF-16.
fn is(bytes: &[u8], text: &str) -> bool {
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    rest.is_empty() && units.eq(text.encode_utf16())
}

/// Text in UTF-16, without the NUL that some write behind it.
fn text(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let text = String::from_utf16(&units).ok()?;
    let text = text.strip_suffix('\0').unwrap_or(&text);
    (rest.is_empty() && !text.is_empty() && !text.contains('\0')).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKAGE: &str = "{83ed0ec3-24c8-49a6-a959-5e4bf1288bfb}";

    fn made(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut table = VHDX_LOCATOR.as_bytes().to_vec();
        table.extend([0, 0, u8::try_from(pairs.len()).expect("few"), 0]);
        let mut offset = u32::try_from(20 + 12 * pairs.len()).expect("few");
        let mut texts = Vec::new();
        for (key, value) in pairs {
            let [key, value] = [key, value].map(|text| {
                let units = text.encode_utf16().flat_map(u16::to_le_bytes);
                units.collect::<Vec<u8>>()
            });
            let [long, wide] = [&key, &value].map(|text| u16::try_from(text.len()).expect("short"));
            table.extend(offset.to_le_bytes());
            table.extend((offset + u32::from(long)).to_le_bytes());
            table.extend(long.to_le_bytes());
            table.extend(wide.to_le_bytes());
            offset += u32::from(long) + u32::from(wide);
            texts.extend([key, value].concat());
        }
        [table, texts].concat()
    }

    #[test]
    fn paths_and_linkages_are_found() {
        let locator = Locator::parse(
            &made(&[
                ("absolute_win32_path", r"\\?\c:\vm\base.vhdx"),
                ("relative_path", r"..\vm\base.vhdx"),
                ("parent_linkage", LINKAGE),
                ("other", "thing"),
            ]),
            0,
        )
        .expect("a locator");
        assert_eq!(locator.name(), r"..\vm\base.vhdx");
        assert_eq!(locator.linkages, [Guid::parse(LINKAGE).expect("a GUID")]);
        if !cfg!(windows) {
            assert_eq!(locator.candidates(), ["../vm/base.vhdx"]);
        }
    }

    #[test]
    fn a_path_of_windows_alone_leads_nowhere_else() {
        let pairs = [
            ("absolute_win32_path", r"\\?\c:\vm\base.vhdx"),
            ("parent_linkage", LINKAGE),
        ];
        let locator = Locator::parse(&made(&pairs), 0).expect("a locator");
        assert_eq!(locator.candidates().is_empty(), !cfg!(windows));
        assert_eq!(locator.name(), r"\\?\c:\vm\base.vhdx");
    }

    #[test]
    fn what_is_wrong_is_told() {
        let path = ("relative_path", "base.vhdx");
        let linkage = ("parent_linkage", LINKAGE);
        for (pairs, says) in [
            (&[path][..], "no parent_linkage"),
            (&[linkage], "no path"),
            (&[path, path, linkage], "twice"),
            (&[path, ("parent_linkage", "x")], "no GUID"),
            (&[("relative_path", ""), linkage], "not UTF-16"),
        ] {
            let error = Locator::parse(&made(pairs), 7).expect_err(says);
            assert!(error.message().contains(says), "{error}");
            assert_eq!(error.place().offset, Some(7));
        }
        let good = made(&[path, linkage]);
        for length in 0..good.len() {
            Locator::parse(&good[..length], 0).expect_err("cut");
        }
        let mut other = good;
        other[0] ^= 1;
        let error = Locator::parse(&other, 0).expect_err("another kind");
        assert_eq!(error.kind(), crate::base::ErrorKind::Unsupported);
    }
}
