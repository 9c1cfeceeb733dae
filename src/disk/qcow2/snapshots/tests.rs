//! Images of many tables, changed in many steps.

use std::io::Cursor;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard};

use super::super::check::Survey;
use super::super::snapshot;
use super::super::{WriteOptions, write};
use super::{Change, change};
use crate::base::Result;
use crate::base::progress::Unobserved;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::step::{Edit, Step};
use crate::disk::{DiskSource, Extent, ExtentKind};

/// A disk of which two clusters of three are stored.
struct Sparse;

const SIZE: u64 = 300 << 10;
const CLUSTER: u64 = 512;

impl DiskSource for Sparse {
    fn capacity(&self) -> u64 {
        SIZE
    }

    fn extent_at(&self, offset: u64) -> Result<Extent> {
        let kind = if offset / CLUSTER % 3 == 2 {
            ExtentKind::Zero
        } else {
            ExtentKind::Data
        };
        let length = CLUSTER - offset % CLUSTER;
        Ok(Extent { length, kind })
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        for (at, byte) in (offset..).zip(buf) {
            *byte = if at / CLUSTER % 3 == 2 {
                0
            } else {
                (at / CLUSTER).to_le_bytes()[0] | 1
            };
        }
        Ok(())
    }

    fn granularity(&self) -> u64 {
        CLUSTER
    }
}

fn image(refcount_bits: u32) -> Vec<u8> {
    let options = WriteOptions {
        cluster_bits: CLUSTER.ilog2(),
        refcount_bits,
        ..WriteOptions::new(NonZeroUsize::MIN)
    };
    let mut file = Cursor::new(Vec::new());
    write(&Sparse, &mut file, &options, &mut Unobserved).expect("written");
    file.into_inner()
}

/// A file that is read as the steps made so far have left it, with the length it had at first.
struct Live {
    bytes: Mutex<Vec<u8>>,
    length: u64,
}

impl Live {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().expect("live bytes")
    }
}

impl Storage for Live {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.bytes().read_exact_at(offset, buf)
    }
}

fn take(file: &mut Vec<u8>, step: Step) {
    match step {
        Step::Extend { length } => file.resize(to_usize(length), 0),
        Step::Overwrite(edits) => {
            for Edit { offset, bytes } in edits {
                file[to_usize(offset)..][..bytes.len()].copy_from_slice(&bytes);
            }
        }
        Step::Truncate { length } => file.truncate(to_usize(length)),
        Step::Anew(_) => panic!("no copies"),
    }
}

/// Makes `wanted` of the image in `file`, which is sound after each step and without leaks at the
/// end; answers with how many steps it took. It makes no difference whether steps are seen.
fn make(file: &mut Vec<u8>, wanted: Change<'_>) -> usize {
    let storage = file.clone();
    let live = Live {
        length: file.len() as u64,
        bytes: Mutex::new(file.clone()),
    };
    change(&live, wanted, &mut |step| {
        take(&mut live.bytes(), step);
        Ok(())
    })
    .expect("it can be done");
    let mut steps = 0;
    change(&storage, wanted, &mut |step| {
        take(file, step);
        let survey = Survey::take(file).expect("surveyed");
        let findings = &survey.report.findings;
        assert!(
            !survey.report.is_corrupt(),
            "{wanted:?} {steps}: {findings:?}"
        );
        steps += 1;
        Ok(())
    })
    .expect("it can be done");
    let survey = Survey::take(file).expect("surveyed");
    assert!(survey.report.is_sound(), "{wanted:?}");
    assert!(*live.bytes() == *file, "{wanted:?}");
    steps
}

#[test]
fn steps_are_bounded_and_each_leaves_refcounts_right() {
    for refcount_bits in [2, 4, 8, 16, 64] {
        let mut file = image(refcount_bits);
        let date = (1, 2);
        let steps = make(&mut file, Change::Create { name: "one", date });
        assert!(steps > 10, "{refcount_bits} bits: {steps} steps");
        // Refcounts that are not one are in no pair.
        let steps = make(&mut file, Change::Create { name: "two", date });
        assert!(steps < 10, "{refcount_bits} bits: {steps} steps");
        make(&mut file, Change::Apply("one"));
        make(&mut file, Change::Delete("two"));
        let steps = make(&mut file, Change::Delete("one"));
        assert!(steps > 10, "{refcount_bits} bits: {steps} steps");
        assert!(file.len() <= image(refcount_bits).len() + to_usize(20 * CLUSTER));
    }
}

#[test]
fn a_snapshot_alone_is_applied_in_many_steps() {
    let mut file = image(16);
    let date = (1, 2);
    make(
        &mut file,
        Change::Create {
            name: "empty",
            date,
        },
    );
    // The disk leads nowhere, as if all was discarded: what was kept has all clusters alone.
    let header = Survey::take(&file).expect("surveyed").header;
    let first = to_usize(header.l1.offset);
    file[first..first + to_usize(header.l1.entries * 8)].fill(0);
    let survey = Survey::take(&file).expect("surveyed");
    assert!(survey.report.leaks > 0 && !survey.report.is_corrupt());
    let storage = file.clone();
    super::super::repair(&storage, crate::disk::check::Level::Leaks, &mut |step| {
        take(&mut file, step);
        Ok(())
    })
    .expect("repaired");
    let steps = make(&mut file, Change::Apply("empty"));
    assert!(steps > 10, "{steps} steps");
    let mut left = 0;
    let storage = file.clone();
    snapshot::for_each(&storage, &header, |_| left += 1).expect("a table");
    assert_eq!(left, 1);
}
