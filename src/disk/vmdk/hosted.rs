//! Writing disks in VMware's hosted formats: sparse, flat, or sparse in pieces.
//!
//! ```text
//! monolithicSparse      disk.vmdk        descriptor and grains
//! monolithicFlat        disk.vmdk        descriptor
//!                       disk-flat.vmdk   the disk as it is
//! twoGbMaxExtentSparse  disk.vmdk        descriptor
//!                       disk-s001.vmdk   grains of the first 2,047 MiB, and so on
//! ```

mod extent;

use std::io::{Seek, SeekFrom, Write};
use std::num::NonZeroUsize;

use extent::SparseExtent;

use super::content::Content;
use super::descriptor::{AdapterType, Descriptor, Extent};
use super::format::{GRAIN, GRAIN_SECTORS, SECTOR};
use crate::base::progress::{Observer, Unobserved};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::blank::Blank;
use crate::disk::units::{UnitBlock, UnitEncoder};
use crate::disk::{DiskSource, copy};

/// Sectors of an extent of a disk in pieces, as VMware's products cut them: 2,047 MiB.
const PIECE_SECTORS: u64 = 4_192_256;
const _: () = assert!(PIECE_SECTORS.is_multiple_of(GRAIN_SECTORS));

/// Grains of a piece.
const PIECE_GRAINS: u64 = PIECE_SECTORS / GRAIN_SECTORS;

/// How a disk is stored, by the names VMware has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subformat {
    /// One file that grows with what it holds.
    MonolithicSparse,
    /// A file as large as the disk, and one that describes it.
    MonolithicFlat,
    /// Files of at most 2 GiB that grow with what they hold, and one that describes them.
    TwoGbMaxExtentSparse,
}

impl Subformat {
    /// Its `createType`.
    fn name(self) -> &'static str {
        match self {
            Self::MonolithicSparse => "monolithicSparse",
            Self::MonolithicFlat => "monolithicFlat",
            Self::TwoGbMaxExtentSparse => "twoGbMaxExtentSparse",
        }
    }
}

/// What a new disk is to be.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions<'a> {
    /// How it is stored.
    pub subformat: Subformat,
    /// File name of the disk, which its descriptor and the names of its other files are
    /// made of.
    pub name: &'a str,
    /// Controller the geometry is for.
    pub adapter: AdapterType,
    /// `ddb.virtualHWVersion`: the oldest version of virtual hardware the disk is for; 4
    /// is usual.
    pub hardware_version: u32,
    /// Threads that read the source; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

/// The disk a new one is made on, and shows where nothing is written to it.
#[derive(Debug, Clone, Copy)]
pub struct Over<'a> {
    /// Its size in bytes, which the new one has too.
    pub capacity: u64,
    /// Its `CID`, which names its content.
    pub content: u32,
    /// Its path, seen from the directory of the new one, or an absolute one.
    pub name: &'a str,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteSummary {
    /// Capacity in bytes: the source's, rounded up to a sector.
    pub capacity: u64,
    /// Grains of 64 KiB that are stored.
    pub grains: u64,
    /// Files.
    pub files: u64,
    /// Bytes of all of them.
    pub file_size: u64,
}

/// Writes all of `source` to `output`, an empty file: a disk that is one file.
pub fn write<W: Write + Seek>(
    source: &dyn DiskSource,
    output: W,
    options: &WriteOptions<'_>,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    if options.subformat != Subformat::MonolithicSparse {
        let name = options.subformat.name();
        return Err(Error::usage(format!("a {name} disk is more than one file"))
            .help("choose monolithicSparse, or give a place for all its files"));
    }
    let mut output = Some(output);
    let mut create = |_: &str| {
        let once = || Error::new(ErrorKind::Internal, "a disk of one file asked for another");
        output.take().ok_or_else(once)
    };
    write_files(source, &mut create, options, observer)
}

/// Writes all of `source` to the files that `create` makes by their names, each of them
/// empty. The first is `options.name`, the one the disk is opened by.
pub fn write_files<W: Write + Seek>(
    source: &dyn DiskSource,
    create: &mut dyn FnMut(&str) -> Result<W>,
    options: &WriteOptions<'_>,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    options.check()?;
    write_disk(
        source,
        Content::of(source)?,
        None,
        create,
        options,
        observer,
    )
}

