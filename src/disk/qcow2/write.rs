//! Writing an image, version 3, front to back.
//!
//! ```text
//! header | clusters, with each L2 table and refcount block behind the last cluster
//!          it is about | L1 table | refcount blocks left | refcount table
//! ```
//!
//! Every cluster of the file is in use, and only the header is written twice.

use std::io::{Seek, SeekFrom, Write};
use std::num::NonZeroUsize;

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::big_endian::{U16, U32, U64};

use super::encode::{ClusterBlock, ClusterEncoder, Packing};
use super::format::{
    COMPRESSED_SECTOR, COPIED, ExtensionHead, HEADER_V3_BYTES, HeaderV2, HeaderV3, L2_COMPRESSED,
    MAGIC, extension, incompatible, limits,
};
use super::refcounts::Refcounts;
use crate::base::progress::Observer;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::{DiskSource, copy};

/// What a new image is to be.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions {
    /// Clusters have 2^`cluster_bits` bytes; 16 is usual.
    pub cluster_bits: u32,
    /// How clusters are stored.
    pub packing: Packing,
    /// Take deflated blocks of a cluster's size as they are, where clusters are deflated.
    /// The bytes of the image then depend on how the source was compressed.
    pub pass_through: bool,
    /// Threads that make them; the bytes do not depend on it.
    pub threads: NonZeroUsize,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteSummary {
    /// Capacity in bytes: the source's, rounded up to a sector.
    pub capacity: u64,
    /// Clusters stored.
    pub clusters: u64,
    /// Those of them that are compressed.
    pub compressed: u64,
    /// Those of them that were taken over without deflating them again.
    pub passed_through: u64,
    /// Bytes of the file.
    pub file_size: u64,
}

/// The unit of capacities.
const SECTOR: u64 = 512;

/// Writes all of `source` to `output`, an empty file.
pub fn write<W: Write + Seek>(
    source: &dyn DiskSource,
    output: W,
    options: &WriteOptions,
    observer: &mut dyn Observer,
) -> Result<WriteSummary> {
    let mut writer = Writer::begin(output, source.capacity(), options)?;
    let encoders = copy::encoders(options.threads, || {
        ClusterEncoder::new(writer.cluster, options.packing, options.pass_through)
    });
    copy::copy(source, encoders, observer, |block| writer.put(block))?;
    writer.finish(options)
}

/// An image being written, in order.
struct Writer<W> {
    output: W,
    cluster: u64,
    cluster_bits: u32,
    capacity: u64,
    /// Bytes written.
    position: u64,
    refcounts: Refcounts,
    /// Where each refcount block is.
    refcount_blocks: Vec<U64>,
    l1: Vec<U64>,
    /// The L2 table being filled: its number, and its entries.
    table: Option<(u64, Vec<U64>)>,
    clusters: u64,
    compressed: u64,
    passed_through: u64,
}

impl<W: Write + Seek> Writer<W> {
    fn begin(output: W, capacity: u64, options: &WriteOptions) -> Result<Self> {
        let bits = options.cluster_bits;
        if !limits::CLUSTER_BITS.contains(&bits) {
            return Err(Error::usage(format!("clusters cannot have 2^{bits} bytes"))
                .help("choose from 2^9 (512 bytes) to 2^21 (2 MiB)"));
        }
        let cluster = 1 << bits;
        let capacity = capacity.next_multiple_of(SECTOR);
        let entries = capacity.div_ceil(cluster * (cluster / 8));
        if entries * 8 > limits::L1_TABLE_BYTES {
            let message = format!("a disk of {capacity} bytes needs larger clusters");
            return Err(Error::new(ErrorKind::LimitExceeded, message)
                .why("the first table of an image has at most 32 MiB")
                .help("choose clusters of 64 KiB or more"));
        }
        let mut writer = Self {
            output,
            cluster,
            cluster_bits: bits,
            capacity,
            position: 0,
            refcounts: Refcounts::new(cluster),
            refcount_blocks: Vec::new(),
            l1: vec![U64::ZERO; to_usize(entries)],
            table: None,
            clusters: 0,
            compressed: 0,
            passed_through: 0,
        };
        // Room for the header, which tells at the end where the tables are.
        writer.append(&vec![0; to_usize(cluster)])?;
        Ok(writer)
    }

    /// Appends the clusters of `block`, which come after all written before.
    fn put(&mut self, block: &ClusterBlock) -> Result<()> {
        for cluster in &block.clusters {
            let stored = block.stored(cluster);
            let number = cluster.number / (self.cluster / 8);
            if self.table.as_ref().is_some_and(|(open, _)| *open != number) {
                self.close_table()?;
            }
            if !cluster.compressed {
                self.align()?;
            }
            let entry = if cluster.compressed {
                self.compressed_entry(stored.len() as u64)
            } else {
                COPIED | self.position
            };
            let entries = to_usize(self.cluster / 8);
            let (_, table) = self
                .table
                .get_or_insert_with(|| (number, vec![U64::ZERO; entries]));
            table[to_usize(cluster.number) % entries] = U64::new(entry);
            self.clusters += 1;
            self.compressed += u64::from(cluster.compressed);
            self.append(stored)?;
            self.write_complete_refcounts()?;
        }
        self.passed_through += block.passed_through;
        Ok(())
    }

    /// The entry of a compressed cluster of `length` bytes that is appended next.
    fn compressed_entry(&self, length: u64) -> u64 {
        let last = (self.position + length - 1) / COMPRESSED_SECTOR;
        let more_sectors = last - self.position / COMPRESSED_SECTOR;
        L2_COMPRESSED | more_sectors << (62 - (self.cluster_bits - 8)) | self.position
    }

