//! From guest offsets to clusters, through the L1 and L2 tables.

use std::sync::Arc;

use super::fault::Fault;
use super::format::{COPIED, L2_COMPRESSED, L2_ZERO, OFFSET_MASK, SUBCLUSTERS};
use super::header::{Header, check_inside};
use super::inflate::CompressedPlace;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::tables::TableCache;

/// L2 tables are read in pieces of at most this many bytes, so that clusters
/// of 2 MiB do not make for tables of 2 MiB in memory.
const SLICE_BYTES: u64 = 64 << 10;

/// L1 entries of a gap told in one run. Over a backing file with many extents
/// the gap is looked at for each of them.
const GAP_ENTRIES: usize = 4096;

/// What a stretch of the guest's disk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever the backing file has there; zeros without one.
    Unallocated,
    /// Zeros.
    Zero,
    /// Stored as it is, from this offset of the data file on.
    Standard(u64),
    /// Compressed clusters; the place is the first one's.
    Compressed(CompressedPlace),
}

/// A stretch of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) length: u64,
    pub(super) kind: Kind,
}

/// The tables of one disk state: the active one or a snapshot.
pub(super) struct Mapping {
    header: Header,
    /// Offsets of L2 tables, 0 for none.
    l1: Vec<u64>,
    size: u64,
    /// Whether there is a backing file beneath.
    backed: bool,
    cache: TableCache,
}

impl Mapping {
    /// The state `l1` describes, of a disk of `size` bytes.
    pub(super) fn new(header: Header, l1: Vec<u64>, size: u64) -> Self {
        let slice_bytes = header.cluster_size().min(SLICE_BYTES);
        Self {
            header,
            l1,
            size,
            backed: false,
            cache: TableCache::new(slice_bytes),
        }
    }

    /// Tells unallocated clusters from zeros from now on.
    pub(super) fn put_backing_beneath(&mut self) {
        self.backed = true;
    }

    /// Without a backing file unallocated is zero. Told as one kind, a disk of
    /// both in turns has long runs.
    fn settled(&self, run: Run) -> Run {
        match run.kind {
            Kind::Unallocated if !self.backed => Run {
                kind: Kind::Zero,
                ..run
            },
            _ => run,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The longest run from `guest` (below the size) that one slice of an L2
    /// table, or a gap in the L1 table, answers for. Looking on ends when
    /// `enough` bytes are known; the run may be longer.
    pub(super) fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run> {
        let reach = self.header.l1_reach();
        let index = to_usize(guest / reach);
        let table = self.l1.get(index).copied().unwrap_or(0);
        if table == 0 {
            let gap = self.l1.iter().skip(index).take(GAP_ENTRIES);
            let gap = gap.take_while(|table| **table == 0);
            // An L1 table has at most 2^22 entries, so the product fits.
            let end = reach.saturating_mul((index + gap.count().max(1)) as u64);
            return Ok(self.settled(Run {
                length: end.min(self.size) - guest,
                kind: Kind::Unallocated,
            }));
        }
        let entry_size = self.header.l2_entry_size();
        let slice_bytes = self.header.cluster_size().min(SLICE_BYTES);
        let per_slice = slice_bytes / entry_size;
        let entry = (guest % reach) >> self.header.cluster_bits;
        let slice_start = table + entry / per_slice * slice_bytes;
        let slice = self.slice(storage, table, slice_start, slice_bytes, guest)?;
        let mut entries = SliceEntries {
            mapping: self,
            bytes: &slice,
            entry_size: to_usize(entry_size),
            next: to_usize(entry % per_slice),
        };
        let cluster_offset = guest & (self.header.cluster_size() - 1);
        let mut run = entries.first(guest, cluster_offset)?;
        let mut at = guest + run.length;
        // Only whole clusters are joined: a run that ended inside its cluster
        // is followed by a subcluster of another kind.
        while run.length < enough && at < self.size && at & (self.header.cluster_size() - 1) == 0 {
            let Some(more) = entries.continued(run, at) else {
                break;
            };
            run.length += more;
            at += more;
        }
        run.length = run.length.min(self.size - guest);
        Ok(run)
    }

    fn slice(
        &self,
        storage: &dyn Storage,
        table: u64,
        offset: u64,
        bytes: u64,
        guest: u64,
    ) -> Result<Arc<[u8]>> {
        let reach = bytes / self.header.l2_entry_size() * self.header.cluster_size();
        self.cache.get(guest / reach, offset, || {
            if table & (self.header.cluster_size() - 1) != 0 {
                return Err(Fault::Unaligned {
                    table: "L2 table",
                    at: table,
                    cluster: self.header.cluster_size(),
                }
                .into());
            }
            check_inside("L2 table", offset, bytes, storage.length())?;
            let mut read = vec![0; to_usize(bytes)];
            storage.read_exact_at(offset, &mut read)?;
            Ok(read)
        })
    }
}

/// Walks the entries of a slice.
struct SliceEntries<'a> {
    mapping: &'a Mapping,
    bytes: &'a [u8],
    entry_size: usize,
    next: usize,
}

impl SliceEntries<'_> {
    /// The next entry and its subcluster bitmap.
    fn read_next(&mut self) -> Option<(u64, u64)> {
        let start = self.next * self.entry_size;
        let entry = be64(self.bytes, start)?;
        let bitmap = if self.entry_size == 16 {
            be64(self.bytes, start + 8)?
        } else {
            0
        };
        self.next += 1;
        Some((entry, bitmap))
    }

