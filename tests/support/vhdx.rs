//! A writer of VHDX images, made from the specification for these tests alone: every kind
//! of block, overlays, both sizes of sector, and logs that were not replayed. What it
//! cannot make is anything that is not asked for.

use std::collections::BTreeMap;

pub(crate) const MIB: usize = 1 << 20;
/// Where the parts stand.
pub(crate) const HEADERS: [usize; 2] = [64 << 10, 128 << 10];
pub(crate) const REGIONS: [usize; 2] = [192 << 10, 256 << 10];
pub(crate) const LOG: usize = MIB;
pub(crate) const LOG_BYTES: usize = MIB;
pub(crate) const METADATA: usize = 2 * MIB;
pub(crate) const BAT: usize = 3 * MIB;
/// The log's identifier, where there is something to replay.
pub(crate) const LOG_ID: [u8; 16] = *b"what is replayed";

pub(crate) const BAT_ID: u128 = 0x2DC2_7766_F623_4200_9D64_115E_9BFD_4A08;
pub(crate) const METADATA_ID: u128 = 0x8B7C_A206_4790_4B9A_B8FE_575F_050F_886E;
const FILE_PARAMETERS: u128 = 0xCAA1_6737_FA36_4D43_B3B6_33F0_AA44_E76B;
const DISK_SIZE: u128 = 0x2FA5_4224_CD1B_4876_B211_5DBE_D83B_F4B8;
const DISK_ID: u128 = 0xBECA_12AB_B2E6_4523_93EF_C309_E000_C746;
const LOGICAL_SECTOR: u128 = 0x8141_BF1D_A96F_4709_BA47_F233_A8FA_AB5F;
const PHYSICAL_SECTOR: u128 = 0xCDA3_48C7_445D_4471_9CC9_E988_5251_C556;
const PARENT_LOCATOR: u128 = 0xA8D3_5F2D_B30B_454D_ABF7_D3D8_4834_AB0C;
const VHDX_LOCATOR: u128 = 0xB04A_EFB7_D19E_4A81_B789_25B8_E944_5913;

/// What is in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Absent,
    /// One of the states that read as zeros: 1, 2, 3 or 5.
    Zeros(u8),
    Whole(Vec<u8>),
    /// These bytes, of which these sectors count.
    Partial(Vec<u8>, Vec<bool>),
}

/// What an overlay lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parent {
    /// The parent's data.
    pub(crate) data: u128,
    /// Keys and values that lead to it.
    pub(crate) paths: Vec<(String, String)>,
}

/// An image to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) capacity: u64,
    pub(crate) block: usize,
    pub(crate) sector: u32,
    pub(crate) fixed: bool,
    /// What its data is known by.
    pub(crate) data: u128,
    pub(crate) parent: Option<Parent>,
    /// Blocks that are not absent, by number.
    pub(crate) blocks: BTreeMap<u64, Block>,
    /// Whether later blocks stand in front.
    pub(crate) backwards: bool,
}

impl Recipe {
    /// A disk of `capacity` bytes of blocks of 1 MiB and sectors of 512, with nothing on it.
    pub(crate) fn new(capacity: u64) -> Self {
        Self {
            capacity,
            block: MIB,
            sector: 512,
            fixed: false,
            data: 0x0102_0304_0506_0708_090A_0B0C_0D0E_0F10,
            parent: None,
            blocks: BTreeMap::new(),
            backwards: false,
        }
    }

    fn ratio(&self) -> u64 {
        (u64::from(self.sector) << 23) / self.block as u64
    }

    /// Where the entry of a payload block stands in the file.
    pub(crate) fn entry_at(&self, block: u64) -> usize {
        BAT + usize::try_from(block + block / self.ratio()).expect("small") * 8
    }

    /// Where the entry of a sector bitmap block stands in the file.
    pub(crate) fn bitmap_entry_at(&self, chunk: u64) -> usize {
        BAT + usize::try_from(chunk * (self.ratio() + 1) + self.ratio()).expect("small") * 8
    }

