//! Writing an image, version 1, fixed or dynamic, or with nothing on it over another.
//!
//! ```text
//! 0      identifier, headers, region tables
//! 1 MiB  log, which is empty
//! 2 MiB  metadata
//! 3 MiB  BAT, whole MiB | blocks, in the guest's order
//! ```
//!
//! The blocks are written first: a file that was not finished is no image.

mod front;
mod metadata;

use std::io::{Seek, Write};
use std::num::NonZeroUsize;

use super::About as AboutDisk;
use super::bat::{ABSENT, About, ENTRY, Geometry, entry};
use super::format::{UNIT, limits};
use super::header::Stretch;
use super::locator::Locator;
use super::metadata::Metadata;
use crate::base::progress::{Observer, Unobserved};
use crate::base::units::MIB;
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::blank::Blank;
use crate::disk::blocks::over::{check_dynamic, relative};
use crate::disk::blocks::{Fits, Kept, Plan, Target, Uuid, WriteSummary, store};
use crate::disk::fingerprint::fingerprint;
use front::Front;

/// Where the log is.
const LOG: Stretch = Stretch {
    offset: UNIT,
    length: UNIT,
};
/// Where the metadata region is.
const METADATA: Stretch = Stretch {
    offset: 2 * UNIT,
    length: UNIT,
};
/// Where the BAT is.
const BAT: u64 = 3 * UNIT;

/// What a new image is to be.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions {
    /// Whether all of the disk has a place in the file, and not what holds data alone.
    pub fixed: bool,
    /// Bytes of a block: a power of two from 1 to 256 MiB.
    pub block_size: u64,
    /// Bytes of a sector the guest sees: 512 or 4096. What stands on a disk was made for
    /// one of them.
    pub logical_sector_size: u64,
    /// Bytes of a sector of the drive the guest believes in: 512 or 4096, not less than
    /// the other.
    pub physical_sector_size: u64,
    /// The id the guest sees; without one it is made from samples of the content.
    pub id: Option<Uuid>,
    /// Threads that read the disk; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

impl WriteOptions {
    /// A dynamic disk with blocks of 1 MiB, which Microsoft advises for Linux, as larger
    /// ones fill with zeros there, and sectors as Hyper-V gives them to new disks.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            fixed: false,
            block_size: MIB,
            logical_sector_size: 512,
            physical_sector_size: 4096,
            id: None,
            threads,
        }
    }

    pub(in crate::disk) fn check(&self) -> Result<()> {
        let block = self.block_size;
        if !limits::BLOCK.contains(&block) || !block.is_power_of_two() {
            let message = format!("blocks of a VHDX cannot have {block} bytes");
            return Err(
                Error::usage(message).help("choose a power of two from 1 MiB to 256 MiB: 1M")
            );
        }
        let (logical, physical) = (self.logical_sector_size, self.physical_sector_size);
        for (what, size) in [("logical", logical), ("physical", physical)] {
            if size != 512 && size != 4096 {
                let message = format!("{what} sectors of a VHDX cannot have {size} bytes");
                return Err(Error::usage(message).help("choose 512 or 4096"));
            }
        }
        if physical < logical {
            let message = format!(
                "logical sectors of {logical} bytes do not fit physical ones of {physical}"
            );
            return Err(Error::usage(message).help("choose physical sectors of 4096 bytes, too"));
        }
        Uuid::check_given(self.id)
    }
}

/// The disk an image is made on, and shows where nothing is written to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Its size in bytes, which the image has too, and the sectors the guest sees.
    capacity: u64,
    logical_sector_size: u64,
    /// What the guest knows it by: the image is the same disk to it.
    disk: Option<Uuid>,
    /// What its content is known by, and its path as Windows writes it.
    locator: Locator,
}

