//! A stream that may be passed over forwards.

use std::io::{self, Seek, SeekFrom, Write};

use super::progress::{Observer as _, cancelled};
use super::shared::Shared;

/// Zeros written at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
/// Zeros after which the observer is asked.
const PATIENCE: u64 = 1 << 20;

/// A pipe, or anything else that cannot be sought, for writers that only ever go forwards:
/// what they pass over is written as zeros. That may be terabytes, so the observer is asked on
/// the way, and to stop is an error of seeking.
pub struct Forward<'o, W> {
    output: W,
    position: u64,
    observer: &'o Shared<'o>,
}

impl<'o, W> Forward<'o, W> {
    /// Writes to `output` from where it stands.
    pub fn new(output: W, observer: &'o Shared<'o>) -> Self {
        Self {
            output,
            position: 0,
            observer,
        }
    }
}

impl<W: Write> Write for Forward<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.position += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl<W: Write> Seek for Forward<'_, W> {
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
        let mut ask_at = self.position + PATIENCE;
        while self.position < wanted {
            if self.position >= ask_at {
                ask_at += PATIENCE;
                let mut observer = self.observer;
                if observer.advanced(0).is_break() {
                    return Err(io::Error::other(cancelled()));
                }
            }
            let left = wanted - self.position;
            let now = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            self.write_all(&ZEROS[..now])?;
        }
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::base::progress::{Observer, Unobserved};
    use crate::base::{Error, ErrorKind};

    /// Stops when it is asked again after so many times.
    struct After(u32);

    impl Observer for After {
        fn advanced(&mut self, _amount: u64) -> ControlFlow<()> {
            match self.0.checked_sub(1) {
                None => ControlFlow::Break(()),
                Some(left) => {
                    self.0 = left;
                    ControlFlow::Continue(())
                }
            }
        }
    }

    #[test]
    fn who_waits_for_zeros_is_asked_on_the_way() {
        let mut observer = After(3);
        let shared = Shared::new(&mut observer);
        let mut bytes = Vec::new();
        let mut stream = Forward::new(&mut bytes, &shared);
        let error = stream.seek(SeekFrom::Start(1 << 50)).expect_err("stopped");
        assert_eq!(Error::write(error).kind(), ErrorKind::Cancelled);
        assert_eq!(bytes.len(), 4 << 20);
    }

    #[test]
    fn what_is_passed_over_is_zero_and_nothing_is_gone_back_to() {
        let (mut bytes, mut observer) = (Vec::new(), Unobserved);
        let shared = Shared::new(&mut observer);
        let mut stream = Forward::new(&mut bytes, &shared);
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
