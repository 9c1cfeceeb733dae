//! What settings make of a VMDK.

use std::io::Write;
use std::num::NonZeroUsize;

use super::overlay::Parent;
use super::parts::Parts;
use super::settings::Settings;
use super::{Sink, Work, Written};
use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::about::Specific;
use crate::disk::vmdk::hosted::{self, Subformat};
use crate::disk::vmdk::{self, AdapterType, EncodeOptions, Level, StreamOptions};

/// `ddb.virtualHWVersion` as everybody writes it.
const HARDWARE_VERSION: u32 = 4;

/// A VMDK to be written.
#[derive(Debug, Clone)]
pub(super) struct Form {
    adapter: AdapterType,
    variant: Variant,
    /// Whether the variant was chosen, or what only it has.
    chosen: bool,
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
                Variant::Stream(level.map_or(Level::Brisk, Level::Fixed))
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
            chosen: compress
                || !settings.lacks("subformat")
                || !settings.lacks("compression_level"),
        })
    }

    pub(super) fn write(
        &self,
        work: Work<'_>,
        sink: &mut dyn Sink,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        match self.variant {
            Variant::Stream(level) => {
                let mut file = sink.create(work.name)?;
                let written = self.stream(level, work, &mut file, observer)?;
                file.finish()?;
                Ok(written)
            }
            Variant::Hosted(subformat, hardware_version) => {
                let options = hosted::WriteOptions {
                    threads: work.threads,
                    ..self.hosted(subformat, hardware_version, work.name)
                };
                let mut parts = Parts::new(sink);
                let create = &mut |name: &str| parts.create(name);
                let done = hosted::write_files(work.source, create, &options, observer)?;
                parts.finish()?;
                Ok(Written::whole(done.capacity, done.file_size))
            }
        }
    }

    /// Writes an image that holds nothing and shows `parent`.
    pub(super) fn overlay(
        &self,
        parent: &Parent<'_>,
        name: &str,
        sink: &mut dyn Sink,
    ) -> Result<Written> {
        let (subformat, hardware_version) = match self.variant {
            // Nobody runs a machine from a stream.
            Variant::Stream(_) if !self.chosen => (Subformat::MonolithicSparse, HARDWARE_VERSION),
            Variant::Hosted(subformat, hardware) if subformat != Subformat::MonolithicFlat => {
                (subformat, hardware)
            }
            _ => {
                return Err(Error::usage(
                    "such a VMDK holds all of its disk, and is made on no other",
                )
                .in_option("-o subformat")
                .help("choose monolithicSparse or twoGbMaxExtentSparse"));
            }
        };
        let Some(Specific::Vmdk(about)) = &parent.about.format_specific else {
            return Err(parent.unknown());
        };
        let over = hosted::Over {
            capacity: parent.capacity,
            content: about.cid.ok_or_else(|| parent.unknown())?,
            name: parent.name,
        };
        let options = self.hosted(subformat, hardware_version, name);
        let mut parts = Parts::new(sink);
        let done = hosted::create(&over, &mut |name: &str| parts.create(name), &options)?;
        parts.finish()?;
        Ok(Written::whole(done.capacity, done.file_size))
    }

    fn hosted<'n>(
        &self,
        subformat: Subformat,
        hardware_version: u32,
        name: &'n str,
    ) -> hosted::WriteOptions<'n> {
        hosted::WriteOptions {
            subformat,
            name,
            adapter: self.adapter,
            hardware_version,
            threads: NonZeroUsize::MIN,
        }
    }

    /// Writes it front to back, which a stream is.
    pub(super) fn pour(
        &self,
        work: Work<'_>,
        output: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Option<Result<Written>> {
        match self.variant {
            Variant::Stream(level) => Some(self.stream(level, work, output, observer)),
            Variant::Hosted(..) => None,
        }
    }

    fn stream(
        &self,
        level: Level,
        work: Work<'_>,
        output: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        let options = StreamOptions {
            name: work.name,
            adapter: self.adapter,
            encode: EncodeOptions {
                level,
                pass_through: true,
            },
            threads: work.threads,
        };
        let done = vmdk::write(work.source, output, &options, observer)?;
        Ok(Written::whole(done.capacity, done.file_size))
    }
}
