//! The header, checked and typed, with the extensions a reader needs.

use zerocopy::FromBytes as _;

use super::encryption::Encryption;
use super::fault::Fault;
use super::format::{
    BITMAPS_CONSISTENT, BitmapsExtension, CryptoHead, DATA_FILE_RAW, ExtensionHead,
    FEATURE_NAME_BYTES, HEADER_V2_BYTES, HEADER_V3_BYTES, HeaderV2, HeaderV3, MAGIC, OFFSET_MASK,
    compatible, extension, incompatible, limits,
};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::crypt::Luks;

/// Bytes of the L1 table read at a time.
const L1_PIECE_BYTES: u64 = 64 << 10;

/// How clusters are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// A raw deflate stream.
    Deflate,
    /// One or more zstd frames.
    Zstd,
}

/// A table of 8-byte entries in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TablePlace {
    pub(super) offset: u64,
    pub(super) entries: u64,
}

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // bits of the header, each for itself
pub struct Header {
    /// 2 or 3.
    pub version: u32,
    /// A cluster has 2^this bytes.
    pub cluster_bits: u32,
    /// Bytes the guest sees.
    pub size: u64,
    /// How compressed clusters are compressed.
    pub compression: Compression,
    /// L2 entries describe 32 subclusters each.
    pub extended_l2: bool,
    /// Closed without its refcounts written; reading does not need them.
    pub dirty: bool,
    /// QEMU found damage in it earlier.
    pub corrupt: bool,
    /// Refcounts are written late, so that an image that was not closed has wrong ones.
    pub lazy_refcounts: bool,
    /// The backing file, as named in the image.
    pub backing_file: Option<String>,
    /// The backing file's format, where stated.
    pub backing_format: Option<String>,
    /// The file that holds the data, as named in the image.
    pub data_file: Option<String>,
    /// Whether that file by itself is the disk.
    pub data_file_raw: bool,
    /// How the guest's data is encrypted, if it is.
    pub(super) encryption: Option<Encryption>,
    pub(super) l1: TablePlace,
    pub(super) snapshots: TablePlace,
    /// The refcount table.
    pub(super) refcounts: TablePlace,
    /// Refcounts have 2^this bits.
    pub(super) refcount_order: u32,
    /// Where the bitmaps' extension and the crypto header stand in the file, if they do.
    pub(super) bitmaps: Option<BitmapDirectory>,
    pub(super) crypto: Option<Stretch>,
}

/// Bytes of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) offset: u64,
    pub(super) bytes: u64,
}

/// Where bitmaps are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BitmapDirectory {
    pub(super) count: u32,
    pub(super) place: Stretch,
}

impl Header {
    /// Bytes of a cluster.
    pub fn cluster_size(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// Bytes of an L2 entry.
    pub(super) fn l2_entry_size(&self) -> u64 {
        if self.extended_l2 { 16 } else { 8 }
    }

    /// Guest bytes one L1 entry answers for.
    pub(super) fn l1_reach(&self) -> u64 {
        (self.cluster_size() / self.l2_entry_size()) << self.cluster_bits
    }

    /// What the user should know before trusting the image.
    pub(super) fn warnings(&self) -> Vec<&'static str> {
        let mut warnings = Vec::new();
        if self.corrupt {
            warnings.push(
                "marked as corrupt by QEMU; it is read as it stands, and may be damaged \
                 (`ovfkit disk check --repair all` on a copy repairs what can be)",
            );
        }
        if self.dirty {
            warnings.push(
                "not closed cleanly, or in use by a running machine; it is read as it stands, \
                 and the guest's last writes may be missing",
            );
        }
        if matches!(self.encryption, Some(Encryption::Aes)) {
            warnings.push(
                "encrypted in the old way of qcow2 (AES), where nothing tells whether a secret is \
                 right: with a wrong one the disk is garbage, and no error",
            );
        }
        warnings
    }

