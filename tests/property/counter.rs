//! An output that keeps nothing, for writers that may not ask for what they wrote.

use std::io::{self, Seek, SeekFrom, Write};

/// Counts the bytes a file would have.
#[derive(Debug, Default)]
pub struct Counter {
    pub length: u64,
    position: u64,
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.position += bytes.len() as u64;
        self.length = self.length.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Counter {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let SeekFrom::Start(at) = to else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        self.position = at;
        Ok(at)
    }
}
