//! Message digests, computed while bytes pass by.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::base::Error;

/// The digest algorithms a manifest may use (DSP0243 1.1 §5.1; SHA384 and SHA512
/// are extensions some producers write).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SHA-1, for importers older than 2016.
    Sha1,
    /// SHA-256, what current importers expect.
    Sha256,
    /// SHA-384, which signatures have; outside the manifest's grammar, where it is read and
    /// not written.
    Sha384,
    /// SHA-512, outside the standard's grammar.
    Sha512,
}

impl Algorithm {
    /// The token a manifest line starts with.
    pub fn token(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// The algorithm a line starts with the token of.
    pub fn from_token(token: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.token() == token)
    }

    /// Hexadecimal digits of a digest.
    pub fn hex_length(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    /// A hasher that has seen nothing yet.
    pub fn hasher(self) -> Hasher {
        match self {
            Self::Sha1 => Hasher::Sha1(Sha1::new()),
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha384 => Hasher::Sha384(Sha384::new()),
            Self::Sha512 => Hasher::Sha512(Sha512::new()),
        }
    }

    /// The digest of `bytes`, in lower-case hexadecimal.
    pub fn digest(self, bytes: &[u8]) -> String {
        hex(&self.raw_digest(bytes))
    }

    /// The digest of `bytes` as it is.
    pub fn raw_digest(self, bytes: &[u8]) -> Vec<u8> {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish_raw()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        })
    }
}

impl FromStr for Algorithm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.to_ascii_lowercase().replace('-', "").as_str() {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(Error::usage(format!("`{text}` is no digest ovfkit writes"))
                .help("choose sha256 (the default), sha1 (for importers before 2016) or sha512")),
        }
    }
}

/// A digest in the making.
#[derive(Debug, Clone)]
pub enum Hasher {
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-384.
    Sha384(Sha384),
    /// SHA-512.
    Sha512(Sha512),
}

impl Hasher {
    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(state) => state.update(bytes),
            Self::Sha256(state) => state.update(bytes),
            Self::Sha384(state) => state.update(bytes),
            Self::Sha512(state) => state.update(bytes),
        }
    }

    /// The digest of all that was taken in, in lower-case hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.finish_raw())
    }

    fn finish_raw(self) -> Vec<u8> {
        match self {
            Self::Sha1(state) => state.finalize().to_vec(),
            Self::Sha256(state) => state.finalize().to_vec(),
            Self::Sha384(state) => state.finalize().to_vec(),
            Self::Sha512(state) => state.finalize().to_vec(),
        }
    }
}

/// Digests of the same bytes by several algorithms, in the making.
pub struct Digests(Vec<(Algorithm, Hasher)>);

impl Digests {
    /// Begins with those by `algorithms`.
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let all = algorithms.iter();
        let begun = all.map(|algorithm| (*algorithm, algorithm.hasher()));
        Self(begun.collect())
    }

    /// Whether there are none to take.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        for (_, hasher) in &mut self.0 {
            hasher.update(bytes);
        }
    }

    /// The digests by their algorithms.
    pub fn finish(self) -> HashMap<Algorithm, String> {
        let finished = self.0.into_iter();
        finished
            .map(|(algorithm, hasher)| (algorithm, hasher.finish()))
            .collect()
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| DIGITS[usize::from(nibble)])
        .collect()
}

/// Counts, and where asked digests, what is written through it.
#[derive(Debug)]
pub struct DigestWriter<W> {
    inner: W,
    hasher: Option<Hasher>,
    written: u64,
}

impl<W: Write> DigestWriter<W> {
    /// Passes everything on to `inner`; without an `algorithm` it only counts.
    pub fn new(inner: W, algorithm: Option<Algorithm>) -> Self {
        Self {
            inner,
            hasher: algorithm.map(Algorithm::hasher),
            written: 0,
        }
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The writer below, the number of bytes, and their digest.
    pub fn finish(self) -> (W, u64, Option<String>) {
        (self.inner, self.written, self.hasher.map(Hasher::finish))
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(buf)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buf[..taken]);
        }
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        // FIPS 180-4 examples for "abc".
        assert_eq!(
            Algorithm::Sha1.digest(b"abc"),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            Algorithm::Sha256.digest(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(
            Algorithm::Sha512
                .digest(b"abc")
                .starts_with("ddaf35a193617aba")
        );
        assert!(
            Algorithm::Sha384
                .digest(b"abc")
                .starts_with("cb00753f45a35e8b")
        );
        for algorithm in [Algorithm::Sha1, Algorithm::Sha384] {
            assert_eq!(Algorithm::from_token(algorithm.token()), Some(algorithm));
            assert_eq!(algorithm.digest(b"").len(), algorithm.hex_length());
        }
        assert_eq!(Algorithm::from_token("MD5"), None);
        for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
            assert_eq!(algorithm.digest(b"").len(), algorithm.hex_length());
            assert_eq!(
                algorithm
                    .to_string()
                    .parse::<Algorithm>()
                    .expect("round trip"),
                algorithm
            );
        }
    }

    #[test]
    fn writer_counts_and_digests_what_passed() {
        let mut writer = DigestWriter::new(Vec::new(), Some(Algorithm::Sha1));
        writer.write_all(b"a").expect("memory");
        writer.write_all(b"bc").expect("memory");
        let (bytes, written, digest) = writer.finish();
        assert_eq!((bytes.as_slice(), written), (b"abc".as_slice(), 3));
        assert_eq!(
            digest.as_deref(),
            Some("a9993e364706816aba3e25717850c26c9cd0d89d")
        );
    }
}
