//! Several storages, one behind the other, as one.

use std::sync::Arc;

use super::storage::{Run, Storage, past_the_end};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// What lies in parts, such as a file cut in chunks.
pub struct Joined {
    /// Each part with its place in the whole, in order; none is empty.
    parts: Vec<(u64, Arc<dyn Storage>)>,
    length: u64,
}

impl Joined {
    /// All of `parts`, in this order.
    pub fn new(parts: impl IntoIterator<Item = Arc<dyn Storage>>) -> Result<Self> {
        let (mut placed, mut length) = (Vec::new(), 0_u64);
        for part in parts {
            let start = length;
            length = length.checked_add(part.length()).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "its parts are longer than any file")
            })?;
            if length > start {
                placed.push((start, part));
            }
        }
        Ok(Self {
            parts: placed,
            length,
        })
    }

    /// The part `offset`, below the length, is in, and where.
    fn part_at(&self, offset: u64) -> Option<(&dyn Storage, u64)> {
        let behind = self.parts.partition_point(|(start, _)| *start <= offset);
        let (start, part) = self.parts.get(behind.checked_sub(1)?)?;
        Some((&**part, offset - start))
    }
}

impl Storage for Joined {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let wanted = buf.len() as u64;
        let beyond = || past_the_end(self.length, offset, wanted);
        if offset
            .checked_add(wanted)
            .is_none_or(|end| end > self.length)
        {
            return Err(beyond());
        }
        let (mut at, mut left) = (offset, buf);
        while !left.is_empty() {
            let (part, within) = self.part_at(at).ok_or_else(beyond)?;
            let most = (part.length() - within).min(left.len() as u64);
            let (now, later) = left.split_at_mut(to_usize(most));
            part.read_exact_at(within, now)?;
            at += most;
            left = later;
        }
        Ok(())
    }

    fn run_at(&self, offset: u64) -> Result<Run> {
        let found = self.part_at(offset).filter(|_| offset < self.length);
        let (part, within) = found.ok_or_else(|| past_the_end(self.length, offset, 0))?;
        part.run_at(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(lengths: &[u8]) -> Vec<Arc<dyn Storage>> {
        let mut next = 0..=u8::MAX;
        let mut part = |length: &u8| {
            let bytes: Vec<u8> = next.by_ref().take((*length).into()).collect();
            Arc::new(bytes) as Arc<dyn Storage>
        };
        lengths.iter().map(&mut part).collect()
    }

    #[test]
    fn what_is_read_goes_on_in_the_next_part() {
        let whole: Vec<u8> = (0..100).collect();
        for lengths in [&[100][..], &[1, 0, 98, 1], &[0, 30, 30, 40, 0]] {
            let joined = Joined::new(parts(lengths)).expect("short");
            assert_eq!(joined.length(), 100);
            for (start, end) in [(0, 100), (0, 1), (29, 61), (99, 100), (50, 50), (100, 100)] {
                let mut read = vec![0; end - start];
                joined
                    .read_exact_at(start as u64, &mut read)
                    .expect("inside");
                assert_eq!(read, whole[start..end], "{lengths:?}");
            }
            let mut at = 0;
            while at < 100 {
                at += joined.run_at(at).expect("a run").length;
            }
            assert_eq!(at, 100);
            for (offset, length) in [(99, 2), (101, 0), (u64::MAX, 1)] {
                let read = joined.read_exact_at(offset, &mut vec![0; length]);
                assert!(read.is_err(), "{offset}");
            }
            assert!(joined.run_at(100).is_err());
        }
        assert_eq!(Joined::new(parts(&[])).expect("empty").length(), 0);
    }
}
