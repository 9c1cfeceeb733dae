//! `ovfkit disk`: disk images by themselves. A file a verb.

mod check;
mod compare;
mod create;
mod info;
mod map;
mod measure;
mod resize;
mod snapshots;

use std::process::ExitCode;

use clap::Subcommand;

use crate::base::Result;

#[derive(Debug, Subcommand)]
pub(super) enum Disk {
    /// Check that an image is whole, and repair it
    Check(check::Arguments),
    /// Tell whether two images hold the same disk
    Compare(compare::Arguments),
    /// Make an image with nothing on it
    Create(create::Arguments),
    /// Show what an image says of itself
    Info(info::Arguments),
    /// Show which parts of a disk are stored
    Map(map::Arguments),
    /// Tell how large an image becomes in another format
    Measure(measure::Arguments),
    /// Show the internal snapshots of a qcow2, make, apply and delete them
    Snapshots(snapshots::Arguments),
    /// Give a disk another size, where its image lies
    Resize(resize::Arguments),
}

pub(super) fn run(verb: &Disk) -> Result<ExitCode> {
    match verb {
        Disk::Check(arguments) => check::run(arguments),
        Disk::Compare(arguments) => compare::run(arguments),
        Disk::Create(arguments) => create::run(arguments).map(|()| ExitCode::SUCCESS),
        Disk::Info(arguments) => info::run(arguments).map(|()| ExitCode::SUCCESS),
        Disk::Map(arguments) => map::run(arguments).map(|()| ExitCode::SUCCESS),
        Disk::Measure(arguments) => measure::run(arguments).map(|()| ExitCode::SUCCESS),
        Disk::Snapshots(arguments) => snapshots::run(arguments).map(|()| ExitCode::SUCCESS),
        Disk::Resize(arguments) => resize::run(arguments).map(|()| ExitCode::SUCCESS),
    }
}
