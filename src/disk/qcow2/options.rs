//! What a new image is to be, and whether there is such an image.

use std::num::NonZeroUsize;

use super::encode::Packing;
use super::format::limits;
use crate::base::{Error, Result};

/// What a new image is to be.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions {
    /// Version 2 is what QEMU before 1.1 and some other programs read.
    pub version: Version,
    /// Clusters have 2^`cluster_bits` bytes; 16 is usual.
    pub cluster_bits: u32,
    /// How clusters are stored.
    pub packing: Packing,
    /// Take deflated blocks of a cluster's size as they are, where clusters are deflated.
    /// The bytes of the image then depend on how the source was compressed.
    pub pass_through: bool,
    /// Whether each 32nd of a cluster is known as stored or zero by itself, so that
    /// small writes to the image copy less. From version 3 on.
    pub extended_l2: bool,
    /// Whether QEMU may put off writing refcounts of the image while it is in use. From
    /// version 3 on.
    pub lazy_refcounts: bool,
    /// Bits of a refcount: a power of two up to 64; 16 is usual, and all version 2 has.
    pub refcount_bits: u32,
    /// What there is of clusters that hold nothing.
    pub preallocation: Preallocation,
    /// Threads that make clusters; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

/// What an image has for clusters that hold nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Preallocation {
    /// No place.
    #[default]
    None,
    /// A place in the file, which is a hole: the tables need not change when it is written to.
    Holes,
    /// A place with zeros.
    Zeros,
}

/// A version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// `compat=0.10`.
    V2,
    /// `compat=1.1`.
    #[default]
    V3,
}

impl Version {
    pub(super) fn number(self) -> u32 {
        match self {
            Self::V2 => 2,
            Self::V3 => 3,
        }
    }
}

/// The file an image holds changes to.
#[derive(Debug, Clone, Copy)]
pub struct Backing<'a> {
    /// Its path, seen from the directory the image is in, or an absolute one.
    pub file: &'a str,
    /// The name QEMU has for its format, like `qcow2` or `raw`.
    pub format: &'a str,
}

impl WriteOptions {
    /// What is usual, made by as many `threads`.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            version: Version::V3,
            cluster_bits: 16,
            packing: Packing::Plain,
            pass_through: true,
            extended_l2: false,
            lazy_refcounts: false,
            refcount_bits: 16,
            preallocation: Preallocation::None,
            threads,
        }
    }

    /// Bytes of a cluster.
    pub(super) fn cluster(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// Numbers of 64 bits in an L2 entry.
    pub(super) fn entry_words(&self) -> u64 {
        if self.extended_l2 { 2 } else { 1 }
    }

    /// Whether there is such an image.
    pub(in crate::disk) fn check(&self) -> Result<()> {
        let bits = self.cluster_bits;
        if !limits::CLUSTER_BITS.contains(&bits) {
            return Err(Error::usage(format!("clusters cannot have 2^{bits} bytes"))
                .help("choose from 2^9 (512 bytes) to 2^21 (2 MiB)"));
        }
        if self.extended_l2 && self.cluster() < limits::EXTENDED_L2_CLUSTER {
            let message = format!("clusters of 2^{bits} bytes have no extended L2 entries");
            return Err(Error::usage(message)
                .why("each would have 32 parts smaller than a sector")
                .help("choose clusters of 2^14 bytes (16 KiB) or more"));
        }
        let refcount = self.refcount_bits;
        if !refcount.is_power_of_two() || refcount > 64 {
            let message = format!("a refcount cannot have {refcount} bits");
            return Err(Error::usage(message).help("choose 1, 2, 4, 8, 16, 32 or 64"));
        }
        if self.preallocation != Preallocation::None && self.packing != Packing::Plain {
            return Err(
                Error::usage("compressed clusters have no places before they are made")
                    .help("leave the compression away, or the preallocation"),
            );
        }
        if self.version == Version::V3 {
            return Ok(());
        }
        for (asked, what) in [
            (self.extended_l2, "extended L2 entries"),
            (self.lazy_refcounts, "lazy refcounts"),
            (refcount != 16, "refcounts of other than 16 bits"),
            (
                matches!(self.packing, Packing::Zstd(_)),
                "clusters compressed by zstd",
            ),
        ] {
            if asked {
                let message = format!("version 2 of qcow2 has no {what}");
                return Err(Error::usage(message).help("choose version 3 (compat=1.1)"));
            }
        }
        Ok(())
    }
}

impl Backing<'_> {
    /// Whether an image can name it.
    pub(super) fn check(&self) -> Result<()> {
        for (what, name, most) in [
            ("name", self.file, limits::BACKING_NAME_BYTES as usize),
            ("format", self.format, limits::BACKING_FORMAT_BYTES),
        ] {
            let shown = name.escape_debug();
            if name.is_empty() || name.contains('\0') {
                let message = format!("`{shown}` cannot be the {what} of a backing file");
                return Err(Error::usage(message));
            }
            if name.len() > most {
                let message = format!("the {what} of the backing file is too long: `{shown}`");
                let why = format!("an image has room for {most} bytes");
                return Err(Error::usage(message).why(why));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;
    use crate::disk::Level;

    #[test]
    fn what_the_format_does_not_have_is_refused() {
        let usual = WriteOptions::new(NonZeroUsize::MIN);
        usual.check().expect("usual");
        let deflated = Packing::Deflate(Level::Adaptive);
        let old = WriteOptions {
            version: Version::V2,
            packing: deflated,
            ..usual
        };
        old.check().expect("what version 2 has");
        for wrong in [
            WriteOptions {
                cluster_bits: 8,
                ..usual
            },
            WriteOptions {
                cluster_bits: 22,
                ..usual
            },
            WriteOptions {
                cluster_bits: 13,
                extended_l2: true,
                ..usual
            },
            WriteOptions {
                refcount_bits: 0,
                ..usual
            },
            WriteOptions {
                refcount_bits: 12,
                ..usual
            },
            WriteOptions {
                refcount_bits: 128,
                ..usual
            },
            WriteOptions {
                refcount_bits: 8,
                ..old
            },
            WriteOptions {
                lazy_refcounts: true,
                ..old
            },
            WriteOptions {
                extended_l2: true,
                ..old
            },
            WriteOptions {
                packing: Packing::Zstd(3),
                ..old
            },
            WriteOptions {
                preallocation: Preallocation::Holes,
                packing: deflated,
                ..usual
            },
        ] {
            let error = wrong.check().expect_err("wrong");
            assert_eq!(error.kind(), ErrorKind::Usage, "{wrong:?}");
        }
    }

    #[test]
    fn a_backing_file_has_a_name_and_a_format() {
        let named = |file, format| Backing { file, format }.check();
        named("base.qcow2", "qcow2").expect("a backing file");
        let long = "x".repeat(1024);
        for (file, format) in [
            ("", "raw"),
            ("base", ""),
            ("a\0b", "raw"),
            (&*long, "raw"),
            ("base", "sixteen letters!"),
        ] {
            named(file, format).expect_err(file);
        }
    }
}
