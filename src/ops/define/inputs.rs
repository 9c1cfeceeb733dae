//! Whether the files a definition names are there and can be read.

use std::path::Path;

use super::{Defined, plan};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::open::OpenOptions;
use crate::ops::image::by_path;
use crate::vm::definition::Disk;
use crate::vm::{At, Definition};

/// How files are looked at.
pub(in crate::ops) struct Look<'l> {
    /// How disk images are opened that say nothing themselves.
    pub(in crate::ops) open: &'l OpenOptions,
    /// Whether a path means no file, but something that is known to be there.
    pub(in crate::ops) is_known: &'l dyn Fn(&str) -> bool,
}

/// What is wrong with the files that `definition`, that of `defined`, names.
pub(in crate::ops) fn check(
    defined: &Defined,
    definition: &Definition,
    look: &Look<'_>,
) -> Vec<Error> {
    let mut faults = Vec::new();
    machine(defined, definition, &At::default(), look, &mut faults);
    faults
}

/// That the file is there, and that something is in it.
fn whole_file(path: &Path) -> Result<()> {
    if FileStorage::open(path)?.length() == 0 {
        return Err(Error::new(ErrorKind::Invalid, "the file is empty")
            .at(path)
            .help("check that it was made completely"));
    }
    Ok(())
}

/// That the image of `disk`, at `at`, can be read and fits into its size; or the key that is at
/// fault, and why.
fn disk(
    defined: &Defined,
    disk: &Disk,
    at: &At,
    look: &Look<'_>,
) -> Result<(), (&'static str, Error)> {
    let image = disk.image.as_ref();
    let Some(image) = image.filter(|image| !(look.is_known)(image)) else {
        return Ok(());
    };
    let path = defined.path(&at.key("image"), image);
    let how = plan::how(disk.format.as_deref(), disk.snapshot.as_ref(), look.open);
    let opened = how.and_then(|how| by_path(&path, &how));
    let opened = opened.map_err(|error| ("image", error))?;
    let grown = opened.disk.grown(disk.size.map(|size| size.0));
    grown.map(drop).map_err(|error| ("size", error))
}

fn machine(
    defined: &Defined,
    definition: &Definition,
    at: &At,
    look: &Look<'_>,
    faults: &mut Vec<Error>,
) {
    let nothing = definition.disks.is_empty()
        && definition.cdroms.is_empty()
        && definition.floppies.is_empty();
    if nothing && definition.machines.is_empty() {
        let error = Error::usage("the machine has no disk and no CD to start from")
            .help("name an image, or write `disks: [IMAGE]` in the definition");
        faults.push(defined.at(&at.key("disks"), error));
    }
    for (index, disk) in definition.disks.iter().enumerate() {
        let at = at.key("disks").index(index);
        if let Err((key, error)) = self::disk(defined, disk, &at, look) {
            let at = at.key(key);
            faults.push(match key {
                "image" => defined.about_file(&at, error),
                _ => defined.at(&at, error),
            });
        }
    }
    let mut note = |at: At, text: &str, read: &dyn Fn(&Path) -> Result<()>| {
        if (look.is_known)(text) {
            return;
        }
        if let Err(error) = read(&defined.path(&at, text)) {
            faults.push(defined.about_file(&at, error));
        }
    };
    for (key, drives) in definition.drives() {
        for (index, drive) in drives.iter().enumerate() {
            let Some(image) = drive.image.as_deref().filter(|_| drive.content.is_none()) else {
                continue;
            };
            note(at.key(key).index(index).key("image"), image, &whole_file);
        }
    }
    for (index, file) in definition.files.iter().enumerate() {
        let at = at.key("files").index(index).key("path");
        note(at, &file.path, &whole_file);
    }
    for (index, bundle) in definition.strings.iter().enumerate() {
        let at = at.key("strings").index(index).key("file");
        note(at, &bundle.file, &whole_file);
    }
    let list = at.key("machines");
    for (index, member) in definition.machines.iter().enumerate() {
        machine(defined, member, &list.index(index), look, faults);
    }
}
