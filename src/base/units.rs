//! Byte counts as people write and read them.

use crate::base::{Error, Result};

/// Bytes in a KiB.
pub const KIB: u64 = 1 << 10;
/// Bytes in a MiB.
pub const MIB: u64 = 1 << 20;
/// Bytes in a GiB.
pub const GIB: u64 = 1 << 30;
/// Bytes in a TiB.
pub const TIB: u64 = 1 << 40;

/// `bytes` as a length in memory. Callers have checked it against a limit, or
/// it is bounded by a buffer's own length, so it fits; were it not to, it would
/// be a length no buffer has.
pub fn to_usize(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The suffixes [`parse_size`] understands. A bare letter is binary, as in
/// qemu-img; `GB` is decimal, as the SI has it.
const SUFFIXES: &[(&str, u64)] = &[
    ("", 1),
    ("b", 1),
    ("k", KIB),
    ("kib", KIB),
    ("kb", 1_000),
    ("m", MIB),
    ("mib", MIB),
    ("mb", 1_000_000),
    ("g", GIB),
    ("gib", GIB),
    ("gb", 1_000_000_000),
    ("t", TIB),
    ("tib", TIB),
    ("tb", 1_000_000_000_000),
];

/// Reads a size such as `4G`, `4 GiB`, `512M`, `1.5G` or a plain number of
/// bytes.
pub fn parse_size(text: &str) -> Result<u64> {
    let wrong = |what: &str| {
        Error::usage(format!("`{text}` is not a size: {what}")).help(
            "write a number with a unit: 4G or 4GiB (2^30 bytes), 512M or 512MiB (2^20 bytes), \
             4GB (10^9 bytes)",
        )
    };
    let trimmed = text.trim();
    let digits_end = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let (number, suffix) = trimmed.split_at(digits_end);
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return Err(wrong("it does not start with a number"));
    }
    let suffix = suffix.trim();
    let Some((_, unit)) = SUFFIXES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(suffix))
    else {
        return Err(wrong(&format!("there is no unit `{suffix}`")));
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() {
        0
    } else {
        whole
            .parse()
            .map_err(|_| wrong("the number is too large"))?
    };
    let bytes = whole
        .checked_mul(*unit)
        .ok_or_else(|| wrong("the number is too large"))?;
    let rest =
        fraction_of(fraction, *unit).ok_or_else(|| wrong("it is not a whole number of bytes"))?;
    bytes
        .checked_add(rest)
        .ok_or_else(|| wrong("the number is too large"))
}

/// `0.fraction * unit`, when that is a whole number of bytes.
fn fraction_of(fraction: &str, unit: u64) -> Option<u64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let product = fraction
        .parse::<u128>()
        .ok()?
        .checked_mul(u128::from(unit))?;
    (product % scale == 0).then_some(())?;
    u64::try_from(product / scale).ok()
}

/// A byte count for people, and to the byte.
pub fn exactly(bytes: u64) -> String {
    match human(bytes) {
        exact if exact.ends_with("bytes") => exact,
        rounded => format!("{rounded} ({bytes} bytes)"),
    }
}

/// A byte count for people, in binary units with three significant digits.
pub fn human(bytes: u64) -> String {
    const UNITS: [(&str, u64); 6] = [
        ("EiB", 1 << 60),
        ("PiB", 1 << 50),
        ("TiB", TIB),
        ("GiB", GIB),
        ("MiB", MIB),
        ("KiB", KIB),
    ];
    let Some((name, unit)) = UNITS.iter().find(|(_, unit)| bytes >= *unit) else {
        return format!("{bytes} bytes");
    };
    // Hundredths, rounded to nearest; exact integers keep 2^64 in range.
    let hundredths = (u128::from(bytes) * 100 + u128::from(*unit) / 2) / u128::from(*unit);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match (whole, part) {
        (_, 0) => format!("{whole} {name}"),
        (100.., _) => format!("{} {name}", (hundredths + 50) / 100),
        (10.., _) => format!("{whole}.{} {name}", part / 10),
        _ => format!("{whole}.{part:02} {name}"),
    }
}

/// The first `most` of `names`, and how many there are besides: `a, b and 3 more`.
pub fn some_of(names: &[String], most: usize) -> String {
    let more = names.len().saturating_sub(most);
    let first = names[..names.len() - more].join(", ");
    match more {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_people_write() {
        for (text, bytes) in [
            ("4G", 4 * GIB),
            ("4 GiB", 4 * GIB),
            ("4gib", 4 * GIB),
            ("512M", 512 * MIB),
            ("1.5G", GIB + GIB / 2),
            ("4GB", 4_000_000_000),
            ("65536", 65536),
            ("0", 0),
            ("2T", 2 * TIB),
        ] {
            assert_eq!(parse_size(text).expect(text), bytes, "{text}");
        }
    }

    #[test]
    fn sizes_that_are_not() {
        for text in [
            "4X",
            ".",
            ".G",
            "",
            "G",
            "-1",
            "1e9",
            "99999999999T",
            "0.3",
            "1..5G",
            "4 G B",
        ] {
            let error = parse_size(text).expect_err(text);
            assert!(error.message().contains(text), "{error}");
            assert!(error.advice().is_some());
        }
    }

    #[test]
    fn sizes_people_read() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (10 * GIB, "10 GiB"),
            (1536, "1.50 KiB"),
            (303_000_000, "289 MiB"),
            (12_900_000, "12.3 MiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(human(bytes), text);
        }
    }

    #[test]
    fn long_lists_are_cut() {
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(some_of(&names, 3), "a, b, c");
        assert_eq!(some_of(&names, 2), "a, b and 1 more");
        assert_eq!(some_of(&[], 2), "");
    }
}
