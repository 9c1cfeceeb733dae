//! The header of LUKS version 1, checked and typed. All numbers are big-endian.

use schemars::JsonSchema;
use serde::Serialize;
use zerocopy::byteorder::big_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::fault::Fault;
use super::sectors::SECTOR;
use crate::base::Result;
use crate::base::storage::Storage;

/// The bounds a header has to keep.
pub mod limits {
    /// Bytes of the key of a disk: two of AES-256, as XTS takes them.
    pub const KEY_BYTES: std::ops::RangeInclusive<u32> = 16..=64;
    /// Iterations of PBKDF2 that all key slots together may ask for. QEMU and cryptsetup choose
    /// as many as take two seconds a slot, some millions.
    pub const ITERATIONS: u64 = 100_000_000;
    /// Stripes of the material of a key; the specification knows no other number.
    pub const STRIPES: u32 = 4000;
}

const MAGIC: [u8; 6] = *b"LUKS\xba\xbe";
/// Bytes of the digest of the key.
pub(super) const DIGEST_BYTES: usize = 20;
pub(super) const SALT_BYTES: usize = 32;
/// What tells that a key slot is in use, or is not.
const SLOT_ENABLED: u32 = 0x00AC_71F3;
const SLOT_DISABLED: u32 = 0x0000_DEAD;

#[derive(Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Raw {
    magic: [u8; 6],
    version: U16,
    cipher_name: [u8; 32],
    cipher_mode: [u8; 32],
    hash_spec: [u8; 32],
    /// In sectors. Inside a qcow2 it is the length of the header.
    payload_offset: U32,
    key_bytes: U32,
    digest: [u8; DIGEST_BYTES],
    digest_salt: [u8; SALT_BYTES],
    digest_iterations: U32,
    uuid: [u8; 40],
    slots: [RawSlot; 8],
}

#[derive(Debug, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct RawSlot {
    active: U32,
    iterations: U32,
    salt: [u8; SALT_BYTES],
    /// Where the material stands, in sectors.
    material: U32,
    stripes: U32,
}

const HEADER_BYTES: usize = size_of::<Raw>();
/// Where the key slots begin, and bytes of one.
const SLOTS_AT: usize = 208;
const SLOT_BYTES: usize = size_of::<RawSlot>();
const _: () = assert!(HEADER_BYTES == SLOTS_AT + 8 * SLOT_BYTES && HEADER_BYTES == 592);

/// A header, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::disk) struct Luks {
    /// Of the file.
    pub(super) offset: u64,
    pub(super) cipher_name: String,
    pub(super) cipher_mode: String,
    pub(super) hash: String,
    pub(super) key_bytes: u32,
    pub(super) digest: [u8; DIGEST_BYTES],
    pub(super) digest_salt: [u8; SALT_BYTES],
    pub(super) digest_iterations: u32,
    /// Those that are in use.
    pub(super) slots: Vec<Slot>,
    /// The bytes of the header, which tell it from every other by its salts.
    pub(super) bytes: Vec<u8>,
}

/// What a header tells of itself. Names are those of `qemu-img info --output=json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct LuksAbout {
    /// The cipher and the bits of its key, such as `aes-256`.
    pub cipher_alg: String,
    /// Its mode, such as `xts`.
    pub cipher_mode: String,
    /// What makes the numbers of sectors the cipher's start, such as `plain64`.
    pub ivgen_alg: String,
    /// The hash of PBKDF2.
    pub hash_alg: String,
    /// Names the header.
    pub uuid: String,
    /// Iterations of PBKDF2 for the digest of the key.
    pub master_key_iters: u32,
    /// Key slots in use, each of which a secret opens.
    pub active_slots: usize,
}

/// A key slot: the key of the disk, encrypted with a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) iterations: u32,
    pub(super) salt: [u8; SALT_BYTES],
    /// Offset of the material in the file.
    pub(super) material: u64,
}

