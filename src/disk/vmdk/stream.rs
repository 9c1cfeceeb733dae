//! Writing a streamOptimized extent, front to back.

use std::io::Write;
use std::num::NonZeroUsize;

use zerocopy::IntoBytes as _;

use super::content::Content;
use super::descriptor::{AdapterType, Descriptor, Extent};
use super::encode::{EncodeOptions, GrainBlock, encode};
use super::format::{
    DIRECTORY_AT_END, GRAIN, GRAIN_SECTORS, Header, OVERHEAD_SECTORS, SECTOR, TABLE_ENTRIES,
};
use super::trailer::Trailer;
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::DiskSource;

/// The hardware version in descriptors, which importers do not look at: the one VMware's
/// exporters write.
const HARDWARE_VERSION: u32 = 4;

/// What a new extent is to be.
#[derive(Debug, Clone, Copy)]
pub struct StreamOptions<'a> {
    /// File name of the extent, written into its descriptor.
    pub name: &'a str,
    /// Controller the geometry is for.
    pub adapter: AdapterType,
    /// How grains are made.
    pub encode: EncodeOptions,
    /// Threads that make them; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamSummary {
    /// Capacity in bytes: the source's, rounded up to a sector.
    pub capacity: u64,
    /// Bytes of the disk that grains were written for.
    pub populated: u64,
    /// Grains taken over without deflating them again.
    pub passed_through: u64,
    /// Grains written.
    pub grains: u64,
    /// Bytes of the file.
    pub file_size: u64,
}

/// Writes all of `source` to `output`.
pub fn write<W: Write>(
    source: &dyn DiskSource,
    output: W,
    options: &StreamOptions<'_>,
    observer: &mut dyn Observer,
) -> Result<StreamSummary> {
    let content = Content::of(source)?;
    let mut writer = StreamWriter::begin(output, &content, options.name, options.adapter)?;
    encode(source, options.encode, options.threads, observer, |block| {
        writer.put(block)
    })?;
    writer.finish()
}

/// An extent being written, in order, to anything that takes bytes. The grains
/// [`encode`](super::encode) makes fit any number of extents that differ in what they tell.
#[derive(Debug)]
pub struct StreamWriter<W> {
    output: W,
    /// Sectors of the disk.
    capacity: u64,
    /// Sectors written.
    position: u64,
    /// Its tables, as far as the disk has been written.
    trailer: Trailer,
    grains: u64,
    passed_through: u64,
}

impl<W: Write> StreamWriter<W> {
    /// Begins the extent `name` of the disk that holds `content`, with a geometry for
    /// `adapter`.
    pub fn begin(output: W, content: &Content, name: &str, adapter: AdapterType) -> Result<Self> {
        let extent = Extent {
            sectors: content.capacity,
            kind: "SPARSE",
            name: name.to_owned(),
        };
        let descriptor = Descriptor {
            create_type: "streamOptimized",
            capacity: content.capacity,
            extents: &[extent],
            adapter,
            hardware_version: HARDWARE_VERSION,
            content_id: content.id,
            parent: None,
        };
        let mut writer = Self {
            output,
            capacity: descriptor.capacity,
            position: 0,
            trailer: Trailer::new(TABLE_ENTRIES),
            grains: 0,
            passed_through: 0,
        };
        writer.write(Header::new(descriptor.capacity, DIRECTORY_AT_END).as_bytes())?;
        writer.write(&descriptor.to_sectors()?)?;
        let gap = (OVERHEAD_SECTORS - writer.position) * SECTOR;
        writer.write(&vec![0; to_usize(gap)])?;
        Ok(writer)
    }

    /// Writes the grains of `block`, which come after all written before.
    pub fn put(&mut self, block: &GrainBlock) -> Result<()> {
        let mut bytes = block.bytes.as_slice();
        let mut grains = block.grains.as_slice();
        while let Some((first, _)) = grains.first() {
            let (number, another) = self.trailer.table_of(*first);
            if another {
                self.close_table()?;
            }
            let count = grains
                .iter()
                .take_while(|(grain, _)| grain / TABLE_ENTRIES == number)
                .count();
            let (now, later) = grains.split_at(count);
            let written = self.enter(now)?;
            let (now, rest) = bytes.split_at(to_usize(written * SECTOR));
            self.write(now)?;
            (grains, bytes) = (later, rest);
        }
        self.passed_through += block.passed_through;
        Ok(())
    }

    /// Enters `grains`, which are to be written now, into their table; returns their sectors.
    fn enter(&mut self, grains: &[(u64, u32)]) -> Result<u64> {
        let mut sector = self.position;
        for (grain, sectors) in grains {
            self.trailer.enter(*grain, sector)?;
            sector += u64::from(*sectors);
        }
        self.grains += grains.len() as u64;
        Ok(sector - self.position)
    }

    /// Writes the open grain table behind its marker.
    fn close_table(&mut self) -> Result<()> {
        let table = self.trailer.close_table(self.position)?;
        self.write(&table)
    }

    /// Writes what follows the last grain.
    pub fn finish(mut self) -> Result<StreamSummary> {
        self.close_table()?;
        let tables = self
            .capacity
            .div_ceil(GRAIN_SECTORS)
            .div_ceil(TABLE_ENTRIES);
        let header = |directory| Header::new(self.capacity, directory);
        let end = self.trailer.finish(self.position, tables, header);
        self.write(&end)?;
        self.output.flush().map_err(Error::write)?;
        Ok(StreamSummary {
            capacity: self.capacity * SECTOR,
            populated: (self.grains * GRAIN).min(self.capacity * SECTOR),
            passed_through: self.passed_through,
            grains: self.grains,
            file_size: self.position * SECTOR,
        })
    }

    /// Writes whole sectors.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::write)?;
        self.position += bytes.len() as u64 / SECTOR;
        Ok(())
    }
}
