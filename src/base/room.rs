//! Memory that is filled anew again and again.

use std::ops::Range;

/// Bytes one behind the other. What was taken once is kept when it is emptied, and not
/// cleared: whoever takes room fills it.
#[derive(Debug, Default)]
pub struct Room {
    bytes: Vec<u8>,
    used: usize,
}

impl Room {
    /// Room for `length` more bytes, and where it is. What stands in it means nothing.
    pub fn take(&mut self, length: usize) -> (Range<usize>, &mut [u8]) {
        let range = self.used..self.used + length;
        self.used = range.end;
        if self.bytes.len() < range.end {
            self.bytes.resize(range.end, 0);
        }
        (range.clone(), &mut self.bytes[range])
    }

    /// Appends `bytes`; tells where they are.
    pub fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let (range, room) = self.take(bytes.len());
        room.copy_from_slice(bytes);
        range
    }

    /// What stands at `range`, which was taken.
    pub fn at(&self, range: Range<usize>) -> &[u8] {
        &self.bytes[range]
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
