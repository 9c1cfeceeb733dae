//! The header, or the footer that replaces it, checked and typed.

use super::entry::{Entries, Place, se_place};
use super::fault::Fault;
use super::format::{
    COMPRESS_DEFLATE, DIRECTORY_AT_END, Header, MAGIC, Marker, MarkerKind, NEWLINE_TEST, SECTOR,
    SECTOR_BYTES, Sector, VERSIONS, ZEROED_GRAIN, flags, limits,
};
use crate::base::Result;
use crate::base::storage::Storage;

/// Where the grain tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TablesAt {
    /// Before the grains, as the header tells.
    Front,
    /// Behind the grains, as the footer tells.
    Footer,
    /// Nothing tells; the grains' own markers do.
    Nowhere,
}

/// The capacity told by the header an extent begins with.
pub fn header_capacity(sector: &[u8; SECTOR_BYTES]) -> Result<u64> {
    Ok(Layout::parse(sector, 0)?.capacity)
}

/// Where and how an extent keeps its grains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) version: u32,
    /// Bytes the guest sees.
    pub(super) capacity: u64,
    /// Bytes of a grain.
    pub(super) grain: u64,
    pub(super) entries_per_table: u64,
    pub(super) entries: Entries,
    /// Grains are zlib streams behind markers.
    pub(super) compressed: bool,
    /// A table entry of 1 is a grain of zeros.
    pub(super) zeroed_grains: bool,
    pub(super) tables: TablesAt,
    /// Sector of the grain directory, where there is one.
    pub(super) directory: u64,
    /// Sector of the redundant one.
    pub(super) redundant: Option<u64>,
    /// Bytes of the header.
    pub(super) header: u64,
    /// Byte offset and bytes of the descriptor; no bytes without one.
    pub(super) descriptor: (u64, u64),
    /// Sector of the first grain.
    pub(super) overhead: u64,
    /// Byte of the header that says that the program that wrote it did not close it, if one does.
    pub(super) unclean: Option<u64>,
}

impl Layout {
    /// Reads the header of `storage`, and the footer where the header says so
    /// and there is one.
    pub(super) fn read(storage: &dyn Storage) -> Result<Self> {
        let header = Self::front(storage)?;
        if header.tables != TablesAt::Footer {
            return Ok(header);
        }
        match footer(storage)? {
            Some((at, footer)) => header.replaced_by(&footer, at),
            None => Ok(Self {
                tables: TablesAt::Nowhere,
                ..header
            }),
        }
    }

    /// Reads the header of `storage` alone.
    pub(super) fn front(storage: &dyn Storage) -> Result<Self> {
        let length = storage.length();
        if length < SECTOR {
            return Err(Fault::ShortHeader { length }.into());
        }
        Self::parse(&read_sector(storage, 0)?, 0)
    }

