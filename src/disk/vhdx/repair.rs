//! The log written into the file (2.3.3), and headers and region tables that were lost made
//! again from the other ones.
//!
//! Until the headers say that there is no log, it is there to be replayed once more.

use std::sync::Arc;

use super::format::REGION_TABLES_AT;
use super::header::Header;
use super::renew::{Written, write_headers};
use super::{log, region};
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
        write_headers(&**storage, &header, Written::File, take)?;
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
