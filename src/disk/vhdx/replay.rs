//! A file as it would be with its log written into it. The file itself stays as it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::Write;
use super::fault::Fault;
use super::format::{LOG_SECTOR, limits};
use crate::base::Result;
use crate::base::storage::{Run, Storage};
use crate::base::units::to_usize;

/// Bytes that stand elsewhere than in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Zeros,
    /// A whole sector of the log; the first and last bytes were put aside.
    Sector {
        from: u64,
        leading: [u8; 8],
        trailing: [u8; 4],
    },
}

/// All a log writes, the last write to a place counting.
pub(super) struct Replay {
    /// What stands from an offset to an end; none overlap.
    patches: BTreeMap<u64, (u64, Content)>,
    writes: usize,
    length: u64,
}

impl Replay {
    /// Nothing, into a file of `length` bytes.
    pub(super) fn new(length: u64) -> Self {
        Self {
            patches: BTreeMap::new(),
            writes: 0,
            length,
        }
    }

    /// The file has `length` bytes at least.
    pub(super) fn grow(&mut self, length: u64) -> Result<()> {
        if length > limits::FILE_BYTES {
            return Err(Fault::TooLarge {
                what: "file with its log replayed",
                value: length,
                limit: limits::FILE_BYTES,
                at: 0,
            }
            .into());
        }
        self.length = self.length.max(length);
        Ok(())
    }

    /// Lays `write` over what was written before.
    pub(super) fn put(&mut self, write: &Write) -> Result<()> {
        self.writes += 1;
        if self.writes > limits::LOG_WRITES {
            return Err(Fault::TooLarge {
                what: "number of writes in the log",
                value: self.writes as u64,
                limit: limits::LOG_WRITES as u64,
                at: 0,
            }
            .into());
        }
        // An entry is refused whose numbers would not fit.
        let (start, end, content) = match *write {
            Write::Zeros(place) => (place.offset, place.end(), Content::Zeros),
            Write::Sector {
                to,
                from,
                leading,
                trailing,
            } => (
                to,
                to.saturating_add(LOG_SECTOR as u64),
                Content::Sector {
                    from,
                    leading,
                    trailing,
                },
            ),
        };
        self.grow(end)?;
        if start < end {
            self.lay(start, end, content);
        }
        Ok(())
    }

    fn lay(&mut self, start: u64, end: u64, content: Content) {
        // A sector is covered wholly or not at all: everything is aligned to sectors. So
        // what is cut here are zeros.
        if let Some((before, (its_end, its))) = self.patches.range(..start).next_back() {
            let (before, its_end, its) = (*before, *its_end, *its);
            if its_end > start {
                self.patches.insert(before, (start, its));
            }
            if its_end > end {
                self.patches.insert(end, (its_end, its));
            }
        }
        while let Some((at, (its_end, its))) = self.patches.range(start..end).next() {
            let (at, its_end, its) = (*at, *its_end, *its);
            self.patches.remove(&at);
            if its_end > end {
                self.patches.insert(end, (its_end, its));
            }
        }
        self.patches.insert(start, (end, content));
    }

    /// Bytes of the file with all of it.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Where something is written, from an offset to an end, in order.
    pub(super) fn places(&self) -> impl Iterator<Item = (u64, u64)> {
        self.patches.iter().map(|(at, (end, _))| (*at, *end))
    }

    /// `storage` with this over it.
    pub(super) fn over(self, storage: Arc<dyn Storage>) -> Replayed {
        Replayed {
            storage,
            replay: self,
        }
    }

    /// What lies over `start` to `end`.
    fn over_range(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64, Content)> {
        let before = self.patches.range(..start).next_back();
        let within = self.patches.range(start..end);
        before
            .into_iter()
            .chain(within)
            .map(|(at, (end, content))| (*at, *end, *content))
            .filter(move |(_, end, _)| *end > start)
    }
}

/// A file with what its log writes.
pub(super) struct Replayed {
    storage: Arc<dyn Storage>,
    replay: Replay,
}

