//! Tar archives made by hand, so that they can be wrong.

/// An archive in the making.
#[derive(Default, Clone)]
pub(crate) struct Tar {
    pub(crate) bytes: Vec<u8>,
}

/// A header, field by field.
#[derive(Clone)]
pub(crate) struct Header<'h> {
    pub(crate) name: &'h [u8],
    pub(crate) flag: u8,
    /// The field as it stands; `None` for the content's length.
    pub(crate) size: Option<[u8; 12]>,
}

impl Tar {
    /// Adds a file as every program would.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.member(name.as_bytes(), b'0', content)
    }

    /// Adds a member of the kind `flag`.
    pub(crate) fn member(self, name: &[u8], flag: u8, content: &[u8]) -> Self {
        let header = Header {
            name,
            flag,
            size: None,
        };
        self.raw(&header, content)
    }

    /// Adds a header and content that need not fit it.
    pub(crate) fn raw(mut self, header: &Header<'_>, content: &[u8]) -> Self {
        let mut block = [0; 512];
        block[..header.name.len()].copy_from_slice(header.name);
        block[100..108].copy_from_slice(b"0000644\0");
        let octal = format!("{:011o}\0", content.len());
        let size = header.size.as_ref().map_or(octal.as_bytes(), |size| size);
        block[124..136].copy_from_slice(size);
        block[136..148].copy_from_slice(b"07233265600\0");
        block[156] = header.flag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.bytes.extend_from_slice(&block);
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(512), 0);
        self
    }

    /// Adds PAX records for the next member, or for all.
    pub(crate) fn pax(self, flag: u8, records: &[(&str, &str)]) -> Self {
        let records = records.iter().map(|(key, value)| {
            let rest = format!(" {key}={value}\n");
            // The length counts its own digits.
            let fits = |digits: &usize| (rest.len() + digits).to_string().len() == *digits;
            let digits = (1..9).find(fits).expect("some length fits");
            format!("{}{rest}", rest.len() + digits)
        });
        let content: String = records.collect();
        self.member(b"PaxHeaders/x", flag, content.as_bytes())
    }

    /// Adds the end mark.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&[0; 1024]);
        self.bytes
    }
}
