//! A part of a storage as a storage of its own.

use std::sync::Arc;

use super::storage::{Run, Storage, past_the_end};
use crate::base::Result;

/// A part of another storage, such as a file inside an archive.
pub struct Slice {
    storage: Arc<dyn Storage>,
    start: u64,
    length: u64,
}

impl Slice {
    /// The `length` bytes of `storage` from `start`, all of which have to be there.
    pub fn new(storage: Arc<dyn Storage>, start: u64, length: u64) -> Result<Self> {
        if start
            .checked_add(length)
            .is_none_or(|end| end > storage.length())
        {
            return Err(past_the_end(storage.length(), start, length));
        }
        Ok(Self {
            storage,
            start,
            length,
        })
    }

    /// Where in the whole storage the part's `offset` is, or that it is past the end.
    fn place(&self, offset: u64, wanted: u64) -> Result<u64> {
        let within = offset
            .checked_add(wanted)
            .is_some_and(|end| end <= self.length);
        if within {
            Ok(self.start + offset)
        } else {
            Err(past_the_end(self.length, offset, wanted))
        }
    }
}

impl Storage for Slice {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let place = self.place(offset, buf.len() as u64)?;
        self.storage.read_exact_at(place, buf)
    }

    fn run_at(&self, offset: u64) -> Result<Run> {
        let run = self.storage.run_at(self.place(offset, 0)?)?;
        Ok(Run {
            length: run.length.min(self.length - offset),
            ..run
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_ends_where_it_ends() {
        let whole: Arc<dyn Storage> = Arc::new((0..100_u8).collect::<Vec<_>>());
        let part = Slice::new(Arc::clone(&whole), 10, 20).expect("it is there");
        assert_eq!(part.length(), 20);
        let mut read = [0; 5];
        part.read_exact_at(15, &mut read).expect("the last five");
        assert_eq!(read, [25, 26, 27, 28, 29]);
        assert_eq!(part.run_at(15).expect("data").length, 5);
        for (offset, length) in [(16, 5), (20, 1), (u64::MAX, 1)] {
            let read = part.read_exact_at(offset, &mut vec![0; length]);
            assert!(read.is_err(), "{offset}");
        }
        for (start, length) in [(90, 11), (101, 0), (u64::MAX, 1)] {
            assert!(Slice::new(Arc::clone(&whole), start, length).is_err());
        }
    }
}
