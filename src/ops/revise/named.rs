//! The files a definition names.

use super::in_package;
use crate::vm::{At, Definition};

/// A file a definition names.
pub(super) struct Named<'d> {
    pub(super) place: Place,
    /// What it is called where it is.
    pub(super) path: &'d str,
    /// What it is called in the package, where that is said.
    pub(super) href: Option<&'d str>,
}

impl Named<'_> {
    /// The name of the file of the package it is, if it is one.
    pub(super) fn in_package(&self) -> Option<String> {
        in_package(self.path)
    }
}

/// Where in a definition a file is named.
pub(super) struct Place {
    pub(super) machine: At,
    pub(super) list: &'static str,
    pub(super) index: usize,
}

impl Place {
    pub(super) fn at(&self) -> At {
        self.machine.key(self.list).index(self.index)
    }
}

/// The files `definition` names: those packed as they are, and what is in disks and drives.
pub(super) fn named(definition: &Definition) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    in_machines(definition, &At::default(), &mut |machine, at| {
        let files = machine.files.iter().enumerate();
        let files =
            files.map(|(index, file)| ("files", index, Some(&file.path), file.href.as_deref()));
        let disks = machine.disks.iter().enumerate();
        let disks =
            disks.map(|(index, disk)| ("disks", index, disk.image.as_ref(), disk.href.as_deref()));
        let drives = machine.drives().into_iter().flat_map(|(list, drives)| {
            let drives = drives.iter().enumerate();
            drives.map(move |(index, drive)| {
                (list, index, drive.image.as_ref(), drive.href.as_deref())
            })
        });
        for (list, index, path, href) in files.chain(disks).chain(drives) {
            let Some(path) = path else { continue };
            let machine = at.clone();
            found.push(Named {
                place: Place {
                    machine,
                    list,
                    index,
                },
                path,
                href,
            });
        }
    });
    found
}

/// Hands `act` each machine in `definition`, with its place.
pub(super) fn in_machines<'d>(
    definition: &'d Definition,
    at: &At,
    act: &mut impl FnMut(&'d Definition, &At),
) {
    act(definition, at);
    for (index, member) in definition.machines.iter().enumerate() {
        in_machines(member, &at.key("machines").index(index), act);
    }
}
