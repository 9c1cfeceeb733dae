//! Data of encrypted images: tables, and clusters that are compressed, are stored as ever.

use std::path::Path;

use zeroize::Zeroizing;

use super::fault::Fault;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::crypt::{Luks, SECTOR, Scheme, SectorCipher};
use crate::disk::secret::Secrets;

/// Bytes of the key of the old encryption.
const AES_KEY_BYTES: usize = 16;

/// How the data is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Encryption {
    /// The old way: the secret is the key, and sectors have the guest's numbers.
    Aes,
    /// LUKS, where sectors have the numbers they have in the file.
    Luks(Luks),
}

impl Encryption {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Aes => "AES",
            Self::Luks(_) => "LUKS",
        }
    }

    /// The data of `image`, in `storage`, unlocked by one of the `secrets`.
    pub(super) fn unlock(
        &self,
        storage: &dyn Storage,
        image: &Path,
        secrets: &Secrets,
    ) -> Result<Unlocked> {
        let cipher = match self {
            Self::Aes => secrets.only(image)?.and_then(|secret| {
                // As QEMU has it: cut off, or filled up with zeros.
                let mut key = Zeroizing::new([0; AES_KEY_BYTES]);
                key.iter_mut()
                    .zip(&*secret)
                    .for_each(|(to, from)| *to = *from);
                SectorCipher::new(Scheme::QCOW2, &*key)
            }),
            Self::Luks(luks) => luks.unlock(storage, image, secrets)?,
        };
        match cipher {
            Some(cipher) => Ok(Unlocked {
                cipher,
                by_guest: *self == Self::Aes,
            }),
            None if secrets.are_given() => Err(Fault::WrongSecret.into()),
            None => Err(Fault::Locked(self.name()).into()),
        }
    }
}

/// Reads encrypted data, and makes it.
#[derive(Debug)]
pub(super) struct Unlocked {
    cipher: SectorCipher,
    /// Whether sectors have the guest's numbers.
    by_guest: bool,
}

impl Unlocked {
    /// Fills `buf` with what `data` holds at `host` for the guest's offset `guest`, which stand
    /// at the same place in their sectors, as clusters begin with one.
    pub(super) fn read(
        &self,
        data: &dyn Storage,
        host: u64,
        guest: u64,
        buf: &mut [u8],
    ) -> Result<()> {
        let length = buf.len() as u64;
        let within = host % SECTOR;
        let first = self.sector(host, guest);
        if within == 0 && length.is_multiple_of(SECTOR) {
            data.read_exact_at(host, buf)?;
            self.cipher.decrypt(first, buf);
            return Ok(());
        }
        let mut whole = vec![0; to_usize((within + length).next_multiple_of(SECTOR))];
        data.read_exact_at(host - within, &mut whole)?;
        self.cipher.decrypt(first, &mut whole);
        buf.copy_from_slice(&whole[to_usize(within)..][..buf.len()]);
        Ok(())
    }
    /// Encrypts `bytes`, whole sectors, which are to stand at `host` for the guest's offset `guest`.
    pub(super) fn encrypt(&self, host: u64, guest: u64, bytes: &mut [u8]) {
        self.cipher.encrypt(self.sector(host, guest), bytes);
    }

    /// The number of the sector that is at `host` for the guest's offset `guest`.
    fn sector(&self, host: u64, guest: u64) -> u64 {
        let offset = if self.by_guest { guest } else { host };
        offset / SECTOR
    }
}
