//! A reader of streamOptimized extents, written from the technical note for
//! these tests alone: it walks the file by its markers, checks everything a
//! strict reader could object to, and returns the disk.

use std::io::Read as _;

const SECTOR: usize = 512;
const GRAIN: usize = 64 << 10;

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn usize_at(bytes: &[u8], at: usize) -> usize {
    usize::try_from(u64_at(bytes, at)).unwrap()
}

/// The disk in `file`, and how many grains hold it.
pub fn read(file: &[u8]) -> (Vec<u8>, usize) {
    assert_eq!(file.len() % SECTOR, 0);
    let header = &file[..SECTOR];
    assert_eq!(&header[..4], b"KDMV");
    assert_eq!((u32_at(header, 4), u32_at(header, 8)), (3, 0x3_0001));
    assert_eq!((u64_at(header, 20), u32_at(header, 44)), (128, 512));
    assert_eq!(u64_at(header, 56), u64::MAX);
    let capacity = usize_at(header, 12);
    let mut disk = vec![0; (capacity * SECTOR).next_multiple_of(GRAIN)];

    let mut tables = Vec::new();
    let mut open_table = vec![0_u32; 512];
    let mut open_number = None;
    let mut grains = 0;
    let mut last_lba = None;
    let mut at = usize_at(header, 64) * SECTOR;
    loop {
        let (value, size) = (usize_at(file, at), u32_at(file, at + 8) as usize);
        if size > 0 {
            assert!(last_lba < Some(value) && value % 128 == 0, "grains ascend");
            last_lba = Some(value);
            let grain = inflate(&file[at + 12..at + 12 + size]);
            assert!(grain.iter().any(|byte| *byte != 0), "zeros are not written");
            disk[value * SECTOR..value * SECTOR + GRAIN].copy_from_slice(&grain);
            let number = value / 128 / 512;
            assert!(open_number.is_none() || open_number == Some(number));
            open_number = Some(number);
            open_table[value / 128 % 512] = u32::try_from(at / SECTOR).unwrap();
            grains += 1;
            let end = (at + 12 + size).next_multiple_of(SECTOR);
            assert!(file[at + 12 + size..end].iter().all(|byte| *byte == 0));
            at = end;
            continue;
        }
        let kind = u32_at(file, at + 12);
        assert!(file[at + 16..at + SECTOR].iter().all(|byte| *byte == 0));
        let body = &file[at + SECTOR..at + SECTOR + value * SECTOR];
        match kind {
            1 => {
                let entries: Vec<u32> = body.chunks(4).map(|entry| u32_at(entry, 0)).collect();
                assert_eq!(entries, open_table, "the table tells where its grains are");
                tables.push((open_number.expect("grains"), at / SECTOR + 1));
                open_table.fill(0);
                open_number = None;
            }
            2 => {
                check_directory(body, capacity, &tables);
                // The footer follows, and tells where the directory is.
                let footer = at + (1 + value) * SECTOR;
                assert_eq!((u64_at(file, footer), u32_at(file, footer + 12)), (1, 3));
                let mut expected = header.to_vec();
                expected[56..64].copy_from_slice(&((at / SECTOR + 1) as u64).to_le_bytes());
                assert_eq!(file[footer + SECTOR..footer + 2 * SECTOR], expected);
                // Then nothing but one end-of-stream marker.
                let end = footer + 2 * SECTOR;
                assert_eq!(file[end..], [0; SECTOR]);
                disk.truncate(capacity * SECTOR);
                return (disk, grains);
            }
            other => panic!("a marker of kind {other} at {at}"),
        }
        at += (1 + value) * SECTOR;
    }
}

fn check_directory(body: &[u8], capacity: usize, tables: &[(usize, usize)]) {
    let mut expected = vec![0; body.len() / 4];
    for (number, sector) in tables {
        expected[*number] = u32::try_from(*sector).unwrap();
    }
    let entries: Vec<u32> = body.chunks(4).map(|entry| u32_at(entry, 0)).collect();
    assert_eq!(
        entries, expected,
        "the directory tells where the tables are"
    );
    assert_eq!(
        body.len(),
        capacity.div_ceil(128 * 512).next_multiple_of(128) * 4
    );
}

fn inflate(zlib: &[u8]) -> Vec<u8> {
    let mut grain = Vec::new();
    let mut decoder = flate2::read::ZlibDecoder::new(zlib);
    decoder.read_to_end(&mut grain).expect("a zlib stream");
    assert_eq!(grain.len(), GRAIN, "a grain is whole");
    assert_eq!(
        decoder.total_in(),
        zlib.len() as u64,
        "nothing follows the stream"
    );
    grain
}
