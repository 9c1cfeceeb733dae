//! Packages changed where they lie and written anew: what stays, byte for byte, what is written,
//! and what other programs make of it.

// GNU tar and sha256sum are witnesses, and the places of blocks are looked at.
#![cfg(unix)]

mod archive;
mod directory;
mod scene;
mod seals;
#[path = "../support/tar.rs"]
mod tar;
