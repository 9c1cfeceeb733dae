//! Properties that hold for every disk: what is read is what was stored, in
//! whatever order and pieces; what is written reads back; the plan leaves
//! nothing out; and the number of threads changes nothing. For every descriptor: what is
//! read of it is what is written of it, and read again. For every archive, manifest and
//! signature: damage is survived. For every tree of data: its formats say the same. And what
//! a guest is told comes out as it went in.

// A test program: its items are for itself, and a failed unwrap is a failed test.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod archive;
mod blocks;
mod blocks_writer;
mod change;
mod counter;
mod data;
mod described;
mod descriptor;
mod hosted;
mod image;
mod islands;
mod kept;
mod laws;
mod model;
mod package;
mod planner;
mod qcow2_image;
mod qcow2_writer;
mod reader;
mod resized;
mod seed;
#[path = "../support/tar.rs"]
mod tar_file;
#[path = "../support/vdi.rs"]
mod vdi_file;
#[path = "../support/vhd.rs"]
mod vhd_file;
mod vmdk_file;
mod writer;
#[path = "../support/zip.rs"]
mod zip_file;
