//! Writing a VDI, version 1.1, dynamic or fixed, or with nothing on it over another.
//!
//! ```text
//! 0            header
//! 1 MiB        block map
//! whole MiB    blocks, in the guest's order
//! ```
//!
//! The blocks are written first: a file that was not finished is no image.

use std::io::{Seek, Write};
use std::num::NonZeroUsize;

use zerocopy::byteorder::little_endian::{U32, U64};
use zerocopy::{FromZeros as _, IntoBytes as _};

use super::format::{FREE, Geometry, MAGIC, RawHeader, RawHeaderPlus, TEXT_BYTES, VERSION, kind};
use super::{About, limits};
use crate::base::Result;
use crate::base::progress::{Observer, Unobserved};
use crate::base::units::MIB;
use crate::disk::DiskSource;
use crate::disk::blank::Blank;
use crate::disk::blocks::over::check_dynamic;
use crate::disk::blocks::{Fits, Kept, Plan, Target, Uuid, WriteSummary, store};
use crate::disk::fingerprint::fingerprint;

/// Bytes of a block, the only size QEMU reads.
const BLOCK: u64 = MIB;
/// What VirtualBox aligns the map and the blocks to.
const ALIGN: u64 = MIB;
/// What disks are a multiple of.
const SECTOR: u32 = 512;
/// What the file begins with, for people.
const TEXT: &[u8] = b"<<< ovfkit VirtualBox Disk Image >>>\n";

/// What a new image is to be.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions {
    /// Whether all of the disk has a place in the file, and not what holds data alone.
    pub fixed: bool,
    /// The id of the disk, of which VirtualBox takes no two that have the same; without one
    /// it is made from samples of the content.
    pub id: Option<Uuid>,
    /// Threads that read the disk; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

impl WriteOptions {
    /// A dynamic disk.
    pub fn new(threads: NonZeroUsize) -> Self {
        Self {
            fixed: false,
            id: None,
            threads,
        }
    }
}

/// The disk an image is made on, and shows where nothing is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// Its size in bytes, which the image has too.
    capacity: u64,
    /// What it is known by, and what names its content.
    id: Uuid,
    modification: Uuid,
}

impl Over {
    /// The disk of `capacity` bytes, known by `id`, that says this of itself.
    pub(in crate::disk) fn new(capacity: u64, id: Uuid, about: &About) -> Self {
        Self {
            capacity,
            id,
            // Few have none, and those notice no change.
            modification: Uuid::parse(&about.modification_uuid).unwrap_or(Uuid::NIL),
        }
    }
}

/// Writes all of `source` to `output`, an empty file.
pub fn write<W: Write + Seek>(
    source: &dyn DiskSource,
    output: W,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    Uuid::check_given(options.id)?;
    let name = fingerprint(source)?;
    write_image(source, name, None, output, options, observer)
}

/// Writes an image that holds nothing, and shows the disk it is made on, to `output`, an empty
/// file. Without an id that was chosen it gets one nobody has.
pub fn create<W: Write + Seek>(
    output: W,
    over: &Over,
    options: &WriteOptions,
) -> Result<WriteSummary> {
    Uuid::check_given(options.id)?;
    check_dynamic(options.fixed)?;
    let id = options.id.map_or_else(Uuid::random, Ok)?;
    let options = WriteOptions {
        id: Some(id),
        ..*options
    };
    let source = Blank::new(over.capacity);
    let name = id.to_bytes();
    write_image(&source, name, Some(over), output, &options, &mut Unobserved)
}

fn write_image<W: Write + Seek>(
    source: &dyn DiskSource,
    name: [u8; 16],
    over: Option<&Over>,
    output: W,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    let fits = Fits {
        name: "VDI",
        unit: SECTOR.into(),
        most: limits::BLOCKS * BLOCK,
        instead: "write it as qcow2 or raw",
    };
    let capacity = fits.rounded(source.capacity())?;
    let map_bytes = capacity.div_ceil(BLOCK) * 4;
    let plan = Plan {
        capacity,
        block: BLOCK,
        start: ALIGN + map_bytes.next_multiple_of(ALIGN),
        kept: Kept::bare(options.fixed),
    };
    let mut target = Target::new(output);
    let slots = store(source, &mut target, plan, options.threads, observer)?;
    let entries = slots.of_blocks().map(|slot| {
        // There are fewer blocks than numbers.
        slot.map_or(FREE, |slot| u32::try_from(slot).unwrap_or(FREE))
    });
    target.put_table(ALIGN, entries.map(u32::to_le_bytes))?;
    let mut head = head(name, options, &plan, slots.count());
    if let Some(over) = over {
        head.head.kind = U32::new(kind::DIFFERENCING);
        head.head.parent = over.id.to_mixed();
        head.head.parent_modification = over.modification.to_mixed();
    }
    target.put(0, head.as_bytes())?;
    let file_size = slots.end();
    target.end(file_size)?;
    Ok(WriteSummary {
        capacity,
        blocks: slots.count(),
        file_size,
    })
}