    /// The header in `sector`, which stands at byte `at`.
    pub(super) fn parse(sector: &Sector, at: u64) -> Result<Self> {
        let header: &Header = zerocopy::transmute_ref!(sector);
        if header.magic != MAGIC {
            return Err(match at {
                0 => Fault::NotVmdk,
                _ => Fault::Marker {
                    at,
                    why: "no footer follows, one starts with `KDMV`".to_owned(),
                },
            }
            .into());
        }
        let version = header.version.get();
        if !VERSIONS.contains(&version) {
            return Err(Fault::Version(version).into());
        }
        let has = |flag| header.flags.get() & flag != 0;
        if has(flags::NEWLINE_TEST) && header.newline_test != NEWLINE_TEST {
            return Err(Fault::Newlines { at: at + 73 }.into());
        }
        let (compressed, markers) = (has(flags::COMPRESSED), has(flags::MARKERS));
        check_compression(header, compressed, markers)?;
        let field = |field, value, offset, rule: &str| Fault::Field {
            field,
            value,
            rule: rule.to_owned(),
            offset: at + offset,
        };
        let capacity = header.capacity.get();
        if !(1..=limits::CAPACITY_SECTORS).contains(&capacity) {
            return Err(field("capacity", capacity, 12, "it has to be 1 to 2^54 sectors").into());
        }
        let grain = header.grain_size.get();
        if !limits::GRAIN_SECTORS.contains(&grain) || !grain.is_power_of_two() {
            let rule = "it has to be a power of two, of 1 to 2097152 sectors";
            return Err(field("grainSize", grain, 20, rule).into());
        }
        if compressed && grain > limits::COMPRESSED_GRAIN_SECTORS {
            return Err(Fault::TooLarge {
                what: "compressed grain",
                bytes: grain * SECTOR,
                limit: limits::COMPRESSED_GRAIN_SECTORS * SECTOR,
                offset: at + 20,
            }
            .into());
        }
        let entries = header.entries_per_table.get();
        if !limits::TABLE_ENTRIES.contains(&entries) {
            let rule = "it has to be 1 to 512";
            return Err(field("numGTEsPerGT", entries.into(), 44, rule).into());
        }
        let directory = header.directory_offset.get();
        let tables = match directory {
            DIRECTORY_AT_END if markers => TablesAt::Footer,
            // A writer that puts the offset in last did not come so far.
            0 if markers => TablesAt::Nowhere,
            0 => {
                let rule = "the header stands there";
                return Err(field("gdOffset", 0, 56, rule).into());
            }
            _ => TablesAt::Front,
        };
        let layout = Self {
            version,
            capacity: capacity * SECTOR,
            grain: grain * SECTOR,
            entries_per_table: entries.into(),
            entries: Entries::Sectors,
            compressed,
            zeroed_grains: has(flags::ZEROED_GRAINS),
            tables,
            directory,
            redundant: has(flags::REDUNDANT).then_some(header.redundant_directory_offset.get()),
            header: SECTOR,
            descriptor: descriptor_place(header, at)?,
            overhead: header.overhead.get(),
            unclean: (header.unclean_shutdown != 0).then_some(72),
        };
        layout.directory_bytes(at + 12)?;
        Ok(layout)
    }

    /// The layout with what the `footer` at byte `at` tells: it takes
    /// precedence, but cannot make another disk of it.
    pub(super) fn replaced_by(&self, footer: &Self, at: u64) -> Result<Self> {
        for (field, header, footer) in [
            ("capacity", self.capacity / SECTOR, footer.capacity / SECTOR),
            ("grainSize", self.grain / SECTOR, footer.grain / SECTOR),
            (
                "numGTEsPerGT",
                self.entries_per_table,
                footer.entries_per_table,
            ),
            (
                "compression",
                self.compressed.into(),
                footer.compressed.into(),
            ),
        ] {
            if header != footer {
                return Err(Fault::Footer {
                    field,
                    header,
                    footer,
                    at,
                }
                .into());
            }
        }
        if footer.tables != TablesAt::Front {
            return Err(Fault::Field {
                field: "gdOffset",
                value: footer.directory,
                rule: "in the footer it has to tell where the grain directory is".to_owned(),
                offset: at + 56,
            }
            .into());
        }
        Ok(Self {
            tables: TablesAt::Footer,
            descriptor: self.descriptor,
            overhead: self.overhead,
            ..footer.clone()
        })
    }

    /// Grains of the disk, the last one perhaps cut by the capacity.
    pub(super) fn grains(&self) -> u64 {
        self.capacity.div_ceil(self.grain)
    }

    /// Entries of the grain directory.
    pub(super) fn directory_entries(&self) -> u64 {
        self.grains().div_ceil(self.entries_per_table)
    }

    /// Bytes of the grain directory, of which the capacity at byte `offset` decides.
    pub(super) fn directory_bytes(&self, offset: u64) -> Result<u64> {
        let bytes = self.directory_entries() * self.entries.width();
        if bytes > limits::DIRECTORY_BYTES {
            return Err(Fault::TooLarge {
                what: "grain directory",
                bytes,
                limit: limits::DIRECTORY_BYTES,
                offset,
            }
            .into());
        }
        Ok(bytes)
    }

    /// Bytes of a grain table.
    pub(super) fn table_bytes(&self) -> u64 {
        self.entries_per_table * self.entries.width()
    }

    /// Bytes of the grain at `guest` that the guest sees.
    pub(super) fn visible(&self, guest: u64) -> u64 {
        self.grain.min(self.capacity.saturating_sub(guest))
    }

