//! Writing a streamOptimized extent, front to back.

use std::io::Write;
use std::num::NonZeroUsize;

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::little_endian::U32;

use super::content::Content;
use super::descriptor::{AdapterType, Descriptor, Extent};
use super::encode::{EncodeOptions, GrainBlock, encode};
use super::format::{
    DIRECTORY_AT_END, GRAIN, GRAIN_SECTORS, Header, MarkerKind, MetadataMarker, OVERHEAD_SECTORS,
    SECTOR, TABLE_ENTRIES, TABLE_SECTORS,
};
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
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
    /// Sector of every grain table, as far as the disk has been written.
    directory: Vec<U32>,
    /// The grain table being filled: its number, and its entries.
    table: Option<(u64, Vec<U32>)>,
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
        };
        let mut writer = Self {
            output,
            capacity: descriptor.capacity,
            position: 0,
            directory: Vec::new(),
            table: None,
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
            let number = first / TABLE_ENTRIES;
            if self.table.as_ref().is_some_and(|(open, _)| *open != number) {
                self.close_table()?;
            }
            let count = grains
                .iter()
                .take_while(|(grain, _)| grain / TABLE_ENTRIES == number)
                .count();
            let (now, later) = grains.split_at(count);
            let written = self.enter(number, now)?;
            let (now, rest) = bytes.split_at(to_usize(written * SECTOR));
            self.write(now)?;
            (grains, bytes) = (later, rest);
        }
        self.passed_through += block.passed_through;
        Ok(())
    }

    /// Enters `grains`, which are to be written now, into table `number`;
    /// returns their sectors.
    fn enter(&mut self, number: u64, grains: &[(u64, u32)]) -> Result<u64> {
        let (_, entries) = self
            .table
            .get_or_insert_with(|| (number, vec![U32::ZERO; 512]));
        let mut sector = self.position;
        for (grain, sectors) in grains {
            let index = to_usize(grain % TABLE_ENTRIES);
            entries[index] = entry(sector)?;
            sector += u64::from(*sectors);
        }
        self.grains += grains.len() as u64;
        Ok(sector - self.position)
    }

    /// Writes the open grain table behind its marker.
    fn close_table(&mut self) -> Result<()> {
        let Some((number, entries)) = self.table.take() else {
            return Ok(());
        };
        self.marker(MarkerKind::GrainTable, TABLE_SECTORS)?;
        let index = to_usize(number);
        // Tables of all zeros are not written: their entry is 0.
        self.directory.resize(index, U32::ZERO);
        self.directory.push(entry(self.position)?);
        self.write(entries.as_bytes())
    }

    /// Writes what follows the last grain.
    pub fn finish(mut self) -> Result<StreamSummary> {
        self.close_table()?;
        let tables = self
            .capacity
            .div_ceil(GRAIN_SECTORS)
            .div_ceil(TABLE_ENTRIES);
        let entries_per_sector = SECTOR / 4;
        let sectors = tables.div_ceil(entries_per_sector);
        self.directory
            .resize(to_usize(sectors * entries_per_sector), U32::ZERO);
        self.marker(MarkerKind::GrainDirectory, sectors)?;
        let directory = self.position;
        let entries = std::mem::take(&mut self.directory);
        self.write(entries.as_bytes())?;
        self.marker(MarkerKind::Footer, 1)?;
        self.write(Header::new(self.capacity, directory).as_bytes())?;
        self.marker(MarkerKind::EndOfStream, 0)?;
        self.output.flush().map_err(Error::write)?;
        Ok(StreamSummary {
            capacity: self.capacity * SECTOR,
            populated: (self.grains * GRAIN).min(self.capacity * SECTOR),
            passed_through: self.passed_through,
            grains: self.grains,
            file_size: self.position * SECTOR,
        })
    }

    fn marker(&mut self, kind: MarkerKind, sectors: u64) -> Result<()> {
        self.write(MetadataMarker::new(kind, sectors).as_bytes())
    }

    /// Writes whole sectors.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::write)?;
        self.position += bytes.len() as u64 / SECTOR;
        Ok(())
    }
}

/// A table entry: the format has 32 bits for it.
fn entry(sector: u64) -> Result<U32> {
    u32::try_from(sector).map(U32::new).map_err(|_| {
        Error::new(
            ErrorKind::LimitExceeded,
            "the compressed disk would exceed 2 TiB, the most a VMDK's 32-bit sector numbers reach",
        )
        .help("compress better with `--level best`, or split the disk")
    })
}
