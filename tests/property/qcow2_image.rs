//! qcow2 images made in memory, with every kind of cluster the format has,
//! written from the specification for these tests alone.

use ovfkit::base::deflate::Deflater;
use proptest::prelude::*;

use crate::model::{Fill, paint};

/// How one cluster is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    Unallocated,
    ZeroPlain,
    /// Zero, with a host cluster whose content does not count.
    ZeroAllocated,
    Standard,
    Compressed,
    /// Extended L2: two bits a subcluster, 00 unallocated, 01 data, 10 zero.
    Subclusters(u64),
}

#[derive(Debug, Clone)]
pub struct Recipe {
    pub version: u32,
    pub cluster_bits: u32,
    pub zstd: bool,
    pub extended: bool,
    pub size: u64,
    pub clusters: Vec<(Stored, Fill)>,
}

pub fn recipe() -> impl Strategy<Value = Recipe> {
    let shape = (
        prop_oneof![Just(9), Just(12), Just(14), Just(16), Just(17)],
        2..=3_u32,
        any::<[bool; 2]>(),
    );
    let kind = prop_oneof![
        Just(Stored::Unallocated),
        Just(Stored::ZeroPlain),
        Just(Stored::ZeroAllocated),
        Just(Stored::Standard),
        Just(Stored::Compressed),
        any::<u64>().prop_map(Stored::Subclusters),
    ];
    let fill = prop_oneof![
        any::<u8>().prop_map(Fill::Pattern),
        any::<u64>().prop_map(Fill::Noise)
    ];
    (
        shape,
        prop::collection::vec((kind, fill), 1..40),
        1..1_000_u64,
    )
        .prop_map(
            |((cluster_bits, version, [zstd, extended]), clusters, missing)| {
                let cluster = 1_u64 << cluster_bits;
                let size = clusters.len() as u64 * cluster - missing % cluster;
                Recipe {
                    version,
                    cluster_bits,
                    zstd: zstd && version == 3,
                    extended: extended && version == 3 && cluster_bits >= 14,
                    size,
                    clusters,
                }
            },
        )
}

/// The bytes of the image, and those of the disk over `backing`.
pub fn build(recipe: &Recipe, backing: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let cluster = 1_usize << recipe.cluster_bits;
    let mut image = Image::new(recipe, cluster);
    let mut disk = Vec::new();
    for (index, (stored, fill)) in recipe.clusters.iter().enumerate() {
        let start = index * cluster;
        let mut below = vec![0; cluster];
        if let Some(bytes) = backing.get(start..) {
            let length = bytes.len().min(cluster);
            below[..length].copy_from_slice(&bytes[..length]);
        }
        let mut data = vec![0; cluster];
        paint(&mut data, *fill);
        disk.extend(image.add(index, *stored, &data, &below));
    }
    disk.truncate(usize::try_from(recipe.size).unwrap());
    (image.finish(), disk)
}

struct Image<'a> {
    recipe: &'a Recipe,
    cluster: usize,
    bytes: Vec<u8>,
    /// Where compressed data may go on: behind the last, in its cluster.
    packed: usize,
    entry_size: usize,
}

impl<'a> Image<'a> {
    /// Header, L1, refcount table, then all L2 tables.
    fn new(recipe: &'a Recipe, cluster: usize) -> Self {
        let entry_size = if recipe.extended { 16 } else { 8 };
        let per_table = cluster / entry_size;
        let tables = recipe.clusters.len().div_ceil(per_table);
        let l1_bytes = (tables * 8).next_multiple_of(cluster);
        let mut bytes = vec![0; 2 * cluster + l1_bytes + tables * cluster];
        for table in 0..tables {
            let place = 2 * cluster + l1_bytes + table * cluster;
            put64(&mut bytes, 2 * cluster + table * 8, place as u64 | 1 << 63);
        }
        header(&mut bytes, recipe, tables, cluster);
        Self {
            recipe,
            cluster,
            bytes,
            packed: 0,
            entry_size,
        }
    }

    fn table_start(&self) -> usize {
        let tables = self
            .recipe
            .clusters
            .len()
            .div_ceil(self.cluster / self.entry_size);
        2 * self.cluster + (tables * 8).next_multiple_of(self.cluster)
    }