    /// Bytes of the BAT's region.
    pub(crate) fn bat_bytes(&self) -> usize {
        let chunks = self
            .capacity
            .div_ceil(self.block as u64)
            .div_ceil(self.ratio());
        let entries = chunks * (self.ratio() + 1);
        (usize::try_from(entries).expect("small") * 8).next_multiple_of(MIB)
    }

    /// Lays the image over `beneath`, the disk of its parent.
    pub(crate) fn over(&self, beneath: &[u8]) -> Vec<u8> {
        let capacity = usize::try_from(self.capacity).expect("small");
        let mut disk = if self.parent.is_some() {
            beneath.to_vec()
        } else {
            Vec::new()
        };
        disk.resize(capacity, 0);
        for (number, block) in &self.blocks {
            let start = usize::try_from(*number).expect("small") * self.block;
            let end = capacity.min(start + self.block);
            let shown = &mut disk[start..end];
            match block {
                Block::Absent => {}
                Block::Zeros(_) => shown.fill(0),
                Block::Whole(bytes) => shown.copy_from_slice(&bytes[..end - start]),
                Block::Partial(bytes, present) => {
                    let size = self.sector as usize;
                    let sectors = shown.chunks_mut(size).zip(bytes.chunks(size));
                    for ((shown, stored), present) in sectors.zip(present) {
                        if *present {
                            shown.copy_from_slice(stored);
                        }
                    }
                }
            }
        }
        disk
    }

    /// Makes the image.
    pub(crate) fn build(&self) -> Vhdx {
        let mut image = Vhdx {
            bytes: vec![0; BAT + self.bat_bytes()],
        };
        image.put(0, b"vhdxfile");
        for (at, sequence) in HEADERS.into_iter().zip([7_u64, 8]) {
            image.put(at, b"head");
            image.put(at + 8, &sequence.to_le_bytes());
            image.put(at + 16, &guid(0xF11E));
            image.put(at + 32, &guid(self.data));
            image.put(at + 66, &1_u16.to_le_bytes());
            image.put32(at + 68, LOG_BYTES);
            image.put64(at + 72, LOG);
            image.seal_header(at);
        }
        for at in REGIONS {
            image.put(at, b"regi");
            image.put32(at + 8, 2);
            let regions = [
                (BAT_ID, BAT, self.bat_bytes()),
                (METADATA_ID, METADATA, MIB),
            ];
            for ((id, offset, length), number) in regions.into_iter().zip(0..) {
                let entry = at + 16 + number * 32;
                image.put(entry, &guid(id));
                image.put64(entry + 16, offset);
                image.put32(entry + 24, length);
                image.put32(entry + 28, 1);
            }
            image.seal_regions(at);
        }
        self.put_metadata(&mut image);
        self.put_blocks(&mut image);
        image
    }

    fn put_metadata(&self, image: &mut Vhdx) {
        let flags = u32::from(self.fixed) | u32::from(self.parent.is_some()) << 1;
        let block = u32::try_from(self.block).expect("small");
        let mut items: Vec<(u128, Vec<u8>)> = vec![
            (
                FILE_PARAMETERS,
                [block.to_le_bytes(), flags.to_le_bytes()].concat(),
            ),
            (DISK_SIZE, self.capacity.to_le_bytes().to_vec()),
            (DISK_ID, guid(0xD15C).to_vec()),
            (LOGICAL_SECTOR, self.sector.to_le_bytes().to_vec()),
            (PHYSICAL_SECTOR, 4096_u32.to_le_bytes().to_vec()),
        ];
        if let Some(parent) = &self.parent {
            items.push((PARENT_LOCATOR, parent.locator()));
        }
        image.put(METADATA, b"metadata");
        image.put(
            METADATA + 10,
            &u16::try_from(items.len()).expect("small").to_le_bytes(),
        );
        let mut offset = 64 << 10;
        for ((id, item), number) in items.iter().zip(1..) {
            let entry = METADATA + number * 32;
            image.put(entry, &guid(*id));
            image.put32(entry + 16, offset);
            image.put32(entry + 20, item.len());
            image.put32(
                entry + 24,
                if *id == FILE_PARAMETERS || *id == PARENT_LOCATOR {
                    4
                } else {
                    6
                },
            );
            image.put(METADATA + offset, item);
            offset += item.len();
        }
    }

