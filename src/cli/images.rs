//! Options about disk images, and how they are compressed.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::machine::parse_some;
use super::request;
use super::secrets::SecretOptions;
use crate::base::{Error, Result};
use crate::disk::gate::Gate;
use crate::disk::open::OpenOptions;
use crate::disk::vmdk::{EncodeOptions, Level};
use crate::ops::define::Defined;
use crate::vm::At;

/// How disk images are read.
#[derive(Debug, Args)]
pub(super) struct ImageOptions {
    /// Format of all disk images, raw, qcow2, vmdk, vhdx, vhd or vdi, instead of detecting it
    #[arg(short = 'f', long, value_name = "FORMAT", help_heading = "Input")]
    input_format: Option<String>,
    /// Read this internal snapshot (name or id) of a qcow2 image
    #[arg(long, value_name = "NAME", help_heading = "Input")]
    snapshot: Option<String>,
    /// Allow backing, data and parent files in this directory; repeatable
    #[arg(long, value_name = "DIR", help_heading = "Input")]
    allow_backing: Vec<PathBuf>,
    /// Read what is left of a streamOptimized VMDK that was cut off
    #[arg(long, help_heading = "Input")]
    salvage: bool,
    #[command(flatten)]
    secrets: SecretOptions,
}

impl ImageOptions {
    pub(super) fn open(&self) -> Result<OpenOptions> {
        Ok(OpenOptions {
            format: parse_some("--input-format", self.input_format.as_deref())?,
            gate: Gate::allowing(&self.allow_backing)?,
            snapshot: self.snapshot.clone(),
            salvage: self.salvage,
            secrets: self.secrets.secrets()?,
            locked: false,
        })
    }
}

/// How disks are compressed.
#[derive(Debug, Args)]
pub(super) struct CompressionOptions {
    /// Compression: fast, default, best, or a libdeflate level from 0 to 12 [default: default]
    #[arg(long, help_heading = "Compression")]
    level: Option<String>,
    /// Compress again what is compressed in the image, instead of taking it over
    #[arg(long, help_heading = "Compression")]
    recompress: bool,
    /// Threads that compress; the output does not depend on it [default: all cores]
    #[arg(long, value_name = "N", help_heading = "Compression")]
    threads: Option<u32>,
}

impl CompressionOptions {
    /// Puts what is asked for over what `defined` has.
    pub(super) fn apply(&self, defined: &mut Defined) {
        if let Some(level) = &self.level {
            defined.definition.level = Some(level.as_str().into());
            defined.given(At::default().key("level"), "--level");
        }
    }

    /// How grains are made for `defined`.
    pub(super) fn encode(&self, defined: &Defined) -> Result<EncodeOptions> {
        let level = match &defined.definition.level {
            Some(text) => {
                level(text).map_err(|error| defined.at(&At::default().key("level"), error))?
            }
            None => Level::Adaptive,
        };
        Ok(EncodeOptions {
            level,
            pass_through: !self.recompress,
        })
    }

    pub(super) fn threads(&self) -> Result<NonZeroUsize> {
        request::threads(self.threads)
    }
}

/// The level for a name or a number.
fn level(text: &str) -> Result<Level> {
    match text {
        "fast" => Ok(Level::Fixed(1)),
        "default" => Ok(Level::Adaptive),
        "best" => Ok(Level::Fixed(12)),
        number => number
            .parse()
            .ok()
            .filter(|level| *level <= 12)
            .map(Level::Fixed)
            .ok_or_else(|| {
                Error::usage(format!("`{text}` is no compression level"))
                    .help("choose fast, default, best, or a number from 0 (store) to 12 (slowest)")
            }),
    }
}
