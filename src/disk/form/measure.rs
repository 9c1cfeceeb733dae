//! How large an image becomes: it is made, and its bytes are counted instead of kept.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Form, ImageFile, Sink, Work, Written};
use crate::base::Result;
use crate::base::placed::Placed;
use crate::base::progress::Observer;

/// What an image takes. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The image as a whole.
    pub written: Written,
    /// Its files, with their sizes, holes included.
    pub files: Vec<(String, u64)>,
}

/// Measures what `form` makes of `work`. The disk is read, and compressed where the form
/// compresses.
pub fn measure(form: &Form, work: Work<'_>, observer: &mut dyn Observer) -> Result<Measured> {
    let mut sink = Counting { files: Vec::new() };
    let written = form.write(work, &mut sink, observer)?;
    let files = sink.files.into_iter();
    Ok(Measured {
        written,
        files: files
            .map(|(name, length)| (name, length.load(Ordering::Relaxed)))
            .collect(),
    })
}

struct Counting {
    files: Vec<(String, Arc<AtomicU64>)>,
}

impl Sink for Counting {
    fn create(&mut self, name: &str) -> Result<Box<dyn ImageFile>> {
        let length = Arc::new(AtomicU64::new(0));
        self.files.push((name.to_owned(), Arc::clone(&length)));
        Ok(Box::new(Counted {
            position: 0,
            length,
        }))
    }
}

/// A file of which nothing is kept but its length.
struct Counted {
    position: u64,
    length: Arc<AtomicU64>,
}

impl Counted {
    fn reach(&self, end: u64) {
        self.length.fetch_max(end, Ordering::Relaxed);
    }
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.position += bytes.len() as u64;
        self.reach(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Counted {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        let place = match place {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(change) => self.position.checked_add_signed(change),
            SeekFrom::End(change) => {
                let length = self.length.load(Ordering::Relaxed);
                length.checked_add_signed(change)
            }
        };
        self.position = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl Placed for Counted {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.reach(offset + bytes.len() as u64);
        Ok(())
    }
}

impl ImageFile for Counted {
    fn set_len(&mut self, length: u64) -> Result<()> {
        self.length.store(length, Ordering::Relaxed);
        Ok(())
    }

    fn reserve(&mut self, _length: u64) -> Result<()> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