    fn put_blocks(&self, image: &mut Vhdx) {
        let mut chunks: Vec<u64> = Vec::new();
        let mut order: Vec<_> = self.blocks.iter().collect();
        if self.backwards {
            order.reverse();
        }
        for (number, block) in order {
            let entry = self.entry_at(*number);
            match block {
                Block::Absent => {}
                Block::Zeros(state) => image.put64(entry, usize::from(*state)),
                Block::Whole(bytes) | Block::Partial(bytes, _) => {
                    let at = image.append(bytes, self.block);
                    let partial = matches!(block, Block::Partial(..));
                    image.put64(entry, at + 6 + usize::from(partial));
                }
            }
            if let Block::Partial(_, present) = block {
                let chunk = number / self.ratio();
                if !chunks.contains(&chunk) {
                    let at = image.append(&[], MIB);
                    image.put64(self.bitmap_entry_at(chunk), at + 6);
                    chunks.push(chunk);
                }
                let bits = image.get64(self.bitmap_entry_at(chunk)) & !0xF_FFFF;
                let sectors = self.block / self.sector as usize;
                let first = usize::try_from(number % self.ratio()).expect("small") * sectors;
                for (sector, present) in (first..).zip(present) {
                    image.bytes[bits + sector / 8] |= u8::from(*present) << (sector % 8);
                }
            }
        }
    }
}

impl Parent {
    /// What leads to the parent whose data is `data`, beside the image.
    pub(crate) fn beside(name: &str, data: u128) -> Self {
        Self {
            data,
            paths: vec![("relative_path".to_owned(), format!(r".\{name}"))],
        }
    }

    fn locator(&self) -> Vec<u8> {
        let linkage = ("parent_linkage".to_owned(), guid_text(self.data));
        let pairs: Vec<_> = [linkage].iter().chain(&self.paths).cloned().collect();
        let mut table = guid(VHDX_LOCATOR).to_vec();
        table.extend(
            u32::try_from(pairs.len() << 16)
                .expect("small")
                .to_le_bytes(),
        );
        let mut texts = Vec::new();
        let from = 20 + 12 * pairs.len();
        for (key, value) in pairs {
            let [key, value] = [key, value].map(|text| {
                let units = text.encode_utf16().flat_map(u16::to_le_bytes);
                units.collect::<Vec<u8>>()
            });
            let start = from + texts.len();
            for offset in [start, start + key.len()] {
                table.extend(u32::try_from(offset).expect("small").to_le_bytes());
            }
            for length in [key.len(), value.len()] {
                table.extend(u16::try_from(length).expect("small").to_le_bytes());
            }
            texts.extend([key, value].concat());
        }
        [table, texts].concat()
    }
}

/// A GUID as it stands in a file, the first three fields little-endian.
pub(crate) fn guid(id: u128) -> [u8; 16] {
    let mut bytes = id.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    bytes
}

/// A GUID as a parent locator has it.
pub(crate) fn guid_text(id: u128) -> String {
    let digits = format!("{id:032x}");
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    format!("{{{}}}", parts.join("-"))
}

/// CRC-32C, bit by bit.
pub(crate) fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0x82F6_3B78 * (sum & 1))
        })
    })
}

/// The bytes of an image, to be changed where the specification says what stands.
#[derive(Clone)]
pub(crate) struct Vhdx {
    pub(crate) bytes: Vec<u8>,
}

impl Vhdx {
    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn put32(&mut self, at: usize, value: usize) {
        self.put(at, &u32::try_from(value).expect("small").to_le_bytes());
    }

    pub(crate) fn put64(&mut self, at: usize, value: usize) {
        self.put(at, &(value as u64).to_le_bytes());
    }

    pub(crate) fn get64(&self, at: usize) -> usize {
        let bytes = self.bytes[at..at + 8].try_into().expect("small");
        usize::try_from(u64::from_le_bytes(bytes)).expect("small")
    }

    /// Puts `bytes` behind the end, in room for `room` of them.
    fn append(&mut self, bytes: &[u8], room: usize) -> usize {
        let at = self.bytes.len();
        self.bytes.extend(bytes);
        self.bytes.resize(at + room, 0);
        at
    }

