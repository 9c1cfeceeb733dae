//! Logs that were not replayed.

use crate::laws;
use crate::made::{BAT, Block, Entry, LOG_BYTES, MIB, Recipe, Vhdx, Write};
use crate::reader::{bytes, open, whole};

/// A disk of two blocks, the first of which is stored, in a file that holds a second one the
/// BAT does not tell of yet.
fn torn() -> (Recipe, Vhdx) {
    let recipe = Recipe {
        blocks: [
            (0, Block::Whole(bytes(1, MIB))),
            (1, Block::Whole(bytes(2, MIB))),
        ]
        .into(),
        ..Recipe::new(2 << 20)
    };
    let mut image = recipe.build();
    image.put64(BAT + 8, 0);
    image.dirty();
    (recipe, image)
}

/// The first sector of the BAT, with these two entries.
fn bat(first: usize, second: usize) -> Vec<u8> {
    let mut sector = Vhdx {
        bytes: vec![0; 4096],
    };
    sector.put64(0, first);
    sector.put64(8, second);
    sector.bytes
}

const FIRST: usize = 4 * MIB + 6;
const SECOND: usize = 5 * MIB + 6;

fn write(first: usize, second: usize) -> Write {
    Write::Sector(BAT as u64, bat(first, second))
}

fn entry(sequence: u64, tail: usize, writes: Vec<Write>) -> Entry {
    Entry::new(sequence, u32::try_from(tail).unwrap(), 6 * MIB, writes)
}

fn refused(image: Vhdx, says: &str) {
    laws::image(&image.bytes);
    let error = open(image.bytes).err().expect(says);
    assert!(error.message().contains(says), "{error}");
    assert!(error.advice().is_some());
}

fn reads(image: Vhdx, expected: &[u8]) {
    assert!(laws::image(&image.bytes));
    let image = open(image.bytes).unwrap();
    assert!(image.summary().dirty_log);
    let [warning] = &image.warnings()[..] else {
        panic!("{:?}", image.warnings());
    };
    assert!(warning.message.contains("not closed cleanly"));
    assert!(whole(&image) == expected);
}

#[test]
fn what_the_log_writes_is_read() {
    let (recipe, mut image) = torn();
    image.log(0, &entry(1, 0, vec![write(FIRST, SECOND)]).build());
    reads(image.clone(), &recipe.over(&[]));
    // Closed cleanly, the log means nothing.
    image.headers(|image, at| image.put(at + 48, &[0; 16]));
    let mut half = recipe.over(&[]);
    half[MIB..].fill(0);
    let opened = open(image.bytes).unwrap();
    assert!(whole(&opened) == half && opened.warnings().is_empty());
}

/// Metadata, a region table and payload come through the log, too.
#[test]
fn everything_but_the_headers_is_read_through_the_log() {
    let (recipe, mut image) = torn();
    let sector = |image: &Vhdx, at: usize| image.bytes[at..at + 4096].to_vec();
    let mut writes = vec![write(FIRST, SECOND)];
    for at in [192 << 10, 256 << 10, 2 * MIB, 2 * MIB + (64 << 10)] {
        writes.push(Write::Sector(at as u64, sector(&image, at)));
        image.bytes[at..at + 4096].fill(0xEE);
    }
    let mut disk = recipe.over(&[]);
    writes.push(Write::Zeros(4 * MIB as u64 + 8192, 12288));
    disk[8192..20480].fill(0);
    writes.push(Write::Sector(4 * MIB as u64 + 12288, bytes(9, 4096)));
    disk[12288..16384].copy_from_slice(&bytes(9, 4096));
    image.log(0, &entry(1, 0, writes).build());
    reads(image, &disk);
}

