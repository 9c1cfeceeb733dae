//! What settings make of the formats of equal blocks: VHDX, VHD and VDI.

use std::io::Write;
use std::num::NonZeroUsize;

use super::overlay::Parent;
use super::settings::Settings;
use super::{Sink, Work, Written};
use crate::base::forward::Forward;
use crate::base::progress::Observer;
use crate::base::shared::Shared;
use crate::base::{Error, Result};
use crate::disk::about::Specific;
use crate::disk::blocks::Uuid;
use crate::disk::detect::Format;
use crate::disk::{vdi, vhd, vhdx};

/// An image to be written.
#[derive(Debug, Clone)]
pub(super) enum Form {
    Vhdx(vhdx::WriteOptions),
    Vhd(vhd::WriteOptions),
    Vdi(vdi::WriteOptions),
}

/// The two ways to store a disk, as settings name them.
const FIXED: &[(&str, bool)] = &[("dynamic", false), ("fixed", true), ("static", true)];

impl Form {
    pub(super) fn vhdx(settings: &Settings) -> Result<Self> {
        let usual = vhdx::WriteOptions::new(NonZeroUsize::MIN);
        let size = |key, usual| settings.size(key).map(|size| size.unwrap_or(usual));
        let options = vhdx::WriteOptions {
            fixed: fixed(settings)?,
            block_size: size("block_size", usual.block_size)?,
            logical_sector_size: size("logical_sector_size", usual.logical_sector_size)?,
            physical_sector_size: size("physical_sector_size", usual.physical_sector_size)?,
            id: settings.id("uuid")?,
            ..usual
        };
        options.check().map_err(in_settings)?;
        Ok(Self::Vhdx(options))
    }

    pub(super) fn vhd(settings: &Settings) -> Result<Self> {
        let usual = vhd::WriteOptions::new(NonZeroUsize::MIN);
        let options = vhd::WriteOptions {
            fixed: fixed(settings)?,
            align: settings.size("align")?.unwrap_or(usual.align),
            id: settings.id("uuid")?,
            ..usual
        };
        options.check().map_err(in_settings)?;
        Ok(Self::Vhd(options))
    }

    pub(super) fn vdi(settings: &Settings) -> Result<Self> {
        let usual = vdi::WriteOptions::new(NonZeroUsize::MIN);
        Ok(Self::Vdi(vdi::WriteOptions {
            fixed: fixed(settings)?,
            id: settings.id("uuid")?,
            ..usual
        }))
    }

    pub(super) fn format(&self) -> Format {
        match self {
            Self::Vhdx(_) => Format::Vhdx,
            Self::Vhd(_) => Format::Vhd,
            Self::Vdi(_) => Format::Vdi,
        }
    }

    /// The same, of a disk that is known by an id nobody else has, unless one was chosen.
    pub(super) fn unique(mut self) -> Result<Self> {
        let id = match &mut self {
            Self::Vhdx(options) => &mut options.id,
            Self::Vhd(options) => &mut options.id,
            Self::Vdi(options) => &mut options.id,
        };
        if id.is_none() {
            *id = Some(Uuid::random()?);
        }
        Ok(self)
    }

    /// Writes an image that holds nothing and shows `parent`.
    pub(super) fn overlay(
        &self,
        parent: &Parent<'_>,
        name: &str,
        sink: &mut dyn Sink,
    ) -> Result<Written> {
        let mut file = sink.create(name)?;
        let output = &mut file;
        let capacity = parent.capacity;
        let done = match (self, &parent.about.format_specific) {
            (Self::Vhdx(options), Some(Specific::Vhdx(about))) => {
                let linkage = parent.id(&about.data_write_guid)?;
                let over = vhdx::Over::new(capacity, linkage, about, parent.name)?;
                vhdx::create(output, &over, options)?
            }
            (Self::Vhd(options), Some(Specific::Vhd(about))) => {
                let id = parent.id(&about.unique_id)?;
                let over = vhd::Over::new(capacity, id, parent.name, parent.changed)?;
                vhd::create(output, &over, options)?
            }
            (Self::Vdi(options), Some(Specific::Vdi(about))) => {
                let over = vdi::Over::new(capacity, parent.id(&about.uuid)?, about);
                vdi::create(output, &over, options)?
            }
            _ => return Err(parent.unknown()),
        };
        file.finish()?;
        Ok(Written::whole(done.capacity, done.file_size))
    }

    pub(super) fn write(
        &self,
        work: Work<'_>,
        sink: &mut dyn Sink,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        let Work {
            source, threads, ..
        } = work;
        let mut file = sink.create(work.name)?;
        let output = &mut file;
        let done = match *self {
            Self::Vhdx(options) => {
                let options = vhdx::WriteOptions { threads, ..options };
                vhdx::write(source, output, &options, observer)?
            }
            Self::Vhd(options) => {
                let options = vhd::WriteOptions { threads, ..options };
                vhd::write(source, output, &options, observer)?
            }
            Self::Vdi(options) => {
                let options = vdi::WriteOptions { threads, ..options };
                vdi::write(source, output, &options, observer)?
            }
        };
        file.finish()?;
        Ok(Written::whole(done.capacity, done.file_size))
    }

    /// Writes it front to back, which a fixed VHD is.
    pub(super) fn pour(
        &self,
        work: Work<'_>,
        output: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Option<Result<Written>> {
        let options = match *self {
            Self::Vhd(options) if options.fixed => vhd::WriteOptions {
                threads: work.threads,
                ..options
            },
            _ => return None,
        };
        let shared = Shared::new(observer);
        let output = Forward::new(output, &shared);
        let done = vhd::write(work.source, output, &options, &mut &shared);
        Some(done.map(|done| Written::whole(done.capacity, done.file_size)))
    }
}

fn fixed(settings: &Settings) -> Result<bool> {
    Ok(settings.choice("subformat", FIXED)?.unwrap_or(false))
}

fn in_settings(error: Error) -> Error {
    error.in_option("-o")
}
