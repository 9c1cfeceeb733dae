//! Where the bytes of an archive come from, forward only.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::wrapper::{Wrapper, WrapperFault};
use crate::base::storage::{FileStorage, Storage as _};
use crate::base::units::to_usize;
use crate::base::{Error, Result};

/// Bytes, one after the other.
pub trait Feed {
    /// Fills the front of `buf`, which is not empty; 0 means the end.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize>;

    /// Leaves out `count` bytes, or as many as there are; tells how many.
    fn skip(&mut self, count: u64) -> Result<u64>;
}

/// Fills `buf` as far as there are bytes; tells how far.
pub(super) fn fill(feed: &mut dyn Feed, buf: &mut [u8]) -> Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match feed.read(&mut buf[done..])? {
            0 => break,
            count => done += count,
        }
    }
    Ok(done)
}

/// A pipe, or what comes out of a wrapper.
pub struct Stream {
    inner: Box<dyn Read>,
    /// What the bytes are called in errors.
    path: PathBuf,
    wrapper: Option<Wrapper>,
    scratch: Vec<u8>,
}

impl Stream {
    /// Bytes read from `inner`, called `path`, which came out of `wrapper` if
    /// there is one.
    pub fn new(inner: Box<dyn Read>, path: PathBuf, wrapper: Option<Wrapper>) -> Self {
        Self {
            inner,
            path,
            wrapper,
            scratch: Vec::new(),
        }
    }
}

/// What an error of reading `path` means: ovfkit's own passes through; one that the
/// system did not raise comes from the decompressor of the `wrapper`.
pub(super) fn explain(error: io::Error, path: &Path, wrapper: Option<Wrapper>) -> Error {
    let error = match error.downcast::<Error>() {
        Ok(own) => return own.at(path),
        Err(error) => error,
    };
    match wrapper {
        Some(wrapper) if error.raw_os_error().is_none() => {
            let says = error.to_string();
            Error::from(WrapperFault::Damaged { wrapper, says }).at(path)
        }
        _ => Error::io("cannot read", path, error),
    }
}

impl Feed for Stream {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        loop {
            match self.inner.read(buf) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(explain(error, &self.path, self.wrapper)),
                Ok(count) => return Ok(count),
            }
        }
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        const CHUNK: usize = 1 << 16;
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.resize(CHUNK, 0);
        let mut left = count;
        while left > 0 {
            let most = to_usize(left.min(CHUNK as u64));
            match self.read(&mut scratch[..most])? {
                0 => break,
                read => left -= read as u64,
            }
        }
        self.scratch = scratch;
        Ok(count - left)
    }
}

/// A file, in which leaving out costs nothing.
pub struct Positional {
    storage: Arc<FileStorage>,
    at: u64,
}

impl Positional {
    /// The bytes of `storage` from its beginning.
    pub fn new(storage: Arc<FileStorage>) -> Self {
        Self { storage, at: 0 }
    }

    fn left(&self) -> u64 {
        self.storage.length().saturating_sub(self.at)
    }
}

impl Feed for Positional {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = to_usize(self.left().min(buf.len() as u64));
        self.storage.read_exact_at(self.at, &mut buf[..count])?;
        self.at += count as u64;
        Ok(count)
    }

    fn skip(&mut self, count: u64) -> Result<u64> {
        let count = count.min(self.left());
        self.at += count;
        Ok(count)
    }
}
