//! Writing a VHD, fixed or dynamic, or with nothing on it over another.
//!
//! ```text
//! fixed     the disk, then the footer
//! dynamic   copy of the footer, header, BAT, blocks in the guest's order, each behind its
//!           bitmap; the footer
//! over another  the same, and the name of the other one behind the BAT
//! ```
//!
//! A fixed one is written from front to back, so that its output may be a
//! [`Forward`](crate::base::forward::Forward) over a pipe. Of a dynamic one the blocks are
//! written first: a file that was not finished is no image.

mod head;

use std::io::{Seek, Write};
use std::num::NonZeroUsize;
use std::time::SystemTime;

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::big_endian::U32;

use super::format::{FOOTER_BYTES, FREE, HEADER_BYTES, RawFooter, SECTOR, kind, limits};
use super::image::seconds;
use crate::base::progress::{Observer, Unobserved};
use crate::base::units::{GIB, MIB};
use crate::base::{Error, Result};
use crate::disk::DiskSource;
use crate::disk::blank::Blank;
use crate::disk::blocks::over::{check_dynamic, relative, wide};
use crate::disk::blocks::{Fits, Kept, Plan, Target, Uuid, WriteSummary, store};
use crate::disk::fingerprint::fingerprint;

/// Bytes of a block, as all programs have them.
const BLOCK: u64 = 2 * MIB;
/// The bitmap of a block. Every sector counts as written: a sector that does not is zeros
/// to some readers, while others show what stands there.
const BITMAP: [u8; 512] = [0xFF; 512];
const _: () = assert!(BITMAP.len() as u64 * 8 * SECTOR == BLOCK);
/// Where the BAT is, behind the header.
const TABLE: u64 = FOOTER_BYTES + HEADER_BYTES;
/// The most bytes a capacity can be rounded up to.
const MOST_ALIGN: u64 = GIB;

/// What a new image is to be.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions {
    /// Whether all of the disk has a place in the file, and not what holds data alone.
    pub fixed: bool,
    /// Bytes the capacity is rounded up to a multiple of, whole sectors of 512. Azure takes
    /// whole MiB only.
    pub align: u64,
    /// The id of the disk; without one it is made from samples of the content.
    pub id: Option<Uuid>,
    /// When the image was made, in seconds since 2000, UTC. A differencing disk notes it of
    /// its parent.
    pub time_stamp: u32,
    /// Threads that read the disk; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

impl WriteOptions {
    /// A dynamic disk of just the source's size, made at no time in particular.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            fixed: false,
            align: SECTOR,
            id: None,
            time_stamp: 0,
            threads,
        }
    }

    pub(in crate::disk) fn check(&self) -> Result<()> {
        let align = self.align;
        if align == 0 || !align.is_multiple_of(SECTOR) || align > MOST_ALIGN {
            let message = format!("the size of a VHD cannot be rounded up to {align} bytes");
            return Err(Error::usage(message)
                .why("it is whole sectors of 512 bytes, rounded by 1 GiB at most")
                .help("choose 1M for Azure, or 512 to leave the size as it is"));
        }
        Uuid::check_given(self.id)
    }

    /// The capacity of a disk of `bytes`.
    fn rounded(&self, bytes: u64) -> Result<u64> {
        let (name, most, instead) = if self.fixed {
            ("fixed VHD", limits::FIXED_CAPACITY, "write it as raw")
        } else {
            let instead = "write it as VHDX, which holds 64 TiB, or as a fixed VHD";
            ("dynamic VHD", limits::MADE_CAPACITY, instead)
        };
        let fits = Fits {
            name,
            unit: self.align,
            most,
            instead,
        };
        fits.rounded(bytes)
    }
}

/// The disk an image is made on, and shows where nothing is written to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Its size in bytes, which the image has too.
    capacity: u64,
    /// What it is known by.
    id: Uuid,
    /// When its file was changed, in seconds since 2000; 0 if that is not known.
    time_stamp: u32,
    /// Its path as Windows writes it.
    path: String,
}

