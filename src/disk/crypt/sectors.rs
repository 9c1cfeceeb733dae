//! Sectors of 512 bytes, each encrypted by itself: AES in the modes and with the initial values
//! that dm-crypt names.
//!
//! The modes are a few lines each and written here, so that the blocks of a sector go through the
//! processor's AES side by side: chaining by hand one block waits for the other.

use std::fmt;

use aes::cipher::typenum::U16;
use aes::cipher::{
    Array, Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockSizeUser, KeyInit as _,
};
use aes::{Aes128, Aes192, Aes256};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::fault::Fault;

/// Bytes that are encrypted as one, whatever the sectors of the disk.
pub(in crate::disk) const SECTOR: u64 = 512;
/// Bytes of a block of AES.
const BLOCK: usize = 16;
/// Blocks of a sector.
const BLOCKS: usize = 32;

/// How the blocks of a sector hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// IEEE 1619.
    Xts,
    /// NIST SP 800-38A.
    Cbc,
}

/// What a sector begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// The low 32 bits of its number.
    Plain,
    /// Its number.
    Plain64,
    /// Its number, encrypted with the SHA-256 of the key.
    Essiv,
}

/// A cipher, its mode and the initial values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) struct Scheme {
    mode: Mode,
    start: Start,
    key_bytes: usize,
}

impl Scheme {
    /// The old encryption of qcow2.
    pub(in crate::disk) const QCOW2: Self = Self {
        mode: Mode::Cbc,
        start: Start::Plain64,
        key_bytes: 16,
    };

    /// The one a LUKS header names, such as `aes`, `xts-plain64` and 64 bytes of keys.
    pub(super) fn named(cipher: &str, mode: &str, key_bytes: u32) -> Result<Self, Fault> {
        let unknown = || {
            Fault::Cipher(format!(
                "{cipher}-{mode}, {} bits",
                u64::from(key_bytes) * 8
            ))
        };
        let (chaining, start) = mode.split_once('-').ok_or_else(unknown)?;
        let scheme = Self {
            mode: match chaining {
                "xts" => Mode::Xts,
                "cbc" => Mode::Cbc,
                _ => return Err(unknown()),
            },
            // Behind the others a hash means nothing, and dm-crypt takes it.
            start: match start.split_once(':').unwrap_or((start, "")) {
                ("plain", _) => Start::Plain,
                ("plain64", _) => Start::Plain64,
                ("essiv", "sha256") => Start::Essiv,
                _ => return Err(unknown()),
            },
            key_bytes: key_bytes as usize,
        };
        let known = match scheme.mode {
            Mode::Xts => [32, 48, 64].contains(&key_bytes),
            // QEMU breaks off at keys of 24 bytes, whose material ends inside a sector.
            Mode::Cbc => [16, 32].contains(&key_bytes),
        };
        if cipher == "aes" && known {
            Ok(scheme)
        } else {
            Err(unknown())
        }
    }

    /// Bytes of the key; of both for a mode that takes two.
    pub(super) fn key_bytes(self) -> usize {
        self.key_bytes
    }
}

/// AES with a key of any length.
trait Aes: Send + Sync {
    fn encrypt(&self, block: &mut [u8; BLOCK]);
    fn decrypt(&self, blocks: &mut [[u8; BLOCK]]);
}

impl<C> Aes for C
where
    C: BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser<BlockSize = U16> + Send + Sync,
{
    fn encrypt(&self, block: &mut [u8; BLOCK]) {
        let block: &mut Block<C> = block.into();
        self.encrypt_block(block);
    }

    fn decrypt(&self, blocks: &mut [[u8; BLOCK]]) {
        self.decrypt_blocks(Array::cast_slice_from_core_mut(blocks));
    }
}

/// AES with `key`, if that has a length of its.
fn aes(key: &[u8]) -> Option<Box<dyn Aes>> {
    Some(match key.len() {
        16 => Box::new(Aes128::new_from_slice(key).ok()?),
        24 => Box::new(Aes192::new_from_slice(key).ok()?),
        32 => Box::new(Aes256::new_from_slice(key).ok()?),
        _ => return None,
    })
}

/// Decrypts and encrypts sectors with one key.
pub(in crate::disk) struct SectorCipher {
    scheme: Scheme,
    data: Box<dyn Aes>,
    /// What encrypts the initial values, where a mode wants that.
    tweak: Option<Box<dyn Aes>>,
    /// What makes them of numbers.
    essiv: Option<Box<dyn Aes>>,
}