impl Storage for Replayed {
    fn length(&self) -> u64 {
        self.replay.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let end = offset.saturating_add(buf.len() as u64);
        if end > self.replay.length {
            // The storage tells where it ends.
            return self.storage.read_exact_at(offset, buf);
        }
        let stored = self.storage.length().clamp(offset, end) - offset;
        let (inside, outside) = buf.split_at_mut(to_usize(stored));
        if !inside.is_empty() {
            self.storage.read_exact_at(offset, inside)?;
        }
        outside.fill(0);
        for (at, its_end, content) in self.replay.over_range(offset, end) {
            let (from, to) = (at.max(offset), its_end.min(end));
            let over = &mut buf[to_usize(from - offset)..to_usize(to - offset)];
            match content {
                Content::Zeros => over.fill(0),
                Content::Sector {
                    from: place,
                    leading,
                    trailing,
                } => {
                    let mut sector = [0; LOG_SECTOR];
                    self.storage.read_exact_at(place, &mut sector)?;
                    sector[..leading.len()].copy_from_slice(&leading);
                    sector[LOG_SECTOR - trailing.len()..].copy_from_slice(&trailing);
                    over.copy_from_slice(&sector[to_usize(from - at)..to_usize(to - at)]);
                }
            }
        }
        Ok(())
    }

    fn run_at(&self, offset: u64) -> Result<Run> {
        let run = if offset < self.storage.length() {
            self.storage.run_at(offset)?
        } else {
            Run {
                length: self.replay.length.saturating_sub(offset),
                hole: true,
            }
        };
        let mut over = self.replay.over_range(offset, offset + run.length);
        let hole = run.hole && over.all(|(_, _, content)| content == Content::Zeros);
        Ok(Run { hole, ..run })
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::Stretch;
    use super::*;

    const S: u64 = LOG_SECTOR as u64;

    fn zeros(offset: u64, length: u64) -> Write {
        Write::Zeros(Stretch { offset, length })
    }

    /// The sector of the log at `from`, with its ends.
    fn sector(to: u64, from: u64, byte: u8) -> Write {
        Write::Sector {
            to,
            from,
            leading: [byte; 8],
            trailing: [byte; 4],
        }
    }

    /// Writes laid over one another are what a plain buffer has after them.
    #[test]
    fn the_last_write_counts() {
        let mut file = vec![7; 16 * LOG_SECTOR];
        for (at, byte) in [(0, 100), (1, 101), (2, 102)] {
            file[at * LOG_SECTOR..(at + 1) * LOG_SECTOR].fill(byte);
        }
        let writes = [
            sector(5 * S, 0, 100),
            zeros(4 * S, 8 * S),
            sector(6 * S, S, 101),
            sector(6 * S, 2 * S, 102),
            zeros(8 * S, S),
            sector(18 * S, S, 101),
            zeros(3 * S, 2 * S),
            zeros(9 * S, 0),
        ];
        let mut expected = file.clone();
        expected.resize(20 * LOG_SECTOR, 0);
        let mut replay = Replay::new(file.len() as u64);
        replay.grow(20 * S).expect("short");
        for write in &writes {
            replay.put(write).expect("few");
            match write {
                Write::Zeros(place) => {
                    expected[to_usize(place.offset)..to_usize(place.end())].fill(0);
                }
                Write::Sector { to, leading, .. } => {
                    expected[to_usize(*to)..to_usize(to + S)].fill(leading[0]);
                }
            }
        }
        let replayed = replay.over(Arc::new(file));
        assert_eq!(replayed.length(), 20 * S);
        for (start, end) in [(0, 20 * S), (4 * S + 5, 7 * S + 3), (6 * S - 1, 6 * S + 1)] {
            let mut read = vec![1; to_usize(end - start)];
            replayed.read_exact_at(start, &mut read).expect("within");
            assert!(read == expected[to_usize(start)..to_usize(end)], "{start}");
        }
        replayed
            .read_exact_at(20 * S - 1, &mut [0; 2])
            .expect_err("past the end");
        // What the file grew by is a hole, but for what was written there.
        assert!(!replayed.run_at(16 * S).expect("a run").hole);
        assert!(replayed.run_at(19 * S).expect("a run").hole);
    }

    #[test]
    fn numbers_are_bounded() {
        let mut replay = Replay::new(S);
        assert!(replay.grow(limits::FILE_BYTES + 1).is_err());
        assert!(replay.put(&zeros(u64::MAX - S + 1, S)).is_err());
        for number in 0..limits::LOG_WRITES as u64 - 1 {
            replay.put(&zeros(number % 64 * S, S)).expect("as allowed");
        }
        assert!(replay.put(&zeros(0, S)).is_err());
    }
}