    /// Stores a cluster; returns what the guest reads.
    fn add(&mut self, index: usize, stored: Stored, data: &[u8], below: &[u8]) -> Vec<u8> {
        let zeros = vec![0; self.cluster];
        let zero_allowed = self.recipe.version == 3;
        match stored {
            Stored::Subclusters(bits) if self.recipe.extended => {
                self.subclusters(index, bits, data, below)
            }
            Stored::Unallocated | Stored::Subclusters(_) => below.to_vec(),
            Stored::ZeroPlain | Stored::ZeroAllocated if self.recipe.extended => {
                let host = if stored == Stored::ZeroPlain {
                    0
                } else {
                    self.append(data)
                };
                self.enter(index, host, 0xFFFF_FFFF << 32);
                zeros
            }
            Stored::ZeroPlain if zero_allowed => {
                self.enter(index, 1, 0);
                zeros
            }
            Stored::ZeroAllocated if zero_allowed => {
                let host = self.append(data);
                self.enter(index, host | 1 | 1 << 63, 0);
                zeros
            }
            Stored::ZeroPlain | Stored::ZeroAllocated | Stored::Standard => {
                let host = self.append(data);
                self.enter(index, host | 1 << 63, 0xFFFF_FFFF);
                data.to_vec()
            }
            Stored::Compressed => {
                self.compress(index, data);
                data.to_vec()
            }
        }
    }

    fn subclusters(&mut self, index: usize, bits: u64, data: &[u8], below: &[u8]) -> Vec<u8> {
        let size = self.cluster / 32;
        let (mut bitmap, mut disk) = (0_u64, below.to_vec());
        for sub in 0..32 {
            let range = sub * size..(sub + 1) * size;
            match bits >> (2 * sub) & 3 {
                1 => {
                    bitmap |= 1 << sub;
                    disk[range.clone()].copy_from_slice(&data[range]);
                }
                2 => {
                    bitmap |= 1 << (32 + sub);
                    disk[range].fill(0);
                }
                _ => {}
            }
        }
        let host = if bitmap & 0xFFFF_FFFF != 0 {
            self.append(data) | 1 << 63
        } else {
            0
        };
        self.enter(index, host, bitmap);
        disk
    }

    /// A new cluster at the end; compressed data starts afresh behind it.
    fn append(&mut self, data: &[u8]) -> u64 {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(self.cluster), 0xEE);
        let host = self.bytes.len();
        self.bytes.extend_from_slice(data);
        host as u64
    }

    fn compress(&mut self, index: usize, data: &[u8]) {
        let stream = if self.recipe.zstd {
            // Two frames, as the specification allows.
            let (one, two) = data.split_at(data.len() / 3);
            [one, two]
                .map(|part| zstd::bulk::compress(part, 1).unwrap())
                .concat()
        } else {
            let mut zlib = Vec::new();
            Deflater::new(5).zlib(data, &mut zlib);
            zlib[2..zlib.len() - 4].to_vec()
        };
        let start = if self.packed == self.bytes.len() {
            self.packed
        } else {
            self.bytes.len().next_multiple_of(self.cluster)
        };
        self.bytes.resize(start, 0xEE);
        self.bytes.extend_from_slice(&stream);
        self.packed = self.bytes.len();
        let sectors = (start % 512 + stream.len()).div_ceil(512) - 1;
        let offset_bits = 62 - (self.recipe.cluster_bits - 8);
        // Incompressible data may need more sectors than the field holds;
        // qemu stores such clusters plainly.
        if sectors >> (self.recipe.cluster_bits - 8) != 0 {
            self.bytes.truncate(start);
            self.packed = 0;
            let host = self.append(data);
            return self.enter(index, host | 1 << 63, 0xFFFF_FFFF);
        }
        self.enter(
            index,
            1 << 62 | (sectors as u64) << offset_bits | start as u64,
            0,
        );
    }

    fn enter(&mut self, index: usize, entry: u64, bitmap: u64) {
        let at = self.table_start() + index * self.entry_size;
        put64(&mut self.bytes, at, entry);
        if self.recipe.extended {
            put64(&mut self.bytes, at + 8, bitmap);
        }
    }

    fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

fn put32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
}

fn put64(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_be_bytes());
}

fn header(bytes: &mut [u8], recipe: &Recipe, tables: usize, cluster: usize) {
    bytes[..4].copy_from_slice(b"QFI\xfb");
    put32(bytes, 4, recipe.version);
    put32(bytes, 20, recipe.cluster_bits);
    put64(bytes, 24, recipe.size);
    put32(bytes, 36, u32::try_from(tables).unwrap());
    put64(bytes, 40, 2 * cluster as u64);
    put64(bytes, 48, cluster as u64);
    put32(bytes, 56, 1);
    if recipe.version == 3 {
        let features = u64::from(recipe.zstd) << 3 | u64::from(recipe.extended) << 4;
        put64(bytes, 72, features);
        put32(bytes, 96, 4);
        put32(bytes, 100, 112);
        bytes[104] = u8::from(recipe.zstd);
    }
}