impl SectorCipher {
    /// The cipher of `scheme` with `key`, which has its length.
    pub(in crate::disk) fn new(scheme: Scheme, key: &[u8]) -> Option<Self> {
        let (data, tweak) = match scheme.mode {
            Mode::Xts => {
                let (data, tweak) = key.split_at(key.len() / 2);
                (data, Some(aes(tweak)?))
            }
            Mode::Cbc => (key, None),
        };
        let essiv = match scheme.start {
            Start::Essiv => {
                let salt = Zeroizing::new(<[u8; 32]>::from(Sha256::digest(key)));
                Some(aes(&*salt)?)
            }
            Start::Plain | Start::Plain64 => None,
        };
        Some(Self {
            scheme,
            data: aes(data)?,
            tweak,
            essiv,
        })
    }

    /// Decrypts `bytes` from the start of sector number `first` on. The last sector may be cut
    /// off behind a block.
    pub(in crate::disk) fn decrypt(&self, first: u64, bytes: &mut [u8]) {
        self.each_sector(first, bytes, |start, blocks| match self.scheme.mode {
            Mode::Xts => whitened(start, blocks, |blocks| self.data.decrypt(blocks)),
            Mode::Cbc => self.decrypt_cbc(start, blocks),
        });
    }

    /// Encrypts `bytes` from the start of sector number `first` on, as [`Self::decrypt`] has it.
    pub(in crate::disk) fn encrypt(&self, first: u64, bytes: &mut [u8]) {
        self.each_sector(first, bytes, |start, blocks| match self.scheme.mode {
            Mode::Xts => whitened(start, blocks, |blocks| {
                for block in blocks {
                    self.data.encrypt(block);
                }
            }),
            Mode::Cbc => self.encrypt_cbc(start, blocks),
        });
    }

    /// Hands the initial value and the blocks of each sector of `bytes`, the first of which has
    /// the number `first`, to `act`.
    fn each_sector(
        &self,
        first: u64,
        bytes: &mut [u8],
        act: impl Fn([u8; BLOCK], &mut [[u8; BLOCK]]),
    ) {
        for (number, sector) in (first..).zip(bytes.chunks_mut(BLOCK * BLOCKS)) {
            let (blocks, _) = sector.as_chunks_mut::<BLOCK>();
            act(self.start(number), blocks);
        }
    }

    fn start(&self, sector: u64) -> [u8; BLOCK] {
        let number = match self.scheme.start {
            Start::Plain => sector & u64::from(u32::MAX),
            Start::Plain64 | Start::Essiv => sector,
        };
        let mut start = u128::from(number).to_le_bytes();
        for cipher in self.essiv.iter().chain(&self.tweak) {
            cipher.encrypt(&mut start);
        }
        start
    }

    fn decrypt_cbc(&self, start: [u8; BLOCK], blocks: &mut [[u8; BLOCK]]) {
        let mut before = [start; BLOCKS];
        let (_, behind_first) = before.split_at_mut(1);
        for (place, block) in behind_first.iter_mut().zip(&*blocks) {
            *place = *block;
        }
        self.data.decrypt(blocks);
        for (block, before) in blocks.iter_mut().zip(before) {
            mix(block, before);
        }
    }

    fn encrypt_cbc(&self, start: [u8; BLOCK], blocks: &mut [[u8; BLOCK]]) {
        let mut before = start;
        for block in blocks {
            mix(block, before);
            self.data.encrypt(block);
            before = *block;
        }
    }
}

/// XTS around what `cipher` does to each block of a sector, one way or the other: the tweak goes
/// over a block before and after.
fn whitened(
    start: [u8; BLOCK],
    blocks: &mut [[u8; BLOCK]],
    cipher: impl FnOnce(&mut [[u8; BLOCK]]),
) {
    let mut tweaks = [0; BLOCKS];
    let mut tweak = u128::from_le_bytes(start);
    for place in &mut tweaks {
        *place = tweak;
        // Times x, modulo x^128 + x^7 + x^2 + x + 1.
        tweak = (tweak << 1) ^ ((tweak >> 127) * 0x87);
    }
    let whiten = |blocks: &mut [[u8; BLOCK]]| {
        for (block, tweak) in blocks.iter_mut().zip(tweaks) {
            *block = (u128::from_le_bytes(*block) ^ tweak).to_le_bytes();
        }
    };
    whiten(blocks);
    cipher(blocks);
    whiten(blocks);
}

/// Puts `other` over `block`.
fn mix(block: &mut [u8; BLOCK], other: [u8; BLOCK]) {
    *block = (u128::from_ne_bytes(*block) ^ u128::from_ne_bytes(other)).to_ne_bytes();
}

