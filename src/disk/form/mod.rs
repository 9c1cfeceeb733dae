//! The forms a disk can be written in: a format, and what can be chosen of it.
//!
//! ```text
//! settings  the keys and values that choose
//! reserve   ... what room is taken in advance
//! overlay   the disk an image is made on
//! qcow2     what they make of a qcow2 image
//! vmdk      ... of a VMDK
//! blocks    ... of a VHDX, VHD or VDI
//! parts     ... which may be several
//! sink      where the files of an image go
//! measure   a sink that only counts
//! ```

mod blocks;
mod measure;
mod overlay;
mod parts;
mod qcow2;
mod reserve;
mod settings;
mod sink;
mod vmdk;

use std::io::Write;
use std::num::NonZeroUsize;

pub use measure::{Measured, measure};
pub use overlay::Parent;
pub use settings::{Key, Setting, keys};
pub use sink::{ImageFile, Sink};

use crate::base::progress::Observer;
use crate::base::{Error, Result};
use crate::disk::detect::Format;
use crate::disk::{DiskSource, raw};
use reserve::Reserve;
use settings::Settings;

/// The formats that are written.
pub const WRITTEN: [Format; 6] = [
    Format::Raw,
    Format::Qcow2,
    Format::Vmdk,
    Format::Vhdx,
    Format::Vhd,
    Format::Vdi,
];

/// A format with everything about it decided.
#[derive(Debug, Clone)]
pub struct Form(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Raw(Reserve),
    Qcow2(qcow2::Form),
    Vmdk(vmdk::Form),
    Blocks(blocks::Form),
}

/// What was written. Sizes are in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The size the guest sees, which is the source's or a little more.
    pub capacity: u64,
    /// The size of the image's files, holes included.
    pub size: u64,
    /// What was written of them: all but holes.
    pub stored: u64,
}

impl Written {
    /// An image of `size` bytes in all, of which none are holes that count.
    fn whole(capacity: u64, size: u64) -> Self {
        Self {
            capacity,
            size,
            stored: size,
        }
    }
}

/// What is to be written.
#[derive(Clone, Copy)]
pub struct Work<'w> {
    /// The disk.
    pub source: &'w dyn DiskSource,
    /// What the image is called, or its first file.
    pub name: &'w str,
    /// Threads that encode; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

impl Form {
    /// `format` as `settings` want it; compressed, if the format can be.
    pub fn new(format: Format, compress: bool, settings: &[Setting]) -> Result<Self> {
        let settings = Settings::of(format, settings)?;
        let kind = match format {
            Format::Raw => Kind::Raw(Reserve::of_raw(&settings)?),
            Format::Qcow2 => Kind::Qcow2(qcow2::Form::new(compress, &settings)?),
            Format::Vmdk => Kind::Vmdk(vmdk::Form::new(compress, &settings)?),
            Format::Vhdx => Kind::Blocks(blocks::Form::vhdx(&settings)?),
            Format::Vhd => Kind::Blocks(blocks::Form::vhd(&settings)?),
            Format::Vdi => Kind::Blocks(blocks::Form::vdi(&settings)?),
        };
        if compress && !matches!(kind, Kind::Qcow2(_) | Kind::Vmdk(_)) {
            return Err(Error::usage(format!("{format} images are not compressed"))
                .help("leave `-c` away, or choose qcow2 or vmdk"));
        }
        Ok(Self(kind))
    }

    /// The format.
    pub fn format(&self) -> Format {
        match &self.0 {
            Kind::Raw(_) => Format::Raw,
            Kind::Qcow2(_) => Format::Qcow2,
            Kind::Vmdk(_) => Format::Vmdk,
            Kind::Blocks(form) => form.format(),
        }
    }

    /// Does the `work`, into files of `sink`.
    pub fn write(
        &self,
        work: Work<'_>,
        sink: &mut dyn Sink,
        observer: &mut dyn Observer,
    ) -> Result<Written> {
        match &self.0 {
            Kind::Raw(reserve) => write_raw(work, *reserve, sink, observer),
            Kind::Qcow2(form) => form.write(work, sink, observer),
            Kind::Vmdk(form) => form.write(work, sink, observer),
            Kind::Blocks(form) => form.write(work, sink, observer),
        }
    }

    /// Does the `work` front to back, into anything that takes bytes; `None` if the form knows
    /// at the end only what stands in front.
    pub fn pour(
        &self,
        work: Work<'_>,
        output: &mut dyn Write,
        observer: &mut dyn Observer,
    ) -> Option<Result<Written>> {
        match &self.0 {
            Kind::Raw(_) => {
                let poured = raw::pour(work.source, output, work.threads, observer);
                Some(poured.map(|capacity| Written::whole(capacity, capacity)))
            }
            Kind::Qcow2(_) => None,
            Kind::Vmdk(form) => form.pour(work, output, observer),
            Kind::Blocks(form) => form.pour(work, output, observer),
        }
    }

    /// The same, of a disk that is known by an id nobody else has, where its format has ids and
    /// none was chosen: programs refuse two disks of one id, and nothing is on an empty one to
    /// tell it from others.
    pub fn unique(self) -> Result<Self> {
        Ok(match self.0 {
            Kind::Blocks(form) => Self(Kind::Blocks(form.unique()?)),
            _ => self,
        })
    }

    /// Writes an image of `capacity` bytes, with nothing on it, that shows `parent`.
    pub fn overlay(
        &self,
        capacity: u64,
        parent: &Parent<'_>,
        name: &str,
        sink: &mut dyn Sink,
    ) -> Result<Written> {
        if !matches!(self.0, Kind::Qcow2(_) | Kind::Raw(_)) {
            parent.suits(self.format(), capacity)?;
        }
        match &self.0 {
            Kind::Raw(_) => Err(Error::usage("a raw disk is not made on another")
                .help("choose qcow2, or leave the backing file away")),
            Kind::Qcow2(form) => form.overlay(capacity, parent, name, sink),
            Kind::Vmdk(form) => form.overlay(parent, name, sink),
            Kind::Blocks(form) => form.overlay(parent, name, sink),
        }
    }
}

fn write_raw(
    work: Work<'_>,
    reserve: Reserve,
    sink: &mut dyn Sink,
    observer: &mut dyn Observer,
) -> Result<Written> {
    let Work {
        source, threads, ..
    } = work;
    let mut file = sink.create(work.name)?;
    let capacity = source.capacity();
    let stored = if reserve == Reserve::Zeros {
        raw::pour(source, &mut file, threads, observer)?
    } else {
        file.set_len(capacity)?;
        if reserve == Reserve::Room {
            file.reserve(capacity)?;
        }
        raw::write(source, &*file, threads, observer)?
    };
    file.finish()?;
    Ok(Written {
        capacity,
        size: capacity,
        stored: if reserve == Reserve::Nothing {
            stored
        } else {
            capacity
        },
    })
}
