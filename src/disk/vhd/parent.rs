//! What the parent of a differencing disk is called: by each of the systems it was on.

use std::borrow::Cow;

use super::VHD;
use super::format::{RawHeader, RawLocator, limits};
use crate::base::Result;
use crate::base::percent::unescaped;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::blocks::{Fault, check_inside};
use crate::disk::gate::is_of_windows;

/// The names of the parent of the disk `header` is of, the likeliest first, as paths of
/// this system. At least one.
pub(super) fn names(storage: &dyn Storage, header: &RawHeader) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for locator in &header.locators {
        names.extend(written(storage, locator)?);
    }
    // What is relative goes where the disk goes.
    names.sort_by_key(|name| name.starts_with('/') || is_of_windows(name));
    let short: Vec<_> = header.parent_name.iter().map(|unit| unit.get()).collect();
    names.push(text_of(&short));
    let mut paths = Vec::new();
    let mut add = |path: String| {
        if !path.is_empty() && !paths.contains(&path) {
            paths.push(path);
        }
    };
    for name in names.iter().filter(|name| !is_of_windows(name)) {
        add(name.replace('\\', "/"));
    }
    // A path of another computer leads nowhere here; the file may lie beside the disk.
    for name in &names {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        add(last.to_owned());
    }
    if paths.is_empty() {
        return Err(Fault::UnnamedParent { of: VHD }.into());
    }
    Ok(paths)
}

/// The name behind `locator`, if it is one of a kind that is known.
fn written(storage: &dyn Storage, locator: &RawLocator) -> Result<Option<String>> {
    let decode: fn(&[u8]) -> Option<String> = match &locator.platform {
        b"W2ru" | b"W2ku" => |bytes| Some(wide(bytes)),
        b"Wi2r" | b"Wi2k" => plain,
        b"MacX" => url,
        _ => return Ok(None),
    };
    let (at, bytes) = (locator.offset.get(), u64::from(locator.length.get()));
    if bytes > limits::NAME_BYTES {
        return Err(Fault::TooLarge {
            of: VHD,
            what: "name of its parent",
            bytes,
            limit: limits::NAME_BYTES,
            at,
        }
        .into());
    }
    check_inside(VHD, "name of its parent", at, bytes, storage.length())?;
    let mut name = vec![0; to_usize(bytes)];
    storage.read_exact_at(at, &mut name)?;
    Ok(decode(&name))
}

fn wide(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units: Vec<_> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    text_of(&units)
}

fn plain(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.split('\0').next()?.to_owned())
}

/// The path of a URL such as `file://./parent.vhd`.
fn url(bytes: &[u8]) -> Option<String> {
    let text = plain(bytes)?;
    let path = text.strip_prefix("file://")?;
    let path = path.strip_prefix("localhost").unwrap_or(path);
    Some(
        unescaped(path)
            .map_or(Cow::Borrowed(path), Cow::Owned)
            .into_owned(),
    )
}

/// The text that ends with a zero or with the units.
fn text_of(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0);
    String::from_utf16_lossy(&units[..end.unwrap_or(units.len())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::FromZeros as _;
    use zerocopy::IntoBytes as _;

    /// A header whose parent has these names, and the file they stand in.
    fn named(short: &str, locators: &[(&[u8; 4], &[u8])]) -> (Vec<u8>, RawHeader) {
        let mut header = RawHeader::new_zeroed();
        for (place, unit) in header.parent_name.iter_mut().zip(short.encode_utf16()) {
            place.set(unit);
        }
        let mut file = vec![0; 512];
        for (place, (platform, name)) in header.locators.iter_mut().zip(locators) {
            place.platform = **platform;
            place.length.set(u32::try_from(name.len()).expect("short"));
            place.offset.set(file.len() as u64);
            file.extend_from_slice(name);
        }
        (file, header)
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn the_relative_name_is_tried_first_whoever_wrote_it() {
        for (locators, expected) in [
            (
                vec![
                    (b"W2ku", utf16(r"C:\Disks\Base ü.vhd")),
                    (b"W2ru", utf16(r"..\Base ü.vhd")),
                ],
                vec!["../Base ü.vhd", "old.vhd", "Base ü.vhd"],
            ),
            (
                vec![
                    (b"MacX", b"file:///srv/base%20a.vhd".to_vec()),
                    (b"MacX", b"file://./base%20a.vhd\0".to_vec()),
                ],
                vec!["./base a.vhd", "/srv/base a.vhd", "old.vhd", "base a.vhd"],
            ),
            (
                vec![(b"W2ku", utf16(r"\\server\share\base.vhd"))],
                vec!["old.vhd", "base.vhd"],
            ),
            (vec![(b"Mac ", vec![1, 2, 3])], vec!["old.vhd"]),
        ] {
            let locators: Vec<_> = locators.iter().map(|(p, n)| (*p, n.as_slice())).collect();
            let (file, header) = named("old.vhd", &locators);
            assert_eq!(names(&file, &header).expect("names"), expected);
        }
    }

    #[test]
    fn no_name_and_names_out_of_bounds_are_errors() {
        let (file, header) = named("", &[]);
        assert!(names(&file, &header).is_err());
        let (file, mut header) = named("a", &[(b"W2ru", b"a\0")]);
        header.locators[0].offset.set(u64::MAX);
        let error = names(&file, &header).expect_err("far");
        assert!(error.message().contains("name of its parent"), "{error}");
        header.locators[0].length.set(u32::MAX);
        let error = names(&file, &header).expect_err("long");
        assert!(error.message().contains("4294967295"), "{error}");
        assert_eq!(header.as_bytes().len(), 1024);
    }
}
