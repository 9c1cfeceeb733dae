//! The descriptor of a disk that was changed: what it says of the size, and the name of its
//! content. All else stays as it is, byte for byte.

use crate::base::digest::{Algorithm, hex};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::resize::refusal::CONVERT;
use crate::disk::vmdk::description::Description;
use crate::disk::vmdk::descriptor::cylinders;

/// The descriptor `text`, which `description` is taken from, for a disk of so many sectors
/// with another content. It has as many bytes as before.
pub(super) fn revised(text: &[u8], description: &Description, sectors: u64) -> Result<Vec<u8>> {
    let end = text.iter().position(|byte| *byte == 0);
    let (lines, _) = text.split_at(end.unwrap_or(text.len()));
    let digest = Algorithm::Sha256.raw_digest(lines);
    let cid = content_id(description.cid, &digest);
    let mut new = Vec::with_capacity(text.len());
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let name = line.split(|byte| *byte == b'=').next();
        let name = name.unwrap_or_default().trim_ascii().to_ascii_lowercase();
        let value = match &*name {
            b"cid" => Some(cid.clone()),
            b"ddb.longcontentid" => long_id(line, &cid),
            b"ddb.geometry.cylinders" => {
                geometry(description, sectors).map(|cylinders| cylinders.to_string())
            }
            _ => None,
        };
        match (value, sectors_of(line)) {
            (Some(value), _) => new.extend(with(line, value_of(line), &value)),
            (None, Some(place)) => new.extend(with(line, place, &sectors.to_string())),
            (None, None) => new.extend_from_slice(line),
        }
    }
    if new.len() > text.len() {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "the descriptor has no room for another size",
        )
        .why(format!(
            "it would have {} bytes, and {} are kept for it",
            new.len(),
            text.len()
        ))
        .help(CONVERT));
    }
    new.resize(text.len(), 0);
    Ok(new)
}

/// Another content id than `old`, and neither of the two that mean something else.
fn content_id(old: Option<u32>, digest: &[u8]) -> String {
    let made = digest
        .first_chunk()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let made = made.min(0xFFFF_FFFC);
    let made = if Some(made) == old { made ^ 1 } else { made };
    hex(&made.to_be_bytes())
}

/// The long content id in `line` with `cid` as its last word, as VMware's tools have it.
fn long_id(line: &[u8], cid: &str) -> Option<String> {
    let old = std::str::from_utf8(line.get(value_of(line))?).ok()?;
    let front = old.get(..old.len().checked_sub(cid.len())?)?;
    (old.len() == 32).then(|| format!("{front}{cid}"))
}

/// Cylinders of a disk of so many sectors, with the heads and tracks it has.
fn geometry(description: &Description, sectors: u64) -> Option<u64> {
    let number = |wanted: &str| {
        let mut all = description.ddb.iter();
        let found = all.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        found
            .1
            .parse::<u64>()
            .ok()
            .filter(|number| (1..=255).contains(number))
    };
    let heads = number("ddb.geometry.heads")?;
    let track = number("ddb.geometry.sectors")?;
    Some(cylinders(sectors, heads, track))
}

/// Where in `line` the value stands, without quotes and blanks.
fn value_of(line: &[u8]) -> std::ops::Range<usize> {
    let from = line
        .iter()
        .position(|byte| *byte == b'=')
        .map_or(0, |at| at + 1);
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'"';
    let value = line.get(from..).unwrap_or_default();
    let skipped = value.iter().take_while(|byte| blank(byte)).count();
    let after = value.iter().rev().take_while(|byte| blank(byte)).count();
    let start = from + skipped;
    start..start.max(line.len() - after)
}

/// Where the number of sectors stands in a line that tells of an extent.
fn sectors_of(line: &[u8]) -> Option<std::ops::Range<usize>> {
    let blank = |byte: &u8| byte.is_ascii_whitespace();
    let word = |from: usize| {
        let rest = &line[from..];
        let start = from + rest.iter().take_while(|byte| blank(byte)).count();
        let length = line[start..].iter().take_while(|byte| !blank(byte)).count();
        start..start + length
    };
    let access = word(0);
    let known = [&b"RW"[..], b"RDONLY", b"NOACCESS"];
    let is_one = known
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&line[access.clone()]));
    is_one.then(|| word(access.end))
}

/// `line` with `value` at `place`.
fn with(line: &[u8], place: std::ops::Range<usize>, value: &str) -> Vec<u8> {
    let (front, rest) = line.split_at(place.start);
    let (_, rest) = rest.split_at(place.len());
    [front, value.as_bytes(), rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revise(text: &[u8], sectors: u64) -> Result<String> {
        let description = Description::parse(text, 512).expect("a descriptor");
        let new = revised(text, &description, sectors)?;
        assert_eq!(new.len(), text.len());
        let end = new.iter().position(|byte| *byte == 0).unwrap_or(new.len());
        Ok(String::from_utf8_lossy(&new[..end]).into_owned())
    }

    #[test]
    fn sizes_and_content_ids_change_and_nothing_else() {
        let text = "# Disk DescriptorFile\r\nversion=1\r\nCID=fffffffe \r\nparentCID=ffffffff\r\n\
            createType=\"monolithicSparse\"\r\n\r\n# RW 1 SPARSE\r\n\
            RW  8192 SPARSE \"RW 8192.vmdk\"\r\n\r\n\
            ddb.geometry.cylinders = \"8\"\r\nddb.geometry.heads = \"16\"\r\n\
            ddb.geometry.sectors = \"63\"\r\n\
            ddb.longContentID = \"0123456789abcdef01234567fffffffe\"\r\n\
            ddb.comment = \"CID=1\"";
        let padded = [text.as_bytes(), &[0; 100]].concat();
        let new = revise(&padded, 2_097_152).expect("room");
        let cid = new
            .lines()
            .nth(2)
            .and_then(|line| line.trim().strip_prefix("CID="));
        let cid = cid.expect("a content id").to_owned();
        assert_ne!(cid, "fffffffe");
        assert_eq!(cid.len(), 8);
        let wanted = text
            .replace("CID=fffffffe", &format!("CID={cid}"))
            .replace("01234567fffffffe", &format!("01234567{cid}"))
            .replace("RW  8192 SPARSE", "RW  2097152 SPARSE")
            .replace("= \"8\"", "= \"2081\"");
        assert_eq!(new, wanted);
        // Changed again, it has another id once more.
        let again = revise(&[new.as_bytes(), &[0; 9]].concat(), 8192).expect("room");
        assert!(!again.contains(&cid));
    }

    #[test]
    fn a_descriptor_without_room_is_refused() {
        let text = b"# Disk DescriptorFile\nCID=1\nRW 8 SPARSE \"a\"\nx=\"";
        let error = revise(text, 8).expect_err("the id is longer");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let text = [&text[..], b"\"\n\0\0\0\0\0\0\0\0"].concat();
        let new = revise(&text, 8).expect("room");
        assert!(new.contains("RW 8 SPARSE \"a\"\nx=\"\"\n"), "{new}");
    }
}