#[test]
fn the_last_of_several_entries_counts() {
    let (recipe, mut image) = torn();
    let first = entry(
        5,
        0,
        vec![write(SECOND, FIRST), Write::Zeros(BAT as u64, 4096)],
    );
    let second = entry(6, 0, vec![write(FIRST, SECOND)]);
    let length = first.build().len();
    image.log(0, &first.build());
    image.log(length, &second.build());
    reads(image.clone(), &recipe.over(&[]));

    // Without the second, only its tail is left, which is a sequence of its own.
    image.log(length, &[0; 4096]);
    reads(image, &vec![0; 2 * MIB]);
}

/// A write that did not come to its end is not replayed, nor one of another time.
#[test]
fn torn_and_old_entries_do_not_count() {
    let (recipe, mut image) = torn();
    let good = entry(5, 0, vec![write(FIRST, SECOND)]).build();
    let zeros = vec![Write::Zeros(4 * MIB as u64, 4096), write(0, 0)];
    let bad = entry(6, 0, zeros.clone()).build();
    image.log(0, &good);
    for at in [
        0, 4, 8, 12, 16, 24, 32, 64, 72, 80, 88, 96, 4095, 4096, 4100, 5000, 8191,
    ] {
        let mut torn = bad.clone();
        torn[at] ^= 0x10;
        let mut image = image.clone();
        image.log(good.len(), &torn);
        reads(image, &recipe.over(&[]));
    }
    // Of another log, or not the next one.
    for other in [
        Entry {
            id: [9; 16],
            ..entry(6, 0, zeros.clone())
        },
        // A later one, whose tail is gone.
        entry(9, good.len() + 64 * 4096, zeros.clone()),
        // An earlier one that is whole.
        entry(3, good.len(), zeros),
    ] {
        let mut image = image.clone();
        image.log(good.len(), &other.build());
        reads(image, &recipe.over(&[]));
    }
}

/// The newest sequence is replayed from its tail on, and no other.
#[test]
fn the_newest_sequence_counts_from_its_tail() {
    let (recipe, mut image) = torn();
    let spoil = Write::Zeros(4 * MIB as u64, 4096);
    let old = entry(20, 0, vec![spoil.clone()]).build();
    image.log(0, &old);
    // An entry in front of the tail was written to its place long ago.
    let at = 16 * 4096;
    let flushed = entry(30, at, vec![spoil]).build();
    let tail = at + flushed.len();
    let first = entry(31, tail, vec![write(0, 0)]).build();
    let second = entry(32, tail, vec![write(FIRST, SECOND)]).build();
    image.log(at, &flushed);
    image.log(tail, &first);
    image.log(tail + first.len(), &second);
    reads(image, &recipe.over(&[]));
}

#[test]
fn a_sequence_goes_on_at_the_start_of_the_log() {
    let (recipe, image) = torn();
    let first = entry(7, 0, vec![write(0, FIRST)]).build().len();
    for back in [4096, 8192, 12288] {
        let mut image = image.clone();
        let at = LOG_BYTES - back;
        image.log(at, &entry(7, at, vec![write(0, FIRST)]).build());
        image.log(
            at + first,
            &entry(8, at, vec![write(FIRST, SECOND)]).build(),
        );
        reads(image, &recipe.over(&[]));
    }
}

/// More descriptors than a sector has room for, and sectors of padding.
#[test]
fn long_entries_are_read() {
    for padding in [0, 1, 15] {
        let (recipe, mut image) = torn();
        let mut disk = recipe.over(&[]);
        let mut writes = vec![write(FIRST, SECOND)];
        for number in 0..180_u64 {
            let at = usize::try_from(number).unwrap() * 8192;
            let content = bytes(number + 100, 4096);
            disk[at..at + 4096].copy_from_slice(&content);
            writes.push(Write::Sector((4 * MIB + at) as u64, content));
            if number % 3 == 0 {
                writes.push(Write::Zeros((4 * MIB + at + 4096) as u64, 4096));
                disk[at + 4096..at + 8192].fill(0);
            }
        }
        let mut long = entry(1, 0, writes);
        long.padding = padding;
        image.log(0, &long.build());
        reads(image, &disk);
    }
    // More padding than any disk asks for.
    let (_, mut image) = torn();
    let mut long = entry(1, 0, vec![write(FIRST, SECOND)]);
    long.padding = 40;
    image.log(0, &long.build());
    refused(image, "no entry in it is whole");
}

