//! The NoCloud seed image: a file system for a CD drive that cloud-init looks for by its name.

use hadris_fs::{Content, DateTime, Node, Tree};
use hadris_iso::{IsoId, IsoOptions};

use crate::base::{Error, ErrorKind, Result};

use super::fault::SeedFault;

/// The name of the volume. cloud-init looks for it in lower case too, which ISO 9660 does not
/// allow.
const VOLUME: &str = "CIDATA";
/// Who made it.
const APPLICATION: &str = "OVFKIT";
/// The last second a directory of ISO 9660 can tell, which counts years from 1900 in a byte
/// (ECMA-119 §9.1.5): the end of 2155.
const LAST_TIME: u64 = 5_869_583_999;

/// The image with `files`, all of which are as of `time`. Names of ISO 9660 proper are in
/// capitals and have no hyphen, so Linux gets them by Rock Ridge, and Windows, whose
/// cloudbase-init reads the same image, by Joliet.
pub(super) fn write(files: &[(&str, &[u8])], time: u64) -> Result<Vec<u8>> {
    let date = i64::try_from(time)
        .ok()
        .filter(|_| time <= LAST_TIME)
        .and_then(|seconds| DateTime::from_unix_seconds(seconds).ok())
        .ok_or(SeedFault::Late { time })?;
    let mut tree = Tree::new();
    for (name, bytes) in files {
        let file = Node::file(Content::bytes(*bytes));
        tree.insert(name, file).map_err(|error| broken(&error))?;
    }
    let options = IsoOptions::default()
        .with_id(IsoId::Volume, VOLUME)
        .with_id(IsoId::Application, APPLICATION)
        .with_rock_ridge()
        .with_joliet()
        .with_time(date);
    let mut image = Vec::new();
    let report = hadris_iso::sync::write(&mut image, &tree, &options);
    let report = report.map_err(|error| broken(&error))?;
    // A warning is something that is not in the image as it was given.
    match report.warnings().first() {
        Some(warning) => Err(broken(warning)),
        None => Ok(image),
    }
}

/// Nothing about such files can go wrong.
fn broken(what: &dyn std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("the seed image cannot be made: {what}"),
    )
}
