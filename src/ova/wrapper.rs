//! Archives inside something: told by content, since names lie, and unwrapped on
//! the way.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use serde::Serialize;
use thiserror::Error;

use super::header::{BLOCK, has_magic, is_header};
use super::zip::ZipFault;
use crate::base::error::Fact;
use crate::base::{Error, ErrorKind};

/// How many bytes may come out of a wrapper for each that went in. Members of an
/// OVA are mostly compressed already; a raw disk that is nearly empty gives some
/// dozens. Bombs have thousands.
pub const MAX_EXPANSION: u64 = 200;
/// What may come out whatever went in, so that a small package may hold a disk of
/// zeros.
pub const FREE_EXPANSION: u64 = 64 << 20;
/// Memory an xz decoder may take, in KiB. `xz -9` asks for 65 MiB.
const XZ_MEMORY_KIB: u32 = 128 << 10;

/// What a package may be wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Wrapper {
    /// gzip (RFC 1952).
    Gzip,
    /// xz.
    Xz,
    /// Zstandard (RFC 8878).
    Zstd,
    /// A zip archive.
    Zip,
}

impl Wrapper {
    /// The program that unwraps it.
    fn command(self) -> &'static str {
        match self {
            Self::Gzip => "gunzip -k",
            Self::Xz => "xz -dk",
            Self::Zstd => "zstd -d",
            Self::Zip => "unzip",
        }
    }
}

impl fmt::Display for Wrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Zip => "zip",
        })
    }
}

/// What can be wrong with a wrapper.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WrapperFault {
    /// The decompressor gave up.
    #[error("the {wrapper} around the package is damaged: {says}")]
    Damaged {
        /// The wrapper.
        wrapper: Wrapper,
        /// What the decompressor says.
        says: String,
    },
    /// Too much comes out.
    #[error("more than {MAX_EXPANSION} times as many bytes come out of the {wrapper} as went in")]
    Bomb {
        /// The wrapper.
        wrapper: Wrapper,
    },
    /// No archive is inside.
    #[error("the {wrapper} holds no tar archive")]
    NoArchive {
        /// The wrapper.
        wrapper: Wrapper,
    },
    /// An archive that is no tar.
    #[error("the package is {what}, not a tar archive")]
    Foreign {
        /// What it is.
        what: &'static str,
        /// How to unpack it.
        help: &'static str,
    },
}

impl Fact for WrapperFault {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Damaged { .. } | Self::NoArchive { .. } => ErrorKind::Invalid,
            Self::Bomb { .. } => ErrorKind::LimitExceeded,
            Self::Foreign { .. } => ErrorKind::Unsupported,
        }
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::Damaged { .. } => "the file was cut short or changed on its way",
            Self::Bomb { .. } => "a small file made to fill a disk looks like this",
            Self::NoArchive { .. } => "an OVA is a tar archive, whatever is around it",
            Self::Foreign { .. } => "an OVA is a tar archive (DSP0243 1.1 §5.3)",
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::Damaged { .. } => {
                "fetch the package again and compare its checksum with the publisher's".to_owned()
            }
            Self::Bomb { wrapper } => {
                format!(
                    "if you trust it, unwrap it first: {} PACKAGE",
                    wrapper.command()
                )
            }
            Self::NoArchive { wrapper } => {
                format!("see what is in it: {} PACKAGE", wrapper.command())
            }
            Self::Foreign { help, .. } => (*help).to_owned(),
        })
    }
}

/// What begins with some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Tar,
    Wrapped(Wrapper),
    Zip,
    Foreign(&'static str, &'static str),
    /// Perhaps a descriptor; it has no magic number in all its encodings.
    Unknown,
}

/// Archives that are not read: magic number, what it is, and what to do.
const FOREIGN: [(&[u8], &str, &str); 3] = [
    (
        b"PK\x05\x06",
        "an empty zip archive",
        "fetch the package again",
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        "a 7-Zip archive",
        "unpack it first: 7z x PACKAGE",
    ),
    (
        b"BZh",
        "compressed with bzip2",
        "unwrap it first: bunzip2 -k PACKAGE",
    ),
];

/// What begins with `front`, the first block or all there is.
pub(super) fn content_of(front: &[u8]) -> Content {
    let wrappers = [
        (&b"\x1f\x8b"[..], Wrapper::Gzip),
        (b"\xfd7zXZ\0", Wrapper::Xz),
        (b"\x28\xb5\x2f\xfd", Wrapper::Zstd),
    ];
    // First, because a member may have a name like a magic number.
    if let Ok(block) = <&[u8; BLOCK]>::try_from(front)
        && (is_header(block) || has_magic(block))
    {
        return Content::Tar;
    }
    if let Some((_, wrapper)) = wrappers.iter().find(|(magic, _)| front.starts_with(magic)) {
        return Content::Wrapped(*wrapper);
    }
    if front.starts_with(b"PK\x03\x04") {
        return Content::Zip;
    }
    match FOREIGN.iter().find(|(magic, ..)| front.starts_with(magic)) {
        Some((_, what, help)) => Content::Foreign(what, help),
        None => Content::Unknown,
    }
}