impl Luks {
    /// Reads and checks the header in the `length` bytes from `offset` of `storage`, which lie in
    /// it.
    pub(in crate::disk) fn read(storage: &dyn Storage, offset: u64, length: u64) -> Result<Self> {
        if length < HEADER_BYTES as u64 {
            return Err(Fault::Short { offset, length }.into());
        }
        let mut bytes = vec![0; HEADER_BYTES];
        storage.read_exact_at(offset, &mut bytes)?;
        let Ok(raw) = Raw::ref_from_bytes(&bytes) else {
            return Err(Fault::Short { offset, length }.into());
        };
        if raw.magic != MAGIC {
            return Err(Fault::Magic { offset }.into());
        }
        if raw.version.get() != 1 {
            let version = raw.version.get();
            return Err(Fault::Version { offset, version }.into());
        }
        let field = |name: &'static str, at: usize, value: u32, rule: String| Fault::Field {
            field: name.into(),
            value,
            rule,
            offset: offset + at as u64,
        };
        let key_bytes = raw.key_bytes.get();
        if !limits::KEY_BYTES.contains(&key_bytes) {
            let rule = "the keys of known ciphers have 16 to 64 bytes";
            return Err(field("key-bytes", 108, key_bytes, rule.to_owned()).into());
        }
        let digest_iterations = raw.digest_iterations.get();
        if digest_iterations == 0 {
            let rule = "it has to be 1 at least".to_owned();
            return Err(field("mk-digest-iter", 164, 0, rule).into());
        }
        let mut slots = Vec::new();
        for (index, slot) in raw.slots.iter().enumerate() {
            slots.extend(slot.check(index, key_bytes, offset, length)?);
        }
        if slots.is_empty() {
            return Err(Fault::NoSlot { offset }.into());
        }
        // Each slot whose key is derived is tried by the digest.
        let work = slots.iter().map(|slot| u64::from(slot.iterations));
        let work = work.sum::<u64>() + u64::from(digest_iterations) * slots.len() as u64;
        if work > limits::ITERATIONS {
            return Err(Fault::Work { offset, work }.into());
        }
        Ok(Self {
            offset,
            cipher_name: text(&raw.cipher_name, "cipher-name", offset + 8)?,
            cipher_mode: text(&raw.cipher_mode, "cipher-mode", offset + 40)?,
            hash: text(&raw.hash_spec, "hash-spec", offset + 72)?,
            key_bytes,
            digest: raw.digest,
            digest_salt: raw.digest_salt,
            digest_iterations,
            slots,
            bytes,
        })
    }
}

impl Luks {
    /// What it tells of itself.
    pub(in crate::disk) fn about(&self) -> LuksAbout {
        let (mode, ivgen) = match self.cipher_mode.split_once('-') {
            Some((mode, ivgen)) => (mode, ivgen),
            None => (self.cipher_mode.as_str(), ""),
        };
        // XTS takes two keys.
        let keys = if mode == "xts" { 2 } else { 1 };
        let uuid = Raw::ref_from_bytes(&self.bytes).map_or(&[][..], |raw| &raw.uuid);
        let uuid = uuid.split(|byte| *byte == 0).next().unwrap_or_default();
        LuksAbout {
            cipher_alg: format!("{}-{}", self.cipher_name, self.key_bytes * 8 / keys),
            cipher_mode: mode.to_owned(),
            ivgen_alg: ivgen.to_owned(),
            hash_alg: self.hash.clone(),
            uuid: String::from_utf8_lossy(uuid).into_owned(),
            master_key_iters: self.digest_iterations,
            active_slots: self.slots.len(),
        }
    }
}

impl RawSlot {
    /// The slot, number `index` of the header at `offset` with room for `length` bytes, if it is
    /// in use.
    fn check(
        &self,
        index: usize,
        key_bytes: u32,
        offset: u64,
        length: u64,
    ) -> Result<Option<Slot>> {
        let fault = |name: &str, at: usize, value: u32, rule: String| Fault::Field {
            field: format!("{name} of key slot {index}"),
            value,
            rule,
            offset: offset + (SLOTS_AT + index * SLOT_BYTES + at) as u64,
        };
        match self.active.get() {
            SLOT_ENABLED => {}
            SLOT_DISABLED => return Ok(None),
            other => {
                let rule = "0x00ac71f3 (in use) and 0x0000dead (not in use) are known".to_owned();
                return Err(fault("active", 0, other, rule).into());
            }
        }
        let (iterations, stripes) = (self.iterations.get(), self.stripes.get());
        if iterations == 0 {
            return Err(fault("iterations", 4, 0, "it has to be 1 at least".to_owned()).into());
        }
        if stripes != limits::STRIPES {
            let rule = format!("it has to be {}", limits::STRIPES);
            return Err(fault("stripes", 44, stripes, rule).into());
        }
        let sectors = self.material.get();
        let start = u64::from(sectors) * SECTOR;
        let end = start + u64::from(stripes) * u64::from(key_bytes);
        if start < HEADER_BYTES as u64 || end > length {
            let rule = format!("the material has to stand inside the header's {length} bytes");
            return Err(fault("key-material-offset", 40, sectors, rule).into());
        }
        Ok(Some(Slot {
            iterations,
            salt: self.salt,
            material: offset + start,
        }))
    }
}

/// The text in a field that NULs fill up.
fn text(bytes: &[u8; 32], field: &'static str, offset: u64) -> Result<String> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let text = end.map(|end| &bytes[..end]);
    match text {
        Some(text) if !text.is_empty() && text.iter().all(u8::is_ascii_graphic) => {
            Ok(String::from_utf8_lossy(text).into_owned())
        }
        _ => Err(Fault::Text { field, offset }.into()),
    }
}