/// Writes a disk that holds nothing and shows the one it is made on to the files that `create`
/// makes by their names, each of them empty.
pub fn create<W: Write + Seek>(
    over: &Over<'_>,
    create: &mut dyn FnMut(&str) -> Result<W>,
    options: &WriteOptions<'_>,
) -> Result<WriteSummary> {
    options.check()?;
    over.check()?;
    let source = Blank::new(over.capacity);
    let mut content = Content::of(&source)?;
    // To the guest it has the content of the other one.
    content.id[12..].copy_from_slice(&over.content.to_be_bytes());
    write_disk(
        &source,
        content,
        Some(over),
        create,
        options,
        &mut Unobserved,
    )
}

fn write_disk<W: Write + Seek>(
    source: &dyn DiskSource,
    content: Content,
    over: Option<&Over<'_>>,
    create: &mut dyn FnMut(&str) -> Result<W>,
    options: &WriteOptions<'_>,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    let sectors = content.capacity;
    let extents = options.extents(sectors);
    let descriptor = Descriptor {
        create_type: options.subformat.name(),
        capacity: sectors,
        extents: &extents,
        adapter: options.adapter,
        hardware_version: options.hardware_version,
        content_id: content.id,
        parent: over.map(|over| (over.content, over.name)),
    };
    let mut total = WriteSummary {
        capacity: sectors * SECTOR,
        grains: 0,
        files: 0,
        file_size: 0,
    };
    let encoders = copy::encoders(options.threads, || UnitEncoder(GRAIN));
    match options.subformat {
        Subformat::MonolithicSparse => {
            let text = descriptor.to_sectors()?;
            let output = create(options.name)?;
            let mut extent = SparseExtent::begin(output, sectors, Some(&text))?;
            copy::copy(source, encoders, observer, |block| {
                put_all(block, |number, grain| extent.put(number, grain))
            })?;
            total.add(extent.finish()?);
        }
        Subformat::MonolithicFlat => {
            total.add(write_text(create(options.name)?, &descriptor)?);
            let mut flat = Flat::begin(create(&extents[0].name)?, sectors);
            copy::copy(source, encoders, observer, |block| {
                put_all(block, |number, grain| flat.put(number, grain))
            })?;
            total.add(flat.finish()?);
        }
        Subformat::TwoGbMaxExtentSparse => {
            total.add(write_text(create(options.name)?, &descriptor)?);
            let mut pieces = Pieces::begin(create, &extents, &mut total);
            copy::copy(source, encoders, observer, |block| {
                put_all(block, |number, grain| pieces.put(number, grain))
            })?;
            pieces.finish()?;
        }
    }
    Ok(total)
}

impl Over<'_> {
    /// Whether a descriptor can name it.
    fn check(&self) -> Result<()> {
        let bad = |letter: char| letter.is_control() || letter == '"';
        if self.name.is_empty() || self.name.contains(bad) {
            let shown = self.name.escape_debug();
            return Err(
                Error::usage(format!("`{shown}` cannot be the name of a parent"))
                    .why("a descriptor has it in quotes, on one line"),
            );
        }
        Ok(())
    }
}

impl WriteOptions<'_> {
    /// Whether there is such a disk.
    fn check(&self) -> Result<()> {
        let name = self.name;
        let bad = |letter: char| letter.is_control() || "\"/\\".contains(letter);
        if name.is_empty() || name.contains(bad) {
            let shown = name.escape_debug();
            return Err(Error::usage(format!("a VMDK cannot be named `{shown}`"))
                .why("its descriptor tells the names of its files, in quotes and without directories"));
        }
        if self.hardware_version == 0 {
            return Err(Error::usage("there is no virtual hardware of version 0")
                .help("choose the hardware version of the machine, or 4, which suits all"));
        }
        Ok(())
    }

    /// The extents of a disk of so many sectors.
    fn extents(&self, sectors: u64) -> Vec<Extent> {
        let stem = self.name.strip_suffix(".vmdk").unwrap_or(self.name);
        let extent = |sectors, kind, name| Extent {
            sectors,
            kind,
            name,
        };
        match self.subformat {
            Subformat::MonolithicSparse => vec![extent(sectors, "SPARSE", self.name.to_owned())],
            Subformat::MonolithicFlat => vec![extent(sectors, "FLAT", format!("{stem}-flat.vmdk"))],
            Subformat::TwoGbMaxExtentSparse => (0..sectors.div_ceil(PIECE_SECTORS))
                .map(|piece| {
                    let length = PIECE_SECTORS.min(sectors - piece * PIECE_SECTORS);
                    extent(length, "SPARSE", format!("{stem}-s{:03}.vmdk", piece + 1))
                })
                .collect(),
        }
    }
}

