//! How often each cluster of the file is used, and what for.

use std::collections::HashMap;

use crate::base::units::to_usize;

/// Clusters whose cells are kept together. Those nobody uses take no room.
const CHUNK: usize = 2048;
/// Stands for a count that is kept apart.
const HIGH: u8 = u8::MAX;

/// What a cluster is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The guest's data, compressed or not: several tables may lead there.
    Data = 1,
    /// An L2 table: several L1 tables may lead there.
    Table = 2,
    /// Anything else, of which there is one.
    Sole = 3,
}

const USE: u8 = 0b11;
/// It is used for two things that do not go together.
const CLASH: u8 = 1 << 2;
/// It is an L2 table to be followed.
const FOLLOW: u8 = 1 << 3;
/// The active L1 table led to it already.
const SEEN: u8 = 1 << 4;
/// Its stored refcount is one.
const ONE: u8 = 1 << 5;
/// Its stored refcount is known.
const KNOWN: u8 = 1 << 6;

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: u8,
    state: u8,
}

/// Counts for the clusters of a file.
pub(in crate::disk::qcow2) struct Cells {
    chunks: Vec<Option<Box<[Cell; CHUNK]>>>,
    high: HashMap<u64, u64>,
}

impl Cells {
    /// For `clusters` clusters, none used.
    pub(in crate::disk::qcow2) fn new(clusters: u64) -> Self {
        let chunks = to_usize(clusters.div_ceil(CHUNK as u64));
        Self {
            chunks: std::iter::repeat_with(|| None).take(chunks).collect(),
            high: HashMap::new(),
        }
    }

    fn get(&self, cluster: u64) -> Cell {
        let (chunk, within) = place(cluster);
        let chunk = self.chunks.get(chunk).and_then(Option::as_ref);
        chunk.map_or_else(Cell::default, |chunk| chunk[within])
    }

    /// The cell of `cluster`, which is one of the file's.
    fn get_mut(&mut self, cluster: u64) -> &mut Cell {
        let (chunk, within) = place(cluster);
        let chunk = &mut self.chunks[chunk];
        &mut chunk.get_or_insert_with(|| Box::new([Cell::default(); CHUNK]))[within]
    }

    /// Counts `times` more uses of `cluster`.
    pub(super) fn count(&mut self, cluster: u64, used: Use, times: u64) {
        let cell = self.get_mut(cluster);
        let before = cell.state & USE;
        let together = before == 0 || before == used as u8 && used != Use::Sole;
        if !together {
            cell.state |= CLASH;
        }
        cell.state = cell.state & !USE | before.max(used as u8);
        self.add(cluster, times);
    }

    /// Counts `times` more uses of `cluster`, whatever for.
    pub(in crate::disk::qcow2) fn add(&mut self, cluster: u64, times: u64) {
        self.set(cluster, self.uses(cluster).saturating_add(times));
    }

    /// Counts one more use of each cluster, of `size` bytes, that has any of the `bytes` at `offset`.
    pub(in crate::disk::qcow2) fn add_table(&mut self, offset: u64, bytes: u64, size: u64) {
        for cluster in offset / size..(offset + bytes).div_ceil(size) {
            self.add(cluster, 1);
        }
    }

    /// Counts the uses that `others` have counted of the same file, too; answers with the most
    /// uses one of those clusters has then.
    pub(in crate::disk::qcow2) fn add_all(&mut self, others: &Self) -> u64 {
        let mut most = 0;
        for (number, chunk) in others.chunks.iter().enumerate() {
            for (within, cell) in chunk.iter().flat_map(|chunk| chunk.iter().enumerate()) {
                if cell.count > 0 {
                    let cluster = (number * CHUNK + within) as u64;
                    self.add(cluster, others.uses(cluster));
                    most = most.max(self.uses(cluster));
                }
            }
        }
        most
    }

    /// Takes back what `others` have counted, too, from both.
    pub(in crate::disk::qcow2) fn cancel(&mut self, others: &mut Self) {
        for number in 0..self.chunks.len().min(others.chunks.len()) {
            if self.chunks[number].is_none() || others.chunks[number].is_none() {
                continue;
            }
            let first = (number * CHUNK) as u64;
            for cluster in first..first + CHUNK as u64 {
                let both = self.uses(cluster).min(others.uses(cluster));
                if both > 0 {
                    self.set(cluster, self.uses(cluster) - both);
                    others.set(cluster, others.uses(cluster) - both);
                }
            }
        }
    }

    /// Takes one use back.
    pub(in crate::disk::qcow2) fn uncount(&mut self, cluster: u64) {
        self.set(cluster, self.uses(cluster).saturating_sub(1));
    }

    fn set(&mut self, cluster: u64, uses: u64) {
        let count = u8::try_from(uses).unwrap_or(HIGH);
        self.get_mut(cluster).count = count;
        if count == HIGH {
            self.high.insert(cluster, uses);
        }
    }

    /// How often `cluster` is used.
    pub(in crate::disk::qcow2) fn uses(&self, cluster: u64) -> u64 {
        match self.get(cluster).count {
            HIGH => self.high.get(&cluster).copied().unwrap_or(HIGH.into()),
            count => count.into(),
        }
    }

