//! Disks of a package, converted to what a platform takes.
//!
//! A disk that can be read where it lies, in a plain archive or beside the descriptor,
//! is converted from there while it is digested: nothing is written but the result. One
//! out of a stream or a wrapper has to be kept until then, and so has one in chunks,
//! whose last one comes last.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use crate::base::Result;
use crate::base::joined::Joined;
use crate::base::progress::Observer;
use crate::base::storage::Storage;
use crate::disk::detect::Format;
use crate::disk::form::Form;
use crate::ova::chunk::chunk_of;
use crate::ova::name::SafeName;

use super::files::Room;
use super::job::Job;
use super::join::out_of_order;
use super::meanwhile::digest_meanwhile;
use super::several::{extents, path_beside};
use super::source::Incoming;
use super::verify::Piece;
use super::{MemberReport, Work};

/// A disk that was converted. Sizes are in bytes.
#[derive(Debug, Clone, Serialize)]
pub struct DiskReport {
    /// Its name in the package, without the numbers of chunks.
    pub name: String,
    /// The file it is in, below the directory, or the one of several that describes it.
    pub file: String,
    /// All files it is in.
    pub files: Vec<String>,
    /// Their format.
    pub format: Format,
    /// Its size as the guest sees it.
    pub capacity: u64,
    /// What was written of it.
    pub written: u64,
}

/// A disk in chunks, as far as they came; each can be read where it lies.
pub(super) struct Row {
    /// How to convert it, by what its first chunk begins with.
    job: Job,
    chunks: Vec<Arc<dyn Storage>>,
}

