//! A stream that may be passed over forwards.

use std::io::{self, Seek, SeekFrom, Write};

/// Zeros written at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// A pipe, or anything else that cannot be sought, for writers that only ever go forwards:
/// what they pass over is written as zeros.
#[derive(Debug)]
pub struct Forward<W> {
    output: W,
    position: u64,
}

impl<W> Forward<W> {
    /// Writes to `output` from where it stands.
    pub fn new(output: W) -> Self {
        Self {
            output,
            position: 0,
        }
    }
}

impl<W: Write> Write for Forward<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl<W: Write> Seek for Forward<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let wanted = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(_) => None,
        };
        let Some(wanted) = wanted.filter(|wanted| *wanted >= self.position) else {
            let why = "this output is a stream, in which nothing can be written again";
            return Err(io::Error::new(io::ErrorKind::NotSeekable, why));
        };
        while self.position < wanted {
            let left = wanted - self.position;
            let now = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            self.write_all(&ZEROS[..now])?;
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_over_is_zero_and_nothing_is_gone_back_to() {
        let mut bytes = Vec::new();
        let mut stream = Forward::new(&mut bytes);
        stream.write_all(b"ab").expect("written");
        assert_eq!(stream.seek(SeekFrom::Start(150_000)).expect("on"), 150_000);
        assert_eq!(stream.seek(SeekFrom::Current(1)).expect("on"), 150_001);
        stream.write_all(b"c").expect("written");
        for back in [
            SeekFrom::Start(150_001),
            SeekFrom::Current(-1),
            SeekFrom::End(0),
        ] {
            let error = stream.seek(back).expect_err("back");
            assert_eq!(error.kind(), io::ErrorKind::NotSeekable);
        }
        stream.flush().expect("flushed");
        assert_eq!(bytes.len(), 150_002);
        assert_eq!((&bytes[..3], bytes[150_001]), (&b"ab\0"[..], b'c'));
        assert!(bytes[2..150_001].iter().all(|byte| *byte == 0));
    }
}