    /// Reads and checks the header of `storage`.
    pub(super) fn read(storage: &dyn Storage) -> Result<Self> {
        let length = storage.length();
        if length < HEADER_V2_BYTES {
            return Err(Fault::ShortHeader { length }.into());
        }
        let mut head = vec![0; to_usize(HEADER_V3_BYTES.min(length))];
        storage.read_exact_at(0, &mut head)?;
        let Ok((fixed, rest)) = HeaderV2::ref_from_prefix(&head) else {
            return Err(Fault::ShortHeader { length }.into());
        };
        if fixed.magic != MAGIC {
            return Err(Fault::NotQcow2.into());
        }
        let version = fixed.version.get();
        let added = match version {
            2 => None,
            3 => match HeaderV3::ref_from_prefix(rest) {
                Ok((added, _)) => Some(added),
                Err(_) => return Err(Fault::ShortHeader { length }.into()),
            },
            other => return Err(Fault::Version(other).into()),
        };
        let cluster_bits = fixed.cluster_bits.get();
        require(
            limits::CLUSTER_BITS.contains(&cluster_bits),
            "cluster_bits",
            cluster_bits.into(),
            20,
            || "it has to be 9 to 21, for clusters of 512 bytes to 2 MiB".to_owned(),
        )?;
        let cluster = 1_u64 << cluster_bits;
        let header_length = check_header_length(added, cluster, length)?;
        let extensions = Extensions::read(storage, fixed, header_length, cluster)?;

        let features = added.map_or(0, |added| added.incompatible_features.get());
        let unknown = features & !incompatible::KNOWN;
        if unknown != 0 {
            return Err(Fault::UnknownFeatures(extensions.name(unknown)).into());
        }
        let extended_l2 = features & incompatible::EXTENDED_L2 != 0;
        require(
            !extended_l2 || cluster >= limits::EXTENDED_L2_CLUSTER,
            "cluster_bits",
            cluster_bits.into(),
            20,
            || "extended L2 entries need at least 14, for clusters of 16 KiB".to_owned(),
        )?;
        let data_file = match (
            features & incompatible::EXTERNAL_DATA_FILE != 0,
            extensions.data_file,
        ) {
            (true, None) => return Err(Fault::UnnamedDataFile.into()),
            (true, Some(name)) => Some(name),
            (false, _) => None,
        };
        let compatible = added.map_or(0, |added| added.compatible_features.get());
        let autoclear = added.map_or(0, |added| added.autoclear_features.get());
        let mut header = Self {
            version,
            cluster_bits,
            size: fixed.size.get(),
            compression: compression_type(storage, header_length, features)?,
            extended_l2,
            dirty: features & incompatible::DIRTY != 0,
            corrupt: features & incompatible::CORRUPT != 0,
            lazy_refcounts: compatible & compatible::LAZY_REFCOUNTS != 0,
            backing_file: backing_name(storage, fixed, cluster)?,
            backing_format: extensions.backing_format,
            data_file_raw: data_file.is_some() && autoclear & DATA_FILE_RAW != 0,
            data_file,
            encryption: None,
            l1: TablePlace {
                offset: fixed.l1_offset.get(),
                entries: fixed.l1_entries.get().into(),
            },
            snapshots: TablePlace {
                offset: fixed.snapshots_offset.get(),
                entries: fixed.snapshots.get().into(),
            },
            refcounts: TablePlace {
                offset: fixed.refcount_table_offset.get(),
                entries: u64::from(fixed.refcount_table_clusters.get()) << cluster_bits >> 3,
            },
            refcount_order: added.map_or(4, |added| added.refcount_order.get()),
            // A writer that does not know them leaves them behind as they were.
            bitmaps: extensions
                .bitmaps
                .filter(|_| autoclear & BITMAPS_CONSISTENT != 0),
            crypto: extensions.crypto,
        };
        header.check_refcounts(fixed, added, length)?;
        header.check_aligned("snapshot table", header.snapshots.offset)?;
        let method = fixed.crypt_method.get();
        header.encryption = header.encryption(storage, method, extensions.crypto)?;
        Ok(header)
    }

    /// What `method` tells of encryption, with the LUKS header at `place`.
    fn encryption(
        &self,
        storage: &dyn Storage,
        method: u32,
        place: Option<Stretch>,
    ) -> Result<Option<Encryption>> {
        match (method, place) {
            (0, None) => Ok(None),
            (1, None) => Ok(Some(Encryption::Aes)),
            // Its data would be read as if it were none.
            (0 | 1, Some(_)) => Err(Fault::CryptoHeader("not ", "has").into()),
            (2, None) => Err(Fault::CryptoHeader("", "lacks").into()),
            (2, Some(Stretch { offset, bytes })) => {
                self.check_aligned("LUKS header", offset)?;
                check_inside("LUKS header", offset, bytes, storage.length())?;
                Luks::read(storage, offset, bytes).map(|luks| Some(Encryption::Luks(luks)))
            }
            (other, _) => {
                require(false, "crypt_method", other.into(), 32, || {
                    "0 (none), 1 (AES) and 2 (LUKS) are known".to_owned()
                })?;
                Ok(None)
            }
        }
    }

    /// Refcounts are not needed to read, yet a table of them that is missing
    /// or cut off tells of a damaged image, as it does to QEMU.
    fn check_refcounts(
        &self,
        fixed: &HeaderV2,
        added: Option<&HeaderV3>,
        length: u64,
    ) -> Result<()> {
        if let Some(added) = added {
            let order = added.refcount_order.get();
            require(
                order <= limits::REFCOUNT_ORDER,
                "refcount_order",
                order.into(),
                96,
                || "it has to be 0 to 6, for refcounts of 1 to 64 bits".to_owned(),
            )?;
        }
        let clusters = u64::from(fixed.refcount_table_clusters.get());
        require(
            clusters > 0,
            "refcount_table_clusters",
            clusters,
            56,
            || "an image has a refcount table".to_owned(),
        )?;
        let offset = fixed.refcount_table_offset.get();
        self.check_table(
            "refcount table",
            offset,
            clusters << self.cluster_bits,
            limits::REFCOUNT_TABLE_BYTES,
            length,
        )
    }