impl Work<'_> {
    /// Converts `member`, or keeps it in mind as a part of a disk, if it is one that can
    /// be read where it lies; tells whether it is.
    pub(super) fn take_disk(
        &mut self,
        member: &Incoming,
        path: &SafeName,
        observer: &mut dyn Observer,
    ) -> Result<bool> {
        let Some(form) = &self.request.disks else {
            return Ok(false);
        };
        if let Some(file) = self.several.file_of(path.as_str()) {
            let file = file.to_owned();
            self.digest(member, path, file, observer)?;
            return Ok(true);
        }
        let Some(storage) = self.source.storage_of(member)? else {
            return Ok(false);
        };
        let chunk = chunk_of(path.as_str());
        if let Some((whole, number)) = chunk
            && let Some(row) = self.rows.iter_mut().rfind(|row| row.job.name == whole)
        {
            let due = row.chunks.len() as u64;
            if due != u64::from(number) {
                return Err(out_of_order(due));
            }
            row.chunks.push(storage);
            let file = row.job.file.clone();
            self.digest(member, path, file, observer)?;
            return Ok(true);
        }
        let name = match chunk {
            Some((whole, 0)) => whole,
            Some(_) => return Ok(false),
            None => path.as_str(),
        };
        let Some(mut job) = Job::on(name, Arc::clone(&storage), form)? else {
            return Ok(false);
        };
        if chunk.is_none() {
            job.own.push(path.to_string());
            self.convert_here(path, &job, form, observer)?;
            return Ok(true);
        }
        let file = job.file.clone();
        let chunks = vec![storage];
        self.rows.push(Row { job, chunks });
        self.digest(member, path, file, observer)?;
        Ok(true)
    }

    /// Takes the digests of `member`, which becomes a part of `file` later.
    fn digest(
        &mut self,
        member: &Incoming,
        path: &SafeName,
        file: String,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let mut digests = self.known.digests(path);
        let size = self.copy(
            member,
            &mut |bytes| {
                digests.update(bytes);
                Ok(())
            },
            observer,
        )?;
        self.pieces.push(Piece {
            path: path.clone(),
            file,
            begin: 0,
            size,
            digests: digests.finish(),
        });
        Ok(())
    }

    /// Converts the disk at `path`, which is all of a member, and takes its digests.
    fn convert_here(
        &mut self,
        path: &SafeName,
        job: &Job,
        form: &Form,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let threads = self.request.threads;
        let digests = self.known.digests(path);
        let (listing, keep_going) = (self.known.listing(), self.request.keep_going);
        let room = Room {
            staging: &mut self.staging,
            taken: &mut self.taken,
        };
        let (digests, converted) = digest_meanwhile(
            &**job.storage(),
            digests,
            |found| keep_going || listing.is_none_or(|listing| listing.fits(path, found)),
            observer,
            |observer| job.run(form, threads, room, observer),
        )?;
        let mut piece = Piece {
            path: path.clone(),
            file: job.file.clone(),
            begin: 0,
            size: job.storage().length(),
            digests,
        };
        let report = match (converted, listing) {
            (Ok(report), _) => report,
            (Err(error), None) => return Err(error),
            (Err(error), Some(listing)) => {
                // That it is not the disk the manifest tells of says more.
                if let Err(differs) = piece.verify(listing, &self.staging) {
                    self.verdict.judge(differs, observer)?;
                }
                return Err(error);
            }
        };
        self.pieces.push(piece);
        self.disks.push(report);
        Ok(())
    }

    /// Converts the disks that could not be converted when they came: those in chunks and in
    /// several files, and those that were written to be read. Tells `members` where they are now.
    pub(super) fn convert_rest(
        &mut self,
        members: &mut [MemberReport],
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let Some(form) = &self.request.disks else {
            return Ok(());
        };
        for Row { job, chunks } in std::mem::take(&mut self.rows) {
            let job = job.of(Arc::new(Joined::new(chunks)?));
            self.run_job(&job, form, observer)?;
        }
        for job in std::mem::take(&mut self.several.jobs) {
            self.run_job(&job, form, observer)?;
        }
        let rows = in_rows(std::mem::take(&mut self.kept));
        let extents = self.extents(&rows)?;
        let parts: HashSet<_> = extents.values().flatten().map(|(_, row)| *row).collect();
        for (number, (name, files)) in rows.iter().enumerate() {
            if parts.contains(&number) {
                continue;
            }
            let Some(mut job) = Job::on(name, self.written(files)?, form)? else {
                continue;
            };
            job.own.clone_from(files);
            for (extent, row) in extents.get(&number).into_iter().flatten() {
                let (_, files) = &rows[*row];
                job.beside.insert(extent.clone(), self.written(files)?);
                job.own.extend(files.iter().cloned());
            }
            // What it becomes may be called as it is.
            let _aside = self.staging.put_aside(&job.own)?;
            self.run_job(&job, form, observer)?;
            let files: HashSet<_> = job.own.iter().collect();
            for member in members.iter_mut() {
                if files.contains(&member.file) {
                    self.size -= member.size;
                    member.file.clone_from(&job.file);
                }
            }
        }
        self.size += self.disks.iter().map(|disk| disk.written).sum::<u64>();
        if !self.disks.is_empty() {
            self.remarks.converted(self.known.listing().is_some());
        }
        Ok(())
    }

    /// What was written into `files`, one behind the other.
    fn written(&self, files: &[String]) -> Result<Arc<dyn Storage>> {
        let mut chunks: Vec<Arc<dyn Storage>> = Vec::new();
        for file in files {
            chunks.push(Arc::new(self.staging.storage(file)?));
        }
        Ok(Arc::new(Joined::new(chunks)?))
    }

    /// The descriptors among `rows`, by their numbers, each with the names and numbers of its
    /// extents.
    fn extents(&self, rows: &[Written]) -> Result<HashMap<usize, Vec<(String, usize)>>> {
        let (mut found, mut used) = (HashMap::new(), HashSet::new());
        let numbers = rows.iter().enumerate();
        let numbers: HashMap<_, _> = numbers.map(|(at, (name, _))| (name.clone(), at)).collect();
        for (number, (path, files)) in rows.iter().enumerate() {
            let [file] = files.as_slice() else {
                continue;
            };
            let names = extents(&self.staging.storage(file)?, path);
            let extent = |name: String| {
                let row = *numbers.get(&path_beside(path, &name)?)?;
                (row != number && used.insert(row)).then_some((name, row))
            };
            let extents: Vec<_> = names.into_iter().filter_map(extent).collect();
            if !extents.is_empty() {
                found.insert(number, extents);
            }
        }
        Ok(found)
    }

    fn run_job(&mut self, job: &Job, form: &Form, observer: &mut dyn Observer) -> Result<()> {
        let room = Room {
            staging: &mut self.staging,
            taken: &mut self.taken,
        };
        let report = job.run(form, self.request.threads, room, observer)?;
        self.disks.push(report);
        Ok(())
    }
}

/// A file that was written, or several that are chunks of one, with the name of the whole.
type Written = (String, Vec<String>);

/// The `files`, chunks of one together, each with the name of the whole.
fn in_rows(files: Vec<String>) -> Vec<Written> {
    let mut rows: Vec<Written> = Vec::new();
    let mut begun: HashMap<String, usize> = HashMap::new();
    for file in files {
        let chunk = chunk_of(&file).map(|(whole, number)| (whole.to_owned(), number));
        if let Some((whole, number)) = chunk {
            let row = begun.get(&whole).and_then(|row| rows.get_mut(*row));
            match row {
                Some((_, chunks)) if chunks.len() as u64 == u64::from(number) => {
                    chunks.push(file);
                    continue;
                }
                None if number == 0 => {
                    begun.insert(whole.clone(), rows.len());
                    rows.push((whole, vec![file]));
                    continue;
                }
                _ => {}
            }
        }
        rows.push((file.clone(), vec![file]));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_in_order_make_one_file() {
        let files = [
            "a.000000000",
            "b",
            "a.000000001",
            "c.000000001",
            "a.000000003",
        ];
        let rows = in_rows(files.map(str::to_owned).to_vec());
        let names: Vec<_> = rows.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c.000000001", "a.000000003"]);
        assert_eq!(rows[0].1, ["a.000000000", "a.000000001"]);
    }
}
