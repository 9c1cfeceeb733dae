//! Disks in several files: a descriptor, and extents beside it that are files of their own only
//! as long as disks are kept.

use std::collections::HashMap;
use std::path::Path;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::form::Form;
use crate::disk::vmdk::Described;
use crate::ova::name::SafeName;
use crate::ova::role::Role;

use super::job::Job;
use super::names::Patterns;
use super::source::Source;

/// The disks of a package that can be read where it lies, found before its members come.
#[derive(Default)]
pub(super) struct Several {
    /// How they are converted, when all of them came.
    pub(super) jobs: Vec<Job>,
    /// The numbers of those that members are parts of.
    numbers: HashMap<String, usize>,
}

impl Several {
    /// Those in `source` that are asked for by `only`.
    pub(super) fn foresee(source: &Source, only: &mut Patterns, form: &Form) -> Result<Self> {
        let mut found = Self::default();
        let members = source.foreseen();
        let by_path: HashMap<_, _> = members.iter().rev().map(|(p, m)| (p, m)).collect();
        for (path, member) in &members {
            let Some(storage) = source.storage_of(member)? else {
                break;
            };
            let extents = extents(&*storage, path);
            if extents.is_empty() || !only.want(path) {
                continue;
            }
            let Some(mut job) = Job::on(path, storage, form)? else {
                continue;
            };
            for name in extents {
                let beside = path_beside(path, &name);
                let extent = beside.as_ref().and_then(|path| by_path.get(path));
                if let Some(storage) = source.beside(member, &name, extent.copied())? {
                    job.beside.insert(name, storage);
                }
                if let (Some(path), Some(_)) = (beside, extent) {
                    found
                        .numbers
                        .entry(path.clone())
                        .or_insert(found.jobs.len());
                    job.own.push(path);
                }
            }
            job.own.push(path.clone());
            found.numbers.insert(path.clone(), found.jobs.len());
            found.jobs.push(job);
        }
        Ok(found)
    }

    /// The file that the member at `path` becomes a part of, if it does.
    pub(super) fn file_of(&self, path: &str) -> Option<&str> {
        let number = self.numbers.get(path)?;
        self.jobs.get(*number).map(|job| job.file.as_str())
    }
}

/// The names of the extents of the descriptor that is in `storage` and called `path`; none if
/// there is no descriptor. What is wrong with one is told when it is converted.
pub(super) fn extents(storage: &dyn Storage, path: &str) -> Vec<String> {
    let described = Described::read(storage, Path::new(path)).ok().flatten();
    described.map_or_else(Vec::new, |described| described.files().to_vec())
}

/// The path of the file `name` beside the one at `path`, if it may be an extent.
pub(super) fn path_beside(path: &str, name: &str) -> Option<String> {
    let path = SafeName::new(path.as_bytes()).ok()?.beside(name)?;
    (Role::of(path.as_str()) == Role::Content).then(|| path.to_string())
}
