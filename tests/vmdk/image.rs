//! Sparse extents made in memory, in every layout the format has, written from
//! the technical note for these tests alone.

use ovfkit::base::deflate::Deflater;
use proptest::prelude::*;

use crate::model::{Fill, paint};

pub const SECTOR: usize = 512;
pub const AT_END: u64 = u64::MAX;
/// Sectors of the descriptor, behind the header.
const TEXT_SECTORS: usize = 2;

/// Byte offsets of the header's fields.
pub mod field {
    pub const VERSION: usize = 4;
    pub const FLAGS: usize = 8;
    pub const CAPACITY: usize = 12;
    pub const GRAIN_SIZE: usize = 20;
    pub const DESCRIPTOR_OFFSET: usize = 28;
    pub const DESCRIPTOR_SIZE: usize = 36;
    pub const ENTRIES: usize = 44;
    pub const REDUNDANT: usize = 48;
    pub const DIRECTORY: usize = 56;
    pub const OVERHEAD: usize = 64;
    pub const UNCLEAN: usize = 72;
    pub const NEWLINES: usize = 73;
    pub const COMPRESSION: usize = 77;
}

/// Where the tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Before the grains; not compressed.
    Sparse,
    /// Before the grains, which are compressed.
    Front,
    /// Behind the grains, with a footer.
    Footer,
    /// None, but an end-of-stream marker.
    Bare,
}

/// How one grain is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    Missing,
    /// A table entry of 1.
    Zeroed,
    Data(Fill),
}

#[derive(Debug, Clone)]
pub struct Recipe {
    pub layout: Layout,
    pub version: u32,
    /// Sectors of a grain.
    pub grain: usize,
    /// Entries of a grain table.
    pub entries: usize,
    pub redundant: bool,
    /// Sectors the capacity falls short of whole grains by.
    pub missing: usize,
    /// Whether the last grain is compressed only as far as it shows.
    pub short_last: bool,
    pub grains: Vec<Stored>,
}

pub fn recipe() -> impl Strategy<Value = Recipe> {
    let layout = prop_oneof![
        Just(Layout::Sparse),
        Just(Layout::Front),
        Just(Layout::Footer),
        Just(Layout::Bare)
    ];
    let grain = prop_oneof![Just(1), Just(8), Just(64), Just(128), Just(256)];
    let entries = prop_oneof![Just(1), Just(3), Just(128), Just(200), Just(512)];
    let fill = prop_oneof![
        any::<u8>().prop_map(|value| Fill::Pattern(value | 1)),
        any::<u64>().prop_map(Fill::Noise)
    ];
    let stored = prop_oneof![
        2 => Just(Stored::Missing),
        1 => Just(Stored::Zeroed),
        3 => fill.prop_map(Stored::Data),
    ];
    let shape = (layout, 1..=3_u32, grain, entries);
    (
        shape,
        any::<[bool; 2]>(),
        0..256_usize,
        prop::collection::vec(stored, 1..40),
    )
        .prop_map(
            |((layout, version, grain, entries), [redundant, short_last], missing, grains)| {
                Recipe {
                    layout,
                    version,
                    grain,
                    entries,
                    redundant: redundant && matches!(layout, Layout::Sparse | Layout::Front),
                    missing: missing % grain,
                    short_last,
                    grains,
                }
            },
        )
}

/// An extent, the disk it holds, and where things stand, in sectors.
#[derive(Debug, Clone, Default)]
pub struct Built {
    pub file: Vec<u8>,
    pub disk: Vec<u8>,
    /// Number and sector of every grain.
    pub grains: Vec<(usize, usize)>,
    pub directory: usize,
    /// Those of the grain directory alone.
    pub tables: Vec<usize>,
    /// The first grain.
    pub overhead: usize,
}

pub fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

pub fn word(file: &mut [u8], at: usize, value: usize) {
    put(file, at, &u32::try_from(value).unwrap().to_le_bytes());
}

pub fn long(file: &mut [u8], at: usize, value: u64) {
    put(file, at, &value.to_le_bytes());
}

/// The text of a descriptor for an extent of `sectors`.
pub fn descriptor(kind: &str, sectors: usize) -> String {
    format!(
        "# Disk DescriptorFile\nversion=1\nCID=00c0ffee\nparentCID=ffffffff\n\
         createType=\"{kind}\"\nRW {sectors} SPARSE \"made.vmdk\"\n#DDB\n\
         ddb.adapterType = \"lsilogic\"\n"
    )
}

pub fn build(recipe: &Recipe) -> Built {
    let mut built = Built::default();
    let capacity = recipe.grains.len() * recipe.grain - recipe.missing;
    built.header(recipe, capacity);
    let directory = recipe.grains.len().div_ceil(recipe.entries);
    let mut places = Vec::new();
    if matches!(recipe.layout, Layout::Sparse | Layout::Front) {
        // As QEMU has them: the redundant ones first.
        for _ in 0..=usize::from(recipe.redundant) {
            let at = built.reserve((directory * 4).div_ceil(SECTOR));
            let table = (recipe.entries * 4).div_ceil(SECTOR);
            let tables: Vec<_> = (0..directory).map(|_| built.reserve(table)).collect();
            built.fill_directory(at, &tables);
            places.push((at, tables));
        }
    }
    built.overhead = built.sectors();
    built.grains(recipe, capacity);
    match recipe.layout {
        Layout::Sparse | Layout::Front => {
            for (_, tables) in &places {
                built.fill_tables(recipe, tables);
            }
            let (directory, tables) = places.pop().unwrap();
            (built.directory, built.tables) = (directory, tables);
            long(&mut built.file, field::DIRECTORY, directory as u64);
            if let Some((redundant, _)) = places.pop() {
                long(&mut built.file, field::REDUNDANT, redundant as u64);
            }
            if recipe.layout == Layout::Front {
                built.marker(0, 0);
            }
        }
        Layout::Footer => built.finish(recipe, directory),
        Layout::Bare => built.marker(0, 0),
    }
    let overhead = built.overhead as u64;
    long(&mut built.file, field::OVERHEAD, overhead);
    if recipe.layout == Layout::Footer {
        let footer = built.file.len() - 2 * SECTOR;
        long(&mut built.file, footer + field::OVERHEAD, overhead);
    }
    built.disk.truncate(capacity * SECTOR);
    built
}