impl WriteSummary {
    /// Counts a file of so many grains and bytes.
    fn add(&mut self, (grains, bytes): (u64, u64)) {
        self.grains += grains;
        self.files += 1;
        self.file_size += bytes;
    }
}

/// Hands every grain of `block` to `put`.
fn put_all(block: &UnitBlock, mut put: impl FnMut(u64, &[u8]) -> Result<()>) -> Result<()> {
    block
        .units()
        .try_for_each(|(number, grain)| put(number, grain))
}

/// Writes the descriptor as a file of its own, which has no grains.
fn write_text<W: Write>(mut output: W, descriptor: &Descriptor<'_>) -> Result<(u64, u64)> {
    let text = descriptor.to_text();
    let written = output.write_all(text.as_bytes());
    written
        .and_then(|()| output.flush())
        .map_err(Error::write)?;
    Ok((0, text.len() as u64))
}

/// The disk as it is, with holes for zeros.
struct Flat<W> {
    output: W,
    /// Bytes of the disk.
    capacity: u64,
    /// Where what was written ends.
    end: u64,
    grains: u64,
}

impl<W: Write + Seek> Flat<W> {
    fn begin(output: W, sectors: u64) -> Self {
        Self {
            output,
            capacity: sectors * SECTOR,
            end: 0,
            grains: 0,
        }
    }

    fn put(&mut self, number: u64, grain: &[u8]) -> Result<()> {
        let start = number * GRAIN;
        let end = self.capacity.min(start + GRAIN);
        self.write_at(start, &grain[..to_usize(end - start)])?;
        self.end = end;
        self.grains += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<(u64, u64)> {
        if self.end < self.capacity {
            self.write_at(self.capacity - 1, &[0])?;
        }
        self.output.flush().map_err(Error::write)?;
        Ok((self.grains, self.capacity))
    }

    fn write_at(&mut self, place: u64, bytes: &[u8]) -> Result<()> {
        let sought = self.output.seek(SeekFrom::Start(place));
        let written = sought.and_then(|_| self.output.write_all(bytes));
        written.map_err(Error::write)
    }
}

/// Sparse extents, one after the other.
struct Pieces<'a, W> {
    create: &'a mut dyn FnMut(&str) -> Result<W>,
    extents: std::slice::Iter<'a, Extent>,
    /// The extent being written.
    open: Option<SparseExtent<W>>,
    /// The first grain of the disk that has to be in another.
    end: u64,
    total: &'a mut WriteSummary,
}

impl<'a, W: Write + Seek> Pieces<'a, W> {
    fn begin(
        create: &'a mut dyn FnMut(&str) -> Result<W>,
        extents: &'a [Extent],
        total: &'a mut WriteSummary,
    ) -> Self {
        Self {
            create,
            extents: extents.iter(),
            open: None,
            end: 0,
            total,
        }
    }

    /// Appends the grain `number` of the disk.
    fn put(&mut self, number: u64, grain: &[u8]) -> Result<()> {
        while number >= self.end && self.advance()? {}
        let first = self.end - PIECE_GRAINS;
        match &mut self.open {
            Some(extent) => extent.put(number - first, grain),
            None => Err(Error::new(
                ErrorKind::Internal,
                "data beyond the last extent",
            )),
        }
    }

    /// Ends the extent and begins the next, if there is one.
    fn advance(&mut self) -> Result<bool> {
        if let Some(extent) = self.open.take() {
            self.total.add(extent.finish()?);
        }
        let Some(extent) = self.extents.next() else {
            return Ok(false);
        };
        let output = (self.create)(&extent.name)?;
        self.open = Some(SparseExtent::begin(output, extent.sectors, None)?);
        self.end += PIECE_GRAINS;
        Ok(true)
    }

    /// Writes the extents that are left.
    fn finish(mut self) -> Result<()> {
        while self.advance()? {}
        Ok(())
    }
}