    /// Gives what stands at `at` its checksum, over so many bytes.
    pub(crate) fn seal(&mut self, at: usize, length: usize) {
        self.put32(at + 4, 0);
        let sum = crc32c(&self.bytes[at..at + length]);
        self.put(at + 4, &sum.to_le_bytes());
    }

    /// Gives the header at `at` its checksum.
    pub(crate) fn seal_header(&mut self, at: usize) {
        self.seal(at, 4096);
    }

    /// Gives the region table at `at` its checksum.
    pub(crate) fn seal_regions(&mut self, at: usize) {
        self.seal(at, 64 << 10);
    }

    /// Changes both headers.
    pub(crate) fn headers(&mut self, change: impl Fn(&mut Self, usize)) {
        for at in HEADERS {
            change(self, at);
            self.seal_header(at);
        }
    }

    /// Changes both region tables.
    pub(crate) fn regions(&mut self, change: impl Fn(&mut Self, usize)) {
        for at in REGIONS {
            change(self, at);
            self.seal_regions(at);
        }
    }

    /// Says that the log has to be replayed.
    pub(crate) fn dirty(&mut self) {
        self.headers(|image, at| image.put(at + 48, &LOG_ID));
    }

    /// Puts `entry` into the log, `at` bytes from its start; behind its end comes its start.
    pub(crate) fn log(&mut self, at: usize, entry: &[u8]) {
        for (byte, place) in entry.iter().zip(at..) {
            self.bytes[LOG + place % LOG_BYTES] = *byte;
        }
    }
}

/// One write of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Write {
    /// Zeros at an offset, and how many.
    Zeros(u64, u64),
    /// A sector of 4096 bytes at an offset.
    Sector(u64, Vec<u8>),
}

/// An entry of a log, to be made.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    pub(crate) tail: u32,
    pub(crate) flushed: u64,
    pub(crate) last: u64,
    pub(crate) id: [u8; 16],
    pub(crate) writes: Vec<Write>,
    /// Sectors of nothing behind it.
    pub(crate) padding: usize,
}

impl Entry {
    /// The entry of this number with these writes, into a file of `length` bytes.
    pub(crate) fn new(sequence: u64, tail: u32, length: usize, writes: Vec<Write>) -> Self {
        Self {
            sequence,
            tail,
            flushed: length as u64,
            last: length as u64,
            id: LOG_ID,
            writes,
            padding: 0,
        }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut front = vec![0; 64];
        let mut data = Vec::new();
        for write in &self.writes {
            let (signature, trailing, leading, offset) = match write {
                Write::Zeros(offset, length) => (b"zero", [0; 4], length.to_le_bytes(), offset),
                Write::Sector(offset, bytes) => {
                    let [high, low] = [self.sequence >> 32, self.sequence & 0xFFFF_FFFF]
                        .map(|half| u32::try_from(half).expect("small").to_le_bytes());
                    data.extend([&b"data"[..], &high, &bytes[8..4092], &low].concat());
                    let leading = bytes[..8].try_into().expect("small");
                    (
                        b"desc",
                        bytes[4092..].try_into().expect("small"),
                        leading,
                        offset,
                    )
                }
            };
            front.extend(signature);
            front.extend(trailing);
            front.extend(leading);
            front.extend(offset.to_le_bytes());
            front.extend(self.sequence.to_le_bytes());
        }
        front.resize(front.len().next_multiple_of(4096), 0);
        front.extend(data);
        front.resize(front.len() + self.padding * 4096, 0);
        let mut entry = Vhdx { bytes: front };
        let length = entry.bytes.len();
        entry.put(0, b"loge");
        entry.put32(8, length);
        entry.put(12, &self.tail.to_le_bytes());
        entry.put(16, &self.sequence.to_le_bytes());
        entry.put32(24, self.writes.len());
        entry.put(32, &self.id);
        entry.put(48, &self.flushed.to_le_bytes());
        entry.put(56, &self.last.to_le_bytes());
        entry.seal(0, length);
        entry.bytes
    }
}
