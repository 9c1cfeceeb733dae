//! Many small cases on all cores, all failures told at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs `test` on every case; a panic of one fails the whole under its `name`,
/// after all others have had their turn.
pub(crate) fn each<C: Sync>(
    cases: &[C],
    name: impl Fn(&C) -> String + Sync,
    test: impl Fn(&C) + Sync,
) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let done = catch_unwind(AssertUnwindSafe(|| test(case)));
                    if let Err(panic) = done {
                        let why = panic
                            .downcast_ref::<String>()
                            .cloned()
                            .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
                            .unwrap_or_default();
                        let told = format!("{}: {why}", name(case));
                        failed.lock().expect("a live list").push(told);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("a live list");
    assert!(
        failed.is_empty(),
        "{} of {} cases failed:\n{}",
        failed.len(),
        cases.len(),
        failed.join("\n")
    );
}
