//! Zip archives made by hand, so that they can be wrong.

/// An archive in the making.
#[derive(Default, Clone)]
pub(crate) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

/// An entry, field by field.
#[derive(Clone)]
pub(crate) struct Entry<'e> {
    pub(crate) name: &'e [u8],
    /// What is stored.
    pub(crate) stored: &'e [u8],
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) size: u32,
    pub(crate) crc: u32,
    /// As Unix has it.
    pub(crate) mode: u32,
    /// Where its header is, if not here.
    pub(crate) offset: Option<u32>,
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("short")
}

/// The file `name` with `content`, as it is.
pub(crate) fn stored<'e>(name: &'e str, content: &'e [u8]) -> Entry<'e> {
    Entry {
        name: name.as_bytes(),
        stored: content,
        method: 0,
        flags: 0,
        size: length(content),
        crc: crc(content),
        mode: 0o100_644,
        offset: None,
    }
}

/// CRC-32 as a zip has it, a bit at a time.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let low = sum & 1;
            (sum >> 1) ^ (0xEDB8_8320 * low)
        })
    })
}

pub(crate) fn deflated(content: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut stream = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    stream.write_all(content).expect("memory");
    stream.finish().expect("memory")
}

impl Zip {
    /// Adds a deflated file as every program would.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        let packed = deflated(content);
        self.entry(&Entry {
            stored: &packed,
            method: 8,
            ..stored(name, content)
        })
    }

    /// Adds an entry that need not make sense.
    pub(crate) fn entry(mut self, entry: &Entry<'_>) -> Self {
        let mut fields = Vec::new();
        for field in [entry.flags, entry.method, 0, 0x21] {
            fields.extend_from_slice(&field.to_le_bytes());
        }
        for field in [entry.crc, length(entry.stored), entry.size] {
            fields.extend_from_slice(&field.to_le_bytes());
        }
        // The lengths of the name and of what is extra.
        fields.extend_from_slice(&length(entry.name).to_le_bytes());
        let offset = entry.offset.unwrap_or(length(&self.bytes));
        self.directory
            .extend_from_slice(b"PK\x01\x02\x14\x03\x14\0");
        self.directory.extend_from_slice(&fields);
        self.directory.extend_from_slice(&[0; 6]);
        for field in [entry.mode << 16, offset] {
            self.directory.extend_from_slice(&field.to_le_bytes());
        }
        self.directory.extend_from_slice(entry.name);
        self.count += 1;
        if entry.offset.is_none() {
            self.bytes.extend_from_slice(b"PK\x03\x04\x14\0");
            self.bytes.extend_from_slice(&fields);
            self.bytes.extend_from_slice(entry.name);
            self.bytes.extend_from_slice(entry.stored);
        }
        self
    }

    /// Adds the list of entries, and what ends it.
    pub(crate) fn end(mut self) -> Vec<u8> {
        let (start, directory) = (length(&self.bytes), self.directory);
        self.bytes.extend_from_slice(&directory);
        self.bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        for _ in 0..2 {
            self.bytes.extend_from_slice(&self.count.to_le_bytes());
        }
        for field in [length(&directory), start] {
            self.bytes.extend_from_slice(&field.to_le_bytes());
        }
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes
    }
}
