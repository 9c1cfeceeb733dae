//! Tables of an image, kept in memory as far as a fixed amount goes.

use std::sync::{Arc, Mutex, PoisonError};

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// Bytes of tables kept.
const CACHE_BYTES: u64 = 4 << 20;
/// Pieces kept at most: many tiny ones would not pay.
const CACHE_PIECES: u64 = 1024;

/// Bytes of a table read at a time, where all of it is kept.
const WORDS_BYTES: u64 = 64 << 10;

/// The table of `count` numbers at `start` of `storage`. The caller has held the count
/// against a limit, and the table against the file.
pub(super) fn read_words<const N: usize, T>(
    storage: &dyn Storage,
    start: u64,
    count: u64,
    word: fn([u8; N]) -> T,
) -> Result<Vec<T>> {
    // In pieces: a second copy of a large table would weigh.
    let width = N as u64;
    let mut words = Vec::with_capacity(to_usize(count));
    let mut piece = vec![0; to_usize(WORDS_BYTES.min(count * width))];
    while (words.len() as u64) < count {
        let done = words.len() as u64 * width;
        let room = piece.len().min(to_usize(count * width - done));
        let (now, _) = piece.split_at_mut(room);
        storage.read_exact_at(start + done, now)?;
        let (found, _) = now.as_chunks::<N>();
        words.extend(found.iter().map(|bytes| word(*bytes)));
    }
    Ok(words)
}

/// Pieces of tables, direct-mapped by their place in the guest's order: disks
/// are walked forwards, by several threads close to each other.
pub(super) struct TableCache {
    slots: Vec<Mutex<Option<Piece>>>,
}

#[derive(Clone)]
struct Piece {
    offset: u64,
    bytes: Arc<[u8]>,
}

impl TableCache {
    /// A cache for pieces of `bytes` each, at most [`CACHE_BYTES`].
    pub(super) fn new(bytes: u64) -> Self {
        Self::one_of(1, bytes)
    }

    /// One of `many` caches that share what there is for one.
    pub(super) fn one_of(many: u64, bytes: u64) -> Self {
        let slots = (CACHE_BYTES / bytes.max(1)).min(CACHE_PIECES) / many.max(1);
        let slots = slots.max(1);
        Self {
            slots: (0..slots).map(|_| Mutex::new(None)).collect(),
        }
    }

    /// The piece at `offset` of the file, the `number`th of the guest's disk;
    /// `read` fetches it when it is not here.
    pub(super) fn get(
        &self,
        number: u64,
        offset: u64,
        read: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Arc<[u8]>> {
        let slot = &self.slots[to_usize(number % self.slots.len() as u64)];
        let cached = slot.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(piece) = cached.filter(|piece| piece.offset == offset) {
            return Ok(piece.bytes);
        }
        let bytes: Arc<[u8]> = read()?.into();
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Piece {
            offset,
            bytes: Arc::clone(&bytes),
        });
        Ok(bytes)
    }
}
