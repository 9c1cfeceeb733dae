//! Keys and values that say how a format is to be written.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::base::suggest::nearest;
use crate::base::units::parse_size;
use crate::base::{Error, Result};
use crate::disk::blocks::Uuid;
use crate::disk::detect::Format;

/// A choice, `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    key: String,
    value: String,
}

impl Setting {
    /// `value` for `key`.
    pub fn new(key: &str, value: &str) -> Self {
        Self {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    /// The choices in `text`, `key=value` with commas between, as qemu-img takes them.
    pub fn several(text: &str) -> Result<Vec<Self>> {
        text.split(',').map(str::parse).collect()
    }
}

impl FromStr for Setting {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => Ok(Self::new(key.trim(), value.trim())),
            _ => Err(Error::usage(format!("`{text}` is no key and value"))
                .help("write `-o key=value`; `-o help` lists the keys")),
        }
    }
}

/// A key, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// How it is written.
    pub name: &'static str,
    /// What it can be.
    pub values: &'static str,
    /// What it decides, and what is taken without it.
    pub about: &'static str,
}

const fn key(name: &'static str, values: &'static str, about: &'static str) -> Key {
    Key {
        name,
        values,
        about,
    }
}

const QCOW2: &[Key] = &[
    key(
        "compat",
        "1.1, 0.10",
        "version 3 or 2 of the format, by the QEMU it came with [1.1]",
    ),
    key("cluster_size", "512 to 2M", "bytes of a cluster [64K]"),
    key(
        "compression_type",
        "deflate, zstd",
        "how `-c` compresses; every QEMU reads deflate, 5.1 and newer zstd [deflate]",
    ),
    key(
        "compression_level",
        "1 to 9, zstd 1 to 19",
        "how hard `-c` compresses [chosen for each cluster, zstd 3]",
    ),
    key(
        "extended_l2",
        "on, off",
        "whether clusters, of 16K at least, have 32 parts each [off]",
    ),
    key(
        "lazy_refcounts",
        "on, off",
        "whether QEMU may put off writing refcounts [off]",
    ),
    key(
        "refcount_bits",
        "1 to 64",
        "bits of a refcount, a power of two [16]",
    ),
    key(
        "preallocation",
        "off, metadata, falloc, full",
        "whether clusters that hold nothing have places, in holes, in room asked of the file system, \
         or in zeros that are written; not with `-c` [off]",
    ),
];

const RAW: &[Key] = &[key(
    "preallocation",
    "off, falloc, full",
    "whether all of the file has room, asked of the file system, or by zeros that are written [off]",
)];

const VMDK: &[Key] = &[
    key(
        "subformat",
        "streamOptimized, monolithicSparse, monolithicFlat, twoGbMaxExtentSparse",
        "the variant: the first is for importing, others for machines that run [streamOptimized]",
    ),
    key(
        "adapter_type",
        "ide, buslogic, lsilogic",
        "the controller the geometry is for [lsilogic]",
    ),
    key(
        "compression_level",
        "0 to 12",
        "libdeflate's level, of streamOptimized disks [chosen for each grain]",
    ),
    key(
        "hwversion",
        "3 to 22",
        "the oldest virtual hardware the disk is for, if it is not streamOptimized [4]",
    ),
];

const SUBFORMAT: Key = key(
    "subformat",
    "dynamic, fixed",
    "whether the file grows with what it holds, or has all of the disk [dynamic]",
);

const UUID: Key = key(
    "uuid",
    "a UUID, random",
    "what the disk is known by [made from its content; of an empty one, random]",
);

const VHDX: &[Key] = &[
    SUBFORMAT,
    UUID,
    key(
        "block_size",
        "1M to 256M",
        "bytes of a block, a power of two [1M]",
    ),
    key(
        "logical_sector_size",
        "512, 4096",
        "bytes of a sector, as the guest sees it [512]",
    ),
    key(
        "physical_sector_size",
        "512, 4096",
        "bytes of a sector of the drive the guest believes in [4096]",
    ),
];

const VHD: &[Key] = &[
    SUBFORMAT,
    UUID,
    key(
        "align",
        "512 to 1G",
        "bytes the disk is rounded up to a multiple of; Azure takes whole MiB [512]",
    ),
];

const VDI: &[Key] = &[SUBFORMAT, UUID];

/// The keys of `format`.
pub fn keys(format: Format) -> &'static [Key] {
    match format {
        Format::Qcow2 => QCOW2,
        Format::Vmdk => VMDK,
        Format::Vhdx => VHDX,
        Format::Vhd => VHD,
        Format::Vdi => VDI,
        Format::Raw => RAW,
    }
}