/// What comes out of `inner`, as long as it is not too much.
pub fn unwrap(wrapper: Wrapper, inner: Box<dyn Read>) -> io::Result<Box<dyn Read>> {
    const AHEAD: usize = 1 << 17;
    let consumed = Rc::new(Cell::new(0));
    let counted = Counted {
        inner,
        count: Rc::clone(&consumed),
    };
    let ahead = BufReader::with_capacity(AHEAD, counted);
    let decoder: Box<dyn Read> = match wrapper {
        Wrapper::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(ahead)),
        Wrapper::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(
            ahead,
            true,
            XZ_MEMORY_KIB,
        )),
        // The library itself refuses windows of more than 128 MiB.
        Wrapper::Zstd => Box::new(zstd::Decoder::with_buffer(ahead)?),
        Wrapper::Zip => return Err(io::Error::other(Error::from(ZipFault::Pipe))),
    };
    Ok(Box::new(Bounded {
        inner: decoder,
        wrapper,
        consumed,
        produced: 0,
    }))
}

/// Counts what is read through it.
struct Counted {
    inner: Box<dyn Read>,
    count: Rc<Cell<u64>>,
}

impl Read for Counted {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.count.set(self.count.get() + count as u64);
        Ok(count)
    }
}

/// Ends with an error where too much comes out.
struct Bounded {
    inner: Box<dyn Read>,
    wrapper: Wrapper,
    consumed: Rc<Cell<u64>>,
    produced: u64,
}

impl Read for Bounded {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buf)?;
        self.produced += count as u64;
        let allowed =
            (self.consumed.get().saturating_mul(MAX_EXPANSION)).saturating_add(FREE_EXPANSION);
        if self.produced > allowed {
            let wrapper = self.wrapper;
            return Err(io::Error::other(Error::from(WrapperFault::Bomb {
                wrapper,
            })));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn whole(wrapper: Wrapper, bytes: Vec<u8>) -> io::Result<u64> {
        let mut unwrapped = unwrap(wrapper, Box::new(io::Cursor::new(bytes)))?;
        io::copy(&mut unwrapped, &mut io::sink())
    }

    #[test]
    fn what_is_wrapped_comes_out() {
        let twice = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(whole(Wrapper::Gzip, twice).unwrap(), 7);
        let packed = zstd::encode_all(&b"zstd"[..], 1).unwrap();
        assert_eq!(content_of(&packed), Content::Wrapped(Wrapper::Zstd));
        assert_eq!(whole(Wrapper::Zstd, packed).unwrap(), 4);
    }

    #[test]
    fn a_bomb_is_stopped() {
        let many = zeros(100);
        let error = whole(Wrapper::Gzip, gzip(&many)).unwrap_err();
        let error = error.downcast::<Error>().unwrap();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
        let packed = zstd::encode_all(many.as_slice(), 1).unwrap();
        let error = whole(Wrapper::Zstd, packed).unwrap_err();
        assert!(error.downcast::<Error>().is_ok());
        // Below the free expansion nothing is a bomb.
        let few = zeros(60);
        assert_eq!(whole(Wrapper::Gzip, gzip(&few)).unwrap(), few.len() as u64);
    }

    fn zeros(megabytes: usize) -> Vec<u8> {
        vec![0; megabytes << 20]
    }

    #[test]
    fn content_is_told_from_names() {
        for (front, content) in [
            (&b"\x1f\x8b\x08"[..], Content::Wrapped(Wrapper::Gzip)),
            (b"\xfd7zXZ\0\0", Content::Wrapped(Wrapper::Xz)),
            (b"PK\x03\x04", Content::Zip),
            (b"<?xml", Content::Unknown),
            (b"", Content::Unknown),
        ] {
            assert_eq!(content_of(front), content, "{front:?}");
        }
        assert!(matches!(content_of(b"PK\x05\x06"), Content::Foreign(..)));
        assert_eq!(content_of(&[0; BLOCK]), Content::Unknown);
        let mut header = tar::Header::new_old();
        header.as_old_mut().name[..3].copy_from_slice(b"BZh");
        header.set_cksum();
        assert_eq!(content_of(header.as_bytes()), Content::Tar);
    }
}
