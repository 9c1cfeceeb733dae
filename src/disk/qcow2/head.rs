//! The first cluster of a new image: the header, its extensions, and the name of the
//! backing file.

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::big_endian::{U32, U64};

use super::encode::Packing;
use super::format::{
    ExtensionHead, HEADER_V2_BYTES, HEADER_V3_BYTES, HeaderV2, HeaderV3, MAGIC, compatible,
    extension, incompatible,
};
use super::options::{Backing, Version, WriteOptions};
use crate::base::{Error, Result};

/// What the header tells.
pub(super) struct Head<'a> {
    pub(super) options: &'a WriteOptions,
    pub(super) backing: Option<Backing<'a>>,
    pub(super) capacity: u64,
    pub(super) l1_entries: u64,
    pub(super) l1_offset: u64,
    /// The refcount table.
    pub(super) table_offset: u64,
    pub(super) table_clusters: u64,
}

impl Head<'_> {
    /// The bytes the image begins with; those of any values are as many.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        /// The type of compression, and padding to a multiple of 8.
        const TYPE_BYTES: [u8; 8] = [1, 0, 0, 0, 0, 0, 0, 0];
        let options = self.options;
        let zstd = matches!(options.packing, Packing::Zstd(_));
        let kind = if zstd { &TYPE_BYTES[..] } else { &[] };
        let extensions = self.extensions();
        let header = match options.version {
            Version::V2 => HEADER_V2_BYTES,
            Version::V3 => HEADER_V3_BYTES + kind.len() as u64,
        };
        let name = self.backing.map_or("", |backing| backing.file).as_bytes();
        let name_at = header + extensions.len() as u64;
        if name_at + name.len() as u64 > options.cluster() {
            let message = "the name of the backing file has no room in the image";
            return Err(Error::usage(message)
                .why("it stands in the first cluster, behind the header")
                .help("choose larger clusters, or a shorter path"));
        }
        // All were checked against limits that fit.
        let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
        let common = HeaderV2 {
            magic: MAGIC,
            version: U32::new(options.version.number()),
            backing_name_offset: U64::new(if name.is_empty() { 0 } else { name_at }),
            backing_name_length: narrow(name.len() as u64),
            cluster_bits: U32::new(options.cluster_bits),
            size: U64::new(self.capacity),
            crypt_method: U32::ZERO,
            l1_entries: narrow(self.l1_entries),
            l1_offset: U64::new(self.l1_offset),
            refcount_table_offset: U64::new(self.table_offset),
            refcount_table_clusters: narrow(self.table_clusters),
            snapshots: U32::ZERO,
            snapshots_offset: U64::ZERO,
        };
        let flag = |set, flag| if set { flag } else { 0 };
        let added = HeaderV3 {
            incompatible_features: U64::new(
                flag(zstd, incompatible::COMPRESSION_TYPE)
                    | flag(options.extended_l2, incompatible::EXTENDED_L2),
            ),
            compatible_features: U64::new(flag(options.lazy_refcounts, compatible::LAZY_REFCOUNTS)),
            autoclear_features: U64::ZERO,
            refcount_order: U32::new(options.refcount_bits.ilog2()),
            header_length: narrow(header),
        };
        let added = match options.version {
            Version::V2 => &[],
            Version::V3 => added.as_bytes(),
        };
        Ok([common.as_bytes(), added, kind, &extensions, name].concat())
    }

    /// The header's extensions, and their end.
    fn extensions(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |kind, data: &[u8]| {
            let head = ExtensionHead {
                kind: U32::new(kind),
                // A name of a few bytes.
                length: U32::new(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            };
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(data);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        };
        if let Some(backing) = self.backing {
            put(extension::BACKING_FORMAT, backing.format.as_bytes());
        }
        put(extension::END, &[]);
        bytes
    }
}
