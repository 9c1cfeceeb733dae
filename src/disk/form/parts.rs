//! The files of an image that has several, each ended when its writer lets go of it.

use std::cell::RefCell;
use std::io::{self, Seek, SeekFrom, Write};
use std::rc::Rc;

use super::{ImageFile, Sink};
use crate::base::Result;

/// Files that are begun by name. A disk of many terabytes has tens of thousands, of which few
/// are open at once.
pub(super) struct Parts<'s> {
    sink: &'s mut dyn Sink,
    open: Vec<Part>,
}

impl<'s> Parts<'s> {
    pub(super) fn new(sink: &'s mut dyn Sink) -> Self {
        Self {
            sink,
            open: Vec::new(),
        }
    }

    /// Begins the file `name`, and ends those that nobody writes to any more.
    pub(super) fn create(&mut self, name: &str) -> Result<Part> {
        for part in std::mem::take(&mut self.open) {
            match Rc::try_unwrap(part.0) {
                Ok(done) => done.into_inner().finish()?,
                Err(used) => self.open.push(Part(used)),
            }
        }
        let file = Part(Rc::new(RefCell::new(self.sink.create(name)?)));
        self.open.push(Part(Rc::clone(&file.0)));
        Ok(file)
    }

    /// Ends all files, to which nobody writes any more.
    pub(super) fn finish(self) -> Result<()> {
        let done = self.open.into_iter().map(|part| Rc::try_unwrap(part.0));
        done.flatten()
            .try_for_each(|file| file.into_inner().finish())
    }
}

/// One of the files.
pub(super) struct Part(Rc<RefCell<Box<dyn ImageFile>>>);

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

impl Seek for Part {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(place)
    }
}
