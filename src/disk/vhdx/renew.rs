//! The headers written anew, as they have to be before anything else of a file is changed.

use zerocopy::{FromBytes as _, IntoBytes as _};

use super::format::{HEADER_BYTES, HEADERS_AT, HeaderBytes, seal};
use super::guid::Guid;
use super::header::Header;
use crate::base::Result;
use crate::base::digest::Algorithm;
use crate::base::storage::Storage;
use crate::disk::step::{Edit, Step};

/// What is about to be written to (2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// The file, of which the guest sees the same.
    File,
    /// What the guest sees, of which its size is a part.
    Data,
}

/// Writes both headers, first the one that does not count, each newer than the one before.
pub(super) fn write_headers(
    storage: &dyn Storage,
    header: &Header,
    written: Written,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let mut bytes = vec![0; HEADER_BYTES];
    storage.read_exact_at(header.at, &mut bytes)?;
    let Ok((mut fields, _)) = HeaderBytes::read_from_prefix(&bytes) else {
        return Ok(());
    };
    let digest = Algorithm::Sha256.raw_digest(&bytes);
    // A new identifier tells of what was written. It has to be another one, no more.
    if let Ok((id, rest)) = Guid::read_from_prefix(&digest) {
        fields.file_write = id;
        if written == Written::Data
            && let Ok((id, _)) = Guid::read_from_prefix(rest)
        {
            fields.data_write = id;
        }
    }
    fields.log = Guid::NONE;
    let other = HEADERS_AT.into_iter().find(|at| *at != header.at);
    for at in other.into_iter().chain([header.at]) {
        fields.sequence = fields.sequence.get().wrapping_add(1).into();
        let front = fields.as_mut_bytes();
        bytes[..front.len()].copy_from_slice(front);
        seal(&mut bytes);
        take(Step::Overwrite(vec![Edit {
            offset: at,
            bytes: bytes.clone(),
        }]))?;
    }
    Ok(())
}
