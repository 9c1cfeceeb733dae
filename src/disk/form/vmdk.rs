//! What settings make of a VMDK.

use std::io::Write;
use std::num::NonZeroUsize;

use super::parts::Parts;
use super::settings::Settings;
use super::{Sink, Written};
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::vmdk::hosted::{self, Subformat};
use crate::disk::vmdk::{self, AdapterType, EncodeOptions, Level, StreamOptions};

/// `ddb.virtualHWVersion` as everybody writes it.
const HARDWARE_VERSION: u32 = 4;

/// A VMDK to be written.
#[derive(Debug, Clone)]
pub(super) struct Form {
    adapter: AdapterType,
    variant: Variant,
}

#[derive(Debug, Clone, Copy)]
enum Variant {
    Stream(Level),
    Hosted(Subformat, u32),
}

impl Form {
    pub(super) fn new(compress: bool, settings: &Settings) -> Result<Self> {
        let adapters = [
            ("lsilogic", AdapterType::LsiLogic),
            ("buslogic", AdapterType::BusLogic),
            ("ide", AdapterType::Ide),
        ];
        let variants = [
            ("streamOptimized", None),
            ("monolithicSparse", Some(Subformat::MonolithicSparse)),
            ("monolithicFlat", Some(Subformat::MonolithicFlat)),
            (
                "twoGbMaxExtentSparse",
                Some(Subformat::TwoGbMaxExtentSparse),
            ),
        ];
        let only = |key: &str, why: &str| {
            if settings.lacks(key) {
                return Ok(());
            }
            Err(Error::usage(why)
                .in_option(&format!("-o {key}"))
                .help("choose another `subformat`, or leave this setting away"))
        };
        let variant = match settings.choice("subformat", &variants)?.flatten() {
            None => {
                only("hwversion", "a stream is for any version of hardware")?;
                let level = settings.number("compression_level", 0..=12)?;
                Variant::Stream(level.map_or(Level::Adaptive, Level::Fixed))
            }
            Some(_) if compress => {
                return Err(Error::usage("only streamOptimized disks are compressed")
                    .in_option("-c")
                    .help("leave `-c` away, or choose `subformat=streamOptimized`"));
            }
            Some(hosted) => {
                only(
                    "compression_level",
                    "only streamOptimized disks are compressed",
                )?;
                let hardware = settings.number("hwversion", 3..=22)?;
                Variant::Hosted(hosted, hardware.unwrap_or(HARDWARE_VERSION))
            }
        };
        Ok(Self {
            adapter: settings
                .choice("adapter_type", &adapters)?
                .unwrap_or(AdapterType::LsiLogic),
            variant,
        })
    }

    /// Whether it is written front to back.
    pub(super) fn streams(&self) -> bool {
        matches!(self.variant, Variant::Stream(_))
    }

    pub(super) fn write(
        &self,
        source: &dyn DiskSource,
        name: &str,
        sink: &mut dyn Sink,
        threads: NonZeroUsize,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        match self.variant {
            Variant::Stream(level) => {
                let mut file = sink.create(name)?;
                let written = self.stream(level, source, name, &mut file, threads, observer)?;
                file.finish()?;
                Ok(written)
            }
            Variant::Hosted(subformat, hardware_version) => {
                let options = hosted::WriteOptions {
                    subformat,
                    name,
                    adapter: self.adapter,
                    hardware_version,
                    threads,
                };
                let mut parts = Parts::new(sink);
                let summary = hosted::write_files(
                    source,
                    &mut |name| parts.create(name),
                    &options,
                    observer,
                )?;
                parts.finish()?;
                Ok(Written {
                    capacity: summary.capacity,
                    size: summary.file_size,
                    stored: summary.file_size,
                })
            }
        }
    }

    /// Writes it front to back, if it is one that [streams](Self::streams).
    pub(super) fn pour(
        &self,
        source: &dyn DiskSource,
        name: &str,
        output: &mut dyn Write,
        threads: NonZeroUsize,
        observer: &mut dyn Observer,
    ) -> Option<Result<Written>> {
        match self.variant {
            Variant::Stream(level) => {
                Some(self.stream(level, source, name, output, threads, observer))
            }
            Variant::Hosted(..) => None,
        }
    }

    fn stream(
        &self,
        level: Level,
        source: &dyn DiskSource,
        name: &str,
        output: &mut dyn Write,
        threads: NonZeroUsize,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        let options = StreamOptions {
            name,
            adapter: self.adapter,
            encode: EncodeOptions {
                level,
                pass_through: true,
            },
            threads,
        };
        let summary = vmdk::write(source, output, &options, observer)?;
        Ok(Written {
            capacity: summary.capacity,
            size: summary.file_size,
            stored: summary.file_size,
        })
    }
}
