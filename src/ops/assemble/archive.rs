//! An archive written of files that are there.

use std::fs::File;

use crate::base::progress::Observer;
use crate::base::{Error, ErrorKind, Result};
use crate::ova::PackageWriter as _;
use crate::ova::archive::{ArchiveWriter, NAME_BYTES};

use super::part::Part;

/// A member to be written.
pub(in crate::ops) struct Entry<'e> {
    pub(in crate::ops) name: String,
    pub(in crate::ops) body: Body<'e>,
}

/// What a member holds.
pub(in crate::ops) enum Body<'b> {
    Bytes(&'b [u8]),
    Part(&'b Part),
}

/// Writes an archive of `entries` to the file `output`, which is empty; tells its length.
pub(in crate::ops) fn write(
    entries: &[Entry<'_>],
    time: u64,
    output: &mut File,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let mut archive = ArchiveWriter::new(output, time, None);
    for entry in entries {
        match entry.body {
            Body::Bytes(bytes) => {
                archive.add(&entry.name, &mut |output| {
                    output.write_all(bytes).map_err(Error::write)
                })?;
            }
            Body::Part(part) => {
                archive.place(&entry.name, part.size(), &mut |output, at| {
                    part.copy(output, at, observer)
                })?;
            }
        }
    }
    archive.finish()
}

/// Refuses the name of a member that a header has no room for.
pub(in crate::ops) fn check_length(name: &str) -> Result<()> {
    if name.len() <= NAME_BYTES {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::LimitExceeded,
        format!(
            "a member's name has {} bytes; an OVA holds at most {NAME_BYTES}",
            name.len()
        ),
    )
    .in_member(name)
    .why("importers do not read the fields of a header that could hold more")
    .help("unpack the package, give the file a shorter name, also in the descriptor, and pack it"))
}
