//! Sparse extents of every geometry and layout, made here byte by byte: what is
//! read of them is what was stored; the strict check finds nothing in good
//! streams and every flipped bit in bad ones; damaged ones are refused with the
//! error that tells what is wrong.

// A test program: its items are for itself, and a failed unwrap is a failed test.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod check;
mod damage;
mod damage_extents;
mod damage_headers;
#[path = "../support/esx.rs"]
mod esx;
mod extents;
mod image;
#[path = "../property/laws/extent.rs"]
mod laws;
#[allow(dead_code)] // the other half is for the tests of the writer
#[path = "../property/model.rs"]
mod model;
mod reader;
mod repair;