    fn check_aligned(&self, table: &'static str, at: u64) -> Result<()> {
        if at & (self.cluster_size() - 1) != 0 {
            return Err(Fault::Unaligned {
                table,
                at,
                cluster: self.cluster_size(),
            }
            .into());
        }
        Ok(())
    }

    /// A table of `bytes` at `offset` has to keep its limit, start at a
    /// cluster and lie within the file.
    pub(super) fn check_table(
        &self,
        table: &'static str,
        offset: u64,
        bytes: u64,
        limit: u64,
        length: u64,
    ) -> Result<()> {
        if bytes > limit {
            return Err(Fault::TooLarge {
                table,
                bytes,
                limit,
            }
            .into());
        }
        self.check_aligned(table, offset)?;
        check_inside(table, offset, bytes, length)
    }

    /// Reads the L1 table at `place`, as far as a disk of `size` bytes needs it.
    pub(super) fn read_l1(
        &self,
        storage: &dyn Storage,
        place: TablePlace,
        size: u64,
    ) -> Result<Vec<u64>> {
        let needed = size.div_ceil(self.l1_reach());
        require(
            place.entries >= needed,
            "l1_size",
            place.entries,
            36,
            || format!("a disk of {size} bytes needs {needed} entries"),
        )?;
        let bytes = place.entries * 8;
        self.check_table(
            "L1 table",
            place.offset,
            bytes,
            limits::L1_TABLE_BYTES,
            storage.length(),
        )?;
        // In pieces: at 32 MiB a second copy of the table would weigh.
        let mut table = Vec::with_capacity(to_usize(needed));
        let mut piece = vec![0; to_usize(L1_PIECE_BYTES.min(needed * 8))];
        while (table.len() as u64) < needed {
            let done = table.len() as u64 * 8;
            let room = piece.len().min(to_usize(needed * 8 - done));
            let (now, _) = piece.split_at_mut(room);
            storage.read_exact_at(place.offset + done, now)?;
            let (entries, _) = now.as_chunks::<8>();
            table.extend(
                entries
                    .iter()
                    .map(|entry| u64::from_be_bytes(*entry) & OFFSET_MASK),
            );
        }
        Ok(table)
    }
}

/// A range has to lie within the file.
pub(super) fn check_inside(what: &str, at: u64, bytes: u64, length: u64) -> Result<()> {
    if at.checked_add(bytes).is_some_and(|end| end <= length) {
        return Ok(());
    }
    Err(Fault::BeyondEnd {
        what: what.to_owned(),
        at,
        bytes,
        length,
    }
    .into())
}

fn require(
    holds: bool,
    field: &'static str,
    value: u64,
    offset: u64,
    rule: impl FnOnce() -> String,
) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Fault::Field {
        field,
        value,
        rule: rule(),
        offset,
    }
    .into())
}

fn check_header_length(added: Option<&HeaderV3>, cluster: u64, length: u64) -> Result<u64> {
    let Some(added) = added else {
        return Ok(HEADER_V2_BYTES);
    };
    let header_length = u64::from(added.header_length.get());
    require(
        (HEADER_V3_BYTES..=cluster).contains(&header_length),
        "header_length",
        header_length,
        100,
        || format!("it has to be 104 to {cluster}, the cluster size"),
    )?;
    check_inside("header", 0, header_length, length)?;
    Ok(header_length)
}

fn compression_type(
    storage: &dyn Storage,
    header_length: u64,
    features: u64,
) -> Result<Compression> {
    // The byte behind the shortest header; older writers end before it.
    let mut kind = [0];
    if header_length > HEADER_V3_BYTES {
        storage.read_exact_at(HEADER_V3_BYTES, &mut kind)?;
    }
    let [kind] = kind;
    let announced = features & incompatible::COMPRESSION_TYPE != 0;
    if announced != (kind != 0) {
        return Err(Fault::CompressionMismatch(kind).into());
    }
    match kind {
        0 => Ok(Compression::Deflate),
        1 => Ok(Compression::Zstd),
        other => Err(Fault::UnknownFeatures(format!("compression type {other}")).into()),
    }
}

