//! What the tests that run the real program share: a place to work, outside
//! programs to compare with, and a reader of streamOptimized extents that owes
//! nothing to the one under test.

// Every test binary compiles this and uses its part of it.
#![allow(dead_code)]

pub(crate) mod appliances;
pub(crate) mod bench;
pub(crate) mod cats;
pub(crate) mod content;
pub(crate) mod corpus;
pub(crate) mod documentation;
pub(crate) mod esx;
pub(crate) mod locked;
pub(crate) mod pairs;
pub(crate) mod parallel;
pub(crate) mod planned;
pub(crate) mod qcow2;
pub(crate) mod refusal;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod step;
pub(crate) mod stream;
pub(crate) mod tools;
pub(crate) mod vdi;
pub(crate) mod vhd;
pub(crate) mod vhdx;
pub(crate) mod views;

/// `ovfkit`'s exit codes, as its help tells them.
pub(crate) mod exit {
    pub(crate) const USAGE: i32 = 2;
    pub(crate) const INVALID: i32 = 3;
    pub(crate) const UNSUPPORTED: i32 = 4;
    pub(crate) const DENIED: i32 = 5;
    pub(crate) const IO: i32 = 6;
    pub(crate) const LIMIT: i32 = 8;
}

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
