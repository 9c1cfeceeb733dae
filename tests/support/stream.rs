//! A reader of streamOptimized extents, from VMware's "Virtual Disk Format"
//! alone, that accepts nothing but what the profile promises: markers in
//! order, grains ascending, tables that agree with them, one end, at the end.

use std::collections::BTreeMap;
use std::io::Read as _;

const SECTOR: usize = 512;
const GRAIN: usize = 65536;
const AT_END: u64 = u64::MAX;

/// What an extent holds.
pub(crate) struct Extent {
    /// Sectors of the disk.
    pub(crate) capacity: u64,
    /// The text that describes it.
    pub(crate) descriptor: String,
    /// Grain number and content.
    pub(crate) grains: BTreeMap<u64, Vec<u8>>,
}

impl Extent {
    /// The disk's bytes.
    pub(crate) fn content(&self) -> Vec<u8> {
        let length = index(self.capacity) * SECTOR;
        let mut disk = vec![0; length.next_multiple_of(GRAIN)];
        for (number, grain) in &self.grains {
            let start = index(*number) * GRAIN;
            disk[start..start + GRAIN].copy_from_slice(grain);
        }
        let beyond = disk.split_off(length);
        assert!(is_zero(&beyond), "data beyond the capacity");
        disk
    }
}

/// Reads `file`, or panics with what is wrong.
pub(crate) fn read(file: &[u8]) -> Extent {
    assert_eq!(file.len() % SECTOR, 0, "no whole sectors");
    let header = sector(file, 0);
    let capacity = check_header(header, AT_END);
    let descriptor = descriptor(file, header);
    let tables = capacity.div_ceil(128).div_ceil(512);
    let mut walk = Walk {
        file,
        at: index(le64(header, 64)),
        grains: BTreeMap::new(),
        pending: BTreeMap::new(),
        tables: BTreeMap::new(),
    };
    while le32(sector(file, walk.at), 8) != 0 || le32(sector(file, walk.at), 12) == 1 {
        if le32(sector(file, walk.at), 8) != 0 {
            walk.grain(capacity);
        } else {
            walk.table();
        }
    }
    assert!(walk.pending.is_empty(), "grains without a table");
    let directory = walk.directory(tables);
    walk.footer(header, directory);
    assert!(is_zero(sector(file, walk.at)), "no end of stream");
    assert_eq!((walk.at + 1) * SECTOR, file.len(), "bytes after the end");
    Extent {
        capacity,
        descriptor,
        grains: walk.grains,
    }
}

struct Walk<'a> {
    file: &'a [u8],
    /// The sector being read.
    at: usize,
    grains: BTreeMap<u64, Vec<u8>>,
    /// Grain number and sector of grains no table has named yet.
    pending: BTreeMap<u64, u32>,
    /// Number and sector of grain tables.
    tables: BTreeMap<u64, u32>,
}