    /// Whether `cluster` is used for things that do not go together.
    pub(super) fn clashes(&self, cluster: u64) -> bool {
        self.get(cluster).state & CLASH != 0
    }

    /// Marks what is an L2 table by now as one to be followed; answers with how many clusters
    /// are two things at once.
    pub(super) fn settle_tables(&mut self) -> u64 {
        let mut unclear = 0;
        for chunk in self.chunks.iter_mut().flatten() {
            for cell in &mut **chunk {
                if cell.state & CLASH != 0 {
                    unclear += 1;
                } else if cell.state & USE == Use::Table as u8 {
                    cell.state |= FOLLOW;
                }
            }
        }
        unclear
    }

    /// The first L2 table from `cluster` on.
    pub(super) fn next_table(&self, cluster: u64) -> Option<u64> {
        let (first, mut within) = place(cluster);
        for (number, chunk) in self.chunks.iter().enumerate().skip(first) {
            let cells = chunk.iter().flat_map(|chunk| &chunk[within..]);
            if let Some(found) = cells.into_iter().position(|cell| cell.state & FOLLOW != 0) {
                return Some((number * CHUNK + within + found) as u64);
            }
            within = 0;
        }
        None
    }

    /// Lets each L2 table be [seen](Self::see) once more.
    pub(super) fn forget_seen(&mut self) {
        for chunk in self.chunks.iter_mut().flatten() {
            for cell in &mut **chunk {
                cell.state &= !SEEN;
            }
        }
    }

    /// Whether `cluster` is an L2 table that the active L1 table leads to for the first time;
    /// none is behind the end of the file.
    pub(super) fn see(&mut self, cluster: u64) -> bool {
        if self.get(cluster).state & (FOLLOW | SEEN) != FOLLOW {
            return false;
        }
        self.get_mut(cluster).state |= SEEN;
        true
    }

    /// Notes whether the stored refcount of a used `cluster` is one.
    pub(in crate::disk::qcow2) fn note_stored(&mut self, cluster: u64, one: bool) {
        let cell = self.get_mut(cluster);
        cell.state = cell.state & !ONE | KNOWN | if one { ONE } else { 0 };
    }

    /// Whether the stored refcount of `cluster` is one, if that is known.
    pub(in crate::disk::qcow2) fn stored_is_one(&self, cluster: u64) -> Option<bool> {
        let state = self.get(cluster).state;
        (state & KNOWN != 0).then_some(state & ONE != 0)
    }

    /// The first cluster from `cluster` on that may be used, before `end`.
    pub(super) fn next_used(&self, cluster: u64, end: u64) -> Option<u64> {
        let ((first, _), (last, _)) = (place(cluster), place(end.saturating_sub(1)));
        let chunks = self.chunks.iter().take(last.saturating_add(1)).skip(first);
        let used = chunks.into_iter().position(Option::is_some)?;
        let used = cluster.max(((first + used) * CHUNK) as u64);
        (used < end).then_some(used)
    }
}

fn place(cluster: u64) -> (usize, usize) {
    let cluster = to_usize(cluster);
    (cluster / CHUNK, cluster % CHUNK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_go_past_a_byte() {
        let mut cells = Cells::new(5000);
        for _ in 0..300 {
            cells.count(4999, Use::Data, 1);
        }
        cells.count(4998, Use::Table, 70_000);
        assert_eq!(
            (cells.uses(4999), cells.uses(4998), cells.uses(0)),
            (300, 70_000, 0)
        );
        for _ in 0..100 {
            cells.uncount(4999);
        }
        assert_eq!(cells.uses(4999), 200);
        assert_eq!(cells.next_used(0, 5000), Some(4096));
        assert_eq!(cells.next_used(4500, 5000), Some(4500));
        assert_eq!(cells.next_used(0, 4096), None);
    }

    #[test]
    fn counts_add_up() {
        let mut cells = Cells::new(5000);
        cells.count(7, Use::Data, 200);
        let mut others = Cells::new(5000);
        others.add(7, 100);
        others.add(4999, 1000);
        assert_eq!(cells.add_all(&others), 1000);
        assert_eq!((cells.uses(7), cells.uses(4999)), (300, 1000));
        assert_eq!(cells.add_all(&Cells::new(5000)), 0);
        others.cancel(&mut cells);
        assert_eq!((cells.uses(7), cells.uses(4999)), (200, 0));
        assert_eq!((others.uses(7), others.uses(4999)), (0, 0));
    }

    #[test]
    fn what_does_not_go_together_clashes() {
        let mut cells = Cells::new(10);
        for (cluster, uses) in [
            (1, [Use::Data, Use::Data]),
            (2, [Use::Table, Use::Table]),
            (3, [Use::Sole, Use::Sole]),
            (4, [Use::Data, Use::Table]),
            (5, [Use::Table, Use::Sole]),
        ] {
            for used in uses {
                cells.count(cluster, used, 1);
            }
        }
        let clashes: Vec<_> = (0..10).filter(|cluster| cells.clashes(*cluster)).collect();
        assert_eq!(clashes, [3, 4, 5]);
        assert_eq!(cells.settle_tables(), 3);
        assert_eq!((cells.next_table(0), cells.next_table(3)), (Some(2), None));
        assert!(cells.see(2) && !cells.see(2) && !cells.see(4));
    }
}