    /// Writes the open L2 table.
    fn close_table(&mut self) -> Result<()> {
        let Some((number, entries)) = self.table.take() else {
            return Ok(());
        };
        self.align()?;
        self.l1[to_usize(number)] = U64::new(COPIED | self.position);
        self.append(entries.as_bytes())?;
        self.write_complete_refcounts()
    }

    /// Writes the refcount blocks that nothing can change any more.
    fn write_complete_refcounts(&mut self) -> Result<()> {
        while let Some(block) = self.refcounts.take_complete(self.position) {
            self.align()?;
            self.write_refcounts(&block)?;
        }
        Ok(())
    }

    fn write_refcounts(&mut self, block: &[U16]) -> Result<()> {
        self.refcount_blocks.push(U64::new(self.position));
        self.append(block.as_bytes())
    }

    /// Writes what follows the last cluster, and the header.
    fn finish(mut self, options: &WriteOptions) -> Result<WriteSummary> {
        self.close_table()?;
        self.align()?;
        let l1_offset = self.position;
        let l1 = std::mem::take(&mut self.l1);
        self.append(l1.as_bytes())?;
        self.align()?;
        self.write_complete_refcounts()?;
        let (table_offset, table_clusters) = self.finish_refcounts()?;
        let header = Head {
            cluster_bits: self.cluster_bits,
            capacity: self.capacity,
            l1_entries: l1.len(),
            l1_offset,
            table_offset,
            table_clusters,
            zstd: matches!(options.packing, Packing::Zstd(_)),
        };
        let bytes = header.to_bytes();
        let patched = self.output.seek(SeekFrom::Start(0));
        patched
            .and_then(|_| self.output.write_all(&bytes))
            .and_then(|()| self.output.flush())
            .map_err(Error::write)?;
        Ok(WriteSummary {
            capacity: self.capacity,
            clusters: self.clusters,
            compressed: self.compressed,
            passed_through: self.passed_through,
            file_size: self.position,
        })
    }

    /// Writes the refcount blocks that are left, which count themselves, and the
    /// refcount table; answers where it is and how many clusters it has.
    fn finish_refcounts(&mut self) -> Result<(u64, u64)> {
        let first = self.position / self.cluster;
        let written = self.refcount_blocks.len() as u64;
        let (mut blocks, mut table) = (0, 0);
        // Adding blocks can make one more necessary; soon it does not.
        loop {
            let regions = (first + blocks + table).div_ceil(Refcounts::per_block(self.cluster));
            let wanted = (regions - written, (regions * 8).div_ceil(self.cluster));
            if wanted == (blocks, table) {
                break;
            }
            (blocks, table) = wanted;
        }
        if (written + blocks) * 8 > limits::REFCOUNT_TABLE_BYTES {
            let message = "the image needs larger clusters";
            return Err(Error::new(ErrorKind::LimitExceeded, message)
                .why("its refcount table would have more than 8 MiB")
                .help("choose clusters of 64 KiB or more"));
        }
        // The blocks have to know of all before the first is written.
        self.refcounts
            .count(self.position..(first + blocks + table) * self.cluster);
        for _ in 0..blocks {
            let block = self.refcounts.take();
            self.refcount_blocks.push(U64::new(self.position));
            self.write(block.as_bytes())?;
        }
        let offset = self.position;
        let entries = std::mem::take(&mut self.refcount_blocks);
        self.write(entries.as_bytes())?;
        let end = self.position.next_multiple_of(self.cluster);
        self.write(&vec![0; to_usize(end - self.position)])?;
        Ok((offset, table))
    }

    /// Goes on at the start of a cluster.
    fn align(&mut self) -> Result<()> {
        let gap = self.position.next_multiple_of(self.cluster) - self.position;
        // The cluster is counted by what is in it.
        self.write(&vec![0; to_usize(gap)])
    }

    /// Appends bytes that use the clusters they come to stand in.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.refcounts
            .count(self.position..self.position + bytes.len() as u64);
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::write)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

/// What the header tells.
struct Head {
    cluster_bits: u32,
    capacity: u64,
    l1_entries: usize,
    l1_offset: u64,
    table_offset: u64,
    table_clusters: u64,
    zstd: bool,
}

impl Head {
    /// The header and the end of its extensions.
    fn to_bytes(&self) -> Vec<u8> {
        /// The type of compression, and padding to a multiple of 8.
        const TYPE_BYTES: [u8; 8] = [1, 0, 0, 0, 0, 0, 0, 0];
        let length = HEADER_V3_BYTES + if self.zstd { 8 } else { 0 };
        let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
        let common = HeaderV2 {
            magic: MAGIC,
            version: U32::new(3),
            backing_name_offset: U64::ZERO,
            backing_name_length: U32::ZERO,
            cluster_bits: U32::new(self.cluster_bits),
            size: U64::new(self.capacity),
            crypt_method: U32::ZERO,
            // Both were checked against limits that fit.
            l1_entries: narrow(self.l1_entries as u64),
            l1_offset: U64::new(self.l1_offset),
            refcount_table_offset: U64::new(self.table_offset),
            refcount_table_clusters: narrow(self.table_clusters),
            snapshots: U32::ZERO,
            snapshots_offset: U64::ZERO,
        };
        let zstd = if self.zstd {
            incompatible::COMPRESSION_TYPE
        } else {
            0
        };
        let added = HeaderV3 {
            incompatible_features: U64::new(zstd),
            compatible_features: U64::ZERO,
            autoclear_features: U64::ZERO,
            refcount_order: U32::new(4),
            header_length: narrow(length),
        };
        let end = ExtensionHead {
            kind: U32::new(extension::END),
            length: U32::ZERO,
        };
        let kind = if self.zstd { &TYPE_BYTES[..] } else { &[] };
        [common.as_bytes(), added.as_bytes(), kind, end.as_bytes()].concat()
    }
}
