//! Programmatic units (DSP0004 annex C): what a number of a descriptor counts.
//!
//! The standard writes `byte * 2^20`. Descriptors also hold looser spellings of that
//! and words of the older `UNITS` qualifier, such as `MegaBytes`. All of them are
//! read here; [`Unit::is_strict`] tells which were the standard's. Arithmetic is
//! exact: a product that does not fit is no number, never a wrong one.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What is counted, before any factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BaseUnit {
    /// Bytes.
    Byte,
    /// Cycles in a second.
    Hertz,
    /// Things.
    Count,
    /// Hundredths of a whole.
    Percent,
}

/// A base unit times a whole number.
///
/// Two units are equal if they mean the same, however they were written.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    base: BaseUnit,
    /// Never zero.
    factor: u128,
    strict: bool,
}

/// That a text is no programmatic unit of [`BaseUnit`]s, or one beyond all reason.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not a unit such as `byte * 2^20`")]
pub struct NotAUnit(pub String);

/// The base units by the standard's names (DSP0004 §C.1), which are case-sensitive.
const BASES: [(&str, BaseUnit); 4] = [
    ("byte", BaseUnit::Byte),
    ("hertz", BaseUnit::Hertz),
    ("count", BaseUnit::Count),
    ("percent", BaseUnit::Percent),
];

/// Names outside the standard's grammar, in lower case: plurals, and words of the
/// older `UNITS` qualifier. All who write `MB` into a descriptor mean 2^20 bytes.
const WORDS: [(&str, BaseUnit, u128); 21] = [
    ("bytes", BaseUnit::Byte, 1),
    ("kilobyte", BaseUnit::Byte, 1 << 10),
    ("kilobytes", BaseUnit::Byte, 1 << 10),
    ("kb", BaseUnit::Byte, 1 << 10),
    ("kib", BaseUnit::Byte, 1 << 10),
    ("megabyte", BaseUnit::Byte, 1 << 20),
    ("megabytes", BaseUnit::Byte, 1 << 20),
    ("mb", BaseUnit::Byte, 1 << 20),
    ("mib", BaseUnit::Byte, 1 << 20),
    ("gigabyte", BaseUnit::Byte, 1 << 30),
    ("gigabytes", BaseUnit::Byte, 1 << 30),
    ("gb", BaseUnit::Byte, 1 << 30),
    ("gib", BaseUnit::Byte, 1 << 30),
    ("terabytes", BaseUnit::Byte, 1 << 40),
    ("tb", BaseUnit::Byte, 1 << 40),
    ("kilohertz", BaseUnit::Hertz, 1_000),
    ("khz", BaseUnit::Hertz, 1_000),
    ("megahertz", BaseUnit::Hertz, 1_000_000),
    ("mhz", BaseUnit::Hertz, 1_000_000),
    ("gigahertz", BaseUnit::Hertz, 1_000_000_000),
    ("ghz", BaseUnit::Hertz, 1_000_000_000),
];

/// The longest text taken for a unit.
const MAX_UNIT_BYTES: usize = 256;

impl Unit {
    /// One byte, the unit of a capacity that names none (DSP0243 1.1 §9.1).
    pub const BYTE: Self = Self::known(BaseUnit::Byte, 1);
    /// 2^20 bytes.
    pub const MEBIBYTE: Self = Self::known(BaseUnit::Byte, 1 << 20);
    /// 10^6 hertz, the unit of CPU reservations and limits.
    pub const MEGAHERTZ: Self = Self::known(BaseUnit::Hertz, 1_000_000);

    const fn known(base: BaseUnit, factor: u128) -> Self {
        Self {
            base,
            factor,
            strict: true,
        }
    }

