//! Memory that is filled anew again and again.

use std::ops::Range;

/// Bytes of a line of the processor's cache. Into memory that does not begin with one the kernel
/// copies several times slower on some processors, and what is read is most of what there is to do.
const LINE: usize = 64;

/// Bytes one behind the other. What was taken once is kept when it is emptied, and not
/// cleared: whoever takes room fills it.
#[derive(Debug, Default)]
pub struct Room {
    bytes: Vec<u8>,
    /// Where the first line begins.
    start: usize,
    used: usize,
}

impl Room {
    /// Room for `length` more bytes, and where it is. What stands in it means nothing.
    pub fn take(&mut self, length: usize) -> (Range<usize>, &mut [u8]) {
        let range = self.used..self.used + length;
        if self.bytes.len() < self.start + range.end {
            self.grow(range.end);
        }
        self.used = range.end;
        (range.clone(), &mut self.bytes[self.start..][range])
    }

    /// Makes room for `length` bytes in all, and more where it has grown before.
    fn grow(&mut self, length: usize) {
        let length = length.max(self.bytes.len().saturating_mul(2));
        let mut bytes = vec![0; length + LINE];
        // Whoever cannot tell may say so by any number.
        let start = bytes.as_ptr().align_offset(LINE).min(LINE);
        bytes[start..][..self.used].copy_from_slice(self.at(0..self.used));
        (self.bytes, self.start) = (bytes, start);
    }

    /// Appends `bytes`; tells where they are.
    pub fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let (range, room) = self.take(bytes.len());
        room.copy_from_slice(bytes);
        range
    }

    /// What stands at `range`, which was taken.
    pub fn at(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[self.start..][range]
    }

    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_with_a_line_and_keeps_what_it_has_while_it_grows() {
        let mut room = Room::default();
        let (first, bytes) = room.take(4096);
        bytes.fill(1);
        for length in [64, 100_000, 1 << 20] {
            room.take(length).1.fill(2);
            assert_eq!(room.at(first.clone()).as_ptr().align_offset(LINE), 0);
            assert!(room.at(first.clone()) == [1; 4096]);
        }
        room.clear();
        assert_eq!(room.take(5).0, 0..5);
    }

    #[test]
    fn what_is_put_is_there_until_it_is_cleared() {
        let mut room = Room::default();
        for round in 0..3 {
            let first = room.put(&[round; 10]);
            let (second, bytes) = room.take(5);
            bytes.fill(7);
            assert_eq!((first.clone(), second.clone()), (0..10, 10..15));
            assert_eq!(room.at(first), [round; 10]);
            assert_eq!(room.at(second), [7; 5]);
            room.clear();
        }
    }
}
