//! Digests taken on a thread of their own, while the bytes go somewhere else.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::digest::{Algorithm, Digests};

/// Bytes that are not worth a thread.
const LITTLE: u64 = 1 << 20;
/// Chunks under way to the thread: one that is digested, and some that wait where the
/// other work is uneven.
const DEPTH: usize = 4;

/// Takes bytes for digests.
pub enum Aside {
    /// At once.
    Here(Digests),
    /// By a thread, which hands chunks back to be filled again.
    There {
        /// To the thread.
        full: SyncSender<Vec<u8>>,
        /// From it.
        spent: Receiver<Vec<u8>>,
    },
}

impl Aside {
    /// Takes the next `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Here(digests) => digests.update(bytes),
            Self::There { full, spent } => {
                let mut chunk = spent.try_recv().unwrap_or_default();
                chunk.clear();
                chunk.extend_from_slice(bytes);
                // The thread ends after this sender alone, or with a panic, which is
                // told when it is joined.
                let _ = full.send(chunk);
            }
        }
    }
}

/// Does `work` on some `size` bytes, which it passes to the [`Aside`] as well, and
/// answers with what it did and the digests by `algorithms`.
///
/// Where the system grants no thread, `work` does both.
pub fn digested<R>(
    algorithms: &[Algorithm],
    size: u64,
    work: impl FnOnce(&mut Aside) -> R,
) -> (R, HashMap<Algorithm, String>) {
    let here = |work: Box<dyn FnOnce(&mut Aside) -> R + '_>| {
        let mut aside = Aside::Here(Digests::new(algorithms));
        let done = work(&mut aside);
        let Aside::Here(digests) = aside else {
            return (done, HashMap::new());
        };
        (done, digests.finish())
    };
    if algorithms.is_empty() || size <= LITTLE {
        return here(Box::new(work));
    }
    thread::scope(|scope| {
        let (full, chunks) = sync_channel::<Vec<u8>>(DEPTH);
        let (give_back, spent) = sync_channel(DEPTH + 1);
        let mut digests = Digests::new(algorithms);
        let thread = thread::Builder::new().spawn_scoped(scope, move || {
            for chunk in chunks {
                digests.update(&chunk);
                // One chunk more or less to fill again is all the same.
                let _ = give_back.try_send(chunk);
            }
            digests.finish()
        });
        let Ok(thread) = thread else {
            return here(Box::new(work));
        };
        let mut aside = Aside::There { full, spent };
        let done = work(&mut aside);
        drop(aside);
        match thread.join() {
            Ok(digests) => (done, digests),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_same_here_and_there() {
        let algorithms = [Algorithm::Sha256, Algorithm::Sha1];
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[1]).collect();
        for length in [0, 1, 1 << 20, (1 << 20) + 1, bytes.len()] {
            let bytes = &bytes[..length];
            let (count, digests) = digested(&algorithms, length as u64, |aside| {
                bytes
                    .chunks(70_000)
                    .map(|chunk| aside.update(chunk))
                    .count()
            });
            assert_eq!(count, length.div_ceil(70_000));
            assert_eq!(digests.len(), 2);
            for algorithm in algorithms {
                assert_eq!(digests[&algorithm], algorithm.digest(bytes), "{length}");
            }
        }
        assert!(digested(&[], 1 << 21, |_| ()).1.is_empty());
    }
}
