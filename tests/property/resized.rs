//! A qcow2 that gets another size and other content is sound after each step, and reads as a disk
//! that was cut, made longer and written to; a damaged one is refused, or made no worse.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use ovfkit::Result;
use ovfkit::base::progress::Unobserved;
use ovfkit::base::storage::Storage;
use ovfkit::disk::DiskSource as _;
use ovfkit::disk::check::{Report, check};
use ovfkit::disk::detect::Format;
use ovfkit::disk::qcow2::{Image, write};
use ovfkit::disk::resize::{Change, Image as Changed, resize};
use ovfkit::disk::secret::Secrets;
use ovfkit::disk::step::{Edit, Step};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::model::disk;
use crate::qcow2_writer::options;

/// Bytes of the largest disk.
pub const MOST: usize = 6 << 20;
pub const SECTOR: usize = 512;

pub fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap()
}

pub fn take(file: &mut Vec<u8>, step: Step) {
    match step {
        Step::Extend { length } => {
            assert!(length >= file.len() as u64);
            file.resize(size(length), 0);
        }
        Step::Overwrite(edits) => {
            for Edit { offset, bytes } in edits {
                file[size(offset)..][..bytes.len()].copy_from_slice(&bytes);
            }
        }
        Step::Truncate { length } => {
            assert!(length <= file.len() as u64);
            file.truncate(size(length));
        }
        Step::Anew(_) => panic!("no copies"),
    }
}

/// Changes the image in `file`, and looks at it after each step.
pub fn change(file: &mut Vec<u8>, change: &Change, mut look: impl FnMut(&[u8])) -> Result<()> {
    let storage = Arc::new(file.clone());
    let path = Path::new("changed");
    let disk = Image::open(Arc::clone(&storage) as Arc<dyn Storage>, path, None)?;
    let image = Changed {
        storage: &storage,
        format: Format::Qcow2,
        path,
        disk: &disk,
        beneath: None,
        secrets: &Secrets::default(),
    };
    resize(&image, change, &mut |step| {
        take(file, step);
        look(file);
        Ok(())
    })
}

pub fn checked(file: &[u8]) -> Result<Report> {
    let storage: Arc<dyn Storage> = Arc::new(file.to_vec());
    check(&storage, Format::Qcow2, Path::new("changed"))
}

/// Places on a disk of `capacity` bytes, with what is written there.
pub fn edits(capacity: usize, writes: &[Write]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut writes: Vec<_> = writes
        .iter()
        .map(|(at, sectors, value)| (at.index(capacity / SECTOR), *sectors, *value))
        .collect();
    writes.sort_unstable();
    let mut end = 0;
    for (at, sectors, value) in writes {
        let behind = (at + sectors).min(capacity / SECTOR);
        if at >= end {
            edits.push(Edit {
                offset: (at * SECTOR) as u64,
                bytes: vec![value; (behind - at) * SECTOR],
            });
            end = behind;
        }
    }
    edits
}

/// A place on a disk, how many sectors are written there, and with what.
pub type Write = (Index, usize, u8);

/// Sizes of a disk, and what is written to each.
fn changes() -> impl Strategy<Value = Vec<(Index, Vec<Write>)>> {
    let value = prop_oneof![Just(0), any::<u8>()];
    let write = (any::<Index>(), 1..200_usize, value);
    prop::collection::vec((any::<Index>(), prop::collection::vec(write, 0..4)), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_disk_is_what_a_raw_one_would_be(
        disk in disk(),
        options in options(),
        changes in changes(),
    ) {
        let mut file = Cursor::new(Vec::new());
        write(&disk, &mut file, &options, &mut Unobserved).unwrap();
        let mut file = file.into_inner();
        let mut content = disk.content.clone();
        content.resize(content.len().next_multiple_of(SECTOR), 0);
        for (capacity, writes) in changes {
            let capacity = (capacity.index(MOST / SECTOR) + 1) * SECTOR;
            let writes = edits(capacity, &writes);
            content.resize(capacity, 0);
            for Edit { offset, bytes } in &writes {
                content[size(*offset)..][..bytes.len()].copy_from_slice(bytes);
            }
            let to = Change { capacity: capacity as u64, writes };
            change(&mut file, &to, |file| {
                let report = checked(file).unwrap();
                assert!(!report.is_corrupt(), "{:?}", report.findings);
            })
            .unwrap();
            let report = checked(&file).unwrap();
            prop_assert!(report.is_sound(), "{:?}", report.findings);
            let storage: Arc<dyn Storage> = Arc::new(file.clone());
            let image = Image::open(storage, Path::new("changed"), None).unwrap();
            prop_assert_eq!(image.capacity(), capacity as u64);
            let mut read = vec![7; capacity];
            image.read_at(0, &mut read).unwrap();
            prop_assert!(read == content);
        }
    }

    #[test]
    fn damage_is_refused_or_no_worse(
        disk in disk(),
        options in options(),
        damage in prop::collection::vec((any::<Index>(), any::<bool>(), 1..=255_u8), 1..5),
        changes in changes(),
    ) {
        let mut file = Cursor::new(Vec::new());
        write(&disk, &mut file, &options, &mut Unobserved).unwrap();
        let mut file = file.into_inner();
        for (at, in_header, bits) in damage {
            // The header tells of most.
            let at = at.index(if in_header { 120 } else { file.len() });
            file[at] ^= bits;
        }
        for (capacity, writes) in changes {
            let capacity = (capacity.index(MOST / SECTOR) + 1) * SECTOR;
            let writes = edits(capacity, &writes);
            let before = file.clone();
            let to = Change { capacity: capacity as u64, writes };
            match change(&mut file, &to, |_| {}) {
                Ok(()) => prop_assert!(!checked(&file).unwrap().is_corrupt()),
                Err(_) => prop_assert!(file == before),
            }
        }
    }
}
