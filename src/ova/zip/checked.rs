//! A file of a zip archive, held against its size and its checksum.

use std::io::{self, Read};

use rawzip::Crc32;

use super::fault::ZipFault;
use crate::base::Error;
use crate::base::units::to_usize;

/// Reads a file; the last read fails if it is not the one the list tells of.
pub(super) struct Checked {
    inner: Box<dyn Read>,
    name: String,
    left: u64,
    crc: u32,
    sum: Crc32,
}

impl Checked {
    /// The file `name` that comes out of `inner`, of `size` bytes with the checksum `crc`.
    pub(super) fn new(inner: Box<dyn Read>, name: String, size: u64, crc: u32) -> Self {
        Self {
            inner,
            name,
            left: size,
            crc,
            sum: Crc32::new(),
        }
    }

    fn wrong(&self, says: impl Into<String>) -> io::Error {
        let (name, says) = (self.name.clone(), says.into());
        io::Error::other(Error::from(ZipFault::File { name, says }))
    }

    /// What the decompressor says, in ovfkit's words; errors of reading pass through.
    fn explain(&self, error: io::Error) -> io::Error {
        let inner = error.get_ref();
        let own = inner.and_then(|inner| inner.downcast_ref::<Error>());
        if own.is_some()
            || error.raw_os_error().is_some()
            || error.kind() == io::ErrorKind::Interrupted
        {
            return error;
        }
        self.wrong(error.to_string())
    }
}

impl Read for Checked {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = to_usize(self.left.min(buf.len() as u64));
        if most == 0 {
            return Ok(0);
        }
        let read = self.inner.read(&mut buf[..most]);
        let count = read.map_err(|error| self.explain(error))?;
        if count == 0 {
            return Err(self.wrong(format!("it ends {} bytes early", self.left)));
        }
        self.sum.update(&buf[..count]);
        self.left -= count as u64;
        if self.left == 0 {
            let more = self.inner.read(&mut [0]);
            if more.map_err(|error| self.explain(error))? > 0 {
                return Err(self.wrong("it is longer than the archive's list says"));
            }
            if self.sum.checksum() != self.crc {
                return Err(self.wrong("its CRC-32 is another than the archive's list says"));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(content: &[u8], size: u64, crc: u32) -> io::Result<Vec<u8>> {
        let inner = Box::new(io::Cursor::new(content.to_vec()));
        let mut read = Vec::new();
        Checked::new(inner, "f".to_owned(), size, crc).read_to_end(&mut read)?;
        Ok(read)
    }

    #[test]
    fn it_is_what_the_list_says_or_an_error() {
        let crc = rawzip::crc32(b"content");
        assert_eq!(whole(b"content", 7, crc).expect("whole"), b"content");
        for (content, size, crc, says) in [
            (&b"conten"[..], 7, crc, "1 bytes early"),
            (b"content!", 7, crc, "longer"),
            (b"Content", 7, crc, "CRC-32"),
        ] {
            let error = whole(content, size, crc).expect_err(says);
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
