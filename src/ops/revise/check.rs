//! What a definition can say, and a package that is there cannot be.

use super::members::{in_machines, nothing_called};
use super::{Package, in_package};
use crate::base::{Error, ErrorKind};
use crate::vm::{At, Definition};

/// What is wrong with the definition of `package` for a package that is there.
pub(super) fn check(package: &Package) -> Vec<(At, Error)> {
    let definition = &package.defined.definition;
    let mut errors = Vec::new();
    let said = [
        ("output", definition.output.is_some(), "name it with `-o`"),
        (
            "format",
            definition.format.is_some(),
            "an OVA stays one; `ovfkit unpack` makes files of it",
        ),
    ];
    for (key, _, help) in said.into_iter().filter(|(_, said, _)| *said) {
        let error = Error::usage(format!("`{key}` is for packages that are made, not edited"));
        errors.push((At::default().key(key), error.help(help)));
    }
    let inside = Inside::new(package);
    for (index, file) in definition.files.iter().enumerate() {
        let at = At::default().key("files").index(index);
        inside.check(
            Some(&file.path),
            file.href.as_deref(),
            &at,
            "path",
            &mut errors,
        );
    }
    in_machines(definition, &At::default(), &mut |machine, at| {
        for (index, disk) in machine.disks.iter().enumerate() {
            let at = at.key("disks").index(index);
            let (image, href) = (disk.image.as_deref(), disk.href.as_deref());
            inside.check(image, href, &at, "image", &mut errors);
            let asked = [
                ("size", disk.size.is_some()),
                ("snapshot", disk.snapshot.is_some()),
                ("format", disk.format.is_some()),
            ];
            let is_inside = image.is_some_and(|image| in_package(image).is_some());
            for (key, _) in asked.into_iter().filter(|(_, asked)| *asked && is_inside) {
                let error = Error::new(
                    ErrorKind::Unsupported,
                    format!("`{key}` of a disk that is in the package already cannot be chosen"),
                );
                let error = error.why("the disk is not read again").help(
                    "replace it: unpack it with `ovfkit unpack --disks`, and name that image",
                );
                errors.push((at.key(key), error));
            }
        }
        let drives = [("cdroms", &machine.cdroms), ("floppies", &machine.floppies)];
        for (list, drives) in drives {
            for (index, drive) in drives.iter().enumerate() {
                let at = at.key(list).index(index);
                let (image, href) = (drive.image.as_deref(), drive.href.as_deref());
                inside.check(image, href, &at, "image", &mut errors);
            }
        }
    });
    errors
}

/// The files that are in the package.
struct Inside {
    names: Vec<String>,
    /// What they are called in the definition that was made of it, where that is otherwise.
    called: Vec<(String, String)>,
}

impl Inside {
    fn new(package: &Package) -> Self {
        let files = &package.descriptor.reading.envelope.references.files;
        let mut called = Vec::new();
        let mut note = |path: Option<&str>, href: Option<&str>| {
            if let (Some(name), Some(href)) = (path.and_then(in_package), href) {
                called.push((name, href.to_owned()));
            }
        };
        let recovered: &Definition = &package.recovered.definition;
        for file in &recovered.files {
            note(Some(&file.path), file.href.as_deref());
        }
        in_machines(recovered, &At::default(), &mut |machine, _| {
            for disk in &machine.disks {
                note(disk.image.as_deref(), disk.href.as_deref());
            }
            for drive in machine.cdroms.iter().chain(&machine.floppies) {
                note(drive.image.as_deref(), drive.href.as_deref());
            }
        });
        Self {
            names: files.iter().map(|file| file.href.clone()).collect(),
            called,
        }
    }

    /// Notes what is wrong with the `path` of a file of the package, under `key` of what is at
    /// `at`, and with the name `href` it shall have.
    fn check(
        &self,
        path: Option<&str>,
        href: Option<&str>,
        at: &At,
        key: &'static str,
        errors: &mut Vec<(At, Error)>,
    ) {
        let Some(name) = path.and_then(in_package) else {
            return;
        };
        if !self.names.contains(&name) {
            let error = nothing_called("file", &name, &self.names);
            errors.push((at.key(key), error));
            return;
        }
        let Some(href) = href.filter(|href| *href != name) else {
            return;
        };
        let known = |(own, called): &(String, String)| *own == name && called == href;
        if !self.called.iter().any(known) {
            let error = Error::usage(format!("the file `{name}` keeps its name in the package"));
            let error = error.help("leave `href` out, or add the file under another name");
            errors.push((at.key("href"), error));
        }
    }
}
