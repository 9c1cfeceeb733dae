//! What a definition can say, and a package that is there cannot be.

use super::members::nothing_called;
use super::named::{Named, in_machines, named};
use super::{Package, in_package};
use crate::base::{Error, ErrorKind};
use crate::vm::At;

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
    for named in named(definition) {
        inside.check(&named, &mut errors);
    }
    in_machines(definition, &At::default(), &mut |machine, at| {
        for (index, disk) in machine.disks.iter().enumerate() {
            let image = disk.image.as_deref();
            if image.and_then(in_package).is_none() {
                continue;
            }
            let asked = [
                ("size", disk.size.is_some()),
                ("snapshot", disk.snapshot.is_some()),
                ("format", disk.format.is_some()),
            ];
            for (key, _) in asked.into_iter().filter(|(_, asked)| *asked) {
                let error = Error::new(
                    ErrorKind::Unsupported,
                    format!("`{key}` of a disk that is in the package already cannot be chosen"),
                );
                let error = error.why("the disk is not read again").help(
                    "replace it: unpack it with `ovfkit unpack --disks`, and name that image",
                );
                errors.push((at.key("disks").index(index).key(key), error));
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
        let called = named(&package.recovered.definition).into_iter();
        let called = called.filter_map(|one| Some((one.in_package()?, one.href?.to_owned())));
        Self {
            names: files.iter().map(|file| file.href.clone()).collect(),
            called: called.collect(),
        }
    }

    /// Notes what is wrong with a file that is `named` as one of the package.
    fn check(&self, named: &Named<'_>, errors: &mut Vec<(At, Error)>) {
        let Some(name) = named.in_package() else {
            return;
        };
        let at = named.place.at();
        if !self.names.contains(&name) {
            let error = nothing_called("file", &name, &self.names);
            let key = if named.place.list == "files" {
                "path"
            } else {
                "image"
            };
            errors.push((at.key(key), error));
            return;
        }
        let Some(href) = named.href.filter(|href| *href != name) else {
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
