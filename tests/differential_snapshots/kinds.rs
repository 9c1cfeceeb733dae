//! The images that snapshots are kept in.

use std::path::PathBuf;

use super::support::bench::Bench;
use super::support::{KIB, MIB};
use super::trial::{Trial, Who};

/// Images, each with what makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    /// Version 2.
    Old,
    /// Clusters of 512 bytes: tables of several clusters, and refcount blocks that are soon full.
    Narrow,
    /// The same, with refcounts of 64 bits.
    Crowded,
    /// Refcounts of two bits: two snapshots at most.
    TwoBits,
    /// Refcounts of four bits, in clusters of 512 bytes.
    FourBits,
    /// Extended L2 entries.
    Extended,
    /// Clusters of 2 MiB, and a size that is no multiple of them.
    Coarse,
    Compressed,
    /// Compressed by zstd.
    Zstd,
    /// All tables, and no data.
    Preallocated,
    /// On a backing file that is longer.
    Backed,
}

pub(crate) const KINDS: [Kind; 12] = [
    Kind::Plain,
    Kind::Old,
    Kind::Narrow,
    Kind::Crowded,
    Kind::TwoBits,
    Kind::FourBits,
    Kind::Extended,
    Kind::Coarse,
    Kind::Compressed,
    Kind::Zstd,
    Kind::Preallocated,
    Kind::Backed,
];

pub(crate) const SIZE: u64 = 3 * MIB + 20 * KIB + 512;

impl Kind {
    /// Options of qemu-img.
    fn options(self) -> &'static str {
        match self {
            Self::Plain | Self::Compressed | Self::Backed => "",
            Self::Old => "compat=0.10",
            Self::Narrow => "cluster_size=512",
            Self::Crowded => "cluster_size=512,refcount_bits=64",
            Self::TwoBits => "refcount_bits=2",
            Self::FourBits => "cluster_size=512,refcount_bits=4",
            Self::Extended => "extended_l2=on",
            Self::Coarse => "cluster_size=2M",
            Self::Zstd => "compression_type=zstd",
            Self::Preallocated => "preallocation=metadata",
        }
    }

    /// How many snapshots there can be.
    pub(crate) fn most(self) -> usize {
        if self == Self::TwoBits { 2 } else { 4 }
    }

    /// How qemu-io writes to it.
    pub(crate) fn compresses(self) -> bool {
        matches!(self, Self::Compressed | Self::Zstd)
    }

    /// The image, with nothing written to it yet, and what its disk holds.
    pub(crate) fn make(self, bench: &Bench) -> (PathBuf, Vec<u8>) {
        let mut disk = vec![0; usize::try_from(SIZE).expect("a small disk")];
        if self != Self::Backed {
            return (bench.create("disk.qcow2", self.options(), SIZE), disk);
        }
        let beneath = vec![9; 20 << 20];
        bench.write("base.raw", &beneath);
        disk.fill(9);
        let on = ("base.raw", "raw");
        (bench.create_on("disk.qcow2", "", on, Some(SIZE)), disk)
    }

    /// An image with two snapshots, `one` and `two`, and a disk that differs from both and shares
    /// with both.
    pub(crate) fn with_two(self) -> Trial {
        let mut trial = Trial::new(self);
        trial.write(0, 700 * KIB, 1);
        trial.write(MIB, 3 * KIB, 2);
        trial.write(SIZE - 520 * KIB, 520 * KIB, 3);
        trial.create("one", Who::Qemu);
        trial.write(64 * KIB, 128 * KIB, 4);
        trial.write(2 * MIB, 4 * KIB, 5);
        trial.create("two", Who::Qemu);
        trial.write(300 * KIB, 70 * KIB, 6);
        trial.write(2 * MIB + 128 * KIB, 4 * KIB, 7);
        trial
    }
}
