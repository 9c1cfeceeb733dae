//! What changes of an image where it lies have in common.
//!
//! ```text
//! mod     the parts
//! admit   which images are changed
//! room    refcounts for clusters that are new
//! counts  refcounts raised before what is new is seen, and lowered after it
//! pairs   refcounts that become one or are it no more, each with the COPIED bit that tells so
//! write   what is written of tables, and of the header
//! ```
//!
//! The image is surveyed first, as a check does it: how often each cluster is used is known then,
//! and one that is damaged is refused. What is new stands where nothing leads to until it is
//! whole and counted. What makes the change seen is one step. Refcounts are raised before that
//! and lowered after it, so that a crash leaves leaks at the worst.
//!
//! A step may have taken a clone of the file in its place, so what was read may be as it was at
//! first or as the last step left it. No step is made of bytes that were read and differ between
//! the two.

pub(super) mod admit;
mod counts;
mod pairs;
mod room;
mod write;

pub(super) use counts::Counts;
pub(super) use pairs::{Active, Led};
pub(super) use room::Room;
pub(super) use write::{L1_AT, PIECE, SIZE_AT, SNAPSHOTS_AT, keep_features, put_pieces};
