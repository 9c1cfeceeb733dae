//! What settings make of a qcow2 image.

use std::num::NonZeroUsize;

use super::overlay::Parent;
use super::reserve::Reserve;
use super::settings::Settings;
use super::{Sink, Work, Written};
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::Level;
use crate::disk::qcow2::{self, Backing, Packing, Preallocation, Version, WriteOptions};

/// The level that compresses well at a speed that does not try patience.
const ZSTD_LEVEL: i32 = 3;

/// A qcow2 image to be written.
#[derive(Debug, Clone)]
pub(super) struct Form {
    options: WriteOptions,
    /// Whether the file system is asked for room.
    reserves: bool,
}

impl Form {
    pub(super) fn new(compress: bool, settings: &Settings) -> Result<Self> {
        let usual = WriteOptions::new(NonZeroUsize::MIN);
        let cluster = settings.size("cluster_size")?;
        let cluster = cluster.unwrap_or(1 << usual.cluster_bits);
        if !cluster.is_power_of_two() || !(512..=2 << 20).contains(&cluster) {
            return Err(
                Error::usage(format!("clusters cannot have {cluster} bytes"))
                    .in_option("-o cluster_size")
                    .help("choose a power of two from 512 to 2M"),
            );
        }
        // The names QEMU has for them, and those people have.
        let versions = [
            ("1.1", Version::V3),
            ("v3", Version::V3),
            ("0.10", Version::V2),
            ("v2", Version::V2),
        ];
        let reserve = Reserve::of(settings)?;
        let options = WriteOptions {
            version: settings
                .choice("compat", &versions)?
                .unwrap_or(usual.version),
            cluster_bits: cluster.trailing_zeros(),
            packing: packing(compress, settings)?,
            extended_l2: settings.switch("extended_l2")?.unwrap_or(false),
            lazy_refcounts: settings.switch("lazy_refcounts")?.unwrap_or(false),
            refcount_bits: settings
                .number("refcount_bits", 1..=64)?
                .unwrap_or(usual.refcount_bits),
            preallocation: match reserve {
                Reserve::Nothing => Preallocation::None,
                Reserve::Places | Reserve::Room => Preallocation::Holes,
                Reserve::Zeros => Preallocation::Zeros,
            },
            ..usual
        };
        options.check().map_err(|error| error.in_option("-o"))?;
        Ok(Self {
            options,
            reserves: reserve == Reserve::Room,
        })
    }

    pub(super) fn write(
        &self,
        work: Work<'_>,
        sink: &mut dyn Sink,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        let options = WriteOptions {
            threads: work.threads,
            ..self.options
        };
        let mut file = sink.create(work.name)?;
        let done = qcow2::write(work.source, &mut file, &options, observer)?;
        if self.reserves {
            file.reserve(done.file_size)?;
        }
        file.finish()?;
        Ok(Written::whole(done.capacity, done.file_size))
    }

    /// Writes an image of `capacity` bytes that shows `parent`.
    pub(super) fn overlay(
        &self,
        capacity: u64,
        parent: &Parent<'_>,
        name: &str,
        sink: &mut dyn Sink,
    ) -> Result<Written> {
        let backing = Backing {
            file: parent.name,
            format: parent.format.in_qemu(),
        };
        let mut file = sink.create(name)?;
        let done = qcow2::create(&mut file, capacity, Some(backing), &self.options)?;
        file.finish()?;
        Ok(Written::whole(done.capacity, done.file_size))
    }
}

fn packing(compress: bool, settings: &Settings) -> Result<Packing> {
    #[derive(Clone, Copy)]
    enum Type {
        Deflate,
        Zstd,
    }
    let types = [
        ("deflate", Type::Deflate),
        // As QEMU calls it.
        ("zlib", Type::Deflate),
        ("zstd", Type::Zstd),
    ];
    let kind = settings.choice("compression_type", &types)?;
    let level = "compression_level";
    if !compress {
        for key in ["compression_type", level] {
            if !settings.lacks(key) {
                return Err(Error::usage("the clusters are not compressed")
                    .in_option(&format!("-o {key}"))
                    .help("add `-c`, or leave this setting away"));
            }
        }
        return Ok(Packing::Plain);
    }
    Ok(match kind.unwrap_or(Type::Deflate) {
        Type::Deflate => {
            let level = settings.number(level, 1..=9)?;
            Packing::Deflate(level.map_or(Level::Adaptive, Level::Fixed))
        }
        Type::Zstd => Packing::Zstd(settings.number(level, 1..=19)?.unwrap_or(ZSTD_LEVEL)),
    })
}
