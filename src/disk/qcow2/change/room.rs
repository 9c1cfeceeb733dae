//! Refcounts for clusters that are new.

use std::ops::Range;

use super::super::check::Survey;
use super::super::check::compare::Block;
use super::super::format::limits;
use crate::base::units::{exactly, to_usize};
use crate::base::{Error, ErrorKind, Result};

/// Where the refcounts of new clusters are, and of those that hold refcounts themselves.
pub(in crate::disk::qcow2) struct Room {
    /// All clusters that are new.
    pub(in crate::disk::qcow2) clusters: Range<u64>,
    /// The numbers of the refcount blocks that are new, each with its cluster.
    pub(in crate::disk::qcow2) blocks: Vec<(u64, u64)>,
    /// The clusters of a refcount table that reaches further, if one is needed.
    pub(in crate::disk::qcow2) table: Range<u64>,
}

impl Room {
    /// The room that the new clusters `taken` need behind them.
    pub(in crate::disk::qcow2) fn of(survey: &Survey<'_>, taken: Range<u64>) -> Result<Self> {
        let size = survey.header.cluster_size();
        let per_block = survey.packing().per(size);
        let Range { start, end: next } = taken;
        let mut end = next;
        loop {
            if start == end {
                return Ok(Self {
                    clusters: start..end,
                    blocks: Vec::new(),
                    table: end..end,
                });
            }
            let last = (end - 1) / per_block;
            let missing = (start / per_block..=last).filter(|number| {
                let block = survey.blocks.get(to_usize(*number));
                matches!(block, None | Some(Block::None))
            });
            let blocks: Vec<_> = missing.zip(next..).collect();
            let bytes = (last + 1) * 8;
            if bytes > limits::REFCOUNT_TABLE_BYTES {
                return Err(too_large(end * size));
            }
            let table = next + blocks.len() as u64;
            let table = if last < survey.header.refcounts.entries {
                table..table
            } else {
                table..table + bytes.div_ceil(size)
            };
            // Each pass may need more of them for those of the one before.
            if table.end == end {
                return Ok(Self {
                    clusters: start..end,
                    blocks,
                    table,
                });
            }
            end = table.end;
        }
    }
}

fn too_large(bytes: u64) -> Error {
    Error::new(
        ErrorKind::LimitExceeded,
        format!("the image would have {}", exactly(bytes)),
    )
    .why(
        "its refcount table has at most 8 MiB, which reaches no further with clusters of this size",
    )
    .help("`ovfkit convert -O qcow2 -o cluster_size=2M` makes an image that reaches further")
}
