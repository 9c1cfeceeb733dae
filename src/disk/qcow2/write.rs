//! Writing an image, front to back.
//!
//! ```text
//! header | clusters, with each L2 table and refcount block behind the last cluster
//!          it is about | L1 table | refcount blocks left | refcount table
//! ```
//!
//! Every cluster of the file is in use, and only the header is written twice.

use std::io::{Seek, SeekFrom, Write};

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::big_endian::U64;

use super::encode::{Cluster, ClusterBlock, ClusterEncoder};
use super::format::{COMPRESSED_SECTOR, COPIED, L2_COMPRESSED, limits};
use super::head::Head;
use super::options::{Backing, Preallocation, WriteOptions};
use super::refcounts::Refcounts;
use crate::base::progress::{Observer, Unobserved, cancelled};
use crate::base::shared::Shared;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::{DiskSource, copy};

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
    let shared = Shared::new(observer);
    let mut writer = Writer::begin(output, source.capacity(), options, None, &shared)?;
    let encoders = copy::encoders(options.threads, || ClusterEncoder::new(options));
    copy::copy(source, encoders, &mut &shared, |block| writer.put(block))?;
    writer.finish()
}

/// Writes an image of `capacity` bytes that holds nothing to `output`, an empty file: the
/// guest sees zeros, or what is in the file `backing` names, which is not looked at.
pub fn create<W: Write + Seek>(
    output: W,
    capacity: u64,
    backing: Option<Backing<'_>>,
    options: &WriteOptions,
) -> Result<WriteSummary> {
    let mut observer = Unobserved;
    let shared = Shared::new(&mut observer);
    Writer::begin(output, capacity, options, backing, &shared)?.finish()
}

/// An image being written, in order.
struct Writer<'a, W> {
    output: W,
    options: &'a WriteOptions,
    backing: Option<Backing<'a>>,
    cluster: u64,
    capacity: u64,
    /// Bytes written or passed over.
    position: u64,
    /// Whether some were passed over since the last that were written.
    passed: bool,
    /// The first cluster of the disk that has no place yet.
    next: u64,
    refcounts: Refcounts,
    /// Where each refcount block is.
    refcount_blocks: Vec<U64>,
    l1: Vec<U64>,
    /// The L2 table being filled: its number, and its entries.
    table: Option<(u64, Vec<U64>)>,
    clusters: u64,
    compressed: u64,
    passed_through: u64,
    /// Asked where much is written for nothing.
    observer: &'a Shared<'a>,
}

/// What the second half of an extended L2 entry tells of a cluster stored with all its parts.
const ALL_STORED: u64 = u32::MAX as u64;

/// Clusters that get their places before the observer is asked.
const PATIENCE: u64 = 1024;

impl<'a, W: Write + Seek> Writer<'a, W> {
    fn begin(
        output: W,
        capacity: u64,
        options: &'a WriteOptions,
        backing: Option<Backing<'a>>,
        observer: &'a Shared<'a>,
    ) -> Result<Self> {
        options.check()?;
        if let Some(backing) = &backing {
            backing.check()?;
            if options.preallocation != Preallocation::None {
                let message = "clusters that have places hide what the backing file has there";
                return Err(Error::usage(message).help("leave the preallocation away"));
            }
        }
        let cluster = options.cluster();
        let too_large = || {
            let message = format!("a disk of {capacity} bytes needs larger clusters");
            Error::new(ErrorKind::LimitExceeded, message)
                .why("the first table of an image has at most 32 MiB")
                .help(if options.extended_l2 {
                    "choose larger clusters, or do without extended L2 entries"
                } else {
                    "choose clusters of 64 KiB or more"
                })
        };
        let rounded = capacity.checked_next_multiple_of(SECTOR);
        let rounded = rounded.ok_or_else(too_large)?;
        let reach = cluster * (cluster / 8 / options.entry_words());
        let entries = rounded.div_ceil(reach);
        if entries * 8 > limits::L1_TABLE_BYTES {
            return Err(too_large());
        }
        let mut writer = Self {
            output,
            options,
            backing,
            cluster,
            capacity: rounded,
            position: 0,
            passed: false,
            next: 0,
            refcounts: Refcounts::new(cluster, options.refcount_bits),
            refcount_blocks: Vec::new(),
            l1: vec![U64::ZERO; to_usize(entries)],
            table: None,
            clusters: 0,
            compressed: 0,
            passed_through: 0,
            observer,
        };
        // It tells at the end where the tables are; what has no room is told now.
        writer.head(0, 0, 0).to_bytes()?;
        writer.append(&vec![0; to_usize(cluster)])?;
        Ok(writer)
    }

    /// Appends the clusters of `block`, which come after all written before.
    fn put(&mut self, block: &ClusterBlock) -> Result<()> {
        for cluster in &block.clusters {
            self.preallocate(cluster.number)?;
            self.open_table(cluster.number)?;
            let stored = block.stored(cluster);
            // A compressed cluster begins in one that others use, unless that one's
            // count has no room.
            if !cluster.compressed || self.refcounts.full(self.position) {
                self.align()?;
            }
            let entry = self.entry(cluster, stored.len() as u64);
            self.enter(cluster.number, entry, cluster.subclusters);
            self.clusters += 1;
            self.compressed += u64::from(cluster.compressed);
            self.append(stored)?;
            self.write_complete_refcounts()?;
        }
        self.passed_through += block.passed_through;
        Ok(())
    }

