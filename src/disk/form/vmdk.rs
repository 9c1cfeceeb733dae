//! What settings make of a VMDK.

use std::io::Write;
use std::num::NonZeroUsize;

use super::settings::Settings;
use super::{Sink, Written};
use crate::base::Result;
use crate::base::progress::Observer;
use crate::disk::DiskSource;
use crate::disk::vmdk::{self, AdapterType, EncodeOptions, Level, StreamOptions};

/// A VMDK to be written.
#[derive(Debug, Clone)]
pub(super) struct Form {
    adapter: AdapterType,
    level: Level,
}

impl Form {
    pub(super) fn new(settings: &mut Settings) -> Result<Self> {
        settings.choice("subformat", &[("streamOptimized", ())])?;
        let adapters = [
            ("lsilogic", AdapterType::LsiLogic),
            ("buslogic", AdapterType::BusLogic),
            ("ide", AdapterType::Ide),
        ];
        let level = settings.number("compression_level", 0..=12)?;
        Ok(Self {
            adapter: settings
                .choice("adapter_type", &adapters)?
                .unwrap_or(AdapterType::LsiLogic),
            level: level.map_or(Level::Adaptive, Level::Fixed),
        })
    }

    /// Whether it is written front to back.
    #[allow(clippy::unused_self)] // the only variant there is does
    pub(super) fn streams(&self) -> bool {
        true
    }

    pub(super) fn write(
        &self,
        source: &dyn DiskSource,
        name: &str,
        sink: &mut dyn Sink,
        threads: NonZeroUsize,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        let mut file = sink.create(name)?;
        let written = self.pour(source, name, &mut file, threads, observer)?;
        file.finish()?;
        Ok(written)
    }

    pub(super) fn pour(
        &self,
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
                level: self.level,
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
