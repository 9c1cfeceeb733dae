//! The plan covers every byte that is not zero, in order and without overlap.

use ovfkit::disk::DiskSource;
use ovfkit::disk::copy::{WINDOW, plan, stored_bytes};
use proptest::prelude::*;

use crate::model::disk;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_are_ordered_aligned_and_leave_only_zeros_out(disk in disk()) {
        let step = WINDOW.max(disk.granularity());
        let mut before = 0;
        for window in plan(&disk) {
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