    /// What the `entry` of a grain table says, or what is wrong with it.
    pub(super) fn place(&self, entry: u64) -> Result<Place, &'static str> {
        match self.entries {
            Entries::Sectors if entry == 0 => Ok(Place::Nowhere),
            Entries::Sectors if entry == u64::from(ZEROED_GRAIN) && self.zeroed_grains => {
                Ok(Place::Zero)
            }
            Entries::Sectors => Ok(Place::At(entry * SECTOR)),
            Entries::Grains(first) => se_place(entry, first, self.grain),
        }
    }

    /// Most bytes of a compressed grain: what does not compress grows a little.
    pub(super) fn most_compressed(&self) -> u64 {
        self.grain * 2
    }

    /// Whether the header or the descriptor, which may be anywhere, stands at byte `at`.
    pub(super) fn is_text(&self, at: u64) -> bool {
        let (start, bytes) = self.descriptor;
        at < self.header || (start..start + bytes).contains(&at)
    }

    /// Byte of the first grain's marker in a stream, where it can be one.
    pub(super) fn first_marker(&self) -> Result<u64> {
        match self.overhead.checked_mul(SECTOR) {
            Some(at) if at >= self.header.max(self.descriptor.0 + self.descriptor.1) => Ok(at),
            _ => Err(Fault::Field {
                field: "overHead",
                value: self.overhead,
                rule: "grains start behind the header and the descriptor".to_owned(),
                offset: 64,
            }
            .into()),
        }
    }
}

fn check_compression(header: &Header, compressed: bool, markers: bool) -> Result<()> {
    let why = match (compressed, markers) {
        (true, false) => "its grains are compressed but have no markers".to_owned(),
        (false, true) => "its grains have markers but are not compressed".to_owned(),
        (true, true) if header.compression.get() != COMPRESS_DEFLATE => format!(
            "its grains are compressed by algorithm {}; deflate, 1, is known",
            header.compression.get()
        ),
        _ => return Ok(()),
    };
    Err(Fault::Unsupported(why).into())
}

fn descriptor_place(header: &Header, at: u64) -> Result<(u64, u64)> {
    let (sector, sectors) = (header.descriptor_offset.get(), header.descriptor_size.get());
    if sector == 0 || sectors == 0 {
        return Ok((0, 0));
    }
    let bytes = sectors.saturating_mul(SECTOR);
    if bytes > limits::DESCRIPTOR_BYTES {
        return Err(Fault::TooLarge {
            what: "descriptor",
            bytes,
            limit: limits::DESCRIPTOR_BYTES,
            offset: at + 36,
        }
        .into());
    }
    match sector
        .checked_mul(SECTOR)
        .map(|start| (start, start.checked_add(bytes)))
    {
        Some((start, Some(_))) => Ok((start, bytes)),
        _ => Err(Fault::Field {
            field: "descriptorOffset",
            value: sector,
            rule: "no file is as long".to_owned(),
            offset: at + 28,
        }
        .into()),
    }
}

/// The footer and its byte offset: the last sectors of a finished stream are
/// its marker, the footer itself and the end-of-stream marker.
fn footer(storage: &dyn Storage) -> Result<Option<(u64, Layout)>> {
    let Some(start) = storage.length().checked_sub(3 * SECTOR) else {
        return Ok(None);
    };
    let marker = |at| Ok::<_, crate::base::Error>(Marker::parse(&read_sector(storage, at)?));
    let is = |kind, found| matches!(found, Marker::Metadata { kind: other, .. } if other == kind);
    if !is(MarkerKind::Footer, marker(start)?)
        || !is(MarkerKind::EndOfStream, marker(start + 2 * SECTOR)?)
    {
        return Ok(None);
    }
    let at = start + SECTOR;
    Ok(Some((at, Layout::parse(&read_sector(storage, at)?, at)?)))
}

/// The sector at byte `at`.
pub(super) fn read_sector(storage: &dyn Storage, at: u64) -> Result<Sector> {
    let mut sector = [0; SECTOR_BYTES];
    storage.read_exact_at(at, &mut sector)?;
    Ok(sector)
}

/// A range has to lie within the file.
pub(super) fn check_inside(what: &'static str, at: u64, bytes: u64, length: u64) -> Result<()> {
    if at.checked_add(bytes).is_some_and(|end| end <= length) {
        return Ok(());
    }
    Err(Fault::BeyondEnd {
        what,
        at,
        bytes,
        length,
    }
    .into())
}