impl Over {
    /// The disk of `capacity` bytes, its content known by `linkage`, that says this of itself,
    /// called `name` seen from the directory
    /// of the image.
    pub(in crate::disk) fn new(
        capacity: u64,
        linkage: Uuid,
        about: &AboutDisk,
        name: &str,
    ) -> Result<Self> {
        let id = about.virtual_disk_id.as_deref().and_then(Uuid::parse);
        Ok(Self {
            capacity,
            logical_sector_size: about.logical_sector_size,
            disk: id.filter(|id| !id.is_nil()),
            locator: Locator::new(linkage.into(), relative(name)?),
        })
    }
}

/// The ids of an image.
struct Ids {
    /// What the guest knows the disk by.
    disk: Uuid,
    /// What the others are made from.
    name: [u8; 16],
}

/// Writes all of `source` to `output`, an empty file.
pub fn write<W: Write + Seek>(
    source: &dyn DiskSource,
    output: W,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    options.check()?;
    let name = fingerprint(source)?;
    let disk = options.id.unwrap_or_else(|| Uuid::made(name, "VHDX disk"));
    write_image(source, &Ids { disk, name }, None, output, options, observer)
}

/// Writes an image that holds nothing, and shows the disk it is made on, to `output`, an empty
/// file. Without an id that was chosen the guest knows it by that of the other disk.
pub fn create<W: Write + Seek>(
    output: W,
    over: &Over,
    options: &WriteOptions,
) -> Result<WriteSummary> {
    options.check()?;
    check_dynamic(options.fixed)?;
    let options = WriteOptions {
        logical_sector_size: over.logical_sector_size,
        physical_sector_size: options.physical_sector_size.max(over.logical_sector_size),
        ..*options
    };
    let own = Uuid::random()?;
    let ids = Ids {
        disk: options.id.or(over.disk).unwrap_or(own),
        name: own.to_bytes(),
    };
    let source = Blank::new(over.capacity);
    let parent = Some(over.locator.clone());
    write_image(&source, &ids, parent, output, &options, &mut Unobserved)
}

fn write_image<W: Write + Seek>(
    source: &dyn DiskSource,
    ids: &Ids,
    parent: Option<Locator>,
    output: W,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    let fits = Fits {
        name: "VHDX",
        unit: options.logical_sector_size,
        most: limits::CAPACITY,
        instead: "write it as qcow2 or raw",
    };
    let metadata = Metadata {
        capacity: fits.rounded(source.capacity())?,
        block: options.block_size,
        logical_sector: options.logical_sector_size,
        physical_sector: options.physical_sector_size,
        fixed: options.fixed,
        parent,
    };
    let geometry = Geometry::of(&metadata, BAT);
    let bat = Stretch {
        offset: BAT,
        length: (geometry.entries() * ENTRY).next_multiple_of(UNIT),
    };
    let mut target = Target::new(output);
    let plan = Plan {
        capacity: metadata.capacity,
        block: metadata.block,
        start: bat.end(),
        kept: Kept::bare(options.fixed),
    };
    let slots = store(source, &mut target, plan, options.threads, observer)?;
    let mut of_blocks = slots.of_blocks();
    let entries = (0..geometry.entries()).map(|number| {
        let entry = match geometry.about(number) {
            About::Block(_) => match of_blocks.next().flatten() {
                None if geometry.overlay => ABSENT,
                slot => entry(slot.map(|slot| slots.start(slot))),
            },
            About::Bitmap(_) => ABSENT,
        };
        entry.to_le_bytes()
    });
    target.put_table(bat.offset, entries)?;
    target.put(METADATA.offset, &metadata.to_bytes(ids.disk.into())?)?;
    let front = Front {
        file_write: Uuid::made(ids.name, "VHDX file").into(),
        data_write: Uuid::made(ids.name, "VHDX data").into(),
        log: LOG,
        metadata: METADATA,
        bat,
    };
    target.put(0, &front.to_bytes())?;
    let file_size = slots.end();
    target.end(file_size)?;
    Ok(WriteSummary {
        capacity: metadata.capacity,
        blocks: slots.count(),
        file_size,
    })
}

#[cfg(test)]
mod tests;
