//! A deterministic identity for a disk's content, from samples.
//!
//! A VMDK names its content (`CID`, `longContentID`) in its first sectors,
//! before a one-pass writer has seen the rest. So the name is made from the
//! capacity and from what stands at fixed places: the first and the last MiB,
//! where partition tables keep their unique ids, and blocks spread evenly
//! between. It depends on what the guest sees alone, so the same disk gives
//! the same name from any image format. Two disks equal in all samples share
//! it, which no reader minds: content ids only pair a snapshot with its parent.

use sha2::{Digest as _, Sha256};

use crate::base::Result;
use crate::base::units::{MIB, to_usize};
use crate::disk::DiskSource;

/// Blocks sampled between the ends.
const SAMPLES: u64 = 64;
/// Bytes of each.
const SAMPLE_BYTES: u64 = 4096;
/// Bytes sampled at each end.
const END_BYTES: u64 = MIB;

/// Sixteen bytes that name the content of `source`.
pub fn fingerprint(source: &dyn DiskSource) -> Result<[u8; 16]> {
    let capacity = source.capacity();
    let mut hasher = Sha256::new();
    hasher.update(capacity.to_be_bytes());
    let mut buffer = vec![0; to_usize(END_BYTES)];
    let mut sample = |start: u64, bytes: u64| -> Result<()> {
        let length = bytes.min(capacity - start);
        let room = &mut buffer[..to_usize(length)];
        source.read_at(start, room)?;
        hasher.update(&*room);
        Ok(())
    };
    sample(0, END_BYTES)?;
    if let Some(last) = capacity.checked_sub(END_BYTES) {
        sample(last, END_BYTES)?;
    }
    let stride = capacity / (SAMPLES + 1) / SAMPLE_BYTES * SAMPLE_BYTES;
    for index in 1..=SAMPLES {
        sample(stride * index, SAMPLE_BYTES)?;
    }
    let digest = hasher.finalize();
    let mut name = [0; 16];
    name.copy_from_slice(&digest[..16]);
    Ok(name)
}