impl fmt::Debug for SectorCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SectorCipher")
            .field("scheme", &self.scheme)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16);
        digits.map(|pair| byte(pair).expect("hex")).collect()
    }

    fn cipher(mode: &str, key: &[u8]) -> SectorCipher {
        let bytes = u32::try_from(key.len()).expect("short");
        let scheme = Scheme::named("aes", mode, bytes).expect("known");
        SectorCipher::new(scheme, key).expect("of that length")
    }

    /// IEEE 1619, vectors 1 and 2.
    #[test]
    fn xts_is_that_of_the_standard() {
        let mut text = hex("917cf69ebd68b2ec9b9fe9a3eadda692cd43d2f59598ed858c02c2652fbf922e");
        cipher("xts-plain64", &[0; 32]).decrypt(0, &mut text);
        assert_eq!(text, [0; 32]);
        let mut text = hex("c454185e6a16936e39334038acef838bfb186fff7480adc4289382ecd6d394f0");
        let key = [[0x11; 16], [0x22; 16]].concat();
        cipher("xts-plain64", &key).decrypt(0x33_3333_3333, &mut text);
        assert_eq!(text, [0x44; 32]);
    }

    /// NIST SP 800-38A, F.2.1, with the initial value undone as that of a sector.
    #[test]
    fn cbc_is_that_of_the_standard() {
        let key = hex("2b7e151628aed2a6abf7158809cf4f3c");
        let mut text = hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
        cipher("cbc-plain64", &key).decrypt(0, &mut text);
        // The first block is the plain text and the initial value; the other the plain text.
        let start: Vec<u8> = (0..16).collect();
        let first = hex("6bc1bee22e409f96e93d7e117393172a");
        let mixed: Vec<u8> = first.iter().zip(&start).map(|(a, b)| a ^ b).collect();
        assert_eq!(text[..16], mixed);
        assert_eq!(text[16..], hex("ae2d8a571e03ac9c9eb76fac45af8e51"));
    }

    #[test]
    fn what_is_encrypted_is_decrypted_again() {
        let key: Vec<u8> = (0..64).collect();
        let text: Vec<u8> = (0..1040_u32)
            .map(|at| (at * at / 7).to_le_bytes()[0])
            .collect();
        for (mode, key) in [
            ("xts-plain64", &key[..]),
            ("xts-plain", &key[..32]),
            ("cbc-plain64", &key[..32]),
            ("cbc-essiv:sha256", &key[..16]),
        ] {
            let cipher = cipher(mode, key);
            let mut bytes = text.clone();
            cipher.encrypt(77, &mut bytes);
            assert_ne!(bytes[..16], text[..16], "{mode}");
            assert_ne!(bytes[1024..], text[1024..], "{mode}");
            cipher.decrypt(77, &mut bytes);
            assert_eq!(bytes, text, "{mode}");
        }
    }

    #[test]
    fn numbers_of_sectors_wrap_in_plain_alone() {
        let key: Vec<u8> = (0..32).collect();
        let decrypted = |mode: &str, sector| {
            let mut bytes = vec![7; 1024];
            cipher(mode, &key).decrypt(sector, &mut bytes);
            bytes
        };
        let far = 1 << 32;
        assert_eq!(decrypted("cbc-plain", 5), decrypted("cbc-plain", far + 5));
        assert_eq!(decrypted("cbc-plain", 5), decrypted("cbc-plain64", 5));
        for mode in ["cbc-plain64", "cbc-essiv:sha256", "xts-plain64"] {
            assert_ne!(decrypted(mode, 5), decrypted(mode, far + 5), "{mode}");
            assert_eq!(
                decrypted(mode, 5)[512..],
                decrypted(mode, 6)[..512],
                "{mode}"
            );
        }
    }

    #[test]
    fn what_is_not_read_is_told_by_name() {
        for (name, mode, bytes) in [
            ("serpent", "xts-plain64", 64),
            ("aes", "ctr-plain64", 32),
            ("aes", "ecb-plain64", 32),
            ("aes", "xts", 64),
            ("aes", "xts-benbi", 64),
            ("aes", "cbc-essiv:sha1", 32),
            ("aes", "cbc-essiv", 32),
            ("aes", "xts-plain64", 16),
            ("aes", "cbc-plain64", 64),
            ("aes", "cbc-plain64", 24),
        ] {
            let fault = Scheme::named(name, mode, bytes).expect_err(mode);
            assert!(fault.to_string().contains(&format!("{name}-{mode}")));
        }
        let lenient = Scheme::named("aes", "cbc-plain64:sha256", 32).expect("as dm-crypt");
        assert_eq!(
            lenient,
            Scheme::named("aes", "cbc-plain64", 32).expect("known")
        );
    }
}
