//! What an image says of itself.

use schemars::JsonSchema;
use serde::Serialize;

use super::bitmap::Entries;
use super::encryption::Encryption;
use super::format::{bitmap, limits};
use super::header::{BitmapDirectory, Compression, Header, check_inside};
use super::snapshot::{self, Snapshot};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::about::{self, Specific};
use crate::disk::crypt::LuksAbout;

/// What only a qcow2 has. Names are those of `qemu-img info --output=json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct About {
    /// The version of QEMU that first read it: `0.10` of version 2, `1.1` of version 3.
    pub compat: &'static str,
    /// How compressed clusters are compressed, if there are any: `zlib` or `zstd`.
    pub compression_type: &'static str,
    /// Whether refcounts are written late.
    pub lazy_refcounts: bool,
    /// Bits of a refcount.
    pub refcount_bits: u32,
    /// Whether QEMU found damage in it.
    pub corrupt: bool,
    /// Whether clusters have subclusters.
    pub extended_l2: bool,
    /// The file that holds the data, as named in the image.
    pub data_file: Option<String>,
    /// Whether that file by itself is the disk.
    pub data_file_raw: Option<bool>,
    /// Which parts of the disk programs of backups saw written.
    pub bitmaps: Vec<Bitmap>,
    /// How the data is encrypted.
    pub encrypt: Option<Encrypt>,
}

/// A bitmap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Bitmap {
    /// Its name.
    pub name: String,
    /// Bytes of the disk that a bit stands for.
    pub granularity: u64,
    /// `auto` of one that goes on, `in-use` of one that was not closed and so is worth nothing.
    pub flags: Vec<&'static str>,
}

/// How data is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "format", rename_all = "lowercase")]
pub enum Encrypt {
    /// The old way.
    Aes,
    /// By LUKS.
    Luks(LuksAbout),
}

/// A state of the disk that was kept inside. Names are those of `qemu-img info --output=json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct SnapshotAbout {
    /// Unique id, usually a number.
    pub id: String,
    /// The name its user gave it.
    pub name: String,
    /// Bytes of the machine's memory and devices that were kept, too.
    pub vm_state_size: u64,
    /// When it was taken, in seconds since 1970.
    pub date_sec: u32,
    /// Nanoseconds to be added.
    pub date_nsec: u32,
    /// How long the machine had run, in seconds.
    pub vm_clock_sec: u64,
    /// Nanoseconds to be added.
    pub vm_clock_nsec: u64,
    /// The size the disk had, in bytes; older images do not tell.
    pub disk_size: Option<u64>,
}

const NANOSECONDS: u64 = 1_000_000_000;

impl From<Snapshot> for SnapshotAbout {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            id: snapshot.id,
            name: snapshot.name,
            vm_state_size: snapshot.vm_state_size,
            date_sec: snapshot.date.0,
            date_nsec: snapshot.date.1,
            vm_clock_sec: snapshot.vm_clock / NANOSECONDS,
            vm_clock_nsec: snapshot.vm_clock % NANOSECONDS,
            disk_size: snapshot.disk_size,
        }
    }
}

/// Reads what the image in `storage` says of itself.
pub(in crate::disk) fn about(storage: &dyn Storage) -> Result<about::About> {
    let header = Header::read(storage)?;
    let snapshots = snapshot::read_all(storage, &header)?;
    let mut warnings: Vec<_> = header.warnings().into_iter().map(str::to_owned).collect();
    let own = About {
        compat: if header.version == 2 { "0.10" } else { "1.1" },
        compression_type: match header.compression {
            Compression::Deflate => "zlib",
            Compression::Zstd => "zstd",
        },
        lazy_refcounts: header.lazy_refcounts,
        refcount_bits: 1 << header.refcount_order,
        corrupt: header.corrupt,
        extended_l2: header.extended_l2,
        data_file_raw: header.data_file.as_ref().map(|_| header.data_file_raw),
        data_file: header.data_file.clone(),
        bitmaps: bitmaps(storage, header.bitmaps).unwrap_or_else(|error| {
            // The disk can be read all the same.
            warnings.push(format!("its bitmaps cannot be listed: {}", error.message()));
            Vec::new()
        }),
        encrypt: header
            .encryption
            .as_ref()
            .map(|encryption| match encryption {
                Encryption::Aes => Encrypt::Aes,
                Encryption::Luks(luks) => Encrypt::Luks(luks.about()),
            }),
    };
    Ok(about::About {
        virtual_size: header.size,
        cluster_size: Some(header.cluster_size()),
        dirty_flag: header.dirty,
        encrypted: header.encryption.is_some(),
        warnings,
        backing_filename: header.backing_file,
        backing_filename_format: header.backing_format,
        snapshots: snapshots.into_iter().map(SnapshotAbout::from).collect(),
        format_specific: Some(Specific::Qcow2(own)),
    })
}

/// The bitmaps that `directory` lists, up to one that is cut off.
fn bitmaps(storage: &dyn Storage, directory: Option<BitmapDirectory>) -> Result<Vec<Bitmap>> {
    let Some(BitmapDirectory { count, place }) = directory.filter(|directory| {
        directory.count <= limits::BITMAPS
            && directory.place.bytes <= limits::BITMAP_DIRECTORY_BYTES
    }) else {
        return Ok(Vec::new());
    };
    check_inside(
        "bitmap directory",
        place.offset,
        place.bytes,
        storage.length(),
    )?;
    let mut bytes = vec![0; to_usize(place.bytes)];
    storage.read_exact_at(place.offset, &mut bytes)?;
    let flags = [(bitmap::IN_USE, "in-use"), (bitmap::AUTO, "auto")];
    let entries = Entries::new(&bytes, count).map_while(Result::ok);
    let bitmaps = entries.map(|entry| {
        let set = |(flag, _): &&(u32, &str)| entry.head.flags.get() & flag != 0;
        Bitmap {
            name: String::from_utf8_lossy(entry.name).into_owned(),
            granularity: 1_u64
                .checked_shl(entry.head.granularity_bits.into())
                .unwrap_or_default(),
            flags: flags.iter().filter(set).map(|(_, name)| *name).collect(),
        }
    });
    Ok(bitmaps.collect())
}
