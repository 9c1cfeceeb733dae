//! First-boot configuration: read once, and put into each package in the way its target has.

mod put;
#[cfg(test)]
mod tests;

pub(in crate::ops) use put::{Seeding, image_name};

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Defined;
use crate::base::{Error, Result};
use crate::data::{Document, Format};
use crate::vm::seed::{CloudInit, Ignition, Part, SeedFault};
use crate::vm::{At, Definition, Problem, definition};

/// What the guest of a machine is told, and the guests of the machines in it.
#[derive(Debug, Default)]
pub(in crate::ops) struct Told {
    cloud_init: Option<CloudInit>,
    ignition: Option<Ignition>,
    members: Vec<Self>,
}

impl Told {
    /// Whether the guest is told anything.
    pub(in crate::ops) fn is_something(&self) -> bool {
        self.cloud_init.is_some() || self.ignition.is_some()
    }

    /// What the guests of the machines in it are told.
    pub(in crate::ops) fn members(&self) -> &[Self] {
        &self.members
    }
}

/// Reads all that `defined` names for cloud-init and Ignition. What is wrong with it is told
/// all at once.
pub(in crate::ops) fn read(defined: &Defined) -> Result<Told, Vec<Problem>> {
    let mut problems = Vec::new();
    let told = machine(defined, &defined.definition, &At::default(), &mut problems);
    if problems.is_empty() {
        Ok(told)
    } else {
        Err(problems)
    }
}

fn machine(
    defined: &Defined,
    definition: &Definition,
    at: &At,
    problems: &mut Vec<Problem>,
) -> Told {
    let files = definition.cloud_init.as_deref();
    let cloud_init =
        files.and_then(|files| cloud_init(defined, files, &at.key("cloud-init"), problems));
    let ignition = definition.ignition.as_deref().and_then(|path| {
        let at = at.key("ignition");
        let read = Ignition::read(&defined.path(&at, path));
        read.map_err(|error| problems.push(Problem { at, error }))
            .ok()
    });
    let list = at.key("machines");
    let members = definition.machines.iter().enumerate();
    let members = members
        .map(|(index, member)| machine(defined, member, &list.index(index), problems))
        .collect();
    Told {
        cloud_init,
        ignition,
        members,
    }
}

fn cloud_init(
    defined: &Defined,
    files: &definition::CloudInit,
    at: &At,
    problems: &mut Vec<Problem>,
) -> Option<CloudInit> {
    let path = |part: Part, text: &Option<String>| {
        let text = text.as_deref()?;
        Some(defined.path(&at.key(part.name()), text))
    };
    let Some(user_data) = path(Part::UserData, &files.user_data) else {
        let error = Error::from(SeedFault::NoUserData).help("name it as `user-data`");
        let at = at.clone();
        problems.push(Problem { at, error });
        return None;
    };
    let meta_data = path(Part::MetaData, &files.meta_data);
    let network_config = path(Part::NetworkConfig, &files.network_config);
    let vendor_data = path(Part::VendorData, &files.vendor_data);
    let read = CloudInit::from_files(
        &user_data,
        meta_data.as_deref(),
        network_config.as_deref(),
        vendor_data.as_deref(),
    );
    let error = match read {
        Ok(read) => return Some(read),
        Err(error) => error,
    };
    let paths = [Some(user_data), meta_data, network_config, vendor_data];
    let path = |part: usize| paths[part].as_deref();
    problems.extend(error.each().into_iter().map(|error| Problem {
        at: field(at, &error, path),
        error,
    }));
    None
}

/// The field of `at` that names the file `error` is about; `path` tells that of a part, by its
/// number among all.
fn field<'p>(at: &At, error: &Error, path: impl Fn(usize) -> Option<&'p Path>) -> At {
    let about: Option<&PathBuf> = error.place().path.as_ref();
    let mut parts = Part::ALL.iter().enumerate();
    let named = about.and_then(|about| parts.find(|(number, _)| path(*number) == Some(about)));
    let part = named.map_or(Part::UserData, |(_, part)| *part);
    at.key(part.name())
}

/// Reads a file for cloud-init that is a map.
fn read_map(path: &Path, text: &str) -> Result<Value> {
    let document = Document::foreign(path, text, Format::Yaml);
    let read = document.and_then(|document| document.read::<Map<String, Value>>());
    read.map(Value::Object)
        .map_err(|error| match error.advice() {
            Some(_) => error,
            None => error.help("write it in YAML or JSON, as a map of keys and values"),
        })
}
