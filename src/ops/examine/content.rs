//! The bytes of one member, read once: for digests, and for a strict look at a stream.

use std::io::{self, Cursor, Read};

use crate::base::aside::{Aside, digested};
use crate::base::digest::Algorithm;
use crate::base::pipeline::available_threads;
use crate::base::progress::{Observer, cancelled};
use crate::base::{Error, ErrorKind, Result};
use crate::disk::kind::{FRONT_BYTES, Kind as DiskKind};
use crate::disk::vmdk;
use crate::ova::header::Kind;
use crate::validate::package::{Disk, DiskContent, Member};

use super::{Depth, Examine};

/// Faults of a stream that are told one by one.
const MAX_TOLD: usize = 100;
/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// Where the bytes of a member come from.
pub(super) type Source<'s> = dyn FnMut(&mut [u8]) -> Result<usize> + 's;

/// What is done with the bytes of a member.
pub(super) struct Passage<'p> {
    pub(super) request: &'p Examine<'p>,
    /// Whether they are kept.
    pub(super) keep: bool,
    pub(super) algorithms: Vec<Algorithm>,
}

impl Passage<'_> {
    /// Reads `member` from its `source`, as far as it has to be.
    pub(super) fn take(
        self,
        member: &mut Member,
        source: &mut Source<'_>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let passes = self.request.depth > Depth::Headers && member.stored.kind == Kind::File;
        if !(passes || self.keep) {
            return Ok(());
        }
        let size = member.stored.size;
        observer.begin(&member.stored.name, size);
        let mut kept = self.keep.then(Vec::new);
        let deep = self.request.depth == Depth::Content && member.is_file();
        let (done, digests) = digested(&self.algorithms, size, |aside| {
            let mut passing = Passing {
                source,
                aside,
                kept: kept.as_mut(),
                observer,
                error: None,
            };
            let disk = front(&mut passing, deep);
            passing.drain();
            passing.error.map_or(Ok(disk), Err)
        });
        member.disk = done?;
        member.digests = digests;
        member.content = kept;
        Ok(())
    }
}

/// What the member is by its front; a VMDK is looked at to its end if `deep`.
fn front(passing: &mut Passing<'_, '_>, deep: bool) -> Option<Disk> {
    let mut front = Vec::with_capacity(FRONT_BYTES);
    let mut first = passing.by_ref().take(FRONT_BYTES as u64);
    // An error is kept where it arose.
    first.read_to_end(&mut front).ok()?;
    let kind = DiskKind::of(&front)?;
    let mut disk = Disk::new(kind);
    if deep && kind == DiskKind::Vmdk {
        let whole = Cursor::new(front).chain(&mut *passing);
        match vmdk::check(whole, MAX_TOLD, available_threads()) {
            Ok(report) => {
                disk.capacity = Some(report.capacity);
                disk.content = Some(DiskContent::Stream(report));
            }
            // One that is no stream is read by its tables, where that can be done.
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => disk.unreadable = Some(error),
        }
    }
    Some(disk)
}

/// A member that is read, and everything that happens on the way.
struct Passing<'p, 's> {
    source: &'p mut Source<'s>,
    aside: &'p mut Aside,
    kept: Option<&'p mut Vec<u8>>,
    observer: &'p mut dyn Observer,
    /// Why no more is read: readers in between know no errors of ours.
    error: Option<Error>,
}

impl Passing<'_, '_> {
    /// Reads what nobody wanted.
    fn drain(&mut self) {
        let mut rest = vec![0; CHUNK];
        while matches!(self.read(&mut rest), Ok(1..)) {}
    }

    fn step(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = (self.source)(buf)?;
        self.aside.update(&buf[..count]);
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(&buf[..count]);
        }
        if self.observer.advanced(count as u64).is_break() {
            return Err(cancelled());
        }
        Ok(count)
    }
}

impl Read for Passing<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.error.is_some() {
            return Ok(0);
        }
        self.step(buf).map_err(|error| {
            let told = io::Error::other(error.message().to_owned());
            self.error = Some(error);
            told
        })
    }
}
