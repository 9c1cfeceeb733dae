//! What settings make of a qcow2 image.

use std::num::NonZeroUsize;

use super::settings::Settings;
use super::{Sink, Written};
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::qcow2::{self, Packing, WriteOptions};

/// Levels that compress well at a speed that does not try patience.
const DEFLATE_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// A qcow2 image to be written.
#[derive(Debug, Clone)]
pub(super) struct Form {
    cluster_bits: u32,
    packing: Packing,
}

impl Form {
    pub(super) fn new(compress: bool, settings: &mut Settings) -> Result<Self> {
        let cluster = settings.size("cluster_size")?.unwrap_or(64 << 10);
        if !cluster.is_power_of_two() || !(512..=2 << 20).contains(&cluster) {
            return Err(
                Error::usage(format!("clusters cannot have {cluster} bytes"))
                    .in_option("-o cluster_size")
                    .help("choose a power of two from 512 to 2M"),
            );
        }
        Ok(Self {
            cluster_bits: cluster.trailing_zeros(),
            packing: packing(compress, settings)?,
        })
    }

    pub(super) fn write(
        &self,
        source: &dyn DiskSource,
        name: &str,
        sink: &mut dyn Sink,
        threads: NonZeroUsize,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        let options = WriteOptions {
            cluster_bits: self.cluster_bits,
            packing: self.packing,
            threads,
        };
        let mut file = sink.create(name)?;
        let summary = qcow2::write(source, &mut file, &options, observer)?;
        file.finish()?;
        Ok(Written {
            capacity: summary.capacity,
            size: summary.file_size,
            stored: summary.file_size,
        })
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
        Type::Deflate => Packing::Deflate(settings.number(level, 1..=9)?.unwrap_or(DEFLATE_LEVEL)),
        Type::Zstd => Packing::Zstd(settings.number(level, 1..=19)?.unwrap_or(ZSTD_LEVEL)),
    })
}
