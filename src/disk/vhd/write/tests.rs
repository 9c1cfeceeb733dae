//! What a VHD says of itself, and what cannot be written.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::base::ErrorKind;
use crate::base::forward::Forward;
use crate::base::progress::Unobserved;
use crate::base::shared::Shared;
use crate::disk::grown::Grown;
use crate::disk::raw::RawDisk;
use crate::disk::vhd::Image;

fn options() -> WriteOptions {
    WriteOptions::new(NonZeroUsize::MIN)
}

fn disk(length: usize) -> RawDisk<Vec<u8>> {
    let mut content = vec![0; length];
    content[length / 2..].fill(7);
    RawDisk::new(content).expect("a disk")
}

fn written(options: &WriteOptions) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let length = (5 << 20) + 700;
    write(&disk(length), &mut file, options, &mut Unobserved).expect("written");
    file.into_inner()
}

fn refused(capacity: u64, options: &WriteOptions) -> Error {
    let grown = Grown::new(Box::new(disk(512)), capacity).expect("grows");
    let written = write(&grown, Cursor::new(Vec::new()), options, &mut Unobserved);
    written.expect_err("refused")
}

#[test]
fn the_footer_is_hyper_vs() {
    let file = written(&options());
    let (front, footer) = (&file[..512], &file[file.len() - 512..]);
    assert!(front == footer);
    assert_eq!(&footer[..8], b"conectix");
    assert_eq!(footer[8..24], hex("00000002000100000000000000000200"));
    assert_eq!(footer[24..28], [0; 4]);
    assert_eq!(&footer[28..40], b"win \0\x06\0\x03Wi2k");
    let size = ((5_u64 << 20) + 1024).to_be_bytes();
    assert_eq!((&footer[40..48], &footer[48..56]), (&size[..], &size[..]));
    assert_eq!(footer[60..64], [0, 0, 0, 3]);
    // The BAT of three blocks, whose sector is filled; the first block has no data.
    assert_eq!(file[1536..1552], hex("ffffffff00000004 00001005 ffffffff"));
    assert!(file[1548..2048].iter().all(|byte| *byte == 0xFF));
    // Two bitmaps and their blocks.
    assert!(file[2048..2560].iter().all(|byte| *byte == 0xFF));
    assert_eq!(file.len(), 2048 + 2 * (512 + (2 << 20)) + 512);
}

/// Bytes in hexadecimal, with or without spaces.
fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .map(|digit| u8::try_from(digit).expect("a digit"))
        .collect();
    let pairs = digits.chunks(2);
    pairs.map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn the_same_disk_is_the_same_file_unless_asked_for_another() {
    let file = written(&options());
    assert!(file == written(&options()));
    let id = Uuid::parse("01234567-89ab-cdef-0123-456789abcdef");
    let other = written(&WriteOptions {
        id,
        time_stamp: 0x0102_0304,
        ..options()
    });
    assert_eq!(other[68..84], hex("0123456789abcdef0123456789abcdef"));
    assert_eq!(other[24..28], [1, 2, 3, 4]);
    assert_ne!(file[68..84], other[68..84]);
}

#[test]
fn fixed_disks_go_through_pipes_and_dynamic_ones_do_not() {
    let fixed = WriteOptions {
        fixed: true,
        align: MIB,
        ..options()
    };
    let mut piped = Vec::new();
    let source = disk((5 << 20) + 700);
    let mut observer = Unobserved;
    let shared = Shared::new(&mut observer);
    let output = Forward::new(&mut piped, &shared);
    let summary = write(&source, output, &fixed, &mut &shared).expect("written");
    assert!(piped == written(&fixed));
    assert_eq!((summary.capacity, summary.blocks), (6 << 20, 0));
    assert_eq!(piped.len(), (6 << 20) + 512);
    let image = Image::open(Arc::new(piped), Path::new("piped")).expect("opens");
    assert_eq!(image.capacity(), 6 << 20);
    let output = Forward::new(Vec::new(), &shared);
    let error = write(&source, output, &options(), &mut &shared).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Io);
}

#[test]
fn what_a_vhd_cannot_be_is_refused() {
    let error = refused((2040 << 30) + 1, &options());
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.advice().is_some_and(|help| help.contains("VHDX")));
    for align in [0, 500, 513, 2 << 30] {
        let error = refused(512, &WriteOptions { align, ..options() });
        assert_eq!(error.kind(), ErrorKind::Usage, "{align}");
    }
    let id = Uuid::parse("00000000-0000-0000-0000-000000000000");
    let error = refused(512, &WriteOptions { id, ..options() });
    assert_eq!(error.kind(), ErrorKind::Usage);
}
