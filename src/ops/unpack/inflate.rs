//! Disks in gzip, as `ovf:compression` has them. A disk is read at many places at once
//! and a gzip stream only from its front, so it is inflated to a file first.

use std::io::{self, Read, Write as _};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tempfile::NamedTempFile;

use crate::base::progress::{Observer, cancelled};
use crate::base::sequential::Sequential;
use crate::base::storage::{FileStorage, Storage};
use crate::base::units::MIB;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::vmdk;
use crate::ova::staging::Staging;
use crate::ova::wrapper::{Wrapper, unwrap};

const MAGIC: [u8; 2] = [0x1F, 0x8B];

/// What may come out for a disk of no bytes; every byte of the disk adds as much and a
/// quarter. Deflated grains of 4 KiB that cannot be compressed take an eighth more.
const LEAST_BYTES: u64 = 64 * MIB;

/// Whether `storage` is a gzip stream with a disk in it.
pub(super) fn holds_disk(storage: &Arc<dyn Storage>) -> Result<bool> {
    let mut magic = [0; MAGIC.len()];
    if storage.length() < magic.len() as u64 {
        return Ok(false);
    }
    storage.read_exact_at(0, &mut magic)?;
    let mut front = [0; vmdk::MAGIC.len()];
    Ok(magic == MAGIC
        && stream(Sequential::new(Arc::clone(storage)))
            .and_then(|mut inside| inside.read_exact(&mut front))
            .is_ok()
        && front == vmdk::MAGIC)
}

/// A disk that was inflated; its file goes when this is dropped.
pub(super) struct Inflated(NamedTempFile);

impl Inflated {
    /// The disk, to be read at any place.
    pub(super) fn storage(&self) -> Result<FileStorage> {
        FileStorage::open(self.0.path())
    }
}

/// Inflates the disk `name` in `storage` to a file beside those of `staging`.
pub(super) fn inflate(
    storage: &Arc<dyn Storage>,
    name: &str,
    staging: &Staging,
    observer: &mut dyn Observer,
) -> Result<Inflated> {
    observer.begin(name, storage.length());
    let packed = Sequential::new(Arc::clone(storage));
    let position = packed.position();
    let mut inside = stream(packed).map_err(explain)?;
    let mut output = staging.scratch()?;

    let mut sector = [0; vmdk::SECTOR_BYTES];
    inside.read_exact(&mut sector).map_err(explain)?;
    let capacity = vmdk::header_capacity(&sector)?;
    let most = (capacity + capacity / 4).saturating_add(LEAST_BYTES);
    output.write_all(&sector).map_err(Error::write)?;

    let mut chunk = vec![0; 1 << 20];
    let (mut size, mut told) = (sector.len() as u64, 0);
    loop {
        let count = match inside.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(explain(error)),
        };
        size += count as u64;
        if size > most {
            return Err(too_much(capacity));
        }
        output.write_all(&chunk[..count]).map_err(Error::write)?;
        let now = position.load(Ordering::Relaxed);
        if observer.advanced(now - told).is_break() {
            return Err(cancelled());
        }
        told = now;
    }
    Ok(Inflated(output))
}

fn stream(packed: Sequential) -> io::Result<Box<dyn Read>> {
    unwrap(Wrapper::Gzip, Box::new(packed))
}

/// What an error of the stream means: ovfkit's own pass through, others come from the
/// decompressor.
fn explain(error: io::Error) -> Error {
    error.downcast::<Error>().unwrap_or_else(|error| {
        Error::new(
            ErrorKind::Invalid,
            format!("the gzip the disk is in is damaged: {error}"),
        )
        .why("the file was cut short or changed on its way")
        .help("fetch the package again and compare its checksum with the publisher's")
    })
}

fn too_much(capacity: u64) -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        format!("more comes out of the gzip than a disk of {capacity} bytes can take"),
    )
    .why("a small file made to fill a disk looks like this")
    .help("if you trust it, unpack it as it is (`--disks keep`) and look into it with gunzip")
}
