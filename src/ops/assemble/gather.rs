//! The files of an archive, from wherever they lie; refused where they must not become files.

use std::io::Write as _;
use std::sync::Arc;

use tempfile::NamedTempFile;

use crate::base::output::Spool;
use crate::base::progress::{Observer, cancelled};
use crate::base::storage::FileStorage;
use crate::base::units::some_of;
use crate::base::{Error, Result};
use crate::ops::unpack::{check, names::Taken};
use crate::ova::archive::DEFAULT_TIME;
use crate::ova::header::{Dialect, Kind};
use crate::ova::name::{NameFault, SafeName};
use crate::ova::open::OpenArchive;
use crate::ova::reader::{End, Ending, StoredMember};
use crate::ova::role::Role;
use crate::validate::fix::PackageChange;

use super::part::Part;

/// How many names of members a message has room for.
pub(in crate::ops) const SHOWN: usize = 10;

/// The files of an archive, and what is left out of it.
pub(in crate::ops) struct Gathered {
    pub(in crate::ops) parts: Vec<Part>,
    pub(in crate::ops) changes: Vec<PackageChange>,
    /// The time of its first member.
    pub(in crate::ops) time: u64,
    /// All members as their headers have them, also those left out.
    pub(in crate::ops) stored: Vec<StoredMember>,
    /// How the archive ends.
    pub(in crate::ops) end: Option<End>,
    /// What came out of a stream; the parts lie in it.
    pub(in crate::ops) spool: Option<NamedTempFile>,
}

impl Gathered {
    pub(in crate::ops) fn read(
        mut archive: OpenArchive,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        let mut remarks = Remarks::default();
        let mut taken = Taken::default();
        let mut found: Vec<(SafeName, u64, usize)> = Vec::new();
        let mut stored: Vec<StoredMember> = Vec::new();
        let mut spool = match archive.storage {
            Some(_) => None,
            None => Some(spool()?),
        };
        let mut spooled = 0;
        while let Some(member) = archive.reader.next()? {
            let located = |error: Error| {
                error
                    .in_member(&member.name)
                    .at_offset(member.header_offset)
            };
            let Some(path) = remarks.path(&member).map_err(located)? else {
                stored.push(member);
                continue;
            };
            taken.file(path.as_str()).map_err(located)?;
            let at = match &mut spool {
                None => member.data_offset,
                Some(spool) => {
                    observer.begin(&member.name, member.size);
                    let at = spooled;
                    spooled += copy(&mut archive, spool, observer).map_err(Spool::place)?;
                    at
                }
            };
            found.push((path, at, stored.len()));
            stored.push(member);
        }
        let mut changes = remarks.into_changes();
        changes.extend(archive.wrapper.map(|wrapper| PackageChange {
            member: None,
            what: format!("taken out of the {wrapper} around it"),
        }));
        if let Some(end) = archive.reader.end()
            && (end.ending != Ending::Whole || end.trailing.is_some())
        {
            changes.push(PackageChange {
                member: None,
                what: "ended with two blocks of zeros, and nothing behind".to_owned(),
            });
        }
        let file = match (&archive.storage, &spool) {
            (_, Some(spool)) => Some(Arc::new(FileStorage::open(spool.path())?)),
            (storage, None) => storage.clone(),
        };
        let part = |(path, at, number): (SafeName, u64, usize)| {
            let (file, member): (&Arc<FileStorage>, _) = (file.as_ref()?, &stored[number]);
            let mut part = Part::new(path, Arc::clone(file), at, member.size);
            if let Ok(part) = &mut part {
                part.stored_at = member.data_offset;
            }
            Some(part)
        };
        let parts = found
            .iter()
            .cloned()
            .filter_map(part)
            .collect::<Result<_>>()?;
        let mut times = found.iter().map(|(_, _, number)| stored[*number].mtime);
        let time = times.find_map(|time| time).unwrap_or(DEFAULT_TIME);
        Ok(Self {
            parts,
            changes,
            time,
            end: archive.reader.end(),
            stored,
            spool,
        })
    }
}

/// A file to put members of a stream in.
fn spool() -> Result<NamedTempFile> {
    NamedTempFile::new().map_err(|error| Spool::place(Error::write(error)))
}

/// Copies the current member; tells how much it was.
fn copy(
    archive: &mut OpenArchive,
    spool: &mut NamedTempFile,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let mut chunk = vec![0; 1 << 20];
    let mut copied = 0;
    loop {
        let count = archive.reader.read(&mut chunk)?;
        if count == 0 {
            return Ok(copied);
        }
        spool.write_all(&chunk[..count]).map_err(Error::write)?;
        copied += count as u64;
        if observer.advanced(count as u64).is_break() {
            return Err(cancelled());
        }
    }
}

/// What is odd about the headers of an archive.
#[derive(Default)]
struct Remarks {
    leftovers: Vec<String>,
    directories: Vec<String>,
    renamed: Vec<String>,
    dialects: Vec<Dialect>,
}

impl Remarks {
    /// The path of a member that is a file; refused where it must not become one.
    fn path(&mut self, member: &StoredMember) -> Result<Option<SafeName>> {
        if member.dialect != Dialect::Ustar && !self.dialects.contains(&member.dialect) {
            self.dialects.push(member.dialect);
        }
        let is_directory = member.kind == Kind::Directory;
        if is_directory && member.path == Err(NameFault::Empty) {
            self.directories.push(member.name.clone());
            return Ok(None);
        }
        if member.role() == Role::Noise {
            self.leftovers.push(member.name.clone());
            return Ok(None);
        }
        check(member.kind, member.role(), member.size)?;
        let path = member.path.clone()?;
        if is_directory {
            self.directories.push(member.name.clone());
            return Ok(None);
        }
        if path.as_str() != member.name {
            self.renamed.push(member.name.clone());
        }
        Ok(Some(path))
    }

    fn into_changes(self) -> Vec<PackageChange> {
        let named = |what: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("{what}: {}", some_of(names, SHOWN)))
        };
        let dialects: Vec<_> = self.dialects.iter().map(|one| one.name()).collect();
        let dialects = (!dialects.is_empty()).then(|| {
            format!(
                "headers written as plain ustar, not {}",
                dialects.join(", ")
            )
        });
        let all = [
            dialects,
            named("leftovers of other programs left out", &self.leftovers),
            named("entries of directories left out", &self.directories),
            named("names written as plain paths", &self.renamed),
        ];
        let all = all.into_iter().flatten();
        all.map(|what| PackageChange { member: None, what })
            .collect()
    }
}
