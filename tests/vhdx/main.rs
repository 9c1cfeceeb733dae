//! VHDX images made here byte by byte: what is read of them is what was stored, in any order
//! and pieces; overlays lie on their parents; a log that was not replayed is replayed in
//! memory, as far as it is whole; damaged images are refused with the error that tells what
//! is wrong, or read, but nothing else.

// A test program: its items are for itself, and a failed unwrap is a failed test.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

#[path = "../property/change.rs"]
mod change;
mod damage;
#[path = "../property/laws/vhdx.rs"]
mod laws;
mod log;
#[allow(dead_code)] // what the tests of whole programs make stands there too
#[path = "../support/vhdx.rs"]
mod made;
#[allow(dead_code)] // the other half is for the tests of the writer
#[path = "../property/model.rs"]
mod model;
mod reader;