    /// The unit `text` names, in any spelling this module knows; `None` for any
    /// other text, for a factor of zero and for one beyond 128 bits, and for one so
    /// long that it would be a burden to read for every drive.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_UNIT_BYTES {
            return None;
        }
        let mut parts = text.split('*').map(str::trim_ascii);
        let mut unit = Self::named(parts.next()?)?;
        for part in parts {
            let (factor, strict) = factor(part)?;
            unit.factor = unit.factor.checked_mul(factor)?;
            unit.strict &= strict;
        }
        unit.strict &= text.trim_ascii().len() == text.len();
        (unit.factor > 0).then_some(unit)
    }

    /// The unit of a bare name.
    fn named(name: &str) -> Option<Self> {
        if let Some((_, base)) = BASES.iter().find(|(known, _)| *known == name) {
            return Some(Self::known(*base, 1));
        }
        let loose = |known: &str| known.eq_ignore_ascii_case(name);
        let base = BASES.iter().find(|(known, _)| loose(known));
        let word = WORDS.iter().find(|(known, ..)| loose(known));
        let (base, factor) = base
            .map(|&(_, base)| (base, 1))
            .or(word.map(|&(_, base, factor)| (base, factor)))?;
        Some(Self {
            base,
            factor,
            strict: false,
        })
    }

    /// What is counted.
    pub fn base(&self) -> BaseUnit {
        self.base
    }

    /// How many of the base unit one of this unit is; never zero.
    pub fn factor(&self) -> u128 {
        self.factor
    }

    /// Whether the spelling read is in the standard's grammar (DSP0004 annex C):
    /// `byte*1024` is; `Byte`, `bytes`, `MegaBytes` and `byte * 2 ^ 20` are not.
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// `quantity` of this unit in the base unit; `None` if 64 bits do not hold it.
    pub fn scale(&self, quantity: u64) -> Option<u64> {
        let product = self.factor.checked_mul(u128::from(quantity))?;
        u64::try_from(product).ok()
    }
}

/// By meaning.
impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        (self.base, self.factor) == (other.base, other.factor)
    }
}

impl Eq for Unit {}

/// As [`Unit::parse`] has it.
impl FromStr for Unit {
    type Err = NotAUnit;

    fn from_str(text: &str) -> Result<Self, NotAUnit> {
        Self::parse(text).ok_or_else(|| NotAUnit(text.to_owned()))
    }
}

/// The standard's name.
impl fmt::Display for BaseUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Byte => "byte",
            Self::Hertz => "hertz",
            Self::Count => "count",
            Self::Percent => "percent",
        })
    }
}

/// The spelling all readers know best: `byte`, `byte * 2^20`, `hertz * 10^6`, and a
/// plain number where the factor is a power of neither.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { base, factor, .. } = self;
        let decimal = factor.ilog10();
        if *factor == 1 {
            write!(f, "{base}")
        } else if factor.is_power_of_two() {
            write!(f, "{base} * 2^{}", factor.ilog2())
        } else if *factor == 10_u128.pow(decimal) {
            write!(f, "{base} * 10^{decimal}")
        } else {
            write!(f, "{base} * {factor}")
        }
    }
}

/// A factor, `1024` or `2^10`, and whether it has no blanks around the `^`.
fn factor(text: &str) -> Option<(u128, bool)> {
    let Some((base, exponent)) = text.split_once('^') else {
        return Some((whole(text)?, true));
    };
    let base_digits = base.trim_ascii_end();
    let exponent_digits = exponent.trim_ascii_start();
    let strict = base_digits.len() == base.len() && exponent_digits.len() == exponent.len();
    let exponent = u32::try_from(whole(exponent_digits)?).ok()?;
    Some((whole(base_digits)?.checked_pow(exponent)?, strict))
}

/// A whole number without a sign.
fn whole(digits: &str) -> Option<u128> {
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| digits.parse().ok()).flatten()
}

/// A disk's capacity in bytes (DSP0243 1.1 §9.1). Without `units` it is in bytes.
///
/// `None` if `units` does not count bytes, or the result does not fit 64 bits.
pub fn capacity_in_bytes(capacity: u64, units: Option<&str>) -> Option<u64> {
    bytes(capacity, units, Unit::BYTE)
}

/// The quantity of a memory item in bytes (DSP0243 1.1 §8.3).
///
/// Without `units` it is in MiB. CIM's schema would have it be bytes then, but nearly
/// all importers take any memory for MiB, whatever unit stands there, and descriptors
/// are written for them.
///
/// `None` if `units` does not count bytes, or the result does not fit 64 bits.
pub fn memory_in_bytes(quantity: u64, units: Option<&str>) -> Option<u64> {
    bytes(quantity, units, Unit::MEBIBYTE)
}

/// `quantity` of `units` in bytes, or of `default` where there are none.
fn bytes(quantity: u64, units: Option<&str>, default: Unit) -> Option<u64> {
    let unit = units.map_or(Some(default), Unit::parse)?;
    (unit.base == BaseUnit::Byte)
        .then(|| unit.scale(quantity))
        .flatten()
}

#[cfg(test)]
#[path = "units_tests.rs"]
mod tests;
