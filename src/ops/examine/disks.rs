//! Disks where they lie: what their headers tell, and all of those that are no streams.

use std::path::Path;
use std::sync::Arc;

use crate::base::progress::{Observer, cancelled};
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::alone::{self, Alone};
use crate::disk::kind::Kind as DiskKind;
use crate::disk::{DiskSource, ExtentKind, vmdk};
use crate::ova::header::Kind;
use crate::validate::package::{Disk, DiskContent, Member};

use super::{Depth, Examine};

/// Bytes read at a time.
const CHUNK: u64 = 1 << 20;

/// Looks at the disk that `member` is, if it is one and lies in `storage`.
pub(super) fn look(
    request: &Examine<'_>,
    member: &mut Member,
    storage: Arc<dyn Storage>,
    observer: &mut dyn Observer,
) -> Result<()> {
    if member.stored.kind != Kind::File {
        return Ok(());
    }
    if member.disk.is_none() {
        member.disk = DiskKind::in_storage(&*storage)?.map(Disk::new);
    }
    let Some(disk) = &mut member.disk else {
        return Ok(());
    };
    let path = Path::new(&member.stored.name);
    if disk.kind == DiskKind::Vmdk && disk.unreadable.is_none() {
        match vmdk::summary(&*storage, path) {
            Ok(summary) => {
                disk.capacity = Some(summary.capacity);
                disk.vmdk = Some(summary);
            }
            Err(error) => disk.unreadable = Some(of_the_disk(error)?),
        }
    }
    // What a VMDK says of itself is known, and a stream was looked at.
    let known = request.depth != Depth::Content || disk.content.is_some();
    let opened = match disk.kind {
        DiskKind::Vmdk if known => Ok(None),
        kind => alone::open(kind, storage, path, None),
    };
    take(request, &member.stored.name, disk, opened, observer)
}

/// Takes down what is known of the `disk` called `name` now that it was `opened`.
pub(super) fn take(
    request: &Examine<'_>,
    name: &str,
    disk: &mut Disk,
    opened: Result<Option<Alone>>,
    observer: &mut dyn Observer,
) -> Result<()> {
    match opened {
        Ok(None) => {}
        Ok(Some(Alone {
            source,
            variant,
            encryption,
            vhdx,
            ..
        })) => {
            disk.variant = variant;
            disk.encryption = encryption;
            disk.vhdx = vhdx;
            disk.capacity = Some(source.capacity());
            // Nobody here knows the secret of an encrypted one.
            if request.depth == Depth::Content && encryption.is_none() {
                observer.begin(name, source.capacity());
                disk.content = Some(read_through(&*source, observer)?);
            }
        }
        Err(error) => {
            disk.unreadable.get_or_insert(of_the_disk(error)?);
        }
    }
    Ok(())
}

/// An error of reading tells of the disk, unless it is the system's or the user's.
fn of_the_disk(error: Error) -> Result<Error> {
    match error.kind() {
        ErrorKind::Io | ErrorKind::Cancelled | ErrorKind::Internal => Err(error),
        _ => Ok(error),
    }
}

/// Reads all that is stored of `source`, up to what cannot be read.
fn read_through(source: &dyn DiskSource, observer: &mut dyn Observer) -> Result<DiskContent> {
    let (mut offset, mut populated) = (0, 0);
    let mut buffer = vec![0; to_usize(CHUNK)];
    while offset < source.capacity() {
        let step = source.extent_at(offset).and_then(|extent| {
            if extent.kind == ExtentKind::Zero {
                return Ok((extent.length, 0));
            }
            // Up to where blocks begin, which are read whole in any case.
            let boundary = (offset / CHUNK + 1) * CHUNK - offset;
            let length = extent.length.min(boundary);
            source.read_at(offset, &mut buffer[..to_usize(length)])?;
            Ok((length, length))
        });
        match step {
            Ok((length, stored)) => {
                offset += length;
                populated += stored;
                if observer.advanced(length).is_break() {
                    return Err(cancelled());
                }
            }
            Err(error) => {
                let fault = Some(of_the_disk(error)?);
                return Ok(DiskContent::Read { populated, fault });
            }
        }
    }
    Ok(DiskContent::Read {
        populated,
        fault: None,
    })
}
