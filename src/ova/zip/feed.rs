//! The files of a zip archive as the members of a tar archive, so that one reader judges
//! the names, kinds and sizes of either.

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec::IntoIter;

use tar::EntryType;

use super::super::feed::{Feed, explain};
use super::super::header::BLOCK;
use super::super::wrapper::Wrapper;
use super::entry::{Entry, EntryKind};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// Bytes of a ustar header's field for the name.
const SHORT_NAME_BYTES: usize = 100;

/// The archive that is made.
pub(in crate::ova) struct Files {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    entries: IntoIter<Entry>,
    segments: VecDeque<Segment>,
    ended: bool,
    scratch: Vec<u8>,
}

/// A stretch of it.
enum Segment {
    /// Bytes that are made: the rest of a header, or of what fills a block.
    Made(VecDeque<u8>),
    /// Content of a file.
    Content(Content),
}

struct Content {
    entry: Entry,
    /// How far it was read or left out.
    at: u64,
    /// Opened when the first byte is asked for, with how far it was read.
    reader: Option<(Box<dyn Read>, u64)>,
}

impl Files {
    /// The `entries` of the zip archive in `storage`, called `path` in errors.
    pub(super) fn new(storage: Arc<dyn Storage>, path: &Path, entries: Vec<Entry>) -> Self {
        Self {
            storage,
            path: path.to_path_buf(),
            entries: entries.into_iter(),
            segments: VecDeque::new(),
            ended: false,
            scratch: Vec::new(),
        }
    }

    /// Has the next stretch come first, if there is one.
    fn refill(&mut self) -> bool {
        if self.segments.is_empty() && !self.ended {
            if let Some(entry) = self.entries.next() {
                let filling = entry.size.next_multiple_of(BLOCK as u64) - entry.size;
                self.segments.push_back(Segment::Made(headers(&entry)));
                self.segments.push_back(Segment::Content(Content {
                    entry,
                    at: 0,
                    reader: None,
                }));
                self.segments.push_back(made(to_usize(filling)));
            } else {
                self.ended = true;
                self.segments.push_back(made(2 * BLOCK));
            }
        }
        !self.segments.is_empty()
    }

    fn read_content(&mut self, buf: &mut [u8]) -> Result<usize> {
        let Some(Segment::Content(content)) = self.segments.front_mut() else {
            return Ok(0);
        };
        let most = to_usize((content.entry.size - content.at).min(buf.len() as u64));
        if most == 0 {
            return Ok(0);
        }
        let (reader, read) = match &mut content.reader {
            Some(opened) => opened,
            none => none.insert((content.entry.open(&self.storage)?, 0)),
        };
        let broken = |error| explain(error, &self.path, Some(Wrapper::Zip));
        // What was left out has to be read all the same, to come to the rest.
        self.scratch.resize(1 << 16, 0);
        while *read < content.at {
            let now = to_usize((content.at - *read).min(self.scratch.len() as u64));
            reader
                .read_exact(&mut self.scratch[..now])
                .map_err(broken)?;
            *read += now as u64;
        }
        let count = loop {
            match reader.read(&mut buf[..most]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                done => break done.map_err(broken)?,
            }
        };
        *read += count as u64;
        content.at += count as u64;
        Ok(count)
    }
}

impl Feed for Files {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        while self.refill() {
            let count = match self.segments.front_mut() {
                Some(Segment::Made(bytes)) => {
                    let count = bytes.len().min(buf.len());
                    for (to, from) in buf.iter_mut().zip(bytes.drain(..count)) {
                        *to = from;
                    }
                    count
                }
                _ => self.read_content(buf)?,
            };
            if count > 0 {
                return Ok(count);
            }
            self.segments.pop_front();
        }
        Ok(0)
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let mut left = count;
        while left > 0 && self.refill() {
            let skipped = match self.segments.front_mut() {
                Some(Segment::Made(bytes)) => {
                    let now = to_usize(left.min(bytes.len() as u64));
                    bytes.drain(..now);
                    now as u64
                }
                Some(Segment::Content(content)) => {
                    let now = left.min(content.entry.size - content.at);
                    content.at += now;
                    now
                }
                None => 0,
            };
            if skipped == 0 {
                self.segments.pop_front();
            }
            left -= skipped;
        }
        Ok(count - left)
    }
}

/// Zeros.
fn made(count: usize) -> Segment {
    Segment::Made(vec![0; count].into())
}

/// The headers of `entry`: its own, and GNU's for a long name before it where the name
/// does not fit, or means something else where it ends at a NUL.
fn headers(entry: &Entry) -> VecDeque<u8> {
    let mut bytes = Vec::new();
    let name = &entry.name;
    let fits = !name.is_empty() && name.len() <= SHORT_NAME_BYTES && !name.contains(&0);
    if !fits {
        let size = name.len() as u64 + 1;
        bytes.extend_from_slice(&header(b"", EntryType::GNULongName, size));
        bytes.extend_from_slice(name);
        bytes.push(0);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    }
    let kind = match entry.kind {
        EntryKind::File => EntryType::Regular,
        EntryKind::Directory => EntryType::Directory,
        EntryKind::SymbolicLink => EntryType::Symlink,
    };
    let short = if fits { name.as_slice() } else { b"" };
    bytes.extend_from_slice(&header(short, kind, entry.size));
    bytes.into()
}

fn header(name: &[u8], kind: EntryType, size: u64) -> [u8; BLOCK] {
    let mut header = tar::Header::new_ustar();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(size);
    // No number: when the file was changed is not told.
    header.as_old_mut().mtime.fill(b'-');
    header.set_cksum();
    *header.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ova::header::Header;

    #[test]
    fn a_header_tells_what_the_list_does_and_no_more() {
        for size in [0, 5, 1 << 40] {
            let made = header(b"dir/x", EntryType::Regular, size);
            let read = Header::read(&made, 0).expect("a header");
            assert_eq!((read.name.as_slice(), read.size), (&b"dir/x"[..], size));
            assert_eq!(read.mtime, None);
        }
    }
}
