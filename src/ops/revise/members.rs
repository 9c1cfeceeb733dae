//! Machines, disks and files by the names they have in a package.

use super::Package;
use super::named::{Place, in_machines, named};
use crate::base::units::some_of;
use crate::base::{Error, Result};
use crate::vm::definition::{Brief, Disk, ExtraFile, Word};
use crate::vm::{At, Definition};

/// The most names an error lists.
const SHOWN: usize = 8;

impl Package {
    /// Adds the disk image `path` to the machine at `machine`, as `option` asks.
    pub fn add_disk(&mut self, machine: &At, path: &str, option: &'static str) -> Result<()> {
        let disk = Disk::from_word(path).map_err(|error| error.in_option(option))?;
        let definition = self.defined.machine_mut(machine);
        let at = machine.key("disks").index(definition.disks.len());
        definition.disks.push(Brief(disk));
        self.defined.given(at, option);
        Ok(())
    }

    /// Adds the file `path` as it is, as `option` asks.
    pub fn add_file(&mut self, path: &str, option: &'static str) {
        let at = At::default()
            .key("files")
            .index(self.defined.definition.files.len());
        self.defined.definition.files.push(Brief(ExtraFile {
            path: path.to_owned(),
            ..ExtraFile::default()
        }));
        self.defined.given(at, option);
    }

    /// Puts the file `path` in the place of the one called `name`, as `option` asks.
    pub fn replace(&mut self, name: &str, path: &str, option: &'static str) -> Result<()> {
        let uses = self.uses(name, option)?;
        for used in uses {
            match used.list {
                "disks" => {
                    let disk = &mut self.defined.machine_mut(&used.machine).disks[used.index];
                    disk.image = Some(path.to_owned());
                    disk.href = Some(name.to_owned());
                }
                "cdroms" | "floppies" => {
                    let machine = self.defined.machine_mut(&used.machine);
                    let drives = if used.list == "cdroms" {
                        &mut machine.cdroms
                    } else {
                        &mut machine.floppies
                    };
                    let drive = &mut drives[used.index];
                    drive.image = Some(path.to_owned());
                    drive.href = Some(name.to_owned());
                }
                _ => {
                    let file = &mut self.defined.machine_mut(&used.machine).files[used.index];
                    path.clone_into(&mut file.path);
                    file.href = Some(name.to_owned());
                }
            }
            self.defined.given(used.at(), option);
        }
        Ok(())
    }

    /// Takes the file called `name` out, with the disk that is in it; the drive it is in stays,
    /// empty.
    pub fn remove(&mut self, name: &str, option: &'static str) -> Result<()> {
        // From the last on, so that the places of the others stay what they are.
        for used in self.uses(name, option)?.into_iter().rev() {
            let machine = self.defined.machine_mut(&used.machine);
            match used.list {
                "disks" => {
                    machine.disks.remove(used.index);
                }
                "cdroms" => machine.cdroms[used.index].image = None,
                "floppies" => machine.floppies[used.index].image = None,
                _ => {
                    machine.files.remove(used.index);
                }
            }
        }
        Ok(())
    }

    /// Takes the property `key` out, wherever it is.
    pub fn remove_property(&mut self, key: &str, option: &'static str) -> Result<()> {
        let mut known = Vec::new();
        if !without_property(&mut self.defined.definition, key, &mut known) {
            return Err(nothing_called("property", key, &known).in_option(option));
        }
        Ok(())
    }

    /// Where the file called `name` is named.
    fn uses(&self, name: &str, option: &'static str) -> Result<Vec<Place>> {
        let mut uses = Vec::new();
        let mut known = Vec::new();
        for named in named(&self.defined.definition) {
            match named.in_package() {
                Some(own) if own == name => uses.push(named.place),
                Some(own) if !known.contains(&own) => known.push(own),
                _ => {}
            }
        }
        if uses.is_empty() {
            return Err(nothing_called("file", name, &known).in_option(option));
        }
        Ok(uses)
    }
}

/// Whether the property `key` was in `definition`, in which it is not any more.
fn without_property(definition: &mut Definition, key: &str, known: &mut Vec<String>) -> bool {
    let mut found = definition.properties.shift_remove(key).is_some();
    known.extend(definition.properties.keys().cloned());
    for product in definition.product.iter_mut() {
        found |= product.properties.shift_remove(key).is_some();
        known.extend(product.properties.keys().cloned());
    }
    for option in definition.configurations.values_mut() {
        option.properties.shift_remove(key);
    }
    for member in &mut definition.machines {
        found |= without_property(member, key, known);
    }
    found
}

/// The error for a `name` that nothing has; those that are `known` are listed.
pub(super) fn nothing_called(what: &str, name: &str, known: &[String]) -> Error {
    let error = Error::usage(format!("there is no {what} `{name}` in the package"));
    if known.is_empty() {
        return error.help("it has none at all");
    }
    error.help(format!("there are {}", some_of(known, SHOWN)))
}

/// Where the member `name` of a vApp is in `definition`.
pub(super) fn machine(definition: &Definition, name: &str) -> Result<At> {
    let mut found = None;
    let mut known = Vec::new();
    in_machines(definition, &At::default(), &mut |machine, at| {
        if !machine.machines.is_empty() {
            return;
        }
        let called = [machine.id.as_deref(), machine.name.as_deref()];
        if found.is_none() && called.contains(&Some(name)) {
            found = Some(at.clone());
        }
        known.extend(
            called
                .iter()
                .flatten()
                .last()
                .map(|name| (*name).to_owned()),
        );
    });
    found.ok_or_else(|| nothing_called("machine", name, &known))
}