impl Walk<'_> {
    fn grain(&mut self, capacity: u64) {
        let start = self.at * SECTOR;
        let (lba, size) = (le64(self.file, start), le32(self.file, start + 8) as usize);
        assert_eq!(lba % 128, 0, "a grain at sector {lba}");
        assert!(lba < capacity, "a grain beyond the disk");
        let number = lba / 128;
        let last = self.grains.last_key_value();
        assert!(last.is_none_or(|(last, _)| *last < number), "not ascending");
        let data = &self.file[start + 12..start + 12 + size];
        let end = (12 + size).next_multiple_of(SECTOR);
        let padding = &self.file[start + 12 + size..start + end];
        assert!(is_zero(padding), "padding of grain {number}");
        self.grains.insert(number, inflate(data, number));
        self.pending.insert(number, number_of(self.at));
        self.at += end / SECTOR;
    }

    fn table(&mut self) {
        self.marker(1, 4);
        let entries: Vec<u32> = (0..512)
            .map(|entry| le32(self.file, self.at * SECTOR + entry * 4))
            .collect();
        let number = self.pending.keys().next().expect("a table of nothing") / 512;
        for (entry, sector) in (number * 512..).zip(&entries) {
            let grain = self.pending.remove(&entry).unwrap_or(0);
            assert_eq!(*sector, grain, "entry of grain {entry}");
        }
        assert!(self.pending.is_empty(), "grains of another table");
        let again = self.tables.insert(number, number_of(self.at));
        assert!(again.is_none(), "table {number} twice");
        self.at += 4;
    }

    /// Checks the directory; returns its sector.
    fn directory(&mut self, tables: u64) -> u64 {
        let sectors = index(tables.div_ceil(128));
        self.marker(2, sectors as u64);
        let found = self.at;
        for entry in 0..sectors * 128 {
            let table = self.tables.get(&(entry as u64)).copied().unwrap_or(0);
            let told = le32(self.file, found * SECTOR + entry * 4);
            assert_eq!(told, table, "entry of table {entry}");
        }
        assert!(self.tables.keys().all(|table| *table < tables));
        self.at += sectors;
        found as u64
    }

    fn footer(&mut self, header: &[u8], directory: u64) {
        self.marker(3, 1);
        let footer = sector(self.file, self.at);
        check_header(footer, directory);
        assert_eq!(footer[..56], header[..56], "footer differs from header");
        assert_eq!(footer[64..], header[64..], "footer differs from header");
        self.at += 1;
    }

    /// Checks a metadata marker of `kind`, and passes it.
    fn marker(&mut self, kind: u32, sectors: u64) {
        let marker = sector(self.file, self.at);
        assert_eq!(le64(marker, 0), sectors, "sectors after marker {kind}");
        assert_eq!((le32(marker, 8), le32(marker, 12)), (0, kind), "marker");
        assert!(is_zero(&marker[16..]), "padding of marker {kind}");
        self.at += 1;
    }
}

/// Checks everything but the capacity, which it returns.
fn check_header(header: &[u8], directory: u64) -> u64 {
    assert_eq!(&header[..4], b"KDMV");
    assert_eq!(le32(header, 4), 3, "version");
    assert_eq!(le32(header, 8), 0x0003_0001, "flags");
    assert_eq!(le64(header, 20), 128, "grain size");
    assert_eq!(
        (le64(header, 28), le64(header, 36)),
        (1, 20),
        "descriptor's place"
    );
    assert_eq!(le32(header, 44), 512, "entries of a table");
    assert_eq!(le64(header, 48), 0, "redundant directory");
    assert_eq!(le64(header, 56), directory, "directory");
    assert_eq!(header[72], 0, "unclean shutdown");
    assert_eq!(&header[73..77], b"\n \r\n", "newline test");
    assert_eq!(header[77..79], [1, 0], "compression");
    assert!(is_zero(&header[79..]), "padding of the header");
    le64(header, 12)
}

fn descriptor(file: &[u8], header: &[u8]) -> String {
    let room = &file[SECTOR..21 * SECTOR];
    let length = room.iter().position(|byte| *byte == 0).expect("an end");
    assert!(is_zero(&room[length..]), "text after the descriptor's end");
    let overhead = index(le64(header, 64)) * SECTOR;
    assert!(is_zero(&file[21 * SECTOR..overhead]), "the gap");
    String::from_utf8(room[..length].to_vec()).expect("text")
}

/// A whole zlib stream (RFC 1950) that holds a whole grain.
fn inflate(data: &[u8], number: u64) -> Vec<u8> {
    let mut decoder = flate2::read::ZlibDecoder::new(data);
    let mut grain = Vec::new();
    decoder
        .read_to_end(&mut grain)
        .unwrap_or_else(|error| panic!("grain {number}: {error}"));
    assert_eq!(grain.len(), GRAIN, "bytes of grain {number}");
    assert_eq!(decoder.total_in(), data.len() as u64, "size of {number}");
    assert!(!is_zero(&grain), "grain {number} is all zero");
    grain
}

fn sector(file: &[u8], number: usize) -> &[u8] {
    &file[number * SECTOR..][..SECTOR]
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn index(value: u64) -> usize {
    usize::try_from(value).expect("a place in memory")
}

fn number_of(sector: usize) -> u32 {
    u32::try_from(sector).expect("a small file")
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