    /// Gives the clusters before the one of number `end` their places, if they are to have
    /// them and have none.
    fn preallocate(&mut self, end: u64) -> Result<()> {
        let zeros = match self.options.preallocation {
            Preallocation::None => return Ok(()),
            Preallocation::Zeros if self.next < end => vec![0; to_usize(self.cluster)],
            Preallocation::Zeros | Preallocation::Holes => Vec::new(),
        };
        for number in self.next..end {
            let mut observer = self.observer;
            if number.is_multiple_of(PATIENCE) && observer.advanced(0).is_break() {
                return Err(cancelled());
            }
            self.open_table(number)?;
            self.align()?;
            self.enter(number, COPIED | self.position, ALL_STORED);
            if zeros.is_empty() {
                let end = self.position + self.cluster;
                self.refcounts.count(self.position..end);
                self.passed = true;
                self.position = end;
            } else {
                self.append(&zeros)?;
            }
            self.write_complete_refcounts()?;
        }
        self.next = end + 1;
        Ok(())
    }

    /// Clusters an L2 table tells of.
    fn per_table(&self) -> u64 {
        self.cluster / 8 / self.options.entry_words()
    }

    /// Has the L2 table open that tells of the cluster `number`.
    fn open_table(&mut self, number: u64) -> Result<()> {
        let index = number / self.per_table();
        if matches!(self.table, Some((open, _)) if open == index) {
            return Ok(());
        }
        self.close_table()?;
        let words = self.per_table() * self.options.entry_words();
        self.table = Some((index, vec![U64::ZERO; to_usize(words)]));
        Ok(())
    }

    /// Has the open L2 table tell of the cluster `number`.
    fn enter(&mut self, number: u64, entry: u64, subclusters: u64) {
        let words = to_usize(self.options.entry_words());
        let place = to_usize(number % self.per_table()) * words;
        if let Some((_, table)) = &mut self.table {
            table[place] = U64::new(entry);
            if words > 1 {
                table[place + 1] = U64::new(subclusters);
            }
        }
    }

    /// The entry of `cluster`, of which `length` bytes are appended next.
    fn entry(&self, cluster: &Cluster, length: u64) -> u64 {
        if !cluster.compressed {
            return COPIED | self.position;
        }
        let last = (self.position + length - 1) / COMPRESSED_SECTOR;
        let more_sectors = last - self.position / COMPRESSED_SECTOR;
        let place = 62 - (self.options.cluster_bits - 8);
        L2_COMPRESSED | more_sectors << place | self.position
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
            self.refcount_blocks.push(U64::new(self.position));
            self.append(&block)?;
        }
        Ok(())
    }

    /// Writes what follows the last cluster, and the header.
    fn finish(mut self) -> Result<WriteSummary> {
        self.preallocate(self.capacity.div_ceil(self.cluster))?;
        self.close_table()?;
        self.align()?;
        let l1_offset = self.position;
        self.append_l1()?;
        self.align()?;
        self.write_complete_refcounts()?;
        let (table_offset, table_clusters) = self.finish_refcounts()?;
        let bytes = self
            .head(l1_offset, table_offset, table_clusters)
            .to_bytes()?;
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

    fn head(&self, l1_offset: u64, table_offset: u64, table_clusters: u64) -> Head<'a> {
        Head {
            options: self.options,
            backing: self.backing,
            capacity: self.capacity,
            l1_entries: self.l1.len() as u64,
            l1_offset,
            table_offset,
            table_clusters,
        }
    }

    /// Writes the refcount blocks that are left, which count themselves, and the
    /// refcount table; answers where it is and how many clusters it has.
    fn finish_refcounts(&mut self) -> Result<(u64, u64)> {
        let first = self.position / self.cluster;
        let written = self.refcount_blocks.len() as u64;
        let (mut blocks, mut table) = (0, 0);
        // Adding blocks can make one more necessary; soon it does not.
        loop {
            let regions = (first + blocks + table).div_ceil(self.refcounts.per_block());
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
            self.write(&block)?;
        }
        let offset = self.position;
        let entries = std::mem::take(&mut self.refcount_blocks);
        self.write(entries.as_bytes())?;
        let end = self.position.next_multiple_of(self.cluster);
        self.write(&vec![0; to_usize(end - self.position)])?;
        Ok((offset, table))
    }

    fn append_l1(&mut self) -> Result<()> {
        let l1 = std::mem::take(&mut self.l1);
        let written = self.append(l1.as_bytes());
        self.l1 = l1;
        written
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
        if bytes.is_empty() {
            return Ok(());
        }
        if self.passed {
            let place = SeekFrom::Start(self.position);
            self.output.seek(place).map_err(Error::write)?;
            self.passed = false;
        }
        self.output.write_all(bytes).map_err(Error::write)?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}
