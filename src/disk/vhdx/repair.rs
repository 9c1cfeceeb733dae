//! The log written into the file (2.3.3), and headers and region tables that were lost made
//! again from the other ones.
//!
//! Until the headers say that there is no log, it is there to be replayed once more.

use std::sync::Arc;

use zerocopy::{FromBytes as _, IntoBytes as _};

use super::format::{HEADER_BYTES, HEADERS_AT, HeaderBytes, REGION_TABLES_AT, checksum};
use super::guid::Guid;
use super::header::Header;
use super::{log, region};
use crate::base::digest::Algorithm;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{ErrorKind, Result};
use crate::disk::step::{Edit, Step};

/// Bytes written in one step, which are in memory.
const STEP_BYTES: u64 = 4 << 20;

/// Hands the steps that mend the image to `take`.
pub(in crate::disk) fn repair(
    storage: &Arc<dyn Storage>,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let header = Header::read(&**storage)?;
    let mut replayed: Arc<dyn Storage> = Arc::clone(storage);
    if let Some(id) = header.log_id {
        let replay = match log::replay(&**storage, header.log, id) {
            // What is lost cannot be written; the check has told of it.
            Err(error) if error.kind() == ErrorKind::Invalid => return Ok(()),
            replay => replay?,
        };
        let length = replay.length();
        if length > storage.length() {
            take(Step::Extend { length })?;
        }
        let places: Vec<_> = replay.places().collect();
        replayed = Arc::new(replay.over(Arc::clone(storage)));
        write_places(&*replayed, &places, take)?;
    }
    if header.log_id.is_some() || header.damaged.is_some() {
        write_headers(&**storage, &header, take)?;
    }
    write_region_table(&*replayed, take)
}

fn write_places(
    replayed: &dyn Storage,
    places: &[(u64, u64)],
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let (mut edits, mut bytes) = (Vec::new(), 0);
    for (start, end) in places {
        let mut at = *start;
        while at < *end {
            let now = (end - at).min(STEP_BYTES - bytes);
            let mut edit = vec![0; to_usize(now)];
            replayed.read_exact_at(at, &mut edit)?;
            edits.push(Edit {
                offset: at,
                bytes: edit,
            });
            (at, bytes) = (at + now, bytes + now);
            if bytes == STEP_BYTES {
                take(Step::Overwrite(std::mem::take(&mut edits)))?;
                bytes = 0;
            }
        }
    }
    if edits.is_empty() {
        return Ok(());
    }
    take(Step::Overwrite(edits))
}

/// Writes both headers, first the one that does not count, each newer than the one before.
fn write_headers(
    storage: &dyn Storage,
    header: &Header,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let mut bytes = vec![0; HEADER_BYTES];
    storage.read_exact_at(header.at, &mut bytes)?;
    let Ok((mut fields, _)) = HeaderBytes::read_from_prefix(&bytes) else {
        return Ok(());
    };
    let digest = Algorithm::Sha256.raw_digest(&bytes);
    // A new identifier tells that the file was written to. It has to be another one, no more.
    if let Ok((id, _)) = Guid::read_from_prefix(&digest) {
        fields.file_write = id;
    }
    fields.log = Guid::NONE;
    let other = HEADERS_AT.into_iter().find(|at| *at != header.at);
    for at in other.into_iter().chain([header.at]) {
        fields.sequence = fields.sequence.get().wrapping_add(1).into();
        let front = fields.as_mut_bytes();
        bytes[..front.len()].copy_from_slice(front);
        let sum = checksum(&bytes);
        bytes[4..8].copy_from_slice(&sum.to_le_bytes());
        take(Step::Overwrite(vec![Edit {
            offset: at,
            bytes: bytes.clone(),
        }]))?;
    }
    Ok(())
}

/// Writes the region table that was lost; of two that differ nobody knows which one is right.
fn write_region_table(
    replayed: &dyn Storage,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let (offset, bytes) = match region::tables(replayed)? {
        [None, Some(second)] => (REGION_TABLES_AT[0], second),
        [Some(first), None] => (REGION_TABLES_AT[1], first),
        _ => return Ok(()),
    };
    take(Step::Overwrite(vec![Edit { offset, bytes }]))
}
