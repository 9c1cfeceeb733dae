//! The plan covers every byte that is not zero, in order and without overlap.

use std::sync::atomic::{AtomicU64, Ordering};

use ovfkit::Result;
use ovfkit::disk::copy::{WINDOW, plan, stored_bytes};
use ovfkit::disk::{DiskSource, Extent, ExtentKind};
use proptest::prelude::*;

use crate::model::disk;

/// A disk of 64 TiB that tells its zeros in pieces of 64 KiB.
struct Crumbs(AtomicU64);

impl DiskSource for Crumbs {
    fn capacity(&self) -> u64 {
        64 << 40
    }

    fn extent_at(&self, _offset: u64) -> Result<Extent> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Extent {
            length: 65_536,
            kind: ExtentKind::Zero,
        })
    }

    fn read_at(&self, _offset: u64, buf: &mut [u8]) -> Result<()> {
        buf.fill(0);
        Ok(())
    }

    fn granularity(&self) -> u64 {
        1
    }
}

#[test]
fn endless_crumbs_of_zeros_do_not_keep_an_observer_waiting() {
    let disk = Crumbs(AtomicU64::new(0));
    let first = plan(&disk, 1).next().unwrap().unwrap();
    assert!(first.start > 0);
    assert!(disk.0.into_inner() < 10_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_are_ordered_aligned_and_leave_only_zeros_out(disk in disk()) {
        let step = WINDOW.max(disk.granularity());
        let mut before = 0;
        for window in plan(&disk, 1) {
            let window = window.unwrap();
            prop_assert!(window.start >= before && window.start % step == 0);
            prop_assert!(window.end == disk.capacity() || window.end - window.start == step);
            prop_assert!(window.end <= disk.capacity() && window.start < window.end);
            let gap = usize::try_from(before).unwrap()..usize::try_from(window.start).unwrap();
            prop_assert!(disk.content[gap].iter().all(|byte| *byte == 0));
            before = window.end;
        }
        let rest = &disk.content[usize::try_from(before).unwrap()..];
        prop_assert!(rest.iter().all(|byte| *byte == 0));
        prop_assert!(stored_bytes(&disk).unwrap() <= disk.capacity());
    }
}
