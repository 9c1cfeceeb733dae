//! What is written of tables and of the header.

use super::super::check::Survey;
use super::super::format::BITMAPS_CONSISTENT;
use crate::base::Result;
use crate::disk::step::{Batch, Edit, changed};

/// Where the header tells of the size, of the L1 table (entries, then its place), of the snapshots
/// (how many, then the place of their table), and of features that other writers have to take back.
pub(in crate::disk::qcow2) const SIZE_AT: u64 = 24;
pub(in crate::disk::qcow2) const L1_AT: u64 = 36;
pub(in crate::disk::qcow2) const SNAPSHOTS_AT: u64 = 60;
const AUTOCLEAR_AT: u64 = 88;
/// Bytes of a table that are handed on at a time.
pub(in crate::disk::qcow2) const PIECE: usize = 1 << 20;

/// Puts `bytes` at `offset`, in pieces.
pub(in crate::disk::qcow2) fn put_pieces(
    batch: &mut Batch<'_>,
    offset: u64,
    bytes: &[u8],
) -> Result<()> {
    for (piece, bytes) in (0..).zip(bytes.chunks(PIECE)) {
        batch.put(offset + piece * PIECE as u64, bytes.to_vec())?;
    }
    Ok(())
}

/// Takes back what an image tells of features that are not kept up here.
pub(in crate::disk::qcow2) fn keep_features(survey: &Survey<'_>) -> Result<Vec<Edit>> {
    if survey.header.version < 3 {
        return Ok(Vec::new());
    }
    let mut old = [0; 8];
    survey.read(AUTOCLEAR_AT, &mut old)?;
    let new = (u64::from_be_bytes(old) & BITMAPS_CONSISTENT).to_be_bytes();
    Ok(changed(AUTOCLEAR_AT, &old, &new))
}