impl Built {
    fn sectors(&self) -> usize {
        self.file.len() / SECTOR
    }

    /// So many sectors of zeros; returns where they start.
    fn reserve(&mut self, sectors: usize) -> usize {
        let at = self.sectors();
        self.file.resize((at + sectors) * SECTOR, 0);
        at
    }

    fn header(&mut self, recipe: &Recipe, capacity: usize) {
        let compressed = recipe.layout != Layout::Sparse;
        let zeroed = recipe.grains.contains(&Stored::Zeroed);
        let flags = 1
            | u32::from(recipe.redundant) << 1
            | u32::from(zeroed) << 2
            | if compressed { 3 << 16 } else { 0 };
        self.reserve(1 + TEXT_SECTORS);
        let file = &mut self.file;
        put(file, 0, b"KDMV");
        put(file, field::VERSION, &recipe.version.to_le_bytes());
        put(file, field::FLAGS, &flags.to_le_bytes());
        long(file, field::CAPACITY, capacity as u64);
        long(file, field::GRAIN_SIZE, recipe.grain as u64);
        long(file, field::DESCRIPTOR_OFFSET, 1);
        long(file, field::DESCRIPTOR_SIZE, TEXT_SECTORS as u64);
        word(file, field::ENTRIES, recipe.entries);
        long(file, field::DIRECTORY, AT_END);
        put(file, field::NEWLINES, b"\n \r\n");
        put(file, field::COMPRESSION, &[u8::from(compressed), 0]);
        let kind = if compressed {
            "streamOptimized"
        } else {
            "monolithicSparse"
        };
        put(file, SECTOR, descriptor(kind, capacity).as_bytes());
    }

    fn grains(&mut self, recipe: &Recipe, capacity: usize) {
        let bytes = recipe.grain * SECTOR;
        for (number, stored) in recipe.grains.iter().enumerate() {
            let mut grain = vec![0; bytes];
            let shown = bytes.min((capacity - number * recipe.grain) * SECTOR);
            if let Stored::Data(fill) = stored {
                paint(&mut grain[..shown], *fill);
                self.grains.push((number, self.sectors()));
                if recipe.layout == Layout::Sparse {
                    // The file may end where the disk does.
                    let kept = if recipe.short_last { shown } else { bytes };
                    self.file.extend_from_slice(&grain[..kept]);
                } else {
                    let kept = if recipe.short_last { shown } else { bytes };
                    self.compressed(number * recipe.grain, &grain[..kept]);
                }
            }
            self.disk.extend_from_slice(&grain);
        }
    }

    /// A grain's marker, stream and padding.
    pub fn compressed(&mut self, lba: usize, grain: &[u8]) {
        let mut stream = Vec::new();
        Deflater::new(6).zlib(grain, &mut stream);
        let start = self.file.len();
        self.file.resize(start + 12, 0);
        long(&mut self.file, start, lba as u64);
        word(&mut self.file, start + 8, stream.len());
        self.file.extend_from_slice(&stream);
        let end = self.file.len().next_multiple_of(SECTOR);
        self.file.resize(end, 0);
    }

    fn fill_directory(&mut self, at: usize, tables: &[usize]) {
        for (index, table) in tables.iter().enumerate() {
            word(&mut self.file, at * SECTOR + index * 4, *table);
        }
    }

    /// The entries of all grains, in the tables at these sectors.
    fn fill_tables(&mut self, recipe: &Recipe, tables: &[usize]) {
        let zeroed = recipe.grains.iter().enumerate();
        let zeroed = zeroed.filter(|(_, stored)| **stored == Stored::Zeroed);
        let entries = self.grains.clone();
        for (number, sector) in entries
            .into_iter()
            .chain(zeroed.map(|(number, _)| (number, 1)))
        {
            let table = tables[number / recipe.entries];
            // A footer's directory has no table where there are no grains.
            if table != 0 {
                let at = table * SECTOR + number % recipe.entries * 4;
                word(&mut self.file, at, sector);
            }
        }
    }

    fn marker(&mut self, kind: usize, sectors: usize) {
        let at = self.reserve(1) * SECTOR;
        long(&mut self.file, at, sectors as u64);
        word(&mut self.file, at + 12, kind);
    }

    fn finish(&mut self, recipe: &Recipe, directory: usize) {
        let sectors = (recipe.entries * 4).div_ceil(SECTOR);
        let tables: Vec<_> = (0..directory)
            .map(|table| {
                let any = self.grains.iter();
                let mut any = any.map(|(number, _)| number / recipe.entries);
                if any.any(|of| of == table) {
                    self.marker(1, sectors);
                    self.reserve(sectors)
                } else {
                    0
                }
            })
            .collect();
        self.fill_tables(recipe, &tables);
        let sectors = (directory * 4).div_ceil(SECTOR);
        self.marker(2, sectors);
        self.directory = self.reserve(sectors);
        self.fill_directory(self.directory, &tables);
        self.tables = tables;
        self.marker(3, 1);
        let footer = self.file.len();
        self.file.extend_from_within(..SECTOR);
        long(
            &mut self.file,
            footer + field::DIRECTORY,
            self.directory as u64,
        );
        self.marker(0, 0);
    }
}
