//! Writing a raw disk front to back, zeros and all: to a pipe, or over what a device holds.

use std::io::Write;
use std::num::NonZeroUsize;

use crate::base::Result;
use crate::base::forward::Forward;
use crate::base::progress::Observer;
use crate::base::shared::Shared;
use crate::disk::DiskSource;
use crate::disk::blocks::{Plan, Target, store};

/// Writes all of `source` to `output`, every byte of it in its order.
pub fn pour<W: Write>(
    source: &dyn DiskSource,
    output: W,
    threads: NonZeroUsize,
    observer: &mut dyn Observer,
) -> Result<u64> {
    let capacity = source.capacity();
    // What is passed over becomes zeros.
    let shared = Shared::new(observer);
    let mut target = Target::new(Forward::new(output, &shared));
    store(
        source,
        &mut target,
        Plan::whole(capacity),
        threads,
        &mut &shared,
    )?;
    target.end(capacity)?;
    Ok(capacity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::progress::Unobserved;
    use crate::disk::raw::RawDisk;

    #[test]
    fn every_byte_comes_in_its_order() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(9 << 20).expect("a hole");
        let mut expected = vec![0; 9 << 20];
        for (at, byte) in [
            (0, 1),
            (3 << 20, 2),
            ((5 << 20) + 77, 3),
            ((9 << 20) - 1, 4),
        ] {
            expected[at] = byte;
        }
        file.write_all(&expected[..1]).expect("written");
        for at in [3 << 20, (5 << 20) + 77, (9 << 20) - 1] {
            use crate::base::placed::Placed as _;
            let written = file.as_file().write_all_at(&expected[at..=at], at as u64);
            written.expect("written");
        }
        let storage = crate::base::storage::FileStorage::open(file.path()).expect("opened");
        let disk = RawDisk::new(storage).expect("a disk");
        for threads in [1, 3] {
            let threads = NonZeroUsize::new(threads).expect("not zero");
            let mut poured = Vec::new();
            pour(&disk, &mut poured, threads, &mut Unobserved).expect("poured");
            assert!(poured == expected);
        }
    }
}
