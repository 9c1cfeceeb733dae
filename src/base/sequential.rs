//! A storage read from front to back.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::storage::Storage;
use crate::base::units::to_usize;

/// Reads a storage once, from its first byte to its last.
pub struct Sequential {
    storage: Arc<dyn Storage>,
    at: Arc<AtomicU64>,
}

impl Sequential {
    /// The bytes of `storage`.
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self {
            storage,
            at: Arc::default(),
        }
    }

    /// How many bytes were read, for whoever has given the reader away.
    pub fn position(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.at)
    }
}

impl Read for Sequential {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let at = self.at.load(Ordering::Relaxed);
        let left = self.storage.length().saturating_sub(at);
        let count = to_usize(left.min(buf.len() as u64));
        let read = self.storage.read_exact_at(at, &mut buf[..count]);
        // Found again by who reads, inside what the system's errors come in.
        read.map_err(io::Error::other)?;
        self.at.store(at + count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_where_the_storage_ends() {
        let content: Vec<u8> = (0..100).collect();
        let mut reader = Sequential::new(Arc::new(content.clone()));
        let position = reader.position();
        let mut read = Vec::new();
        reader.read_to_end(&mut read).expect("memory");
        assert_eq!(read, content);
        assert_eq!(position.load(Ordering::Relaxed), 100);
    }
}