fn backing_name(storage: &dyn Storage, fixed: &HeaderV2, cluster: u64) -> Result<Option<String>> {
    let offset = fixed.backing_name_offset.get();
    if offset == 0 {
        return Ok(None);
    }
    require(offset <= cluster, "backing_file_offset", offset, 8, || {
        format!("the name has to stand in the first cluster, of {cluster} bytes")
    })?;
    let length = fixed.backing_name_length.get();
    let room = (cluster - offset).min(limits::BACKING_NAME_BYTES.into());
    require(
        u64::from(length) <= room,
        "backing_file_size",
        length.into(),
        16,
        || format!("at most {room} bytes are allowed here"),
    )?;
    check_inside("backing file name", offset, length.into(), storage.length())?;
    let mut name = vec![0; to_usize(length.into())];
    storage.read_exact_at(offset, &mut name)?;
    let name = String::from_utf8(name).map_err(|_| Fault::Name("backing file"))?;
    Ok((!name.is_empty()).then_some(name))
}

/// The extensions a reader needs.
#[derive(Debug, Default)]
struct Extensions {
    backing_format: Option<String>,
    data_file: Option<String>,
    bitmaps: Option<BitmapDirectory>,
    crypto: Option<Stretch>,
    /// Type, bit and name of features, from the image's own table.
    feature_names: Vec<(u8, u8, String)>,
}

impl Extensions {
    fn read(
        storage: &dyn Storage,
        fixed: &HeaderV2,
        header_length: u64,
        cluster: u64,
    ) -> Result<Self> {
        // They end at the backing file's name, or with the first cluster.
        let end = match fixed.backing_name_offset.get() {
            0 => cluster,
            offset => offset.min(cluster),
        }
        .min(storage.length());
        let mut area = vec![0; to_usize(end.saturating_sub(header_length))];
        storage.read_exact_at(header_length, &mut area)?;
        let mut found = Self::default();
        let mut rest = area.as_slice();
        // Every turn takes eight bytes or more from an area of one cluster.
        loop {
            let at = end - rest.len() as u64;
            let Ok((head, data)) = ExtensionHead::ref_from_prefix(rest) else {
                break;
            };
            let kind = head.kind.get();
            if kind == extension::END {
                break;
            }
            let length = head.length.get() as usize;
            let Some(value) = data.get(..length) else {
                return Err(Fault::Extension {
                    at,
                    bytes: length as u64,
                }
                .into());
            };
            found.take(kind, value, at)?;
            rest = data.get(length.next_multiple_of(8)..).unwrap_or_default();
        }
        Ok(found)
    }

    fn take(&mut self, kind: u32, value: &[u8], at: u64) -> Result<()> {
        match kind {
            extension::BACKING_FORMAT => {
                if value.len() > limits::BACKING_FORMAT_BYTES {
                    return Err(Fault::Extension {
                        at,
                        bytes: value.len() as u64,
                    }
                    .into());
                }
                self.backing_format = Some(text(value, "backing file's format")?);
            }
            extension::DATA_FILE => self.data_file = Some(text(value, "data file")?),
            extension::FEATURE_NAMES => {
                let (records, _) = value.as_chunks::<FEATURE_NAME_BYTES>();
                self.feature_names
                    .extend(records.iter().map(|[kind, bit, name @ ..]| {
                        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
                        (*kind, *bit, String::from_utf8_lossy(name).into_owned())
                    }));
            }
            extension::BITMAPS => {
                let found = BitmapsExtension::read_from_prefix(value).ok();
                self.bitmaps = found.map(|(found, _)| BitmapDirectory {
                    count: found.count.get(),
                    place: Stretch {
                        offset: found.directory_offset.get(),
                        bytes: found.directory_bytes.get(),
                    },
                });
            }
            extension::CRYPTO_HEADER => {
                let Ok(head) = CryptoHead::ref_from_bytes(value) else {
                    let bytes = value.len() as u64;
                    return Err(Fault::CryptoExtension { at, bytes }.into());
                };
                self.crypto = Some(Stretch {
                    offset: head.offset.get(),
                    bytes: head.length.get(),
                });
            }
            // What nobody knows yet is not needed to read a disk.
            _ => {}
        }
        Ok(())
    }

    /// Names for the incompatible features in `bits`, from the image's table
    /// where it has one.
    fn name(&self, bits: u64) -> String {
        let names: Vec<String> = (0..64_u8)
            .filter(|bit| bits >> bit & 1 == 1)
            .map(|bit| {
                let named = self
                    .feature_names
                    .iter()
                    .find(|(kind, number, name)| *kind == 0 && *number == bit && !name.is_empty());
                match named {
                    Some((_, _, name)) => format!("`{}` (bit {bit})", name.escape_debug()),
                    None => format!("bit {bit}"),
                }
            })
            .collect();
        names.join(", ")
    }
}

fn text(value: &[u8], what: &'static str) -> Result<String> {
    Ok(String::from_utf8(value.to_vec()).map_err(|_| Fault::Name(what))?)
}