/// The choices for a format, each of a key it has.
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Holds `given` against the keys of `format`; of several for one key the last counts.
    pub(super) fn of(format: Format, given: &[Setting]) -> Result<Self> {
        let mut settings = BTreeMap::new();
        for Setting { key, value } in given {
            let known = keys(format);
            if !known.iter().any(|known| known.name == key) {
                return Err(unknown(format, key));
            }
            settings.insert(key.clone(), value.clone());
        }
        Ok(Self(settings))
    }

    /// Whether nothing is said of `key`.
    pub(super) fn lacks(&self, key: &str) -> bool {
        !self.0.contains_key(key)
    }

    /// The size in bytes `key` is to be.
    pub(super) fn size(&self, key: &'static str) -> Result<Option<u64>> {
        self.read(key, parse_size)
    }

    /// The number `key` is to be, which has to be in `range`.
    pub(super) fn number<N>(&self, key: &'static str, range: RangeInclusive<N>) -> Result<Option<N>>
    where
        N: FromStr + PartialOrd + std::fmt::Display,
    {
        self.read(key, |text| {
            let number = text.parse().ok();
            number
                .filter(|number| range.contains(number))
                .ok_or_else(|| {
                    let (least, most) = (range.start(), range.end());
                    Error::usage(format!("`{text}` is no number from {least} to {most}"))
                        .help("choose one of these, or leave it away")
                })
        })
    }

    /// The id `key` is to be: a given one, or one nobody has.
    pub(super) fn id(&self, key: &'static str) -> Result<Option<Uuid>> {
        self.read(key, |text| {
            if text.eq_ignore_ascii_case("random") {
                return Uuid::random();
            }
            Uuid::parse(text).filter(|id| !id.is_nil()).ok_or_else(|| {
                Error::usage(format!("`{text}` is no UUID"))
                    .help("write it like 01234567-89ab-cdef-0123-456789abcdef, or `random`")
            })
        })
    }

    /// Whether `key` is to be on.
    pub(super) fn switch(&self, key: &'static str) -> Result<Option<bool>> {
        self.choice(key, &[("on", true), ("off", false)])
    }

    /// Which of the named values `key` is to be; case means nothing.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        values: &[(&str, T)],
    ) -> Result<Option<T>> {
        self.read(key, |text| {
            let mut found = values.iter();
            let found = found.find(|(name, _)| name.eq_ignore_ascii_case(text));
            found.map(|(_, value)| *value).ok_or_else(|| {
                let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
                Error::usage(format!("`{text}` is none of its values"))
                    .help(format!("choose one of: {}", names.join(", ")))
            })
        })
    }

    fn read<T>(&self, key: &'static str, read: impl Fn(&str) -> Result<T>) -> Result<Option<T>> {
        let Some(text) = self.0.get(key) else {
            return Ok(None);
        };
        read(text)
            .map(Some)
            .map_err(|error| error.in_option(&format!("-o {key}")))
    }
}

fn unknown(format: Format, key: &str) -> Error {
    let names = keys(format).iter().map(|key| key.name);
    let error = Error::usage(format!("{format} images have no setting `{key}`")).in_option("-o");
    let all: Vec<_> = names.clone().collect();
    match nearest(key, names).first() {
        Some(near) => error.help(format!("did you mean `{near}`? `-o help` lists all")),
        None => error.help(format!("there are: {}", all.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;

    #[test]
    fn keys_and_values_are_read_and_held_against_the_format() {
        let given = Setting::several("cluster_size=128K, compression_level=9").expect("settings");
        let settings = Settings::of(Format::Qcow2, &given).expect("known");
        assert_eq!(
            settings.size("cluster_size").expect("a size"),
            Some(128 << 10)
        );
        let level = settings.number("compression_level", 1..=9);
        assert_eq!(level.expect("a level"), Some(9));
        let level = settings.number("compression_level", 1..=8);
        assert_eq!(level.expect_err("too high").kind(), ErrorKind::Usage);
        let kind = settings.choice("compression_type", &[("deflate", 1)]);
        assert_eq!(kind.expect("not said"), None);
    }

    #[test]
    fn what_is_no_setting_is_told() {
        let near = Setting::new("clustersize", "1");
        let error = Settings::of(Format::Qcow2, &[near]).err().expect("unknown");
        assert!(
            error
                .advice()
                .is_some_and(|help| help.contains("cluster_size"))
        );
        for text in ["", "key", "=value"] {
            assert!(text.parse::<Setting>().is_err(), "{text}");
        }
        assert!(Settings::of(Format::Raw, &[Setting::new("x", "1")]).is_err());
    }
}
