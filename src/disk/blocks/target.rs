//! The file of a new image: written at any place, and never read.

use std::io::{Seek, SeekFrom, Write};

use crate::base::{Error, Result};

/// Bytes of a table gathered before they are written.
const SLICE_BYTES: usize = 64 << 10;

/// A file that is empty at first. What is passed over in it is a hole.
pub(in crate::disk) struct Target<W> {
    output: W,
    position: u64,
    /// Bytes the file has.
    length: u64,
}

impl<W: Write + Seek> Target<W> {
    pub(in crate::disk) fn new(output: W) -> Self {
        Self {
            output,
            position: 0,
            length: 0,
        }
    }

    /// Writes `bytes` at the offset `at`.
    pub(in crate::disk) fn put(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        if at != self.position {
            self.output
                .seek(SeekFrom::Start(at))
                .map_err(Error::write)?;
        }
        self.output.write_all(bytes).map_err(Error::write)?;
        self.position = at + bytes.len() as u64;
        self.length = self.length.max(self.position);
        Ok(())
    }

    /// Writes a table at the offset `at`, in slices.
    pub(in crate::disk) fn put_table<const N: usize>(
        &mut self,
        mut at: u64,
        entries: impl Iterator<Item = [u8; N]>,
    ) -> Result<()> {
        let mut slice = Vec::with_capacity(SLICE_BYTES);
        for entry in entries {
            slice.extend_from_slice(&entry);
            if slice.len() + N > SLICE_BYTES {
                self.put(at, &slice)?;
                at += slice.len() as u64;
                slice.clear();
            }
        }
        self.put(at, &slice)
    }

    /// Ends the file, which has `length` bytes, not fewer than were written.
    pub(in crate::disk) fn end(&mut self, length: u64) -> Result<()> {
        if self.length < length {
            self.put(length - 1, &[0])?;
        }
        self.output.flush().map_err(Error::write)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn files_are_as_long_as_they_are_said_to_be() {
        let mut bytes = Cursor::new(Vec::new());
        let mut target = Target::new(&mut bytes);
        target.put(4, b"later").expect("written");
        let entries = (0..40_000_u32).map(u32::to_be_bytes);
        target.put_table(16, entries).expect("written");
        target.put(0, b"soon").expect("written");
        target.end(200_000).expect("written");
        let bytes = bytes.into_inner();
        assert_eq!(bytes.len(), 200_000);
        assert_eq!(&bytes[..12], b"soonlater\0\0\0");
        for number in 0..40_000_u32 {
            let at = 16 + 4 * number as usize;
            assert_eq!(bytes[at..at + 4], number.to_be_bytes());
        }
        let mut bytes = Cursor::new(Vec::new());
        let mut target = Target::new(&mut bytes);
        target.put(0, b"all").expect("written");
        target.end(3).expect("written");
        assert_eq!(bytes.into_inner(), b"all");
    }
}