/// A file that was to grow reads as zeros where it did not.
#[test]
fn the_file_grows_with_its_log() {
    let (_, mut image) = torn();
    image.bytes.truncate(5 * MIB);
    let mut grown = entry(1, 0, vec![write(FIRST, SECOND)]);
    grown.flushed = 5 * MIB as u64;
    grown.last = 6 * MIB as u64;
    image.log(0, &grown.build());
    let mut disk = bytes(1, MIB);
    disk.resize(2 * MIB, 0);
    reads(image, &disk);
}

#[test]
fn logs_that_cannot_be_replayed_are_refused() {
    let (_, image) = torn();
    refused(image.clone(), "no entry in it is whole");

    let mut cut = image.clone();
    let mut longer = entry(1, 0, vec![write(FIRST, SECOND)]);
    longer.flushed = 7 * MIB as u64;
    cut.log(0, &longer.build());
    refused(cut, "had 7340032 when its log was written");

    let mut huge = image.clone();
    longer.flushed = 0;
    longer.last = u64::MAX - 4095;
    huge.log(0, &longer.build());
    refused(huge, "file with its log replayed would be");

    let mut far = image.clone();
    let zeros = vec![Write::Zeros(1 << 60, 1 << 60)];
    far.log(0, &entry(1, 0, zeros).build());
    refused(far, "file with its log replayed would be");

    let mut wrapped = image.clone();
    let zeros = vec![Write::Zeros(u64::MAX - 4095, 8192)];
    wrapped.log(0, &entry(1, 0, zeros).build());
    refused(wrapped, "no entry in it is whole");

    let mut version = image.clone();
    version.headers(|image, at| image.put(at + 64, &[1, 0]));
    refused(version, "the log has version 1");

    let mut outside = image.clone();
    outside.headers(|image, at| image.put32(at + 68, 512 * MIB));
    refused(outside, "beyond the end");

    let mut long = image;
    long.headers(|image, at| image.put32(at + 68, 2048 * MIB));
    refused(long, "the log would be 2147483648");
}

/// A log in which every sector claims to begin an entry as long as the log takes no longer.
#[test]
fn hostile_logs_take_no_time() {
    let (_, image) = torn();
    let started = std::time::Instant::now();
    // Each a sequence of its own whose tail is not there.
    let mut chained = image.clone();
    for number in 0..LOG_BYTES / 4096 {
        let zeros = vec![Write::Zeros(4 * MIB as u64, 4096)];
        let tail = (number + 7) * 4096 % LOG_BYTES;
        chained.log(
            number * 4096,
            &entry(number as u64 + 1, tail, zeros).build(),
        );
    }
    drop(open(chained.bytes));
    let mut longest = image;
    for number in 0..LOG_BYTES / 4096 {
        let mut front = entry(1, 0, Vec::new()).build();
        front[8..12].copy_from_slice(&u32::try_from(LOG_BYTES).unwrap().to_le_bytes());
        longest.log(number * 4096, &front);
    }
    refused(longest, "no entry in it is whole");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn logs_of_other_bytes_are_read_or_refused() {
    let (_, mut image) = torn();
    let writes = vec![write(FIRST, SECOND), Write::Zeros(6 * MIB as u64, 8192)];
    let entry = entry(1, 0, writes).build();
    let mut read = 0;
    for at in 0..160 {
        for bit in 0..8 {
            let mut other = entry.clone();
            other[at] ^= 1 << bit;
            // With its sum again, so that what it says is looked at.
            let mut summed = Vhdx { bytes: other };
            summed.put32(4, 0);
            let sum = crate::made::crc32c(&summed.bytes);
            summed.put(4, &sum.to_le_bytes());
            image.log(0, &summed.bytes);
            read += usize::from(laws::image(&image.bytes));
        }
    }
    assert!(read > 50, "{read} were read");
}
