//! The file that has the id of a parent: an image does not tell its name.

use std::path::{Path, PathBuf};

use super::format::limits;
use super::header::id_of;
use crate::base::storage::FileStorage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::blocks::Uuid;
use crate::disk::gate::{Allowed, Gate};

/// The VDI that has `id`, which the image at `image` was made on. It is looked for in the
/// image's directory and the one above, where VirtualBox has the disks that snapshots are
/// of, and in the directories that are allowed, not below them; and only where `gate` is
/// open.
pub fn find(gate: &Gate, image: &Path, id: Uuid) -> Result<Allowed> {
    let name = format!("{{{id}}}");
    let directories = gate.places(image, "parent disk", &name)?;
    let mut found = Vec::<Allowed>::new();
    let mut looked_at = 0;
    for directory in &directories {
        for path in files(directory)? {
            looked_at += 1;
            if looked_at > limits::SEARCHED_FILES {
                return Err(Error::new(
                    ErrorKind::LimitExceeded,
                    format!(
                        "its parent disk {name} is none of the first {} files",
                        limits::SEARCHED_FILES
                    ),
                )
                .at(image)
                .help("allow a directory that has little but the disks: `--allow-backing DIR`"));
            }
            let Some(allowed) = gate.admit(&path) else {
                continue;
            };
            // What cannot be read may be anything; if it is the parent, that is told below.
            let its = FileStorage::open(&allowed.canonical).and_then(|storage| id_of(&storage));
            let again = found
                .iter()
                .any(|other| other.canonical == allowed.canonical);
            if its.is_ok_and(|its| its == Some(id)) && !again {
                found.push(allowed);
            }
        }
    }
    match <[Allowed; 1]>::try_from(found) {
        Ok([one]) => Ok(one),
        Err(none) if none.is_empty() => Err(missing(image, &name, &directories)),
        Err(several) => Err(Error::new(
            ErrorKind::Invalid,
            format!(
                "{} files have the id of its parent disk, {name}",
                several.len()
            ),
        )
        .at(image)
        .why(format!(
            "{} and {} both have it, and which of them is meant cannot be told",
            several[0].named.display(),
            several[1].named.display()
        ))
        .help("move the others to a directory that is not allowed")),
    }
}

/// The paths of what is in `directory`, in the order of their names.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let cannot = |error| Error::io("cannot look for a parent disk in", directory, error);
    let mut paths = Vec::new();
    let entries = std::fs::read_dir(directory).map_err(cannot)?;
    for entry in entries.take(limits::SEARCHED_FILES + 1) {
        let path = entry.map_err(cannot)?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn missing(image: &Path, name: &str, directories: &[PathBuf]) -> Error {
    let shown: Vec<_> = directories
        .iter()
        .map(|directory| directory.display().to_string())
        .collect();
    Error::new(
        ErrorKind::Invalid,
        format!("its parent disk {name} was not found"),
    )
    .at(image)
    .why(format!(
        "a VDI tells of its parent's id and not of its name; no file in {} has that id",
        shown.join(", ")
    ))
    .help("allow the directory it is in: `--allow-backing DIR`; `VBoxManage list hdds` tells where it was")
}
