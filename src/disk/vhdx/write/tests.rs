//! What a VHDX says of itself, and what cannot be written.

use std::io::Cursor;

use super::*;
use crate::base::ErrorKind;
use crate::base::progress::Unobserved;
use crate::base::units::{GIB, KIB, TIB, to_usize};
use crate::disk::grown::Grown;
use crate::disk::raw::RawDisk;

fn options() -> WriteOptions {
    WriteOptions::new(NonZeroUsize::MIN)
}

fn disk(capacity: u64) -> Grown {
    let content = RawDisk::new(vec![7; 512]).expect("a disk");
    Grown::new(Box::new(content), capacity).expect("grows")
}

fn written(capacity: u64, options: &WriteOptions) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    write(&disk(capacity), &mut file, options, &mut Unobserved).expect("written");
    file.into_inner()
}

fn refused(capacity: u64, options: &WriteOptions) -> Error {
    let written = write(
        &disk(capacity),
        Cursor::new(Vec::new()),
        options,
        &mut Unobserved,
    );
    written.expect_err("refused")
}

fn u64_at(file: &[u8], at: u64) -> u64 {
    let at = to_usize(at);
    u64::from_le_bytes(file[at..at + 8].try_into().expect("eight bytes"))
}

#[test]
fn what_hyper_v_is_strict_about_is_as_it_wants_it() {
    // Two chunks and some blocks of a third.
    let file = written(9 * GIB, &options());
    assert_eq!(&file[..20], b"vhdxfileo\0v\0f\0k\0i\0t\0");
    let sequences = [64, 128].map(|at| u64_at(&file, at * KIB + 8));
    assert_eq!(sequences, [1, 2]);
    // The log's id is none, versions are 0 and 1, and the log is where it may be.
    for at in [64, 128].map(|at| at * KIB) {
        assert!(
            file[to_usize(at) + 48..to_usize(at) + 64]
                .iter()
                .all(|byte| *byte == 0)
        );
        assert_eq!(u64_at(&file, at + 64), 0x0010_0000_0001_0000);
        assert_eq!(u64_at(&file, at + 72), MIB);
    }
    // Both regions are required.
    for at in [192, 256].map(|at| at * KIB) {
        assert_eq!(u64_at(&file, at + 8), 2);
        for entry in [at + 16, at + 48] {
            assert_eq!(u64_at(&file, entry + 24) >> 32, 1);
        }
    }
    // The block that is there, zeros, bitmaps that are not, and no entry too many.
    let entries: Vec<u64> = (0..=9218)
        .map(|number| u64_at(&file, BAT + number * 8))
        .collect();
    for (number, entry) in entries.iter().enumerate() {
        let wanted = match number {
            0 => (4 * MIB) | 6,
            4096 | 8193 | 9218 => 0,
            _ => 2,
        };
        assert_eq!(*entry, wanted, "{number}");
    }
    assert_eq!(file.len() as u64, 5 * MIB);
}

#[test]
fn an_id_is_the_guests_and_the_rest_stays() {
    let id = Uuid::parse("01234567-89ab-cdef-0123-456789abcdef");
    let [one, other] = [None, id].map(|id| written(MIB, &WriteOptions { id, ..options() }));
    let place = to_usize(METADATA.offset + 64 * KIB + 16);
    let mixed = [0x67, 0x45, 0x23, 0x01, 0xAB, 0x89, 0xEF, 0xCD];
    assert_eq!(other[place..place + 8], mixed);
    assert_ne!(one[place..place + 16], other[place..place + 16]);
    assert!(one[..place] == other[..place] && one[place + 16..] == other[place + 16..]);
}

#[test]
fn what_a_vhdx_cannot_be_is_refused() {
    let error = refused(64 * TIB + 1, &options());
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.advice().is_some_and(|help| help.contains("qcow2")));
    let usage = |options: WriteOptions| {
        let error = refused(512, &options);
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.advice().is_some(), "{error}");
    };
    for block_size in [0, 512 * KIB, 3 * MIB, 512 * MIB] {
        usage(WriteOptions {
            block_size,
            ..options()
        });
    }
    for (logical_sector_size, physical_sector_size) in [(1024, 4096), (512, 0), (4096, 512)] {
        usage(WriteOptions {
            logical_sector_size,
            physical_sector_size,
            ..options()
        });
    }
    usage(WriteOptions {
        id: Uuid::parse("00000000-0000-0000-0000-000000000000"),
        ..options()
    });
}