    /// The run from `within` bytes into the first cluster to its end, or to
    /// the first subcluster of another kind.
    fn first(&mut self, guest: u64, within: u64) -> Result<Run> {
        let (entry, bitmap) = self.read_next().unwrap_or_default();
        let run = self.mapping.header.decode(entry, bitmap, guest, within)?;
        Ok(self.mapping.settled(run))
    }

    /// Bytes of the next cluster that continue `run`, if they do.
    fn continued(&mut self, run: Run, guest: u64) -> Option<u64> {
        let (entry, bitmap) = self.read_next()?;
        // What is wrong with a later cluster is reported when it is its turn.
        let next = self.mapping.header.decode(entry, bitmap, guest, 0).ok()?;
        let next = self.mapping.settled(next);
        let joins = match (run.kind, next.kind) {
            (Kind::Unallocated, Kind::Unallocated)
            | (Kind::Zero, Kind::Zero)
            | (Kind::Compressed(_), Kind::Compressed(_)) => true,
            (Kind::Standard(first), Kind::Standard(then)) => {
                first.checked_add(run.length) == Some(then)
            }
            _ => false,
        };
        joins.then_some(next.length)
    }
}

fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

impl Header {
    /// What an L2 entry says of the bytes from `within` its cluster on.
    fn decode(&self, entry: u64, bitmap: u64, guest: u64, within: u64) -> Result<Run> {
        let cluster = self.cluster_size();
        let fault = |rule| Fault::Entry {
            table: "L2",
            entry,
            guest,
            rule,
        };
        let whole = |kind| Run {
            length: cluster - within,
            kind,
        };
        if entry & L2_COMPRESSED != 0 {
            if self.data_file.is_some() {
                return Err(fault("a compressed cluster in an image with a data file").into());
            }
            let place = CompressedPlace::from_entry(entry, self.cluster_bits);
            return Ok(whole(Kind::Compressed(place)));
        }
        let host = entry & OFFSET_MASK;
        if host & (cluster - 1) != 0 {
            return Err(
                fault("the cluster does not start at a multiple of the cluster size").into(),
            );
        }
        // Offset 0 holds the header, so it means "none" but in a data file,
        // where the COPIED bit tells.
        let allocated = host != 0 || (self.data_file.is_some() && entry & COPIED != 0);
        if self.extended_l2 {
            return self.decode_subclusters(bitmap, allocated.then_some(host), within, fault);
        }
        if entry & L2_ZERO != 0 {
            if self.version < 3 {
                return Err(fault("version 2 has no zero clusters").into());
            }
            return Ok(whole(Kind::Zero));
        }
        Ok(whole(if allocated {
            Kind::Standard(host + within)
        } else {
            Kind::Unallocated
        }))
    }

    fn decode_subclusters(
        &self,
        bitmap: u64,
        host: Option<u64>,
        within: u64,
        fault: impl Fn(&'static str) -> Fault,
    ) -> Result<Run> {
        let (zero, allocated) = (bitmap >> 32, bitmap & 0xFFFF_FFFF);
        if zero & allocated != 0 {
            return Err(fault("a subcluster is both stored and zero").into());
        }
        if allocated != 0 && host.is_none() {
            return Err(fault("subclusters are stored in a cluster that is not").into());
        }
        let size = self.cluster_size() / u64::from(SUBCLUSTERS);
        let state = |index: u64| (zero >> index & 1, allocated >> index & 1);
        let first = within / size;
        let same = (first..u64::from(SUBCLUSTERS))
            .take_while(|index| state(*index) == state(first))
            .count() as u64;
        let kind = match (state(first), host) {
            ((1, _), _) => Kind::Zero,
            ((_, 1), Some(host)) => Kind::Standard(host + within),
            _ => Kind::Unallocated,
        };
        Ok(Run {
            length: (first + same) * size - within,
            kind,
        })
    }
}
