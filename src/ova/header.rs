//! One block of a tar archive, as far as it tells of a member.
//!
//! The layout of the fields is the `tar` crate's. Numbers and names are read here,
//! because a package is also judged by how they are written, and because a number
//! that does not fit must be an error and not another number.

use serde::Serialize;

use super::fault::ArchiveFault;
use super::reader::StoredMember;

/// Bytes of a tar block.
pub const BLOCK: usize = 512;

/// The dialects of tar.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Without a magic number, as before 1988.
    V7,
    /// POSIX.1-1988, which the standard asks for.
    Ustar,
    /// GNU's own.
    Gnu,
    /// POSIX.1-2001: ustar with extended headers.
    Pax,
}

impl Dialect {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::V7 => "v7",
            Self::Ustar => "ustar",
            Self::Gnu => "GNU",
            Self::Pax => "PAX",
        }
    }
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A second name of another member.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A character or block device.
    Device,
    /// A named pipe.
    Fifo,
    /// Something only some program knows.
    Other,
}

impl Kind {
    fn of(flag: u8, name: &[u8]) -> Self {
        match flag {
            // Before there was a flag for them, directories ended in a slash.
            0 if name.ends_with(b"/") => Self::Directory,
            0 | b'0' | b'7' => Self::File,
            b'1' => Self::HardLink,
            b'2' => Self::SymbolicLink,
            b'3' | b'4' => Self::Device,
            b'5' => Self::Directory,
            b'6' => Self::Fifo,
            _ => Self::Other,
        }
    }

    /// Its name with an article, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Directory => "a directory",
            Self::HardLink => "a hard link",
            Self::SymbolicLink => "a symbolic link",
            Self::Device => "a device",
            Self::Fifo => "a named pipe",
            Self::Other => "of an unknown kind",
        }
    }

    /// Whether blocks of content follow the header. A size in the header of
    /// another kind means something else, or nothing.
    pub(super) fn has_content(self) -> bool {
        matches!(self, Self::File | Self::Other)
    }
}

/// What a header block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The type flag as it stands.
    pub(super) flag: u8,
    pub(super) kind: Kind,
    pub(super) name: Vec<u8>,
    pub(super) size: u64,
    pub(super) mode: Option<u32>,
    pub(super) mtime: Option<u64>,
    pub(super) dialect: Dialect,
}

impl Header {
    /// Reads the header at `offset`.
    pub(super) fn read(block: &[u8; BLOCK], offset: u64) -> Result<Self, ArchiveFault> {
        if !is_header(block) {
            return Err(ArchiveFault::NoHeader { offset });
        }
        let header = tar::Header::from_byte_slice(block);
        let fields = header.as_old();
        let dialect = match (header.as_ustar(), header.as_gnu()) {
            (Some(_), _) => Dialect::Ustar,
            (None, Some(_)) => Dialect::Gnu,
            (None, None) => Dialect::V7,
        };
        let mut name = until_nul(&fields.name).to_vec();
        if let Some(ustar) = header.as_ustar() {
            let prefix = until_nul(&ustar.prefix);
            if !prefix.is_empty() {
                name = [prefix, &name].join(&b'/');
            }
        }
        let size = number(&fields.size).ok_or_else(|| ArchiveFault::Size {
            name: String::from_utf8_lossy(&name).into_owned(),
            offset,
        })?;
        let flag = fields.linkflag[0];
        Ok(Self {
            flag,
            kind: Kind::of(flag, &name),
            name,
            size,
            mode: number(&fields.mode).and_then(|mode| u32::try_from(mode).ok()),
            mtime: number(&fields.mtime),
            dialect,
        })
    }
}

/// The header in `block` with another `size`. Nothing where it is not this block alone that
/// tells the name and the size of `member`.
pub fn resized(block: &[u8; BLOCK], member: &StoredMember, size: u64) -> Option<[u8; BLOCK]> {
    let header = Header::read(block, member.header_offset).ok()?;
    let alone = member.data_offset.checked_sub(member.header_offset) == Some(BLOCK as u64)
        && header.size == member.size
        && String::from_utf8_lossy(&header.name) == member.name;
    let mut changed = tar::Header::from_byte_slice(block).clone();
    if size != member.size {
        changed.set_size(size);
        changed.set_cksum();
    }
    alone.then_some(*changed.as_bytes())
}

/// Whether `block` has the checksum of a header.
pub(super) fn is_header(block: &[u8; BLOCK]) -> bool {
    let field = tar::Header::from_byte_slice(block).as_old().cksum;
    let Some(told) = number(&field) else {
        return false;
    };
    // The field itself counts as blanks. Some old programs added signed bytes.
    let place = 148..148 + field.len();
    let bytes = (0..)
        .zip(block)
        .map(|(at, byte)| if place.contains(&at) { b' ' } else { *byte });
    let unsigned: u64 = bytes.clone().map(u64::from).sum();
    let signed: i64 = bytes.map(|byte| i64::from(byte.cast_signed())).sum();
    told == unsigned || i64::try_from(told) == Ok(signed)
}

/// Whether `block` says that it is a header, right or not.
pub(super) fn has_magic(block: &[u8; BLOCK]) -> bool {
    block[257..].starts_with(b"ustar")
}

/// What stands before the first NUL.
pub(super) fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or(field)
}

/// A number in octal digits, or in base 256 where the first bit is set. `None`
/// where it is neither, is negative or does not fit.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        return rest
            .iter()
            .try_fold(u64::from(first & 0x7f), |value, byte| {
                Some(value.checked_mul(256)? + u64::from(*byte))
            });
    }
    let text = until_nul(field).trim_ascii();
    text.iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' => Some(value.checked_mul(8)? + u64::from(digit - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_all_spellings() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"77777777777", Some((1 << 33) - 1)),
            (b"\0\0\0\0", Some(0)),
            (b"\x80\0\0\0\0\0\0\x02\0\0\0\0", Some(1 << 33)),
            (
                b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
                Some(u64::MAX),
            ),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"12 34\0", None),
            (b"0x10\0", None),
            (b"888\0", None),
        ] {
            assert_eq!(number(field), value, "{field:?}");
        }
    }

    #[test]
    fn a_header_is_known_by_its_checksum_in_both_ways_of_adding() {
        let mut header = tar::Header::new_old();
        header.as_old_mut().name[..2].copy_from_slice("ü".as_bytes());
        header.set_size(5);
        header.set_cksum();
        let block = *header.as_bytes();
        let read = Header::read(&block, 0).unwrap();
        assert_eq!((read.name.as_slice(), read.size), ("ü".as_bytes(), 5));
        assert_eq!((read.dialect, read.kind), (Dialect::V7, Kind::File));
        // Two bytes above 127, each 256 less when signed.
        let sum = number(&header.as_old().cksum).unwrap() - 512;
        let mut signed = block;
        signed[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(is_header(&signed));
        let mut damaged = block;
        damaged[0] ^= 1;
        let error = Header::read(&damaged, 512).unwrap_err();
        assert_eq!(error, ArchiveFault::NoHeader { offset: 512 });
    }
}