impl Over {
    /// The disk of `capacity` bytes, known by `id`, called `name` seen from the directory
    /// of the image, whose file was `changed` last.
    pub(in crate::disk) fn new(
        capacity: u64,
        id: Uuid,
        name: &str,
        changed: Option<SystemTime>,
    ) -> Result<Self> {
        Ok(Self {
            capacity,
            id,
            time_stamp: changed.and_then(seconds).unwrap_or(0),
            path: relative(name)?,
        })
    }
}

/// Writes all of `source` to `output`, an empty file.
pub fn write<W: Write + Seek>(
    source: &dyn DiskSource,
    output: W,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    options.check()?;
    let capacity = options.rounded(source.capacity())?;
    let name = fingerprint(source)?;
    let id = options.id.unwrap_or_else(|| Uuid::made(name, "VHD disk"));
    let footer = head::footer(options, capacity, id);
    let mut target = Target::new(output);
    if options.fixed {
        let plan = Plan::whole(capacity);
        store(source, &mut target, plan, options.threads, observer)?;
        target.put(capacity, footer.as_bytes())?;
        let file_size = capacity + FOOTER_BYTES;
        target.end(file_size)?;
        return Ok(WriteSummary {
            capacity,
            blocks: 0,
            file_size,
        });
    }
    write_blocks(source, &footer, None, target, options, observer)
}

/// Writes an image that holds nothing, and shows the disk it is made on, to `output`, an empty
/// file. Without an id that was chosen it gets one nobody has.
pub fn create<W: Write + Seek>(
    output: W,
    over: &Over,
    options: &WriteOptions,
) -> Result<WriteSummary> {
    options.check()?;
    check_dynamic(options.fixed)?;
    let capacity = options.rounded(over.capacity)?;
    if capacity != over.capacity {
        return Err(
            Error::usage("an image made on another has its size, which is not rounded")
                .in_option("-o align")
                .help("leave this setting away"),
        );
    }
    let id = options.id.map_or_else(Uuid::random, Ok)?;
    let mut footer = head::footer(options, capacity, id);
    footer.kind = U32::new(kind::DIFFERENCING);
    footer.seal();
    let source = Blank::new(capacity);
    let target = Target::new(output);
    write_blocks(
        &source,
        &footer,
        Some(over),
        target,
        options,
        &mut Unobserved,
    )
}

/// Writes the blocks of `source`, and all that is about them.
fn write_blocks<W: Write + Seek>(
    source: &dyn DiskSource,
    footer: &RawFooter,
    over: Option<&Over>,
    mut target: Target<W>,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    let capacity = footer.current_size.get();
    let entries = capacity.div_ceil(BLOCK);
    let table_end = (TABLE + entries * 4).next_multiple_of(SECTOR);
    let mut header = head::header(entries);
    let mut start = table_end;
    if let Some(over) = over {
        let path = wide(&over.path);
        head::name_parent(&mut header, over, path.len(), table_end)?;
        target.put(table_end, &path)?;
        start += (path.len() as u64).next_multiple_of(SECTOR);
    }
    let plan = Plan {
        capacity,
        block: BLOCK,
        start,
        kept: Kept::Holding(&BITMAP),
    };
    let slots = store(source, &mut target, plan, options.threads, observer)?;
    let end = slots.end();
    target.put(end, footer.as_bytes())?;
    target.put(0, footer.as_bytes())?;
    target.put(FOOTER_BYTES, header.as_bytes())?;
    let places = slots.of_blocks().map(|slot| {
        let sector = slot.map(|slot| slots.start(slot) / SECTOR);
        // The limit on the capacity is such that all have numbers.
        sector.map_or(FREE, |sector| u32::try_from(sector).unwrap_or(FREE))
    });
    // The rest of the last sector is entries of no block.
    let room = (table_end - TABLE) / 4;
    let rest = (entries..room).map(|_| FREE);
    target.put_table(TABLE, places.chain(rest).map(u32::to_be_bytes))?;
    let file_size = end + FOOTER_BYTES;
    target.end(file_size)?;
    Ok(WriteSummary {
        capacity,
        blocks: slots.count(),
        file_size,
    })
}

#[cfg(test)]
mod tests;
