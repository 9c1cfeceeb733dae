//! A zip archive around a package: with an OVA in it, or with the files of one.
//!
//! Where everything is stands at its end, so it is read from a file only. What the list
//! there says is checked as a whole before a file is read: sizes that a small archive
//! cannot have, files that share bytes, methods nobody here knows.

mod checked;
mod entry;
mod fault;
mod feed;

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rawzip::{MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive, ZipLocator};

use super::reader::MAX_MEMBERS;
use super::role::Role;
use super::wrapper::{FREE_EXPANSION, MAX_EXPANSION};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

use entry::{Entry, EntryKind};
pub use fault::ZipFault;
pub(super) use feed::Files;

/// What is in a zip archive.
pub(super) enum Inside {
    /// One file, an OVA.
    Ova(Box<dyn Read>),
    /// The files of a package.
    Files(Files),
}

/// Looks into the zip archive in `storage`, called `path`.
pub(super) fn open(storage: Arc<dyn Storage>, path: &Path) -> Result<Inside> {
    let inside = |error: crate::base::Error| error.at(path);
    let mut entries = list(&storage).map_err(inside)?;
    check(&entries, storage.length()).map_err(|fault| inside(fault.into()))?;
    let is_file = |entry: &&Entry| entry.kind == EntryKind::File;
    let has_descriptor = entries
        .iter()
        .filter(is_file)
        .any(|entry| entry.role() == Role::Descriptor);
    if !has_descriptor {
        let is_ova = |entry: &&Entry| entry.is_ova();
        let packages: Vec<_> = entries.iter().filter(is_file).filter(is_ova).collect();
        match packages.as_slice() {
            [] => {}
            [only] => return Ok(Inside::Ova(only.open(&storage).map_err(inside)?)),
            several => {
                let names = several.iter().map(|entry| entry.shown()).collect();
                return Err(inside(ZipFault::Several { names }.into()));
            }
        }
    }
    // As an OVA has them: who reads only the texts need not read the disks.
    entries.sort_by_key(|entry| match entry.role() {
        Role::Descriptor => 0,
        Role::Manifest => 1,
        Role::Certificate => 2,
        Role::Noise | Role::Content => 3,
    });
    Ok(Inside::Files(Files::new(storage, path, entries)))
}

/// The files the archive lists.
fn list(storage: &Arc<dyn Storage>) -> Result<Vec<Entry>> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let located = ZipLocator::new().locate_in_reader(At(storage), &mut buffer, storage.length());
    let archive: ZipArchive<At<'_>> = located.map_err(|(_, error)| fault::damaged(error))?;
    let mut listed = archive.entries(&mut buffer);
    let mut entries = Vec::new();
    while let Some(record) = listed.next_entry().map_err(fault::damaged)? {
        if entries.len() == MAX_MEMBERS {
            return Err(ZipFault::Members.into());
        }
        entries.push(Entry::read(&archive, &record)?);
    }
    if entries.len() as u64 != archive.entries_hint() {
        let says = format!(
            "it lists {} files and counts {}",
            entries.len(),
            archive.entries_hint()
        );
        return Err(ZipFault::Damaged { says }.into());
    }
    Ok(entries)
}

/// Refuses what an archive of `length` bytes made for its purpose does not have.
fn check(entries: &[Entry], length: u64) -> Result<(), ZipFault> {
    let most = length
        .saturating_mul(MAX_EXPANSION)
        .saturating_add(FREE_EXPANSION);
    let sizes = entries.iter().map(|entry| entry.size);
    if sizes.fold(0, u64::saturating_add) > most {
        return Err(ZipFault::Bomb);
    }
    let mut places: Vec<_> = entries.iter().collect();
    places.sort_by_key(|entry| (entry.place.start, entry.place.end));
    let mut taken = 0;
    for entry in places {
        if entry.place.is_empty() {
            continue;
        }
        if entry.place.start < taken || entry.place.end > length {
            let name = entry.shown();
            return Err(ZipFault::Place { name });
        }
        taken = entry.place.end;
    }
    Ok(())
}

/// A storage as the library wants it.
struct At<'s>(&'s Arc<dyn Storage>);

impl ReaderAt for At<'_> {
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.0.length().saturating_sub(offset);
        let count = to_usize(left.min(buf.len() as u64));
        let read = self.0.read_exact_at(offset, &mut buf[..count]);
        read.map_err(io::Error::other)?;
        Ok(count)
    }
}
