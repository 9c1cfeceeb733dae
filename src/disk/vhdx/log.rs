//! The log (2.3): which of its entries have to be replayed.

use super::entry::{Entry, Log};
use super::fault::Fault;
use super::format::{LOG_SECTOR, limits};
use super::guid::Guid;
use super::header::Stretch;
use super::region::inside;
use super::replay::Replay;
use crate::base::Result;
use crate::base::storage::Storage;

/// What the log `id` at `place` of `storage` writes.
pub(super) fn replay(storage: &dyn Storage, place: Stretch, id: Guid) -> Result<Replay> {
    if place.length > limits::LOG_BYTES {
        return Err(Fault::TooLarge {
            what: "log",
            value: place.length,
            limit: limits::LOG_BYTES,
            at: place.offset,
        }
        .into());
    }
    inside("the log", place.offset, place.length, storage.length())?;
    let log = Log { storage, place, id };
    let active = active(log)?;
    let Some(head) = active.last() else {
        return Err(Fault::LogWithoutEntries { at: place.offset }.into());
    };
    if storage.length() < head.flushed {
        return Err(Fault::Truncated {
            length: storage.length(),
            had: head.flushed,
        }
        .into());
    }
    let mut replay = Replay::new(storage.length());
    replay.grow(head.last)?;
    for entry in &active {
        entry.writes(log, |write| replay.put(&write))?;
    }
    Ok(replay)
}

/// The newest sequence of entries that is whole, from its tail to its head (2.3.3).
fn active(log: Log<'_>) -> Result<Vec<Entry>> {
    let mut newest: Vec<Entry> = Vec::new();
    let mut start = 0;
    while start < log.place.length {
        let mut sequence = sequence_from(log, start)?;
        let Some(head) = sequence.last() else {
            start += LOG_SECTOR as u64;
            continue;
        };
        // When the head's tail is not among these, it is not among the later of them
        // either, so the next sequence begins behind the head in any case.
        start += sequence.iter().map(|entry| entry.length).sum::<u64>();
        let newer = newest.last().is_none_or(|old| old.sequence < head.sequence);
        let tail = sequence.iter().position(|entry| entry.at == head.tail);
        if let (true, Some(tail)) = (newer, tail) {
            newest = sequence.split_off(tail);
        }
    }
    Ok(newest)
}

/// The entries from `start` on that follow one another.
fn sequence_from(log: Log<'_>, start: u64) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut taken = 0;
    while taken < log.place.length {
        let at = (start + taken) % log.place.length;
        let Some(entry) = Entry::read(log, at)? else {
            break;
        };
        let follows = entries
            .last()
            .is_none_or(|before| before.sequence.checked_add(1) == Some(entry.sequence));
        if !follows || taken + entry.length > log.place.length {
            break;
        }
        taken += entry.length;
        entries.push(entry);
    }
    Ok(entries)
}
