//! From a secret to the key of the disk, through the key slots.

use std::path::Path;

use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use super::fault::Fault;
use super::luks::{DIGEST_BYTES, Luks, Slot, limits};
use super::sectors::{Scheme, SectorCipher};
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::secret::{Key, Secret, Secrets};

/// The hash of a header, for deriving keys and for diffusing them.
#[derive(Debug, Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Result<Self, Fault> {
        match name {
            "sha1" => Ok(Self::Sha1),
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(Fault::Hash(name.to_owned())),
        }
    }

    fn derive(self, secret: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        match self {
            Self::Sha1 => pbkdf2_hmac::<Sha1>(secret, salt, iterations, key),
            Self::Sha256 => pbkdf2_hmac::<Sha256>(secret, salt, iterations, key),
            Self::Sha512 => pbkdf2_hmac::<Sha512>(secret, salt, iterations, key),
        }
    }

    /// Makes every byte of a stripe depend on every other (§2.4).
    fn diffuse(self, stripe: &mut [u8]) {
        match self {
            Self::Sha1 => diffuse::<Sha1>(stripe),
            Self::Sha256 => diffuse::<Sha256>(stripe),
            Self::Sha512 => diffuse::<Sha512>(stripe),
        }
    }
}

/// Replaces each piece as long as a digest by the digest of its number and itself; the last, if
/// it is shorter, by the beginning of that.
fn diffuse<D: Digest>(stripe: &mut [u8]) {
    let pieces = stripe.chunks_mut(<D as Digest>::output_size());
    for (number, piece) in (0_u32..).zip(pieces) {
        let hash = D::new().chain_update(number.to_be_bytes());
        let digest = hash.chain_update(&*piece).finalize();
        piece.copy_from_slice(&digest[..piece.len()]);
    }
}

impl Luks {
    /// What decrypts the disk, by one of the `secrets`; none if no key slot takes any.
    pub(in crate::disk) fn unlock(
        &self,
        storage: &dyn Storage,
        image: &Path,
        secrets: &Secrets,
    ) -> Result<Option<SectorCipher>> {
        // Before anybody is asked for a secret that would not help.
        let scheme = Scheme::named(&self.cipher_name, &self.cipher_mode, self.key_bytes)
            .map_err(|fault| Error::from(fault).at_offset(self.offset))?;
        let hash =
            Hash::named(&self.hash).map_err(|fault| Error::from(fault).at_offset(self.offset))?;
        let key = secrets.key(image, &self.bytes, &|secret| {
            self.key(storage, scheme, hash, secret)
        })?;
        Ok(key.and_then(|key| SectorCipher::new(scheme, &key)))
    }

    /// The key of the disk, if `secret` opens a key slot.
    fn key(
        &self,
        storage: &dyn Storage,
        scheme: Scheme,
        hash: Hash,
        secret: &Secret,
    ) -> Result<Option<Key>> {
        for slot in &self.slots {
            let key = slot.candidate(storage, scheme, hash, secret)?;
            let mut digest = [0; DIGEST_BYTES];
            hash.derive(&key, &self.digest_salt, self.digest_iterations, &mut digest);
            if digest == self.digest {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }
}

impl Slot {
    /// The key that `secret` finds in the slot, right or wrong.
    fn candidate(
        &self,
        storage: &dyn Storage,
        scheme: Scheme,
        hash: Hash,
        secret: &Secret,
    ) -> Result<Key> {
        let bytes = scheme.key_bytes();
        let mut derived = Zeroizing::new(vec![0; bytes]);
        hash.derive(secret.bytes(), &self.salt, self.iterations, &mut derived);
        let mut material = Zeroizing::new(vec![0; bytes * to_usize(limits::STRIPES.into())]);
        storage.read_exact_at(self.material, &mut material)?;
        if let Some(cipher) = SectorCipher::new(scheme, &derived) {
            cipher.decrypt(0, &mut material);
        }
        Ok(merge(hash, bytes, &material))
    }
}

/// Puts together what was split into stripes, so that all of them are needed.
fn merge(hash: Hash, bytes: usize, material: &[u8]) -> Key {
    let mut key = Zeroizing::new(vec![0; bytes]);
    let mut stripes = material.chunks_exact(bytes).peekable();
    while let Some(stripe) = stripes.next() {
        key.iter_mut()
            .zip(stripe)
            .for_each(|(to, from)| *to ^= from);
        if stripes.peek().is_some() {
            hash.diffuse(&mut key);
        }
    }
    key
}
