//! What stands behind the grains of a stream: their tables, and the end.

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::little_endian::U32;

use super::format::{Header, MarkerKind, MetadataMarker, SECTOR};
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};

/// The tables of a stream whose grains ascend, as far as these have come.
#[derive(Debug)]
pub(super) struct Trailer {
    entries_per_table: u64,
    /// Sector of every grain table.
    directory: Vec<U32>,
    /// The grain table being filled: its number, and its entries.
    table: Option<(u64, Vec<U32>)>,
}

impl Trailer {
    pub(super) fn new(entries_per_table: u64) -> Self {
        Self {
            entries_per_table,
            directory: Vec::new(),
            table: None,
        }
    }

    /// The number of the table that `grain` is in, and whether another one has to be closed
    /// before.
    pub(super) fn table_of(&self, grain: u64) -> (u64, bool) {
        let number = grain / self.entries_per_table;
        let open = self.table.as_ref();
        (number, open.is_some_and(|(open, _)| *open != number))
    }

    /// Enters `grain`, which stands at `sector`, into its table.
    pub(super) fn enter(&mut self, grain: u64, sector: u64) -> Result<()> {
        let number = grain / self.entries_per_table;
        let words = (self.entries_per_table * 4).next_multiple_of(SECTOR) / 4;
        let empty = || (number, vec![U32::ZERO; to_usize(words)]);
        let (_, entries) = self.table.get_or_insert_with(empty);
        entries[to_usize(grain % self.entries_per_table)] = entry(sector)?;
        Ok(())
    }

    /// The open table behind its marker, which is to stand at the sector `position`; nothing
    /// if none is open.
    pub(super) fn close_table(&mut self, position: u64) -> Result<Vec<u8>> {
        let Some((number, entries)) = self.table.take() else {
            return Ok(Vec::new());
        };
        // Tables of all zeros are not written: their entry is 0.
        self.directory.resize(to_usize(number), U32::ZERO);
        self.directory.push(entry(position + 1)?);
        let sectors = entries.as_bytes().len() as u64 / SECTOR;
        let marker = MetadataMarker::new(MarkerKind::GrainTable, sectors);
        Ok([marker.as_bytes(), entries.as_bytes()].concat())
    }

    /// What ends the stream from the sector `position` on, behind the last table: a directory of
    /// so many `tables`, the footer, which is the `header` with the place of that, and the end.
    pub(super) fn finish(
        &mut self,
        position: u64,
        tables: u64,
        header: impl FnOnce(u64) -> Header,
    ) -> Vec<u8> {
        let entries_per_sector = SECTOR / 4;
        let sectors = tables.div_ceil(entries_per_sector);
        let entries = to_usize(sectors * entries_per_sector);
        self.directory.resize(entries, U32::ZERO);
        let marker = |kind, sectors| MetadataMarker::new(kind, sectors);
        [
            marker(MarkerKind::GrainDirectory, sectors).as_bytes(),
            self.directory.as_bytes(),
            marker(MarkerKind::Footer, 1).as_bytes(),
            header(position + 1).as_bytes(),
            marker(MarkerKind::EndOfStream, 0).as_bytes(),
        ]
        .concat()
    }
}

/// A table entry: the format has 32 bits for it.
fn entry(sector: u64) -> Result<U32> {
    u32::try_from(sector).map(U32::new).map_err(|_| {
        Error::new(
            ErrorKind::LimitExceeded,
            "the compressed disk would exceed 2 TiB, the most a VMDK's 32-bit sector numbers reach",
        )
        .help("compress better with `--level best`, or split the disk")
    })
}