/// The header as VirtualBox writes it, of an image that stores so many blocks.
fn head(name: [u8; 16], options: &WriteOptions, plan: &Plan, stored: u64) -> RawHeaderPlus {
    const { assert!(TEXT.len() < TEXT_BYTES) }
    // All were checked against limits that fit.
    let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
    // Not known: VirtualBox derives one from the size, or from the partition table.
    let unset = Geometry {
        cylinders: U32::ZERO,
        heads: U32::ZERO,
        sectors: U32::ZERO,
        sector_bytes: U32::new(SECTOR),
    };
    let id = options.id.unwrap_or_else(|| Uuid::made(name, "VDI disk"));
    let mut head = RawHeader::new_zeroed();
    head.text[..TEXT.len()].copy_from_slice(TEXT);
    head.magic = MAGIC;
    head.version = U32::new(VERSION);
    head.header_bytes = U32::new(RawHeaderPlus::BYTES);
    head.kind = U32::new(if options.fixed {
        kind::FIXED
    } else {
        kind::DYNAMIC
    });
    head.map_offset = narrow(ALIGN);
    head.data_offset = narrow(plan.start);
    head.geometry = unset.clone();
    head.disk_size = U64::new(plan.capacity);
    head.block_size = narrow(plan.block);
    head.blocks = narrow(plan.blocks());
    head.blocks_allocated = narrow(stored);
    head.id = id.to_mixed();
    // VirtualBox takes neither id to be that of nothing.
    head.modification = Uuid::made(name, "VDI content").to_mixed();
    RawHeaderPlus {
        head,
        logical_geometry: unset,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::base::ErrorKind;
    use crate::base::progress::Unobserved;
    use crate::base::units::TIB;
    use crate::disk::grown::Grown;
    use crate::disk::raw::RawDisk;

    fn written(capacity: u64, options: &WriteOptions) -> Result<Vec<u8>> {
        let content = RawDisk::new(vec![7; 512])?;
        let disk = Grown::new(Box::new(content), capacity)?;
        let mut file = Cursor::new(Vec::new());
        write(&disk, &mut file, options, &mut Unobserved)?;
        Ok(file.into_inner())
    }

    #[test]
    fn the_header_is_as_virtualbox_writes_it() {
        for (fixed, kind, stored) in [(false, 1, 1), (true, 2, 3)] {
            let id = Uuid::parse("01234567-89ab-cdef-0123-456789abcdef");
            let options = WriteOptions {
                fixed,
                id,
                ..WriteOptions::new(NonZeroUsize::MIN)
            };
            let file = written(2 * MIB + 1, &options).expect("written");
            let word =
                |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
            assert!(file.starts_with(b"<<< "));
            let front = [word(0x40), word(0x44), word(0x48), word(0x4C), word(0x50)];
            assert_eq!(front, [0xBEDA_107F, 0x0001_0001, 0x190, kind, 0]);
            assert_eq!([word(0x154), word(0x158)], [1 << 20, 2 << 20]);
            // Neither geometry is known, but that of a sector.
            for at in [0x15C, 0x1C8] {
                let geometry = [0, 4, 8, 12].map(|by| word(at + by));
                assert_eq!(geometry, [0, 0, 0, 512]);
            }
            assert_eq!([word(0x170), word(0x174)], [(2 << 20) + 512, 0]);
            let blocks = [word(0x178), word(0x17C), word(0x180), word(0x184)];
            assert_eq!(blocks, [1 << 20, 0, 3, stored]);
            assert_eq!(file[0x188..0x190], *b"\x67\x45\x23\x01\xAB\x89\xEF\xCD");
            // The content has an id, and there is no parent.
            assert!(file[0x198..0x1A8].iter().any(|byte| *byte != 0));
            assert!(file[0x1A8..0x1C8].iter().all(|byte| *byte == 0));
            let map = [0, 4, 8].map(|by| word((1 << 20) + by));
            let wanted = if fixed { [0, 1, 2] } else { [0, FREE, FREE] };
            assert_eq!(map, wanted);
            assert_eq!(file.len(), (2 + stored as usize) << 20);
        }
    }

    #[test]
    fn what_a_vdi_cannot_be_is_refused() {
        let options = WriteOptions::new(NonZeroUsize::MIN);
        let error = written(64 * TIB + 1, &options).expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let id = Uuid::parse("00000000-0000-0000-0000-000000000000");
        let error = written(512, &WriteOptions { id, ..options }).expect_err("no id");
        assert_eq!(error.kind(), ErrorKind::Usage);
    }
}
